//! News of jobs on its way to whoever asked for it: kept until it is delivered, tried again after ever longer pauses, and in the end set aside.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::evidence::key;
use shared::wire::signature::Secret;
use tokio::time::interval;

use super::webhook::{Fault, Way, Webhook};
use super::{Job, Jobs, State};
use crate::bulk::{Counts, Standing};
use crate::clock;
use crate::tls::Tls;

/// How often it is looked for what is due.
const EVERY: Duration = Duration::from_millis(250);
/// The pause after the first failure; it doubles with each further one,
const PAUSE: Duration = Duration::from_millis(500);
/// up to this.
const LONGEST: Duration = Duration::from_mins(10);
/// After so many failures a delivery is set aside: that takes about an hour.
const MAX_TRIES: u32 = 16;
/// How many are tried at once.
const AT_ONCE: usize = 16;

/// Where a job's news goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// The address.
    pub url: String,
    /// After so many answers there is news; `None` at the end only.
    pub every: Option<u64>,
}

/// One piece of news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id, the same each time it is tried.
    pub id: String,
    /// The address it goes to.
    pub(super) url: String,
    /// Whose job it is about.
    pub(super) owner: String,
    /// What it says.
    pub(super) body: String,
    /// How often it was tried.
    pub tries: u32,
    /// `waiting`, `delivered` or `dead`.
    pub state: String,
    /// What was wrong the last time.
    pub fault: Option<String>,
}

impl Jobs {
    /// The secret by which an owner knows our news: made from ours, and no way back.
    pub fn hook_secret(&self, owner: &str) -> Option<Secret> {
        let ours = self.secret.as_ref()?;
        Secret::new(HEXLOWER.encode(&key::key(ours.as_bytes(), &["webhook", owner])))
    }

    /// Reads where news is to go.
    ///
    /// # Errors
    /// What was expected, in words.
    pub fn check_hook(&self, hook: &Hook) -> Result<(), String> {
        if self.secret.is_none() {
            return Err("expected RCPT_SECRET to be set, since news is signed by what is made from it".to_owned());
        }
        Webhook::parse(&hook.url, &self.webhooks).map(drop)
    }

    /// Keeps news of the end of a job that wants it. The same news is kept once.
    pub(super) fn tell(&self, job: &Job, state: State, standing: Standing) {
        let Some(hook) = &job.hook else { return };
        let (id, body) = news(job, state.as_str(), 0, (state, standing));
        if let Err(fault) = self.ledger().add_delivery(&id, job, &hook.url, &body, clock::now()) {
            tracing::error!(fault, "news of a job cannot be kept");
        }
    }

    /// Keeps news of a batch of answers, unless the news before it is still on its way; whether it was kept.
    pub(super) fn tell_batch(&self, job: &Job, number: u64, standing: Standing) -> bool {
        let Some(hook) = &job.hook else { return false };
        let (id, body) = news(job, "batch", number, (State::Running, standing));
        let kept = self.ledger().add_batch(&id, job, &hook.url, &body, clock::now());
        kept.inspect_err(|fault| tracing::error!(fault, "news of a job cannot be kept")).unwrap_or(false)
    }

    /// What became of a job's news.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn deliveries(&self, job: &Job) -> Result<Vec<Delivery>, String> {
        self.ledger().deliveries(&job.id)
    }

    /// Delivers what is due, for ever.
    pub async fn deliver(self: Arc<Self>) {
        let Ok(tls) = Tls::new() else { return };
        let mut turns = interval(EVERY);
        loop {
            turns.tick().await;
            let due = self.ledger().due(clock::now(), AT_ONCE).unwrap_or_default();
            join_all(due.iter().map(|one| self.try_delivery(one, &tls))).await;
        }
    }

    async fn try_delivery(&self, one: &Delivery, tls: &Tls) {
        let outcome = match (Webhook::parse(&one.url, &self.webhooks), self.hook_secret(&one.owner)) {
            (Ok(hook), Some(secret)) => {
                let way = Way { resolver: &self.prober.resolver, policy: &self.webhooks, tls, secret: &secret };
                hook.post(&way, &one.id, &one.body).await
            }
            (Err(fault), _) => Err(Fault::Lasting(fault)),
            (_, None) => Err(Fault::Passing("RCPT_SECRET is not set".to_owned())),
        };
        let tries = one.tries + 1;
        let kept = match outcome {
            Ok(()) => self.ledger().settle(&one.id, "delivered", tries, None),
            Err(Fault::Passing(fault)) if tries < MAX_TRIES => {
                let pause = PAUSE.saturating_mul(1 << one.tries.min(20)).min(LONGEST);
                let due = clock::now().0.saturating_add(u64::try_from(pause.as_millis()).unwrap_or(u64::MAX));
                self.ledger().put_off(&one.id, due, tries, &fault)
            }
            Err(Fault::Passing(fault) | Fault::Lasting(fault)) => {
                tracing::warn!(tries, "news of a job is set aside: it cannot be delivered");
                self.ledger().settle(&one.id, "dead", tries, Some(&fault))
            }
        };
        if let Err(fault) = kept {
            tracing::error!(fault, "what became of a delivery cannot be kept");
        }
    }
}

/// The id of a piece of news, the same for the same event, and what it says.
fn news(job: &Job, event: &str, number: u64, (state, standing): (State, Standing)) -> (String, String) {
    let id = format!("{}-{event}-{number}", job.id);
    let (done, counts) = (standing.done, counts(standing.counts));
    let body = json!({ "id": id, "event": event, "job": job.id, "state": state, "done": done, "counts": counts });
    (id, body.to_string())
}

fn counts(counts: Counts) -> Value {
    Counts::ORDER.iter().map(|status| (status.as_str().to_owned(), json!(counts.of(*status)))).collect::<serde_json::Map<_, _>>().into()
}
