//! What is said once a minute at the most, however often it happens: a counter has the rest.

use std::sync::atomic::{AtomicU64, Ordering};

use shared::evidence::UnixMillis;

/// How often it is said.
const EVERY_MS: u64 = 60_000;

/// Something that is said seldom.
#[derive(Debug, Default)]
pub(crate) struct Seldom(AtomicU64);

impl Seldom {
    /// For a static.
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Whether it is to be said now.
    pub(crate) fn is_due(&self, now: UnixMillis) -> bool {
        let told = self.0.load(Ordering::Relaxed);
        // A clock that was set back must not silence it.
        let is_due = now.0 >= told.saturating_add(EVERY_MS) || now.0 < told;
        is_due && self.0.compare_exchange(told, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_once_a_minute() {
        let seldom = Seldom::new();
        let told = [100_000, 100_001, 159_999, 160_000, 160_001, 90_000, 90_001].map(|now| seldom.is_due(UnixMillis(now)));
        assert_eq!(told, [true, false, false, true, false, true, false]);
    }
}
