//! Jobs under way.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::sleep;

use super::{Job, Jobs, State};
use crate::bulk::{self, Failure, Input, Order, Outcome, Output, Phase, Standing, Tally, Wishes};
use crate::queue::Inquiry;

/// How many mailboxes of one job are asked about at once in this process, at the most.
const CONCURRENCY: usize = 256;
/// How long a job waits for mailboxes that were put off.
const WAIT: Duration = Duration::from_hours(6);

/// How often it is looked whether there is news.
const LOOK: Duration = Duration::from_millis(500);

/// A job under way, as others see it.
#[derive(Debug)]
pub(super) struct Running {
    stop: watch::Sender<bool>,
    tally: Arc<Tally>,
    ended: watch::Receiver<bool>,
}

impl Running {
    pub(super) fn standing(&self) -> Standing {
        self.tally.standing()
    }

    async fn has_ended(&mut self) {
        // A sender that is gone has ended, too.
        let _ = self.ended.wait_for(|ended| *ended).await;
    }
}

impl Jobs {
    /// Begins a job, or goes on with it, as soon as it is its turn.
    pub(super) fn start(self: &Arc<Self>, job: &Job) {
        let (stop, stopped) = watch::channel(false);
        let (ending, ended) = watch::channel(false);
        let tally = Arc::new(Tally::default());
        let before = self.running().insert(job.id.clone(), Running { stop: stop.clone(), tally: Arc::clone(&tally), ended });
        // Whoever told it to end before it stood there found nobody to stop, but has written down first what it is now.
        if self.ledger().find(&job.id).is_ok_and(|known| known.is_none_or(|known| known.state != State::Running)) {
            stop.send_replace(true);
        }
        // From now on, whenever its turn comes: what workers were asked in an earlier life may be answered any moment.
        let inquiry = self.desk.as_ref().map(|desk| Inquiry::at(desk, &job.id));
        let (jobs, job) = (Arc::clone(self), job.clone());
        tokio::spawn(async move {
            // Paused a moment ago, it may still be taking its leave. Two at once would ask everybody twice.
            if let Some(mut before) = before {
                before.stop.send_replace(true);
                before.has_ended().await;
            }
            jobs.see_through(&job, Arc::clone(&tally), stopped, inquiry).await;
            jobs.running().retain(|_, other| !Arc::ptr_eq(&other.tally, &tally));
            ending.send_replace(true);
        });
    }

    /// Stops a job that is under way, and waits until it has.
    pub(super) async fn halt(&self, id: &str) {
        let ended = self.running().get(id).map(|running| {
            running.stop.send_replace(true);
            running.ended.clone()
        });
        if let Some(mut ended) = ended {
            // A sender that is gone has ended, too.
            let _ = ended.wait_for(|ended| *ended).await;
        }
    }

    async fn see_through(&self, job: &Job, tally: Arc<Tally>, mut stopped: watch::Receiver<bool>, inquiry: Option<Inquiry>) {
        let turn = tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => return,
            turn = self.turn_of(&job.owner) => turn,
        };
        let ended = match self.order(job) {
            // Whoever could be asked when it was given is not there: to end it now would leave everybody without an answer for good.
            Ok(order) if self.reach(order.level) < order.level => {
                drop(turn);
                tracing::error!("a job waits: there is nobody to ask; set RCPT_HELO and RCPT_MAIL_FROM, or RCPT_QUEUE, and start again");
                let _ = stopped.wait_for(|stopped| *stopped).await;
                return;
            }
            Ok(order) => {
                let inquiry = inquiry.unwrap_or_else(|| Inquiry::alone(&self.prober, CONCURRENCY, self.patience));
                let run = bulk::run(Arc::clone(&self.prober), &order, Arc::clone(&tally), stopped, inquiry, |_| ());
                tokio::select! {
                    ended = Box::pin(run) => ended,
                    () = self.tell_by_batches(job, &tally) => return,
                }
            }
            Err(fault) => Err(Failure::BadUse(fault)),
        };
        drop(turn);
        let (state, fault) = match ended {
            // Whoever stopped it has said what it is now; or the process ends, and it goes on at the next start.
            Ok(Outcome::Stopped(..)) => return,
            Ok(_) => (State::Done, None),
            Err(failure) => (State::Failed, Some(failure.to_string())),
        };
        tracing::info!(state = state.as_str(), "a job has ended");
        // First the news: should the process die between, the job ends once more, and the same news is kept once.
        self.tell(job, state, tally.standing());
        let kept = self.ledger().turn(&job.id, State::Running, state, fault.as_deref());
        if let Err(fault) = kept {
            tracing::error!(fault, "the end of a job cannot be kept");
        }
    }

    /// Waits for a place. Each key has places of its own, so that jobs that only wait for greylists hold up nobody else's; the jobs of a key that
    /// is taken away go on.
    async fn turn_of(&self, owner: &str) -> Option<OwnedSemaphorePermit> {
        Arc::clone(self.turns.get(owner)?).acquire_owned().await.ok()
    }

    /// News after every so many answers, for ever.
    async fn tell_by_batches(&self, job: &Job, tally: &Tally) {
        let Some(every) = job.hook.as_ref().and_then(|hook| hook.every) else { return std::future::pending().await };
        let mut told = 0;
        loop {
            sleep(LOOK).await;
            let standing = tally.standing();
            let batches = if standing.phase == Phase::Ask { standing.done / every.max(1) } else { 0 };
            if batches > told && self.tell_batch(job, batches, standing) {
                told = batches;
            }
        }
    }

    /// What is to be done for a job.
    ///
    /// # Errors
    /// Where what is wished cannot be meant, in words.
    pub fn order(&self, job: &Job) -> Result<Order, String> {
        let wish = &job.wish;
        let read_delimiter = |c: char| bulk::read_delimiter(&c.to_string()).map_err(|fault| format!("delimiter: {fault}"));
        let delimiter = wish.delimiter.map(read_delimiter);
        let place = self.place(&job.id);
        Ok(Order {
            input: Input::at(place.join("list"), wish.encoding.as_deref()).map_err(|fault| format!("encoding: {fault}"))?,
            wishes: Wishes { format: wish.format, delimiter: delimiter.transpose()?, header: wish.header, column: wish.column.clone() },
            state: place.join("progress"),
            output: Output::Kept,
            form: None,
            level: job.level.unwrap_or_else(|| self.reach(wish.level)),
            patience: self.patience,
            wait: WAIT,
            sample: 0,
            resume: true,
        })
    }
}
