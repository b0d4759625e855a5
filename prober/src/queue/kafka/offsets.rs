//! Which messages of a partition are done, where they end in another order than they came.
//!
//! A group's offset says one thing: everything before it is done. One mailbox that waits for a greylist would so hold all behind it, and after
//! a restart they would be done once more. So the offset that is committed is the lowest that is not done, and beside it, in the text that
//! Kafka keeps with an offset, stands which of those behind it are not done either, and how often they were taken: what kills whoever takes it
//! must be known for that. Memory grows with what is not done, never with what is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The longest text that is kept with an offset. Brokers take 4,096 octets (offset.metadata.max.bytes).
const LONGEST: usize = 3_500;
/// The form of the text.
const FORM: &str = "rcpt1";

/// What is not done, and how often it was taken.
type Open = BTreeMap<i64, u32>;

/// One partition's messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Offsets {
    /// Taken and not done.
    open: Open,
    /// The next that was not taken yet; none before the first.
    next: Option<i64>,
    /// What an earlier holder did ahead.
    known: Known,
}

/// Of the offsets before `until` only these are not done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Known {
    until: i64,
    open: Open,
}

impl Offsets {
    /// A partition whose holder before us has committed this offset with this text. A text of somebody else's says nothing.
    pub(super) fn after(committed: Option<(i64, &str)>) -> Self {
        let Some((position, note)) = committed else { return Self::default() };
        Self { open: Open::new(), next: Some(position), known: read_note(position, note).unwrap_or_default() }
    }

    /// A message has come: for the how-many-eth time, or `None` where it is done already.
    pub(super) fn take(&mut self, offset: i64) -> Option<u32> {
        let behind = offset.saturating_add(1);
        self.next = Some(self.next.map_or(behind, |next| next.max(behind)));
        let before = self.known.open.get(&offset).copied();
        if before.is_none() && offset < self.known.until {
            return None;
        }
        let times = before.unwrap_or(0).saturating_add(1);
        self.open.insert(offset, times);
        Some(times)
    }

    /// A message was put aside before anybody began with it, so that this time does not count.
    pub(super) fn put_down(&mut self, offset: i64) {
        if let Some(times) = self.open.get_mut(&offset) {
            *times = times.saturating_sub(1);
        }
    }

    /// A message is done.
    pub(super) fn end(&mut self, offset: i64) {
        self.open.remove(&offset);
    }

    /// What to commit; `None` where nothing has come.
    pub(super) fn committable(&self) -> Option<(i64, String)> {
        let next = self.next?;
        // What an earlier holder left open, and has not come to us yet, is open still; and so is everything that nobody has seen.
        let until = next.max(self.known.until);
        let open: Open = self.open.iter().chain(self.known.open.range(next..)).map(|(offset, times)| (*offset, *times)).collect();
        let position = open.first_key_value().map_or(until, |(offset, _)| *offset);
        Some((position, note(position, until, &open)))
    }

    /// The next that was not taken yet.
    pub(super) fn next(&self) -> Option<i64> {
        self.next
    }
}

/// `FORM AHEAD STEP[xTIMES] …`: how many are known of from the position on, and those that are not done, each counted from the one before it.
/// Where they are too many, it ends before the first that is left out.
fn note(position: i64, until: i64, open: &Open) -> String {
    let (mut text, mut last, mut end) = (String::new(), position, until);
    for (offset, times) in open {
        if text.len() > LONGEST {
            end = *offset;
            break;
        }
        let step = offset - last;
        // Writing to a string does not fail.
        let _ = if *times == 0 { write!(text, " {step}") } else { write!(text, " {step}x{times}") };
        last = *offset;
    }
    // Nothing is known ahead: the offset says it all.
    if text.is_empty() { text } else { format!("{FORM} {}{text}", end - position) }
}

