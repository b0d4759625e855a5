//! Messages whose mailbox is to be asked about again, by the time that they are due.

use std::collections::BTreeMap;

/// So many are kept, at the most.
const MOST: usize = 10_000;
/// And so many octets of them.
const MOST_OCTETS: usize = 64 << 20;

/// Those that wait.
#[derive(Debug)]
pub(super) struct PutOff<T> {
    waiting: BTreeMap<(u64, u64), (T, usize)>,
    coming: u64,
    octets: usize,
}

impl<T> Default for PutOff<T> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), coming: 0, octets: 0 }
    }
}

impl<T> PutOff<T> {
    /// Keeps one until then, in milliseconds since the Unix epoch.
    pub(super) fn keep(&mut self, due_ms: u64, one: T, octets: usize) {
        self.coming += 1;
        self.octets += octets;
        self.waiting.insert((due_ms, self.coming), (one, octets));
    }

    /// Whether no more should be kept.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= MOST || self.octets >= MOST_OCTETS
    }

    /// When the first is due.
    pub(super) fn next_due(&self) -> Option<u64> {
        self.waiting.first_key_value().map(|((due_ms, _), _)| *due_ms)
    }

    /// The first, where it is due.
    pub(super) fn take_due(&mut self, now_ms: u64) -> Option<T> {
        self.next_due().filter(|due_ms| *due_ms <= now_ms)?;
        let (_, (one, octets)) = self.waiting.pop_first()?;
        self.octets = self.octets.saturating_sub(octets);
        Some(one)
    }

    /// Forgets all but those that stay.
    pub(super) fn retain(&mut self, stays: impl Fn(&T) -> bool) {
        self.waiting.retain(|_, (one, _)| stays(one));
        self.octets = self.waiting.values().map(|(_, octets)| octets).sum();
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_by_the_time_that_they_are_due() {
        let mut put_off = PutOff::default();
        for (due, one) in [(30, "c"), (10, "a"), (20, "b"), (20, "b again")] {
            put_off.keep(due, one, 1);
        }
        assert_eq!((put_off.next_due(), put_off.take_due(9)), (Some(10), None));
        let due: Vec<_> = std::iter::from_fn(|| put_off.take_due(20)).collect();
        assert_eq!((due, put_off.len()), (vec!["a", "b", "b again"], 1));
        put_off.retain(|one| *one != "c");
        assert_eq!((put_off.len(), put_off.octets), (0, 0));
        put_off.keep(1, "long", MOST_OCTETS);
        assert!(put_off.is_full());
    }
}
