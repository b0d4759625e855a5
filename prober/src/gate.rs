//! The health gate: where most hosts of an operator refuse our source address, asking more of them only makes it worse.
//!
//! The share of `sender_blocked` is watched per operator; hosts of nobody in particular count once each. Past one half the gate closes for
//! that operator, and past one half of the operators for all. Once in a while one probe is let through to see whether it is over.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::domain::operator::Operator;
use shared::smtp::FindingKind;
use tokio::time::Instant;

use crate::metrics::Metrics;

/// How long an answer counts.
const WINDOW: Duration = Duration::from_mins(10);
/// The most answers kept of one operator.
const KEPT: usize = 200;
/// How many answers are too few to conclude anything.
const TOO_FEW: usize = 20;
/// How long a closed gate stays closed before one probe is let through.
const TRIAL: Duration = Duration::from_mins(1);
/// The name of everybody whom no table names.
const OTHERS: &str = "other";

/// One answer of a host.
#[derive(Debug, Clone, Copy)]
struct Heard {
    at: Instant,
    host: Option<IpAddr>,
    blocked: bool,
}

/// What is known of one operator.
#[derive(Debug, Default)]
struct Window {
    heard: VecDeque<Heard>,
    closed_at: Option<Instant>,
}

/// The gate.
#[derive(Debug, Default)]
pub struct Gate {
    windows: Mutex<HashMap<&'static str, Window>>,
    metrics: Arc<Metrics>,
}

impl Window {
    fn forget(&mut self, now: Instant) {
        while self.heard.len() > KEPT || self.heard.front().is_some_and(|first| now.saturating_duration_since(first.at) > WINDOW) {
            self.heard.pop_front();
        }
    }

    fn is_bad(&self) -> bool {
        let blocked = self.heard.iter().filter(|one| one.blocked).count();
        self.heard.len() >= TOO_FEW && blocked * 2 > self.heard.len()
    }
}

impl Gate {
    /// An open gate.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { windows: Mutex::default(), metrics }
    }

    fn windows(&self) -> MutexGuard<'_, HashMap<&'static str, Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a host may be asked at `now`.
    pub fn admits(&self, operator: Option<Operator>, now: Instant) -> bool {
        let mut windows = self.windows();
        let id = operator.map_or(OTHERS, |operator| operator.id);
        let all = most_are_closed(&windows);
        let Some(closed_at) = windows.get_mut(id).and_then(|window| window.closed_at.as_mut()) else { return !all };
        if now.saturating_duration_since(*closed_at) < TRIAL {
            return false;
        }
        *closed_at = now;
        true
    }

    /// A host answered.
    pub fn heard(&self, operator: Option<Operator>, host: IpAddr, finding: FindingKind, now: Instant) {
        let id = operator.map_or(OTHERS, |operator| operator.id);
        let mut windows = self.windows();
        let window = windows.entry(id).or_default();
        let unit = operator.is_none().then_some(host);
        window.heard.retain(|one| unit.is_none() || one.host != unit);
        window.heard.push_back(Heard { at: now, host: unit, blocked: finding == FindingKind::SenderBlocked });
        window.forget(now);
        // A trial that goes well is worth more than what was heard before.
        if window.closed_at.is_some() && finding != FindingKind::SenderBlocked {
            window.heard.retain(|one| !one.blocked);
        }
        let bad = window.is_bad();
        if bad != window.closed_at.is_some() {
            window.closed_at = bad.then_some(now);
            self.metrics.set_fit(windows.values().all(|window| window.closed_at.is_none()));
            if bad {
                tracing::warn!(operator = id, "most hosts of this operator block our source address: they are not asked for now");
            } else {
                tracing::info!(operator = id, "hosts of this operator talk to us again");
            }
        }
    }

    /// A canary, which its owner knows to exist, was asked: `blocked` closes the gate of its operator at once.
    pub fn canary(&self, operator: Option<Operator>, blocked: bool, now: Instant) {
        let id = operator.map_or(OTHERS, |operator| operator.id);
        let mut windows = self.windows();
        let window = windows.entry(id).or_default();
        if blocked != window.closed_at.is_some() {
            window.closed_at = blocked.then_some(now);
            window.heard.clear();
            // Said once, at the change.
            self.metrics.set_fit(windows.values().all(|window| window.closed_at.is_none()));
            tracing::warn!(operator = id, blocked, "a canary address changed its answer");
        }
    }

    /// The operators whose gate is closed.
    pub fn closed(&self) -> Vec<&'static str> {
        let windows = self.windows();
        let mut closed: Vec<_> = windows.iter().filter(|(_, window)| window.closed_at.is_some()).map(|(id, _)| *id).collect();
        closed.sort_unstable();
        closed
    }

    /// Whether our source is blocked nearly everywhere.
    pub fn is_shut(&self) -> bool {
        most_are_closed(&self.windows())
    }
}

/// Whether more than half of at least two operators are closed.
fn most_are_closed(windows: &HashMap<&'static str, Window>) -> bool {
    let closed = windows.values().filter(|window| window.closed_at.is_some()).count();
    closed >= 2 && closed * 2 > windows.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::domain::host_name::HostName;

    fn google() -> Option<Operator> {
        Operator::of_exchange(&HostName::new("aspmx.l.google.com"))
    }

    fn ip(n: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, n])
    }

    #[test]
    fn ok_it_closes_by_share_and_opens_by_trial() {
        let (gate, now) = (Gate::default(), Instant::now());
        (0..19).for_each(|_| gate.heard(google(), ip(1), FindingKind::SenderBlocked, now));
        assert!(gate.admits(google(), now), "too few to tell");
        gate.heard(google(), ip(1), FindingKind::SenderBlocked, now);
        assert!(!gate.admits(google(), now));
        assert_eq!(gate.closed(), ["google"]);
        assert!(gate.admits(None, now), "others are not concerned");
        let later = now + TRIAL;
        assert!(gate.admits(google(), later), "one is let through");
        assert!(!gate.admits(google(), later), "and only one");
        gate.heard(google(), ip(1), FindingKind::MailboxNotFound, later);
        assert!(gate.admits(google(), later) && gate.closed().is_empty());
    }

    #[test]
    fn ok_one_cross_host_is_one_host() {
        let (gate, now) = (Gate::default(), Instant::now());
        (0..100).for_each(|_| gate.heard(None, ip(1), FindingKind::SenderBlocked, now));
        assert!(gate.admits(None, now));
        (0..12).for_each(|n| gate.heard(None, ip(n), FindingKind::Accepted, now));
        (12..40).for_each(|n| gate.heard(None, ip(n), FindingKind::SenderBlocked, now));
        assert!(!gate.admits(None, now));
    }

    #[test]
    fn ok_old_answers_are_forgotten_and_canaries_count_at_once() {
        let (gate, now) = (Gate::default(), Instant::now());
        (0..19).for_each(|_| gate.heard(google(), ip(1), FindingKind::SenderBlocked, now));
        gate.heard(google(), ip(1), FindingKind::SenderBlocked, now + WINDOW + Duration::from_secs(1));
        assert!(gate.admits(google(), now));
        gate.canary(google(), true, now);
        assert!(!gate.admits(google(), now));
        gate.canary(google(), false, now);
        assert!(gate.admits(google(), now));
    }
}
