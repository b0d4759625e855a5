//! What a consumer has: messages that came, those in hand, and how far each of its partitions is. No broker in here.

use std::collections::{HashMap, HashSet, VecDeque};

use super::offsets::Offsets;

/// So many messages are fetched ahead of those who take them, at the most.
const AHEAD: usize = 64;
/// And so many octets.
const AHEAD_OCTETS: usize = 8 << 20;

/// One message's place. It is another one when its partition has gone and come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Slot {
    /// Its partition.
    pub(crate) partition: i32,
    /// Its offset there.
    pub(crate) offset: i64,
    generation: u64,
}

/// A message as it came; `M` is what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parcel<M> {
    /// Its place.
    pub(crate) slot: Slot,
    /// For the how-many-eth time it is taken.
    pub(crate) deliveries: u32,
    /// How long it is, in octets.
    pub(crate) octets: usize,
    /// What is in it.
    pub(crate) message: M,
}

/// A partition of ours.
#[derive(Debug)]
struct Partition {
    generation: u64,
    offsets: Offsets,
    /// What was committed last.
    committed: Option<(i64, String)>,
}

/// An offset to commit, with the text beside it.
pub(super) type Commit = (i32, i64, String);

/// Everything.
#[derive(Debug)]
pub(super) struct Shelf<M> {
    partitions: HashMap<i32, Partition>,
    generations: u64,
    waiting: VecDeque<Parcel<M>>,
    octets: usize,
    in_hand: HashSet<Slot>,
    /// How many may be in hand.
    most: usize,
}

impl<M> Shelf<M> {
    pub(super) fn new(most: usize) -> Self {
        let (partitions, waiting, in_hand) = (HashMap::new(), VecDeque::new(), HashSet::new());
        Self { partitions, generations: 0, waiting, octets: 0, in_hand, most }
    }

    /// A partition is ours now, from what was committed there.
    pub(super) fn assign(&mut self, partition: i32, committed: Option<(i64, &str)>) {
        self.generations += 1;
        let known = committed.map(|(offset, note)| (offset, note.to_owned()));
        let ours = Partition { generation: self.generations, offsets: Offsets::after(committed), committed: known };
        self.partitions.insert(partition, ours);
    }

    /// Messages of these partitions that nobody has begun with are put down: they will come again, to somebody, as if they had not come.
    pub(super) fn put_down(&mut self, partitions: &[i32]) {
        let (ours, octets) = (&mut self.partitions, &mut self.octets);
        self.waiting.retain(|parcel| {
            let stays = !partitions.contains(&parcel.slot.partition);
            if let Some(partition) = ours.get_mut(&parcel.slot.partition).filter(|_| !stays) {
                *octets = octets.saturating_sub(parcel.octets);
                partition.offsets.put_down(parcel.slot.offset);
            }
            stays
        });
    }

    /// Whoever has this message goes on living, so that this time does not count.
    pub(super) fn spare(&mut self, slot: Slot) {
        if let Some(ours) = self.partitions.get_mut(&slot.partition).filter(|ours| ours.generation == slot.generation) {
            ours.offsets.put_down(slot.offset);
        }
    }

    /// So does whoever has the messages of these partitions that are in hand.
    pub(super) fn spare_in_hand(&mut self, partitions: &[i32]) {
        let slots: Vec<Slot> = self.in_hand.iter().copied().filter(|slot| partitions.contains(&slot.partition)).collect();
        for slot in slots {
            self.spare(slot);
        }
    }

    /// Partitions are ours no more, nor is anything of theirs.
    pub(super) fn revoke(&mut self, partitions: &[i32]) {
        self.put_down(partitions);
        self.partitions.retain(|number, _| !partitions.contains(number));
        self.in_hand.retain(|slot| !partitions.contains(&slot.partition));
    }

    /// Every partition of ours.
    pub(super) fn partitions(&self) -> Vec<i32> {
        self.partitions.keys().copied().collect()
    }

    /// A message has come; how often it has by now, where it is ours to do.
    pub(super) fn arrive(&mut self, partition: i32, offset: i64, octets: usize, message: M) -> Option<u32> {
        let ours = self.partitions.get_mut(&partition)?;
        let deliveries = ours.offsets.take(offset)?;
        let slot = Slot { partition, offset, generation: ours.generation };
        self.waiting.push_back(Parcel { slot, deliveries, octets, message });
        self.octets += octets;
        Some(deliveries)
    }

    /// Whether fetching is to pause: it does where enough waits, and goes on where little does.
    pub(super) fn is_to_pause(&self, is_paused: bool) -> bool {
        let share = if is_paused { 2 } else { 1 };
        self.waiting.len() >= AHEAD / share || self.octets >= AHEAD_OCTETS / share
    }

    /// The next message, unless enough are in hand.
    pub(super) fn hand_out(&mut self) -> Option<Parcel<M>> {
        if self.in_hand.len() >= self.most {
            return None;
        }
        let parcel = self.waiting.pop_front()?;
        self.octets = self.octets.saturating_sub(parcel.octets);
        self.in_hand.insert(parcel.slot);
        Some(parcel)
    }

    /// Whether the message is ours still.
    pub(super) fn holds(&self, slot: Slot) -> bool {
        self.partitions.get(&slot.partition).is_some_and(|ours| ours.generation == slot.generation)
    }

