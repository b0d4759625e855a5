//! A worker: takes tasks, asks, and sends what it heard to who wants to know.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use shared::evidence::Evidence;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::{Answer, Answers, Broker, Held, Inbox, Message as _, Place, Question, Task};
use crate::clock;
use crate::probe::{Prober, Wishes};

/// How many tasks are in hand at once, where nothing else is said: each is a few mailboxes of one host.
pub const TASKS_AT_ONCE: u16 = 64;
/// How long tasks in hand may still take when a worker is to stop; what is not done then is given back.
const PARTING: Duration = Duration::from_secs(5);

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
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                (task, held) = inbox.next() => drop(in_hand.spawn(self.clone().see_to(task, held))),
                Some(_) = in_hand.join_next() => {}
            }
        }
        let _ = timeout(PARTING, async { while in_hand.join_next().await.is_some() {} }).await;
        // What was not finished goes back with the inbox, in the order of its coming.
        in_hand.shutdown().await;
    }

    /// One task: ask, send the answers, and only then be done with it.
    async fn see_to(self, task: Task, held: Held) {
        if task.expires < clock::now() {
            // Who wanted to know has put it anew.
            return held.ack().await;
        }
        let Task { from, job, questions, .. } = task;
        let asking = join_all(questions.into_iter().map(|question| Box::pin(self.answer(question))));
        // A fault of ours in one task must not keep it in hand for ever.
        let Ok(answers) = AssertUnwindSafe(asking).catch_unwind().await else { return held.give_back().await };
        let body = Answers { job, answers }.write();
        // Where nobody of that name is left, nobody wants to know.
        let _ = self.broker.put(&Place::Answers(from), "", body).await;
        held.ack().await;
    }

    async fn answer(&self, question: Question) -> Answer {
        let began = Instant::now();
        let mut evidence = Evidence::of_text(&question.address, clock::now());
        evidence.dns = Some(question.dns);
        // What is kept of a mailbox that was put off is that it was.
        let max_age_s = (question.tries > 0).then_some(0);
        let wishes = Wishes { patient: false, max_age_s, transcript: false };
        // In a box, since it waits, and every place that it passes through would hold its size.
        Box::pin(self.prober.probe_into(&mut evidence, began + self.patience, wishes)).await;
        let report = evidence.report().zip(evidence.mailbox()).map(|(report, mailbox)| report.masked(mailbox));
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Answer { id: question.id, tries: question.tries, report, took_ms }
    }
}
