//! A worker: takes tasks, asks, and sends what it heard to who wants to know.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use shared::evidence::Evidence;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::{Answer, Answers, Broker, Fate, Held, Inbox, Message as _, Place, Put, Question, Seldom, Task};
use crate::probe::{Prober, Wishes};
use crate::{clock, random};

/// How many tasks are in hand at once, where nothing else is said: each is a few mailboxes of one host.
pub const TASKS_AT_ONCE: u16 = 64;
/// How long tasks in hand may still take when a worker is to stop; what is not done then is given back.
const PARTING: Duration = Duration::from_secs(5);
/// How often an answer is put for somebody who has no place for it yet, a second apart: the asker's own connection may be coming back.
const CALLS: u32 = 10;
/// A task that was handed out more often than this is a suspect: its takers may have died of it.
const TRUSTED: u32 = 2;
/// That tasks come too late.
static LATE: Seldom = Seldom::new();

/// Somebody who asks what others want to know.
#[derive(Clone)]
pub struct Worker {
    /// Who asks.
    pub prober: Arc<Prober>,
    /// Where tasks come from.
    pub broker: Arc<dyn Broker>,
    /// How long one mailbox may take.
    pub patience: Duration,
    /// How many tasks are in hand at once; it takes no more from the queue.
    pub concurrency: u16,
}

impl Worker {
    /// Works until `stop` comes; then finishes what it can in a moment, and gives back the rest.
    pub async fn work(self, stop: impl Future<Output = ()> + Send) {
        let metrics = Arc::clone(&self.prober.metrics);
        let mut inbox = Inbox::<Task>::open(Arc::clone(&self.broker), &Place::Tasks, self.concurrency, metrics);
        let mut in_hand = JoinSet::new();
        let mut suspects = Suspects::default();
        let mut stop = std::pin::pin!(stop);
        loop {
            // What came over a connection that broke is still in hand, while the broker hands out as many anew.
            let has_room = in_hand.len() + suspects.count() < self.concurrency.into();
            tokio::select! {
                () = &mut stop => break,
                (task, held) = inbox.next(), if has_room => {
                    if held.deliveries() > TRUSTED {
                        suspects.waiting.push((task, held));
                    } else {
                        in_hand.spawn(self.clone().see_to(task, held));
                    }
                }
                Some(_) = in_hand.join_next() => {}
                Some(_) = suspects.on_trial.join_next() => {}
            }
            suspects.try_next(&self);
        }
        let Suspects { mut on_trial, .. } = suspects;
        let ending = async { while in_hand.join_next().await.is_some() || on_trial.join_next().await.is_some() {} };
        let _ = timeout(PARTING, ending).await;
        // What was not finished goes back with the inbox, in the order of its coming.
        in_hand.shutdown().await;
        on_trial.shutdown().await;
    }

    /// One task: ask, send the answers, and only then be done with it.
    async fn see_to(self, task: Task, held: Held) {
        let answers = if task.expires < clock::now() { self.refuse(&task) } else { self.ask_all(&task).await };
        let (body, place) = (answers.write(), Place::Answers(task.from));
        // Where nobody of that name is left, nobody wants to know.
        for _ in 0..CALLS {
            if self.broker.put(&place, "", body.clone()).await == Put::Confirmed {
                break;
            }
            sleep(Duration::from_secs(1)).await;
        }
        held.ack().await;
    }

    /// Whose clock is right is not known here. By that of whoever asked the task may be in time, and then comes again without a date.
    fn refuse(&self, task: &Task) -> Answers {
        self.prober.metrics.came_late();
        if LATE.is_due(clock::now()) {
            tracing::warn!("a task came after its time, and nobody was asked: the queue is long, or this machine's clock is ahead");
        }
        task.end_all(&Fate::Late { expires: task.expires })
    }

    async fn ask_all(&self, task: &Task) -> Answers {
        let answers = join_all(task.questions.iter().map(|question| Box::pin(self.answer(question)))).await;
        Answers { job: task.job.clone(), answers }
    }

