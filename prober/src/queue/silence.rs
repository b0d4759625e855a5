//! Whether anybody answers at all. Where no worker takes what is asked, nothing fails: jobs wait, and whoever runs them has to be told.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What all runs at one desk know of it, since the same workers answer them all.
#[derive(Debug)]
pub(super) struct Silence {
    /// For how long nobody has to answer anything.
    after: Duration,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    heard_at: Option<Instant>,
    is_silent: bool,
}

impl Silence {
    /// A worker that lives has answered after `patience`, which is how long one mailbox may take; it is given that twice.
    pub(super) fn after(patience: Duration) -> Self {
        Self { after: patience * 2, known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody answered something.
    pub(super) fn heard(&self, now: Instant) {
        *self.known() = Known { heard_at: Some(now), is_silent: false };
    }

    /// Questions of one run wait since then: whether nobody answers.
    pub(super) fn look(&self, since: Instant, now: Instant) -> bool {
        let mut known = self.known();
        let quiet_since = known.heard_at.map_or(since, |heard_at| heard_at.max(since));
        known.is_silent = now.saturating_duration_since(quiet_since) >= self.after;
        known.is_silent
    }

    /// A run ended. Where another one waits, it says so when it looks again.
    pub(super) fn end(&self) {
        self.known().is_silent = false;
    }

    /// As it was when it was last looked at.
    pub(super) fn is_silent(&self) -> bool {
        self.known().is_silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_silence_is_when_nobody_answered_any_run_for_twice_as_long_as_an_answer_takes() {
        let (silence, begun) = (Silence::after(Duration::from_secs(30)), Instant::now());
        let at = |seconds| begun + Duration::from_secs(seconds);
        assert!(!silence.look(begun, at(59)) && silence.look(begun, at(60)) && silence.is_silent());
        assert!(!silence.look(at(50), at(61)), "questions that have only begun to wait");
        assert!(silence.look(begun, at(62)));
        silence.heard(at(63));
        assert!(!silence.is_silent() && !silence.look(begun, at(122)), "somebody lives");
        assert!(silence.look(begun, at(123)) && silence.is_silent());
        silence.end();
        assert!(!silence.is_silent());
    }
}
