//! A circuit breaker: who failed several times in a row is left alone for a while, then tried once, and asked again if that goes well.

use crate::evidence::UnixMillis;

/// Failures in a row that open it.
const FAILURES: u32 = 3;
/// The first pause, in milliseconds; it doubles with each trial that fails.
const FIRST_PAUSE_MS: u64 = 2_000;
/// The longest pause of its own choosing.
const LONGEST_PAUSE_MS: u64 = 60_000;
/// The longest pause that another may ask for.
const LONGEST_ASKED_MS: u64 = 600_000;
/// A trial of which nothing was heard for so long is forgotten: whoever made it went away.
const TRIAL_MS: u64 = 60_000;

/// What is known of one other's health. Time is passed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breaker {
    state: State,
    pause_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until: UnixMillis },
    Trial { began: UnixMillis },
}

impl Default for Breaker {
    fn default() -> Self {
        Self { state: State::Closed { failures: 0 }, pause_ms: FIRST_PAUSE_MS }
    }
}

impl Breaker {
    /// Whether the other may be asked now. After a pause one caller may, as a trial.
    pub fn admits(&self, now: UnixMillis) -> bool {
        match self.state {
            State::Closed { .. } => true,
            State::Open { until } => now >= until,
            State::Trial { began } => now.0.saturating_sub(began.0) >= TRIAL_MS,
        }
    }

    /// It is asked, since it was admitted.
    pub fn asked(&mut self, now: UnixMillis) {
        if !matches!(self.state, State::Closed { .. }) {
            self.state = State::Trial { began: now };
        }
    }

    /// It answered.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// It failed, or where it says so wants to be left alone for `retry_after_s`.
    pub fn failed(&mut self, now: UnixMillis, retry_after_s: Option<u32>) {
        let failures = match self.state {
            State::Closed { failures } => failures + 1,
            State::Open { .. } | State::Trial { .. } => FAILURES,
        };
        let asked_ms = retry_after_s.map(|seconds| (u64::from(seconds) * 1_000).min(LONGEST_ASKED_MS));
        match asked_ms {
            Some(ms) => self.state = State::Open { until: UnixMillis(now.0.saturating_add(ms)) },
            None if failures < FAILURES => self.state = State::Closed { failures },
            None => self.open(now),
        }
    }

    /// Nothing is known of how it did: whoever asked left it too little time. A trial is the next one's to make.
    pub fn left_open(&mut self, now: UnixMillis) {
        if let State::Trial { .. } = self.state {
            self.state = State::Open { until: now };
        }
    }

    fn open(&mut self, now: UnixMillis) {
        // Those that were asked beside each other fail together; that is one pause, not several.
        if let State::Open { until } = self.state
            && now < until
        {
            return;
        }
        self.state = State::Open { until: UnixMillis(now.0.saturating_add(self.pause_ms)) };
        self.pause_ms = (self.pause_ms * 2).min(LONGEST_PAUSE_MS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: UnixMillis = UnixMillis(1_000_000);

    fn try_at(breaker: &mut Breaker, now: UnixMillis) -> bool {
        let admitted = breaker.admits(now);
        if admitted {
            breaker.asked(now);
        }
        admitted
    }

    fn after(ms: u64) -> UnixMillis {
        UnixMillis(T.0 + ms)
    }

    fn broken() -> Breaker {
        let mut breaker = Breaker::default();
        (0..FAILURES).for_each(|_| breaker.failed(T, None));
        breaker
    }

    #[test]
    fn ok_opens_after_failures_in_a_row() {
        let mut breaker = Breaker::default();
        for _ in 1..FAILURES {
            assert!(breaker.admits(T));
            breaker.failed(T, None);
        }
        breaker.succeeded();
        assert_eq!(breaker, Breaker::default(), "a success starts the count anew");
        assert!(!broken().admits(T) && !broken().admits(after(FIRST_PAUSE_MS - 1)));
    }

    #[test]
    fn ok_one_trial_after_the_pause() {
        let mut breaker = broken();
        assert!(try_at(&mut breaker, after(2_000)), "the trial");
        assert!(!try_at(&mut breaker, after(2_001)), "one at a time");
        breaker.succeeded();
        assert!(try_at(&mut breaker, after(2_002)) && try_at(&mut breaker, after(2_002)));
    }

    #[test]
    fn ok_the_pause_doubles_to_a_limit() {
        let (mut breaker, mut now) = (broken(), T);
        for pause in [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
            assert!(!try_at(&mut breaker, UnixMillis(now.0 + pause - 1)), "{pause}");
            now = UnixMillis(now.0 + pause);
            assert!(try_at(&mut breaker, now), "{pause}");
            breaker.failed(now, None);
        }
    }

    #[test]
    fn ok_failures_side_by_side_are_one_pause() {
        let mut breaker = broken();
        breaker.failed(after(10), None);
        breaker.failed(after(20), None);
        assert!(try_at(&mut breaker, after(2_000)));
    }

    #[test]
    fn ok_who_asks_for_a_pause_gets_it() {
        let mut breaker = Breaker::default();
        breaker.failed(T, Some(7));
        assert!(!try_at(&mut breaker, after(6_999)) && try_at(&mut breaker, after(7_000)));
        breaker.failed(T, Some(u32::MAX));
        assert!(try_at(&mut breaker, after(LONGEST_ASKED_MS)), "but not for ever");
    }

    #[test]
    fn ok_who_had_no_time_has_not_failed() {
        let mut breaker = Breaker::default();
        (0..FAILURES).for_each(|_| breaker.left_open(T));
        assert_eq!(breaker, Breaker::default());
        let mut breaker = broken();
        breaker.left_open(after(1));
        assert!(!breaker.admits(after(1_999)), "its pause goes on");
        assert!(try_at(&mut breaker, after(2_000)));
        breaker.left_open(after(2_001));
        assert!(try_at(&mut breaker, after(2_001)), "another trial");
        breaker.failed(after(2_002), None);
        assert!(!try_at(&mut breaker, after(6_001)) && try_at(&mut breaker, after(6_002)), "which counts as the first would have");
    }

    #[test]
    fn ok_a_trial_of_which_nothing_is_heard_is_forgotten() {
        let mut breaker = broken();
        assert!(try_at(&mut breaker, after(2_000)));
        assert!(!try_at(&mut breaker, after(2_000 + TRIAL_MS - 1)) && try_at(&mut breaker, after(2_000 + TRIAL_MS)));
    }
}
