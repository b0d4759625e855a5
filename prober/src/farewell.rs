//! Work that outlives its request, and its end: sessions are called to take their leave before the process goes.

use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Tasks that are seen through to their end.
#[derive(Debug)]
pub struct Farewells {
    tasks: Mutex<JoinSet<()>>,
    parting: watch::Sender<bool>,
}

impl Default for Farewells {
    fn default() -> Self {
        Self { tasks: Mutex::default(), parting: watch::channel(false).0 }
    }
}

impl Farewells {
    /// Lets `task` run on.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Resolves when it is time to take leave.
    pub async fn called(&self) {
        // An error would mean that this is dropped while it is borrowed.
        let _ = self.parting.subscribe().wait_for(|parting| *parting).await;
    }

    /// Calls everyone to leave and waits until all have, at most `limit`.
    pub async fn finish(&self, limit: Duration) {
        self.parting.send_replace(true);
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let all = async { while tasks.join_next().await.is_some() {} };
        let _ = timeout(limit, all).await;
    }
}
