//! Who was deferred, and since when.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::manner::Greylisting;

/// Guest, sender, recipient.
pub(super) type Triplet = (IpAddr, String, String);

/// When each triplet was first seen.
#[derive(Debug, Default)]
pub(super) struct Greylist {
    seen: Mutex<HashMap<Triplet, Instant>>,
}

impl Greylist {
    /// Whether the triplet came back in time; where its time is over, it starts anew.
    pub(super) fn is_due(&self, rule: &Greylisting, triplet: Triplet) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = seen.get(&triplet).map(Instant::elapsed);
        if waited.is_some_and(|waited| (rule.from..=rule.until).contains(&waited)) {
            return true;
        }
        let is_early = waited.is_some_and(|waited| waited < rule.from);
        if rule.strict || !is_early {
            seen.insert(triplet, Instant::now());
        }
        false
    }
}
