//! One address, from text to verdict: the edge's whole path.

use shared::domain::Domain;
use shared::evidence::{Evidence, Probing};
use shared::verdict::{Step, judge, next_step};
use shared::wire::{Timing, VerifyRequest, VerifyResponse};

use crate::clock::{self, Until, ms_since};
use crate::config::Config;
use crate::forward::Wishes;
use crate::{doh, forward};

/// The most that the DNS may take of the whole, in milliseconds.
const MAX_DNS_MS: u64 = 4_000;

/// Verifies one address, within the caller's deadline or the configured one, whatever fails.
///
/// 1. parse the address;
/// 2. resolve the mail route of its domain over DoH;
/// 3. (reuse evidence: this version keeps none);
/// 4. ask the prober;
/// 5. judge;
/// 6. (keep the evidence: this version keeps none).
pub(crate) async fn verify(config: &Config, ask: &VerifyRequest, request_id: &str) -> VerifyResponse {
    let started = clock::now();
    let wishes = Wishes { patient: ask.deadline_ms.is_some(), max_age_s: ask.max_age_s };
    let total = ask.deadline_ms.map_or(config.deadline_ms, u64::from);
    // What is left for putting the answer together and sending it.
    let until = Until::after(started, total - (total / 20).clamp(10, 200));
    let mut timing = Timing::default();
    // 1. Parse.
    let mut evidence = Evidence::of_text(&ask.email, started);
    timing.syntax = Some(ms_since(started));
    // 2. Resolve.
    if let (Step::Resolve, Some(domain)) = (next_step(&evidence, ask.level), domain_of(&evidence)) {
        let began = clock::now();
        let dns_until = Until::after(started, (total * 2 / 5).min(MAX_DNS_MS));
        evidence.dns = Some(doh::route(&config.doh, &domain, dns_until).await);
        timing.dns = Some(ms_since(began));
    }
    // 3. No evidence is kept yet.
    // 4. Ask.
    if next_step(&evidence, ask.level) == Step::Probe {
        let began = clock::now();
        evidence.probing = probe(config, &evidence, until, wishes, request_id).await;
        timing.smtp = Some(ms_since(began));
    }
    // 5. Judge.
    let verdict = judge(&evidence);
    // 6. No evidence is kept yet.
    VerifyResponse::compose(&ask.email, &evidence, verdict, timing, request_id)
}

fn domain_of(evidence: &Evidence) -> Option<Domain> {
    evidence.mailbox()?.domain().cloned()
}

async fn probe(config: &Config, evidence: &Evidence, until: Until, wishes: Wishes, id: &str) -> Probing {
    let asked = evidence.mailbox().cloned().zip(evidence.route().map(|fact| fact.route.clone()));
    match (&config.prober, asked) {
        (Some(prober), Some((mailbox, route))) => forward::probe(prober, mailbox, route, until, wishes, id).await,
        _ => Probing::ProberUnavailable,
    }
}