fn read_note(position: i64, text: &str) -> Option<Known> {
    let mut words = text.split(' ');
    if words.next() != Some(FORM) {
        return None;
    }
    let ahead = words.next()?.parse().ok()?;
    let (until, mut open, mut last) = (position.checked_add(ahead)?, Open::new(), position);
    for word in words {
        let (step, times) = word.split_once('x').unwrap_or((word, "0"));
        last = last.checked_add(step.parse().ok().filter(|step| *step >= 0)?)?;
        open.insert(last, times.parse().ok()?);
    }
    (open.contains_key(&position) && last < until).then_some(Known { until, open })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A partition that took so many from zero.
    fn taken(count: i64) -> Offsets {
        let mut offsets = Offsets::default();
        (0..count).for_each(|offset| assert_eq!(offsets.take(offset), Some(1)));
        offsets
    }

    /// Which of so many a next holder would do.
    fn left(offsets: &Offsets, count: i64) -> Vec<i64> {
        let (position, note) = offsets.committable().expect("something came");
        let mut next = Offsets::after(Some((position, &note)));
        (position..count).filter(|offset| next.take(*offset).is_some()).collect()
    }

    #[test]
    fn ok_the_lowest_that_is_not_done_and_what_is_done_behind_it() {
        let mut offsets = taken(10);
        assert_eq!(offsets.committable(), Some((0, "rcpt1 10 0x1 1x1 1x1 1x1 1x1 1x1 1x1 1x1 1x1 1x1".to_owned())));
        for offset in [0, 1, 3, 4, 5, 7, 9] {
            offsets.end(offset);
        }
        assert_eq!(offsets.committable(), Some((2, "rcpt1 8 0x1 4x1 2x1".to_owned())));
        assert_eq!(left(&offsets, 12), [2, 6, 8, 10, 11]);
        for offset in [2, 6, 8] {
            offsets.end(offset);
        }
        assert_eq!(offsets.committable(), Some((10, String::new())));
        assert_eq!(Offsets::default().committable(), None);
    }

    #[test]
    fn ok_the_next_holder_that_dies_early_forgets_nothing() {
        let mut offsets = taken(10);
        for offset in [1, 2, 3, 5, 6] {
            offsets.end(offset);
        }
        let (position, note) = offsets.committable().expect("something came");
        let mut next = Offsets::after(Some((position, &note)));
        assert_eq!(next.committable(), Some((position, note)), "nothing has come yet");
        assert_eq!((next.take(0), next.take(1)), (Some(2), None));
        next.end(0);
        assert_eq!(left(&next, 12), [4, 7, 8, 9, 10, 11]);
    }

    #[test]
    fn ok_how_often_each_was_taken_is_known_to_the_next() {
        let mut offsets = taken(3);
        offsets.put_down(1);
        for times in 2..=5 {
            let (position, note) = offsets.committable().expect("something came");
            offsets = Offsets::after(Some((position, &note)));
            assert_eq!((offsets.take(0), offsets.take(1), offsets.take(2)), (Some(times), Some(times - 1), Some(times)));
        }
    }

    #[test]
    fn ok_a_text_that_grows_too_long_leaves_more_to_do_never_less() {
        let mut offsets = taken(40_000);
        (0..40_000).filter(|offset| offset % 35 != 0).for_each(|offset| offsets.end(offset));
        let (position, note) = offsets.committable().expect("something came");
        assert!((position, note.len() < 4_000) == (0, true), "{}", note.len());
        let left = left(&offsets, 40_000);
        assert!((0..40_000).step_by(35).all(|offset| left.binary_search(&offset).is_ok()));
        assert!(left.len() > 1_200, "not all of it fits");
        assert!(left.len() < 25_000, "{} are done once more", left.len());
    }

    #[test]
    fn ok_any_order_and_any_deaths_do_everything() {
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..200 {
            let (mut done, mut committed) = (BTreeSet::new(), (0, String::new()));
            for _ in 0..6 {
                let mut holder = Offsets::after(Some((committed.0, &committed.1)));
                let mut open = Vec::new();
                for offset in committed.0..committed.0 + i64::try_from(random(60)).expect("small") {
                    if holder.take(offset).is_some() {
                        open.push(offset);
                    } else {
                        assert!(done.contains(&offset), "{offset} was never done");
                    }
                    for _ in 0..random(3) {
                        if !open.is_empty() {
                            let one = open.swap_remove(usize::try_from(random(open.len() as u64)).expect("small"));
                            done.insert(one);
                            holder.end(one);
                        }
                    }
                    if random(4) == 0 {
                        committed = holder.committable().expect("something came");
                    }
                }
            }
            assert!((0..committed.0).all(|offset| done.contains(&offset)));
        }
    }

    #[test]
    fn err_anybody_elses_text_is_none() {
        let texts = [
            "",
            "hello",
            "rcpt1",
            "rcpt1 x",
            "rcpt1 5 0 9",
            "rcpt1 5 0 -1",
            "rcpt1 0 0",
            "rcpt1 5 1",
            "rcpt1 9223372036854775807 0",
            "rcpt2 5 0",
        ];
        for text in texts {
            assert_eq!(read_note(3, text), None, "{text}");
        }
    }
}
