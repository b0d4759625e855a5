//! One run's questions: put into the queue, and heard of again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};

use super::desk::{Desk, Heard, Seat};
use super::{Broker, Embedded, MOST_QUESTIONS, Message as _, Place, Question, Seal, Standing, Task, Worker};
use crate::metrics::Metrics;
use crate::probe::Prober;
use crate::{clock, random};

/// How long a task may wait for a worker at first, before it is put anew: it may have been lost with a queue that somebody emptied.
pub const FIRST_WAIT: Duration = Duration::from_mins(10);
/// What a worker that takes a task in the last moment may still need.
pub const GRACE: Duration = Duration::from_mins(1);
/// A queue that is away longer than this gets the task with a new date.
const REDATE: Duration = Duration::from_mins(2);
/// How often it is looked whether answers come to us again.
const ANOTHER_LOOK: Duration = Duration::from_secs(1);
/// How many mailboxes are under way at the most where there are workers elsewhere: enough for several.
const MOST_UNDER_WAY: usize = 1_024;

/// What happens to questions.
#[derive(Debug)]
pub enum News {
    /// Answers came.
    Heard(Heard),
    /// These are in the queue for good, by their numbers.
    Put(Vec<i64>),
}

/// The questions of one run.
pub struct Inquiry {
    seat: Seat,
    putting: JoinSet<Vec<i64>>,
    /// How many mailboxes go into one task.
    most_questions: usize,
    most_under_way: usize,
    is_alone: bool,
    /// Since when its questions wait.
    waits_since: Option<Instant>,
    _helpers: Vec<Helper>,
}

impl fmt::Debug for Inquiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inquiry").field("alone", &self.is_alone).finish_non_exhaustive()
    }
}

/// A task of the runtime that ends with this.
struct Helper(AbortHandle);

impl Drop for Helper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Inquiry {
    /// In this process: a queue and a worker of the run's own, which end with it, so that nobody is asked for a run that has stopped.
    pub fn alone(prober: &Arc<Prober>, most_under_way: usize, patience: Duration) -> Self {
        let broker: Arc<dyn Broker> = Arc::new(Embedded::default());
        let desk = Desk::open(Arc::clone(&broker), "here".to_owned(), random::secret(), Arc::clone(&prober.metrics), patience);
        let concurrency = u16::try_from(most_under_way).unwrap_or(u16::MAX);
        let worker = Worker { prober: Arc::clone(prober), broker, patience, concurrency };
        let helpers = [tokio::spawn(Arc::clone(&desk).receive()), tokio::spawn(worker.work(std::future::pending()))];
        let helpers = helpers.iter().map(|helper| Helper(helper.abort_handle())).collect();
        // One by one, as each is answered as soon as it can be.
        let (seat, putting) = (desk.seat("run"), JoinSet::new());
        Self { seat, putting, most_questions: 1, most_under_way, is_alone: true, waits_since: None, _helpers: helpers }
    }

    /// A job's, by way of a desk.
    pub fn at(desk: &Arc<Desk>, job: &str) -> Self {
        Self {
            seat: desk.seat(job),
            putting: JoinSet::new(),
            most_questions: MOST_QUESTIONS,
            most_under_way: MOST_UNDER_WAY,
            is_alone: false,
            waits_since: None,
            _helpers: Vec::new(),
        }
    }

    /// What its questions are sealed with.
    pub fn seal(&self) -> Seal {
        self.seat.desk.seal(&self.seat.job)
    }

    /// Where it is counted what came of them.
    pub fn metrics(&self) -> &Metrics {
        &self.seat.desk.metrics
    }

    /// How many mailboxes go into one task.
    pub fn most_questions(&self) -> usize {
        self.most_questions
    }

    /// How many mailboxes are under way at the most.
    pub fn most_under_way(&self) -> usize {
        self.most_under_way
    }

    /// Whether a task can be lost: a queue in this process loses none.
    pub fn can_lose(&self) -> bool {
        !self.is_alone
    }

    /// Whether nobody answers, while this run has questions that wait or has none. To be looked at from time to time.
    pub fn is_unheard(&mut self, waits: bool, now: Instant) -> bool {
        self.waits_since = waits.then(|| self.waits_since.unwrap_or(now));
        // Who asks in this process has a worker of its own.
        !self.is_alone && self.waits_since.is_some_and(|since| self.seat.desk.look(since, now))
    }

    /// Whether the queue can be reached.
    pub fn is_there(&self) -> bool {
        self.seat.desk.is_there()
    }

    /// The run is about to ask: from now on answers are kept before they are done with.
    pub fn begin(&self) {
        self.seat.begin();
    }

    /// Asks about mailboxes of one host; it may take `wait` until a worker takes them.
    pub fn ask(&mut self, lane: String, questions: Vec<Question>, wait: Duration) {
        let (from, job, broker) = (self.seat.desk.name.clone(), self.seat.job.clone(), Arc::clone(&self.seat.desk.broker));
        let mut task = Task { from, job, lane, expires: clock::now(), questions };
        self.putting.spawn(async move {
            loop {
                // Whoever takes our answers would drop those to this one.
                while broker.standing() == Standing::Taken {
                    sleep(ANOTHER_LOOK).await;
                }
                task.expires.0 = clock::now().0.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
                if timeout(REDATE, broker.put(&Place::Tasks, &task.lane, task.write())).await.is_ok() {
                    return task.questions.iter().map(|question| question.id).collect();
                }
            }
        });
    }

    /// What happens next.
    pub async fn next(&mut self) -> News {
        loop {
            tokio::select! {
                heard = self.seat.heard.recv() => match heard {
                    Some(heard) => return News::Heard(heard),
                    // The desk has another run of this job, and this one is about to be called off.
                    None => std::future::pending().await,
                },
                Some(put) = self.putting.join_next() => if let Ok(put) = put {
                    return News::Put(put);
                },
            }
        }
    }

    /// Answers that are here already.
    pub fn try_heard(&mut self) -> Option<Heard> {
        self.seat.heard.try_recv().ok()
    }
}
