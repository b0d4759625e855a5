//! Greylists: when to come back, and how long a domain makes strangers wait.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::evidence::{Attempt, ProbeReport, SessionFacts, UnixMillis};
use shared::smtp::classify::stated_delay_s;
use shared::verdict::{Reason, Status, Verdict};
use tokio::time::Instant;

use super::{Ask, Prober};
use crate::clock;
use crate::kept::{Kind, Reach};

/// How long a triplet is remembered: postgrey forgets after two days (postgrey(8), --retry-window).
const MEMORY: Duration = Duration::from_hours(48);
/// How long a domain's delay is remembered.
const DELAY_MEMORY: Duration = Duration::from_hours(24 * 14);
/// How long a greylisted answer is kept where the host does not say when to come back: less than we once waited may do.
const UNSTATED_S: u64 = 60;
/// The longest delay that is concluded from how long we happened to wait.
const MOST_UNSTATED_S: u32 = 3_600;
/// A moment more, since clocks differ.
const MARGIN_S: u64 = 1;

/// A sender and a recipient that were told to come back.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Triplet {
    first_at: UnixMillis,
    not_before: Option<UnixMillis>,
}

/// How long a domain made us wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GreylistDelay {
    /// Seconds from the first attempt.
    pub delay_s: u32,
    /// When that was seen.
    pub at: UnixMillis,
    /// Whether the host said so; otherwise it is how long we happened to wait, and less may do.
    pub stated: bool,
}

impl Prober {
    /// Remembers that we were told to come back; how long, in seconds, there is no use in asking again.
    pub(super) async fn note_greylist(&self, ask: Ask<'_>, report: &ProbeReport, verdict: Verdict) -> u64 {
        let now = clock::now();
        let reply = verdict.attempt.and_then(|n| report.attempts.get(n)).and_then(Attempt::session).and_then(SessionFacts::decisive);
        let stated = reply.and_then(|seen| stated_delay_s(&seen.reply));
        let domain = ask.mailbox.domain_text();
        if let Some(delay_s) = stated {
            let delay = GreylistDelay { delay_s, at: now, stated: true };
            self.kept.put(Kind::GreylistDelay, &[&domain], &delay, DELAY_MEMORY, Reach::Shared, now).await;
        }
        let learned = match stated {
            Some(delay_s) => Some(delay_s),
            None => self.greylist_delay(&domain).await.map(|delay| delay.delay_s),
        };
        let (us, mailbox) = (self.us(), ask.mailbox.wire());
        let key = [us.as_str(), mailbox.as_str()];
        let before: Option<Triplet> = self.kept.get(Kind::Greylisted, &key, now).await;
        let wait_s = learned.map(|delay_s| u64::from(delay_s) + MARGIN_S);
        let not_before = wait_s.map(|wait_s| UnixMillis(now.0 + wait_s * 1000));
        let triplet = Triplet { first_at: before.map_or(now, |before| before.first_at), not_before };
        self.kept.put(Kind::Greylisted, &key, &triplet, MEMORY, Reach::Shared, now).await;
        match (stated, wait_s) {
            (Some(_), Some(wait_s)) => wait_s,
            (_, wait_s) => wait_s.map_or(UNSTATED_S, |wait_s| wait_s.min(UNSTATED_S)),
        }
    }

    /// When the greylist should let us in, where it is known.
    pub(super) async fn greylist_ends(&self, ask: Ask<'_>) -> Option<Instant> {
        let (us, mailbox, now) = (self.us(), ask.mailbox.wire(), clock::now());
        let triplet: Triplet = self.kept.get(Kind::Greylisted, &[&us, &mailbox], now).await?;
        Some(Instant::now() + Duration::from_millis(triplet.not_before?.0.saturating_sub(now.0)))
    }

    /// The mailbox answered: where a greylist had held it back without saying how long, that is known now.
    pub(super) async fn forget_greylist(&self, ask: Ask<'_>, verdict: Verdict) {
        let settled = verdict.status() == Status::Deliverable || verdict.reason == Reason::AcceptAll;
        let (us, mailbox, now) = (self.us(), ask.mailbox.wire(), clock::now());
        let key = [us.as_str(), mailbox.as_str()];
        let triplet: Option<Triplet> = self.kept.get(Kind::Greylisted, &key, now).await;
        let Some(Triplet { first_at, not_before }) = triplet.filter(|_| settled) else { return };
        // It is over: what is asked later has waited for other reasons.
        let over = Triplet { first_at, not_before };
        self.kept.put(Kind::Greylisted, &key, &over, Duration::from_millis(1), Reach::Shared, now).await;
        let known = self.greylist_delay(&ask.mailbox.domain_text()).await;
        let delay_s = u32::try_from(now.0.saturating_sub(first_at.0) / 1000).unwrap_or(u32::MAX).min(MOST_UNSTATED_S);
        if not_before.is_some() || known.is_some_and(|known| known.delay_s <= delay_s) {
            return;
        }
        let delay = GreylistDelay { delay_s, at: now, stated: false };
        let domain = ask.mailbox.domain_text();
        self.kept.put(Kind::GreylistDelay, &[&domain], &delay, DELAY_MEMORY, Reach::Shared, now).await;
    }

    /// How long a domain makes strangers wait, where that was seen.
    pub async fn greylist_delay(&self, domain: &str) -> Option<GreylistDelay> {
        self.kept.get(Kind::GreylistDelay, &[domain], clock::now()).await
    }
}
