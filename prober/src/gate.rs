//! The health gate: where most hosts of an operator refuse our source address, asking more of them only makes it worse.
//!
//! The share of `sender_blocked` is watched per operator; of hosts of nobody in particular each domain and each network counts once. Past one
//! half the gate closes for that operator, and past one half of the operators for all. Once in a while one probe is let through to see
//! whether it is over.

mod window;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::domain::operator::Operator;
use shared::smtp::FindingKind;
use tokio::time::Instant;

use crate::metrics::Metrics;
use window::{Voice, Window, is_due};

/// The name of everybody whom no table names.
const OTHERS: &str = "other";

/// What is known of all operators.
#[derive(Debug, Default)]
struct Windows {
    by_operator: HashMap<&'static str, Window>,
    /// The last trial of those who are left alone for the others' sake.
    tried_at: Option<Instant>,
}

/// The gate.
#[derive(Debug, Default)]
pub struct Gate {
    windows: Mutex<Windows>,
    metrics: Arc<Metrics>,
}

impl Gate {
    /// An open gate.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { windows: Mutex::default(), metrics }
    }

    fn windows(&self) -> MutexGuard<'_, Windows> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a host may be asked at `now`.
    pub fn admits(&self, operator: Option<Operator>, now: Instant) -> bool {
        let mut windows = self.windows();
        match windows.by_operator.get_mut(id_of(operator)).filter(|window| window.is_closed()) {
            Some(window) => window.admits(now),
            None => !windows.most_are_closed(now) || is_due(windows.tried_at.get_or_insert(now), now),
        }
    }

    /// A host answered when it was asked about a mailbox of `domain`.
    pub fn heard(&self, operator: Option<Operator>, (domain, host): (&str, IpAddr), finding: FindingKind, now: Instant) {
        let id = id_of(operator);
        let voice = operator.is_none().then(|| Voice::new(domain, host));
        let mut windows = self.windows();
        let window = windows.by_operator.entry(id).or_default();
        let was_closed = window.is_closed();
        window.hear(voice, finding == FindingKind::SenderBlocked, now);
        let is_closed = window.is_closed();
        if was_closed == is_closed {
            return;
        }
        self.metrics.set_fit(windows.all_are_open());
        if is_closed {
            tracing::warn!(operator = id, "most hosts of this operator block our source address: they are not asked for now");
        } else {
            tracing::info!(operator = id, "hosts of this operator talk to us again");
        }
    }

    /// A canary, which its owner knows to exist, was asked: `blocked` closes the gate of its operator at once.
    pub fn canary(&self, operator: Option<Operator>, blocked: bool, now: Instant) {
        let id = id_of(operator);
        let mut windows = self.windows();
        let window = windows.by_operator.entry(id).or_default();
        let changes = blocked != window.is_closed();
        if blocked || changes {
            window.set(blocked, now);
        }
        if changes {
            // Said once, at the change.
            self.metrics.set_fit(windows.all_are_open());
            tracing::warn!(operator = id, blocked, "a canary address changed its answer");
        }
    }

    /// The operators whose gate is closed.
    pub fn closed(&self) -> Vec<&'static str> {
        let windows = self.windows();
        let mut closed: Vec<_> = windows.by_operator.iter().filter(|(_, window)| window.is_closed()).map(|(id, _)| *id).collect();
        closed.sort_unstable();
        closed
    }

    /// Whether our source is blocked nearly everywhere.
    pub fn is_shut(&self, now: Instant) -> bool {
        let mut windows = self.windows();
        windows.most_are_closed(now)
    }
}

impl Windows {
    fn all_are_open(&self) -> bool {
        !self.by_operator.values().any(Window::is_closed)
    }

    /// Whether more than half of at least two operators are closed, by what was heard lately.
    fn most_are_closed(&mut self, now: Instant) -> bool {
        let live = self.by_operator.values().filter(|window| window.is_live(now)).count();
        let closed = self.by_operator.values().filter(|window| window.was_blocked_lately(now)).count();
        let most = closed >= 2 && closed * 2 > live;
        if !most {
            self.tried_at = None;
        }
        most
    }
}

fn id_of(operator: Option<Operator>) -> &'static str {
    operator.map_or(OTHERS, |operator| operator.id)
}

#[cfg(test)]
mod tests;
