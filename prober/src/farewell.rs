//! Leave-taking that outlives its request: QUIT's reply is awaited behind the caller's back, and the process waits for it before it ends.

use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

/// Sessions that are saying goodbye.
#[derive(Debug, Default)]
pub struct Farewells {
    tasks: Mutex<JoinSet<()>>,
}

impl Farewells {
    /// Lets `task` run on.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Waits until all have left, at most `limit`.
    pub async fn finish(&self, limit: Duration) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let all = async { while tasks.join_next().await.is_some() {} };
        let _ = timeout(limit, all).await;
    }
}