    /// A message is done. One of a partition that has gone is somebody else's to do.
    pub(super) fn end(&mut self, slot: Slot) {
        self.in_hand.remove(&slot);
        if let Some(ours) = self.partitions.get_mut(&slot.partition).filter(|ours| ours.generation == slot.generation) {
            ours.offsets.end(slot.offset);
        }
    }

    /// A message that was in hand waits again.
    pub(super) fn give_back(&mut self, mut parcel: Parcel<M>) {
        if self.in_hand.remove(&parcel.slot) {
            parcel.deliveries += 1;
            self.octets += parcel.octets;
            self.waiting.push_back(parcel);
        }
    }

    /// What is to be committed of these partitions, and was not.
    pub(super) fn commits(&self, partitions: &[i32]) -> Vec<Commit> {
        let ours = partitions.iter().filter_map(|number| Some((*number, self.partitions.get(number)?)));
        let new = ours.filter_map(|(number, ours)| {
            let commit = ours.offsets.committable().filter(|commit| ours.committed.as_ref() != Some(commit));
            commit.map(|(offset, note)| (number, offset, note))
        });
        new.collect()
    }

    /// These were committed.
    pub(super) fn committed(&mut self, commits: &[Commit]) {
        for (number, offset, note) in commits {
            if let Some(ours) = self.partitions.get_mut(number) {
                ours.committed = Some((*offset, note.clone()));
            }
        }
    }

    /// How many messages a partition's end, at this offset, is ahead of what has come.
    pub(super) fn behind(&self, ends: &HashMap<i32, i64>) -> u64 {
        let behind = self.partitions.iter().filter_map(|(number, ours)| {
            let (end, next) = (ends.get(number)?, ours.offsets.next().unwrap_or(0));
            u64::try_from(end - next).ok()
        });
        behind.sum::<u64>() + u64::try_from(self.waiting.len()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf(most: usize) -> Shelf<&'static str> {
        let mut shelf = Shelf::new(most);
        shelf.assign(0, Some((5, "")));
        assert_eq!((shelf.arrive(0, 5, 10, "a"), shelf.arrive(0, 6, 10, "b"), shelf.arrive(0, 7, 10, "c")), (Some(1), Some(1), Some(1)));
        shelf
    }

    #[test]
    fn ok_so_many_in_hand_and_the_lowest_that_is_not_done() {
        let mut shelf = shelf(2);
        let (a, b) = (shelf.hand_out().expect("a"), shelf.hand_out().expect("b"));
        assert_eq!((a.message, b.message, shelf.hand_out()), ("a", "b", None));
        shelf.end(b.slot);
        assert_eq!(shelf.commits(&[0]), [(0, 5, "rcpt1 3 0x1 2x1".to_owned())]);
        shelf.committed(&shelf.commits(&[0]));
        assert_eq!(shelf.commits(&[0]), []);
        shelf.give_back(a);
        let (c, a) = (shelf.hand_out().expect("c"), shelf.hand_out().expect("a"));
        assert_eq!((c.message, a.message, a.deliveries), ("c", "a", 2));
        shelf.end(c.slot);
        shelf.end(a.slot);
        assert_eq!(shelf.commits(&[0]), [(0, 8, String::new())]);
    }

    #[test]
    fn ok_what_was_not_begun_with_does_not_count_and_what_is_gone_is_nobodys() {
        let mut shelf = shelf(1);
        let a = shelf.hand_out().expect("a");
        shelf.put_down(&[0]);
        assert_eq!(shelf.commits(&[0]), [(0, 5, "rcpt1 3 0x1 1 1".to_owned())]);
        shelf.spare_in_hand(&[0]);
        assert_eq!(shelf.commits(&[0]), [(0, 5, "rcpt1 3 0 1 1".to_owned())]);
        shelf.revoke(&[0]);
        assert!(!shelf.holds(a.slot) && shelf.hand_out().is_none() && shelf.commits(&[0]).is_empty());
        shelf.assign(0, Some((5, "rcpt1 3 0x1 1 1")));
        assert_eq!((shelf.arrive(0, 5, 10, "a"), shelf.arrive(0, 6, 10, "b")), (Some(2), Some(1)));
        // A word about the message as it was before says nothing about it now.
        shelf.end(a.slot);
        shelf.give_back(a);
        assert_eq!(shelf.hand_out().map(|again| (again.message, again.deliveries)), Some(("a", 2)));
        assert_eq!(shelf.behind(&HashMap::from([(0, 10), (1, 7)])), 4);
    }

    #[test]
    fn ok_fetching_ahead_ends_somewhere() {
        let mut shelf = Shelf::new(1_000);
        shelf.assign(0, None);
        for offset in 0..64 {
            shelf.arrive(0, offset, 10, "");
        }
        assert!(shelf.is_to_pause(false));
        for _ in 0..32 {
            assert!(shelf.hand_out().is_some());
        }
        assert!(shelf.is_to_pause(true) && !shelf.is_to_pause(false));
        shelf.hand_out();
        assert!(!shelf.is_to_pause(true));
        shelf.arrive(0, 64, AHEAD_OCTETS, "");
        assert!(shelf.is_to_pause(false));
    }
}
