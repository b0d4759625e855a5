//! One address, from text to verdict: the prober's own whole path, for the command line and for users without an edge.

use std::time::Duration;

use shared::evidence::Evidence;
use shared::verdict::{Level, Step, judge, next_step};
use shared::wire::{Timing, VerifyResponse};
use tokio::time::Instant;

use crate::clock;
use crate::probe::{Prober, Wishes};

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The address as it was given.
    pub email: &'a str,
    /// How far to follow it.
    pub level: Level,
    /// How long the caller waits.
    pub patience: Duration,
    /// What is wished beside the answer.
    pub wishes: Wishes,
    /// The request's id.
    pub request_id: &'a str,
}

/// Verifies one address.
///
/// 1. parse the address;
/// 2. resolve the mail route of its domain;
/// 3. reuse what is kept of the mailbox, while it is fresh;
/// 4. otherwise ask the mail hosts;
/// 5. judge.
pub async fn verify(prober: &Prober, question: Question<'_>) -> VerifyResponse {
    let (evidence, timing) = find_out(prober, question).await;
    // 5. Judge.
    let verdict = judge(&evidence);
    VerifyResponse::compose(question.email, &evidence, verdict, timing, question.request_id)
}

/// Steps 1 to 4: the evidence, and how long each step took.
pub async fn find_out(prober: &Prober, question: Question<'_>) -> (Evidence, Timing) {
    let (started, deadline) = (Instant::now(), Instant::now() + question.patience);
    let mut timing = Timing::default();
    // 1. Parse.
    let mut evidence = Evidence::of_text(question.email, clock::now());
    timing.syntax = Some(ms_since(started));
    // 2. Resolve.
    if let (Step::Resolve, Some(domain)) = (next_step(&evidence, question.level), domain_of(&evidence)) {
        let began = Instant::now();
        evidence.dns = Some(prober.resolver.route(&domain, deadline).await);
        timing.dns = Some(ms_since(began));
    }
    // 3 and 4. Reuse or ask.
    if next_step(&evidence, question.level) == Step::Probe {
        let began = Instant::now();
        prober.probe_into(&mut evidence, deadline, question.wishes).await;
        timing.smtp = Some(ms_since(began));
    }
    (evidence, timing)
}

fn domain_of(evidence: &Evidence) -> Option<shared::domain::Domain> {
    evidence.mailbox()?.domain().cloned()
}

/// Milliseconds since `began`, to the microsecond.
pub fn ms_since(began: Instant) -> f64 {
    (began.elapsed().as_secs_f64() * 1e6).round() / 1e3
}
