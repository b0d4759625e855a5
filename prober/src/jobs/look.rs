//! How far jobs are, for whoever asks: looked up at most once a second, and more seldom where that takes long, since all mailboxes are gone through.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as Turn;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::{Job, Jobs, State};
use crate::bulk::{self, HostsStanding, Standing};

/// For how long a look is good at least,
const GOOD_FOR: Duration = Duration::from_secs(1);
/// and for how many times as long as it took.
const TIMES: u32 = 20;

/// What was seen of a job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// How far it is, unless it is under way, of which the process itself knows better.
    standing: Option<Standing>,
    /// How far the mailboxes of each operator are.
    pub hosts: Vec<HostsStanding>,
}

/// In which state a job was, and whether it was under way.
type Seen = (State, bool);
/// A look, of what it was taken, and until when it is good.
type Taken = (Arc<Look>, Seen, Instant);

/// The last look at each job. Whoever comes while one is taken waits for it and shares it.
#[derive(Debug, Default)]
pub(super) struct Looks(Mutex<HashMap<String, Arc<Turn<Option<Taken>>>>>);

impl Looks {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<Turn<Option<Taken>>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn forget(&self, id: &str) {
        self.all().remove(id);
    }

    /// The last look where it is good, else what `take` sees now.
    async fn at(&self, id: &str, seen: Seen, take: impl FnOnce() -> Look + Send + 'static) -> Arc<Look> {
        let place = Arc::clone(self.all().entry(id.to_owned()).or_default());
        let mut place = place.lock().await;
        if let Some((look, _, _)) = place.as_ref().filter(|(_, known, until)| *known == seen && Instant::now() < *until) {
            return Arc::clone(look);
        }
        let began = Instant::now();
        let look = Arc::new(spawn_blocking(take).await.unwrap_or_default());
        let until = Instant::now() + GOOD_FOR.max(began.elapsed() * TIMES);
        *place = Some((Arc::clone(&look), seen, until));
        look
    }
}

impl Jobs {
    /// How far a job is, and how far each operator's mailboxes are.
    pub async fn look(&self, job: &Job) -> (Option<Standing>, Arc<Look>) {
        let (path, under_way) = (self.progress_of(&job.id), self.standing(&job.id));
        let is_under_way = under_way.is_some();
        let take = move || {
            let standing = if is_under_way { None } else { bulk::standing(&path).ok() };
            // Until the list is read there is nothing to tell.
            Look { standing, hosts: bulk::progress_by_hosts(&path).unwrap_or_default() }
        };
        let look = self.looks.at(&job.id, (job.state, is_under_way), take).await;
        (under_way.or(look.standing), look)
    }
}
