//! The asker's side: whoever owns jobs takes the answers here, and each job gets its own.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::silence::Silence;
use super::{Answer, Answers, Broker, Held, Inbox, Place, Seal};
use crate::metrics::Metrics;

/// How many letters with answers are in hand at once.
const MOST_IN_HAND: u16 = 1_000;

/// Where answers come in.
pub struct Desk {
    pub(super) broker: Arc<dyn Broker>,
    pub(super) name: String,
    /// What its questions are sealed with.
    key: Vec<u8>,
    pub(super) metrics: Arc<Metrics>,
    posts: Mutex<HashMap<String, Post>>,
    silence: Silence,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("broker", &self.broker).finish_non_exhaustive()
    }
}

/// The way to a job.
#[derive(Clone)]
struct Post {
    give: mpsc::UnboundedSender<Heard>,
    is_asking: Arc<AtomicBool>,
}

/// Answers that came in one letter, which is done with when this is dropped: only then are they kept.
pub struct Heard {
    /// The answers.
    pub answers: Vec<Answer>,
    held: Option<Held>,
}

impl fmt::Debug for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heard").field("answers", &self.answers.len()).finish_non_exhaustive()
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        if let (Some(held), Ok(runtime)) = (self.held.take(), Handle::try_current()) {
            runtime.spawn(held.ack());
        }
    }
}

/// A job's place at the desk, until it is dropped.
pub(super) struct Seat {
    pub(super) desk: Arc<Desk>,
    pub(super) job: String,
    pub(super) heard: mpsc::UnboundedReceiver<Heard>,
    is_asking: Arc<AtomicBool>,
}

impl Seat {
    /// From now on answers are done with only when they are kept. Until then they wait here, done with, so that a job whose turn has not come
    /// holds up nobody's.
    pub(super) fn begin(&self) {
        self.is_asking.store(true, Ordering::Relaxed);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.desk.end_silence();
        let mut posts = self.desk.posts();
        // The job may have begun anew meanwhile.
        if posts.get(&self.job).is_some_and(|post| Arc::ptr_eq(&post.is_asking, &self.is_asking)) {
            posts.remove(&self.job);
        }
    }
}

impl Desk {
    /// A desk at which answers for `name` come in, once [`Self::receive`] runs; questions are sealed with `key`, and each may take `patience`.
    pub fn open(broker: Arc<dyn Broker>, name: String, key: Vec<u8>, metrics: Arc<Metrics>, patience: Duration) -> Arc<Self> {
        Arc::new(Self { broker, name, key, metrics, posts: Mutex::default(), silence: Silence::after(patience) })
    }

    /// What the questions of a job are sealed with.
    pub(super) fn seal(&self, job: &str) -> Seal {
        Seal::new(self.key.clone(), job)
    }

    fn posts(&self) -> MutexGuard<'_, HashMap<String, Post>> {
        self.posts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a job.
    pub(super) fn seat(self: &Arc<Self>, job: &str) -> Seat {
        let (give, heard) = mpsc::unbounded_channel();
        let is_asking = Arc::<AtomicBool>::default();
        self.posts().insert(job.to_owned(), Post { give, is_asking: Arc::clone(&is_asking) });
        Seat { desk: Arc::clone(self), job: job.to_owned(), heard, is_asking }
    }

    /// Whether the queue can be reached.
    pub fn is_there(&self) -> bool {
        self.broker.is_there()
    }

    /// Whether questions wait and nobody answers anything.
    pub fn is_silent(&self) -> bool {
        self.silence.is_silent()
    }

    /// The same, for a run whose questions wait since then.
    pub(super) fn look(&self, since: Instant, now: Instant) -> bool {
        let is_silent = self.silence.look(since, now);
        self.metrics.set_silent(is_silent);
        is_silent
    }

    fn end_silence(&self) {
        self.silence.end();
        self.metrics.set_silent(false);
    }

    /// Hands answers to their jobs, for ever. What is for a job that is gone, paused or cancelled is dropped.
    pub async fn receive(self: Arc<Self>) {
        let place = Place::Answers(self.name.clone());
        let mut inbox = Inbox::<Answers>::open(Arc::clone(&self.broker), &place, MOST_IN_HAND, Arc::clone(&self.metrics));
        loop {
            let (Answers { job, answers }, held) = inbox.next().await;
            self.silence.heard(Instant::now());
            self.metrics.set_silent(false);
            let post = self.posts().get(&job).cloned();
            let heard = Heard { answers, held: Some(held) };
            if let Some(post) = post {
                post.pass(heard);
            }
        }
    }
}

impl Post {
    fn pass(&self, mut heard: Heard) {
        if !self.is_asking.load(Ordering::Relaxed) {
            let answers = std::mem::take(&mut heard.answers);
            heard = Heard { answers, held: None };
        }
        // A job that has just ended wants none.
        let _ = self.give.send(heard);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;
    use crate::queue::{Embedded, Fate, Message as _, Put};

    const SOON: Duration = Duration::from_secs(10);

    async fn tell(broker: &Arc<dyn Broker>, job: &str, id: i64) {
        let answers = vec![Answer { id, tries: 0, seal: String::new(), fate: Fate::Unasked, took_ms: 0 }];
        let body = Answers { job: job.to_owned(), answers }.write();
        // The desk takes its place when it is first polled.
        while broker.put(&Place::Answers("me".to_owned()), "", body.clone()).await == Put::NoSuchPlace {
            tokio::task::yield_now().await;
        }
    }

    async fn hear(seat: &mut Seat) -> (Vec<i64>, Heard) {
        let heard = timeout(SOON, seat.heard.recv()).await.expect("in time").expect("an answer");
        (heard.answers.iter().map(|answer| answer.id).collect(), heard)
    }

    #[tokio::test]
    async fn ok_answers_wait_for_a_job_whose_turn_comes_and_others_are_dropped() {
        let broker: Arc<dyn Broker> = Arc::new(Embedded::default());
        let desk = Desk::open(Arc::clone(&broker), "me".to_owned(), Vec::new(), Arc::default(), SOON);
        let mut seat = desk.seat("a");
        let receiving = tokio::spawn(Arc::clone(&desk).receive());
        tell(&broker, "gone", 1).await;
        tell(&broker, "a", 2).await;
        let (ids, early) = hear(&mut seat).await;
        assert!(ids == [2] && early.held.is_none(), "done with, though its turn has not come");
        seat.begin();
        tell(&broker, "a", 3).await;
        let (ids, heard) = hear(&mut seat).await;
        assert!(ids == [3] && heard.held.is_some(), "done with once it is kept");
        // The job begins anew before it has come to a halt: the place is the new one's.
        let mut anew = desk.seat("a");
        drop(seat);
        tell(&broker, "a", 4).await;
        assert_eq!(hear(&mut anew).await.0, [4]);
        drop(anew);
        assert!(desk.posts().is_empty());
        receiving.abort();
    }
}
