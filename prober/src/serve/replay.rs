//! Signed requests that were seen: each is answered once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use shared::wire::signature::WINDOW_S;

/// The most signatures kept. Only holders of the secret can fill it; past it the oldest window is still exact, since all are refused.
const CAPACITY: usize = 1_000_000;

/// The signatures of the last window, by their MAC.
#[derive(Debug, Default)]
pub(super) struct ReplayGuard {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    macs: HashMap<[u8; 32], u64>,
    swept_at: u64,
}

impl ReplayGuard {
    /// Whether `mac`, valid at `now` (Unix seconds), comes for the first time; from now on it does not.
    pub(super) fn is_first(&self, mac: [u8; 32], now: u64) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if now.abs_diff(seen.swept_at) > WINDOW_S {
            // A signature may be dated one window ahead and stays valid for two.
            seen.macs.retain(|_, at| now.abs_diff(*at) <= 2 * WINDOW_S);
            seen.swept_at = now;
        }
        seen.macs.len() < CAPACITY && seen.macs.insert(mac, now).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_the_second_time_as_long_as_the_signature_is_valid() {
        let guard = ReplayGuard::default();
        assert!(guard.is_first([1; 32], 1000));
        assert!(guard.is_first([2; 32], 1000));
        for now in [1000, 1001, 1301, 1600] {
            assert!(!guard.is_first([1; 32], now), "{now}");
        }
    }

    #[test]
    fn ok_old_ones_are_forgotten() {
        let guard = ReplayGuard::default();
        assert!(guard.is_first([1; 32], 1000));
        assert!(guard.is_first([3; 32], 1000 + 2 * WINDOW_S + 1));
        assert_eq!(guard.seen.lock().expect("unpoisoned").macs.len(), 1);
    }
}
