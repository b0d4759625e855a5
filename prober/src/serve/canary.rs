//! Canaries: mailboxes that their owner knows to exist, asked now and then, so that a blocklisting is noticed before it spoils answers.

use std::sync::Arc;
use std::time::Duration;

use shared::evidence::{Attempt, Evidence};
use shared::mailbox::Mailbox;
use shared::verdict::{Reason, judge};
use tokio::time::{Instant, interval};

use crate::clock;
use crate::probe::{Prober, Wishes};

/// How often they are asked.
const EVERY: Duration = Duration::from_mins(10);
/// How long each may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks about `canaries` in turn, for ever.
pub(super) async fn watch(prober: Arc<Prober>, canaries: Vec<Mailbox>) {
    if canaries.is_empty() {
        return;
    }
    let mut turns = interval(EVERY);
    loop {
        turns.tick().await;
        for canary in &canaries {
            ask(&prober, canary).await;
        }
    }
}

async fn ask(prober: &Prober, canary: &Mailbox) {
    let Some(domain) = canary.domain() else { return };
    let deadline = Instant::now() + PATIENCE;
    let mut evidence = Evidence::of_text(&canary.wire(), clock::now());
    evidence.dns = Some(prober.resolver.route(domain, deadline).await);
    let operator = evidence.route().and_then(|fact| fact.route.operator());
    prober.probe_into(&mut evidence, deadline, Wishes { max_age_s: Some(0), ..Wishes::default() }).await;
    let verdict = judge(&evidence);
    let reason = verdict.reason;
    // Our own gate's refusal is nobody's answer.
    let decisive = verdict.attempt.and_then(|n| evidence.report()?.attempts.get(n));
    match reason {
        Reason::SenderBlocked if decisive.and_then(Attempt::session).is_none() => {}
        Reason::SenderBlocked => prober.gate.canary(operator, true, Instant::now()),
        Reason::MailboxAccepted | Reason::AcceptAll => prober.gate.canary(operator, false, Instant::now()),
        // Nothing is said of it but its domain's operator: the canary itself is somebody's mailbox.
        _ => tracing::info!(operator = operator.map_or("other", |operator| operator.id), %reason, "a canary address could not be settled"),
    }
}
