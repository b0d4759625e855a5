//! Jobs under way.

use std::sync::Arc;
use std::time::Duration;

use shared::verdict::Level;
use tokio::sync::watch;

use super::{Job, Jobs, State};
use crate::bulk::{self, Failure, Input, Order, Outcome, Output, Standing, Tally, Wishes};

/// How many mailboxes of one job are asked about at once, at the most.
const CONCURRENCY: usize = 256;
/// How long a job waits for mailboxes that were put off.
const WAIT: Duration = Duration::from_hours(6);

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
}

impl Jobs {
    /// Begins a job, or goes on with it, as soon as it is its turn.
    pub(super) fn start(self: &Arc<Self>, job: &Job) {
        let (stop, stopped) = watch::channel(false);
        let (ending, ended) = watch::channel(false);
        let tally = Arc::new(Tally::default());
        self.running().insert(job.id.clone(), Running { stop, tally: Arc::clone(&tally), ended });
        let (jobs, job) = (Arc::clone(self), job.clone());
        tokio::spawn(async move {
            jobs.see_through(&job, tally, stopped).await;
            jobs.running().remove(&job.id);
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

    async fn see_through(&self, job: &Job, tally: Arc<Tally>, mut stopped: watch::Receiver<bool>) {
        let turn = tokio::select! {
            turn = Arc::clone(&self.turns).acquire_owned() => turn,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        let ended = match self.order(job) {
            Ok(order) => bulk::run(Arc::clone(&self.prober), &order, tally, stopped, |_| ()).await,
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
        let kept = self.ledger().turn(&job.id, State::Running, state, fault.as_deref());
        if let Err(fault) = kept {
            tracing::error!(fault, "the end of a job cannot be kept");
        }
    }

    /// What is to be done for a job.
    ///
    /// # Errors
    /// Where what is wished cannot be meant, in words.
    pub fn order(&self, job: &Job) -> Result<Order, String> {
        let wish = &job.wish;
        let delimiter = wish.delimiter.map(|c| u8::try_from(c).map_err(|_| format!("delimiter: expected an ASCII character, found {c:?}")));
        // Without a name of our own nobody is asked, and the answers say so.
        let level = if self.prober.has_identity() { wish.level } else { wish.level.min(Level::Dns) };
        let place = self.place(&job.id);
        Ok(Order {
            input: Input::at(place.join("list"), wish.encoding.as_deref()).map_err(|fault| format!("encoding: {fault}"))?,
            wishes: Wishes { format: wish.format, delimiter: delimiter.transpose()?, header: wish.header, column: wish.column.clone() },
            state: place.join("progress"),
            output: Output::Kept,
            level,
            concurrency: CONCURRENCY,
            patience: self.patience,
            wait: WAIT,
            sample: 0,
            resume: true,
        })
    }
}
