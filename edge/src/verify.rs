//! One address, from text to verdict: the edge's whole path.

use std::rc::Rc;

use futures_util::FutureExt as _;
use shared::dns::MailRoute;
use shared::evidence::{Evidence, Probing, RouteFact};
use shared::mailbox::Mailbox;
use shared::verdict::{Step, judge, next_step};
use shared::wire::{Timing, VerifyRequest, VerifyResponse};

use crate::clock::{self, Until, ms_since};
use crate::desk::Desk;
use crate::forward::{self, Ask, Wishes};

/// The most that the DNS may take of the whole, in milliseconds.
const MAX_DNS_MS: u64 = 4_000;
/// How long it may take to find out anew, behind an answer, what was kept, in milliseconds. A Worker may work for 30 seconds after it answered.
const RENEWAL_MS: u64 = 20_000;

/// Verifies one address by `until`, whatever fails.
///
/// 1. parse the address;
/// 2. resolve the mail route of its domain over DoH, unless one is kept;
/// 3. reuse evidence kept for this mailbox, while fresh, or as old as the caller takes it;
/// 4. ask a prober;
/// 5. judge;
/// 6. keep the evidence, and find out anew what was old, after the response is on its way.
pub(crate) async fn verify(desk: &Rc<Desk>, ask: VerifyRequest, until: Until) -> VerifyResponse {
    let inquiry = find_out(desk, ask, until).await;
    // 5. Judge.
    let response = inquiry.judge();
    // 6. Keep.
    inquiry.keep();
    response
}

/// Steps 1 to 4: all that is to be known about the address.
pub(crate) async fn find_out(desk: &Rc<Desk>, ask: VerifyRequest, until: Until) -> Inquiry {
    // 1. Parse.
    let mut inquiry = Inquiry::open(desk, ask, until);
    // 2. Resolve.
    if inquiry.next() == Step::Resolve {
        inquiry.resolve().await;
    }
    // 3 and 4. Reuse or ask.
    if inquiry.next() == Step::Probe {
        inquiry.probe().await;
    }
    inquiry
}

/// An address on its way.
pub(crate) struct Inquiry {
    /// What is known of it so far.
    pub(crate) evidence: Evidence,
    desk: Rc<Desk>,
    ask: VerifyRequest,
    until: Until,
    timing: Timing,
    origin: Origin,
}

/// Where a report comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// Mail hosts were asked just now.
    Asked,
    /// It was kept, and is fresh.
    Kept,
    /// It was kept, and has to be found out anew.
    Stale,
}

impl Inquiry {
    /// The address parsed.
    pub(crate) fn open(desk: &Rc<Desk>, ask: VerifyRequest, until: Until) -> Self {
        let started = clock::now();
        let evidence = Evidence::of_text(&ask.email, started);
        let timing = Timing { syntax: Some(ms_since(started)), ..Timing::default() };
        Self { evidence, desk: Rc::clone(desk), ask, until, timing, origin: Origin::Asked }
    }

    /// What is worth finding out next.
    pub(crate) fn next(&self) -> Step {
        next_step(&self.evidence, self.ask.level)
    }

    /// Looks up the route of its domain.
    pub(crate) async fn resolve(&mut self) {
        let Some(domain) = self.evidence.mailbox().and_then(|mailbox| mailbox.domain()) else { return };
        let began = clock::now();
        let share = u64::try_from(self.until.left().as_millis()).unwrap_or(u64::MAX).saturating_mul(2) / 5;
        let until = Until::after(began, share.min(MAX_DNS_MS));
        self.evidence.dns = Some(self.desk.route(domain, until, self.ask.max_age_s).await);
        self.timing.dns = Some(ms_since(began));
    }

    /// Finds out what its mail hosts say: from what is kept, else from a prober.
    pub(crate) async fn probe(&mut self) {
        let began = clock::now();
        if let Some((mailbox, route)) = self.asked() {
            (self.evidence.probing, self.origin) = match self.reuse(mailbox, route).await {
                Some(kept) => kept,
                None => (self.ask_prober(mailbox, route).await, Origin::Asked),
            };
        }
        self.timing.smtp = Some(ms_since(began));
    }

    fn asked(&self) -> Option<(&Mailbox, &MailRoute)> {
        let RouteFact { route, .. } = self.evidence.route()?;
        Some((self.evidence.mailbox()?, route))
    }

    async fn reuse(&self, mailbox: &Mailbox, route: &MailRoute) -> Option<(Probing, Origin)> {
        // What is kept has no transcript.
        if self.ask.transcript {
            return None;
        }
        let (report, is_fresh) = self.desk.kept.as_ref()?.get(mailbox, route, self.ask.max_age_s, self.until).await?;
        Some((Probing::Reported(report), if is_fresh { Origin::Kept } else { Origin::Stale }))
    }

    async fn ask_prober(&self, mailbox: &Mailbox, route: &MailRoute) -> Probing {
        let Some(probers) = &self.desk.config.probers else { return Probing::ProberUnavailable };
        let wishes = Wishes { patient: self.ask.deadline_ms.is_some(), max_age_s: self.ask.max_age_s, transcript: self.ask.transcript };
        forward::probe(probers, Ask { mailbox, route, until: self.until, wishes, id: &self.desk.id }).await
    }

    /// What it comes to by now.
    pub(crate) fn judge(&self) -> VerifyResponse {
        let verdict = VerifyResponse::compose(&self.ask.email, &self.evidence, judge(&self.evidence), self.timing, &self.desk.id);
        match self.evidence.report() {
            Some(report) if self.ask.transcript => verdict.with_transcript(report.transcript.clone()),
            _ => verdict,
        }
    }

    /// Keeps what was asked just now, and asks anew where what was kept is old; all of it behind the answer.
    pub(crate) fn keep(&self) {
        let (Some(kept), Some(report), Some((mailbox, route))) = (&self.desk.kept, self.evidence.report(), self.asked()) else { return };
        let (kept, mailbox, route, origin) = (Rc::clone(kept), mailbox.clone(), route.clone(), self.origin);
        let (config, id, report) = (Rc::clone(&self.desk.config), self.desk.id.clone(), report.clone());
        if origin == Origin::Kept {
            return;
        }
        let work = async move {
            let mut report = report;
            if let (Origin::Stale, Some(probers)) = (origin, &config.probers) {
                let until = Until::after(clock::now(), RENEWAL_MS);
                let wishes = Wishes { patient: false, max_age_s: Some(0), transcript: false };
                let ask = Ask { mailbox: &mailbox, route: &route, until, wishes, id: &id };
                let Probing::Reported(renewed) = forward::probe(probers, ask).await else { return };
                report = renewed;
            }
            kept.put(&mailbox, &route, &report).await;
        };
        self.desk.afterwards.run(work.boxed_local());
    }
}
