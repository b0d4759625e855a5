//! How many questions are under way: as many as it takes, and no more. What is under way when a process dies is asked again by the next one.

use std::time::Duration;

/// How often that is looked at.
pub(super) const TICK: Duration = Duration::from_millis(100);
/// So many there may be however fast the answers are: more would mostly wait for each other.
const PLENTY: usize = 64;
/// A run that has ended early before begins with so many: it may do so again, and each time what is under way is asked about anew.
const FEW: usize = 8;
/// What such a run has under way is at most one in so many of what this process has answered, up to plenty; unless answers are slow.
const SHARE: usize = 100;

/// The limit, which grows while answers are slow in coming and shrinks while they are not.
#[derive(Debug)]
pub(super) struct Throttle {
    limit: usize,
    /// What it does not shrink below while few are answered.
    first: usize,
    most: usize,
    /// Answers of this tick, and of all.
    answered: usize,
    total: usize,
}

impl Throttle {
    /// At most so many at once, for a run that begins or goes on.
    pub(super) fn new(most: usize, is_resumed: bool) -> Self {
        let first = if is_resumed { FEW } else { PLENTY };
        Self { limit: first.min(most), first, most, answered: 0, total: 0 }
    }

    /// How many more may be asked while so many are under way.
    pub(super) fn room(&self, under_way: usize) -> usize {
        self.limit.saturating_sub(under_way)
    }

    /// Half of the places, and one at least.
    pub(super) fn half(&self) -> usize {
        self.limit.div_ceil(2)
    }

    /// An answer has come.
    pub(super) fn answered(&mut self) {
        self.answered += 1;
        self.total += 1;
    }

    /// Looks at the answers of one tick. Where all places were taken and answered less than twice, each answer took more than half a tick: with more
    /// questions there will be more answers, and a list of some thousands has no time for small steps. A run that goes on takes them all the same.
    pub(super) fn adapt(&mut self, under_way: usize) {
        let answered = std::mem::take(&mut self.answered);
        let least = (self.total / SHARE).clamp(self.first, PLENTY);
        if answered < 2 * self.limit && under_way >= self.limit {
            self.limit += if self.first == FEW { self.limit.div_ceil(4) } else { self.limit };
        } else if answered > 4 * self.limit {
            self.limit -= self.limit / 8;
        }
        self.limit = self.limit.max(least).min(self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_more_while_answers_are_slow_and_fewer_while_they_are_not() {
        let mut throttle = Throttle::new(200, false);
        assert_eq!((throttle.room(0), throttle.room(64), throttle.half()), (64, 0, 32));
        for limit in [128, 200, 200] {
            throttle.adapt(throttle.limit);
            assert_eq!(throttle.limit, limit);
        }
        for _ in 0..20 {
            (0..1_000).for_each(|_| throttle.answered());
            throttle.adapt(throttle.limit);
        }
        assert_eq!(throttle.limit, 64);
        assert_eq!(Throttle::new(2, false).room(0), 2);
    }

    #[test]
    fn ok_one_in_a_hundred_of_what_was_answered_where_a_run_goes_on() {
        let mut throttle = Throttle::new(1_000, true);
        assert_eq!(throttle.room(0), 8);
        for (answers, limit) in [(400, 8), (400, 8), (800, 16), (10_000, 64)] {
            (0..answers).for_each(|_| throttle.answered());
            throttle.adapt(throttle.limit);
            assert_eq!(throttle.limit, limit, "{answers}");
        }
        throttle.adapt(3);
        assert_eq!(throttle.limit, 64, "there was room left");
        throttle.adapt(64);
        assert_eq!(throttle.limit, 80, "answers are slow, and it may die again");
    }
}