    /// A fault of ours at one mailbox leaves it without an answer, and takes no other along.
    async fn answer(&self, question: &Question) -> Answer {
        let asking = AssertUnwindSafe(self.ask(question)).catch_unwind();
        asking.await.unwrap_or_else(|_| question.end(Fate::Unasked, 0))
    }

    async fn ask(&self, question: &Question) -> Answer {
        let began = Instant::now();
        let mut evidence = Evidence::of_text(&question.address, clock::now());
        evidence.dns = Some(question.dns.clone());
        // What is kept of a mailbox that was put off is that it was.
        let max_age_s = (question.tries > 0).then_some(0);
        let wishes = Wishes { patient: false, max_age_s, transcript: false };
        // In a box, since it waits, and every place that it passes through would hold its size.
        Box::pin(self.prober.probe_into(&mut evidence, began + self.patience, wishes)).await;
        let report = evidence.report().zip(evidence.mailbox()).map(|(report, mailbox)| report.masked(mailbox));
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        question.end(report.map_or(Fate::Unasked, |report| Fate::Asked { report: Box::new(report) }), took_ms)
    }
}

/// Tasks whose takers may have died of them. They are seen to one at a time, and in random order: those that are innocent are done with, one
/// death after the other, before the guilty one is handed out too often.
#[derive(Default)]
struct Suspects {
    waiting: Vec<(Task, Held)>,
    on_trial: JoinSet<()>,
}

impl Suspects {
    fn count(&self) -> usize {
        self.waiting.len() + self.on_trial.len()
    }

    fn try_next(&mut self, worker: &Worker) {
        let count = u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
        if count == 0 || !self.on_trial.is_empty() {
            return;
        }
        let (task, held) = self.waiting.swap_remove(usize::try_from(random::number() % count).unwrap_or(0));
        self.on_trial.spawn(worker.clone().see_to(task, held));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::{BoxFuture, ready};
    use shared::evidence::UnixMillis;

    use super::*;
    use crate::config::{Config, Given};
    use crate::queue::{Receipt, Taker};

    /// A broker that hands out tasks without end, as one does over each new connection, and takes no answers.
    #[derive(Debug, Default, Clone)]
    struct Flapping {
        handed_out: Arc<AtomicUsize>,
        deliveries: u32,
    }

    impl Broker for Flapping {
        fn put<'a>(&'a self, _: &'a Place, _: &'a str, _: Vec<u8>) -> BoxFuture<'a, Put> {
            std::future::pending().boxed()
        }

        fn take(&self, _: &Place, _: u16) -> Box<dyn Taker> {
            Box::new(self.clone())
        }

        fn is_there(&self) -> bool {
            true
        }

        fn close(&self) -> BoxFuture<'_, ()> {
            ready(()).boxed()
        }
    }

    impl Taker for Flapping {
        fn next(&mut self) -> BoxFuture<'_, Held> {
            let (from, job, lane) = ("me".to_owned(), "j".to_owned(), String::new());
            let body = Task { from, job, lane, expires: UnixMillis(u64::MAX), questions: Vec::new() }.write();
            self.handed_out.fetch_add(1, Ordering::Relaxed);
            ready(Held::new(body, self.deliveries, Box::new(Silent))).boxed()
        }
    }

    struct Silent;

    impl Receipt for Silent {
        fn ack(self: Box<Self>) -> BoxFuture<'static, ()> {
            ready(()).boxed()
        }

        fn give_back(self: Box<Self>) -> BoxFuture<'static, ()> {
            ready(()).boxed()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn ok_no_more_in_hand_than_it_works_on_however_much_is_handed_out() {
        for deliveries in [1, TRUSTED + 1] {
            let config = Config::from_given(Given::default(), true).expect("the lab's settings");
            let broker = Flapping { deliveries, ..Flapping::default() };
            let prober = Arc::new(Prober::new(&config).expect("a prober"));
            let worker = Worker { prober, broker: Arc::new(broker.clone()), patience: Duration::from_secs(1), concurrency: 3 };
            worker.work(sleep(Duration::from_secs(1))).await;
            assert_eq!(broker.handed_out.load(Ordering::Relaxed), 3, "taken for the {deliveries}th time");
        }
    }
}
