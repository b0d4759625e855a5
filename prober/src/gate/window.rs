//! What the hosts of one operator said lately.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use tokio::time::Instant;

/// How long an answer counts.
pub(super) const WINDOW: Duration = Duration::from_mins(10);
/// How long a closed gate stays closed before one probe is let through.
pub(super) const TRIAL: Duration = Duration::from_mins(1);
/// The most answers kept of one operator.
const KEPT: usize = 200;
/// How many answers are too few to conclude anything.
const TOO_FEW: usize = 20;

/// Whose answer it is, where hosts are nobody's in particular. Neither one domain with many hosts nor one network with many domains makes a
/// majority: each has one voice, its last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Voice {
    domain: String,
    network: IpAddr,
}

impl Voice {
    /// The voice of `domain`'s host at `ip`. A network is what one holder usually has: 256 addresses, or 2^80 of IPv6.
    pub(super) fn new(domain: &str, ip: IpAddr) -> Self {
        let network = match ip {
            IpAddr::V4(ip) => Ipv4Addr::from_bits(ip.to_bits() & !0xff).into(),
            IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 80 << 80).into(),
        };
        Self { domain: domain.to_owned(), network }
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.domain == other.domain || self.network == other.network
    }
}

/// One answer of a host.
#[derive(Debug, Clone)]
struct Heard {
    at: Instant,
    voice: Option<Voice>,
    blocked: bool,
}

/// Since when an operator is left alone.
#[derive(Debug, Clone, Copy)]
struct Closed {
    tried_at: Instant,
    blocked_at: Instant,
}

/// What is known of one operator.
#[derive(Debug, Default)]
pub(super) struct Window {
    heard: VecDeque<Heard>,
    closed: Option<Closed>,
}

impl Window {
    pub(super) fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    /// Whether it says anything at `now`: something was heard within the window.
    pub(super) fn is_live(&self, now: Instant) -> bool {
        self.was_blocked_lately(now) || self.heard.back().is_some_and(|last| is_within(last.at, now))
    }

    /// Whether it is closed, and by what was heard within the window.
    pub(super) fn was_blocked_lately(&self, now: Instant) -> bool {
        self.closed.is_some_and(|closed| is_within(closed.blocked_at, now))
    }

    /// Whether one may ask at `now`; where it is closed, one that may is the trial.
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        self.closed.as_mut().is_none_or(|closed| is_due(&mut closed.tried_at, now))
    }

    /// A host answered.
    pub(super) fn hear(&mut self, voice: Option<Voice>, blocked: bool, now: Instant) {
        if let Some(voice) = &voice {
            self.heard.retain(|one| one.voice.as_ref().is_none_or(|earlier| !earlier.overlaps(voice)));
        }
        self.heard.push_back(Heard { at: now, voice, blocked });
        while self.heard.len() > KEPT || self.heard.front().is_some_and(|first| !is_within(first.at, now)) {
            self.heard.pop_front();
        }
        // A trial that goes well is worth more than what was heard before.
        if self.closed.is_some() && !blocked {
            self.heard.retain(|one| !one.blocked);
        }
        let stays_closed = self.closed.is_some() && blocked;
        self.closed = (stays_closed || self.is_bad()).then(|| Closed { blocked_at: now, ..self.closed_anew(now) });
    }

    /// It is closed or opened by one word that is known to be true.
    pub(super) fn set(&mut self, blocked: bool, now: Instant) {
        self.heard.clear();
        self.closed = blocked.then(|| Closed { blocked_at: now, ..self.closed_anew(now) });
    }

    fn closed_anew(&self, now: Instant) -> Closed {
        self.closed.unwrap_or(Closed { tried_at: now, blocked_at: now })
    }

    fn is_bad(&self) -> bool {
        let blocked = self.heard.iter().filter(|one| one.blocked).count();
        self.heard.len() >= TOO_FEW && blocked * 2 > self.heard.len()
    }
}

fn is_within(at: Instant, now: Instant) -> bool {
    now.saturating_duration_since(at) <= WINDOW
}

/// Whether another trial is due at `now`, which then is the last.
pub(super) fn is_due(tried_at: &mut Instant, now: Instant) -> bool {
    let due = now.saturating_duration_since(*tried_at) >= TRIAL;
    if due {
        *tried_at = now;
    }
    due
}
