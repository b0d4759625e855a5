//! What was seen lately, in bounded memory: where there is no room, what was seen first is forgotten first.

use alloc::collections::VecDeque;

use super::Pseudonym;
use crate::evidence::UnixMillis;

/// A set of names, each for a time. It is searched from end to end, which for some thousands takes microseconds and weighs nothing.
#[derive(Debug)]
pub struct Recent {
    capacity: usize,
    seen: VecDeque<(Pseudonym, UnixMillis)>,
}

impl Recent {
    /// An empty one, of at most `capacity` names.
    pub const fn new(capacity: usize) -> Self {
        Self { capacity, seen: VecDeque::new() }
    }

    /// Whether `name` is remembered.
    pub fn holds(&self, name: Pseudonym, now: UnixMillis) -> bool {
        self.seen.iter().any(|(known, until)| *known == name && *until > now)
    }

    /// Remembers `name`; whether it was new.
    pub fn remember(&mut self, name: Pseudonym, now: UnixMillis, until: UnixMillis) -> bool {
        if self.holds(name, now) {
            return false;
        }
        if self.seen.len() >= self.capacity {
            self.seen.pop_front();
        }
        self.seen.push_back((name, until));
        true
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;
    use crate::wire::signature::Secret;

    fn name(n: u32) -> Pseudonym {
        Pseudonym::of(&Secret::new("a secret of some length".to_string()).expect("long enough"), "test", &[&n.to_string()])
    }

    #[test]
    fn ok_for_its_time() {
        let (mut recent, at) = (Recent::new(8), UnixMillis);
        assert!(recent.remember(name(1), at(0), at(10)));
        assert!(recent.holds(name(1), at(9)) && !recent.holds(name(1), at(10)) && !recent.holds(name(2), at(0)));
        assert!(!recent.remember(name(1), at(9), at(19)));
        assert!(recent.remember(name(1), at(10), at(29)), "it had been forgotten");
        assert!(recent.holds(name(1), at(28)));
    }

    #[test]
    fn ok_never_more_than_it_may_hold() {
        let (mut recent, at) = (Recent::new(100), UnixMillis);
        for n in 0..1_000 {
            assert!(recent.remember(name(n), at(0), at(10)));
        }
        assert_eq!(recent.seen.len(), 100);
        assert!(recent.holds(name(999), at(1)) && recent.holds(name(900), at(1)) && !recent.holds(name(899), at(1)));
    }
}
