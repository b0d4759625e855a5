//! How far a stream is, for whoever looks on.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use shared::verdict::Status;

use crate::bulk::Counts;

/// Counters that one side writes and the other reads.
#[derive(Debug, Default)]
pub struct Tally {
    statuses: [AtomicU64; 4],
    set_aside: AtomicU64,
    handed_on: AtomicU64,
    under_way: AtomicU64,
    put_off: AtomicU64,
    behind: AtomicU64,
}

/// How far a stream is at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// Verdicts that are in the topic for good, by status.
    pub counts: Counts,
    /// Messages that were set aside.
    pub set_aside: u64,
    /// Tombstones that were handed on.
    pub handed_on: u64,
    /// Addresses that are being asked about.
    pub under_way: u64,
    /// Addresses that wait until they may be asked about again.
    pub put_off: u64,
    /// Messages that have not been begun with, as far as is known.
    pub behind: u64,
}

impl Tally {
    pub(super) fn answered(&self, status: Status) {
        for (count, other) in self.statuses.iter().zip(Counts::ORDER) {
            count.fetch_add(u64::from(other == status), Ordering::Relaxed);
        }
    }

    pub(super) fn set_aside(&self) {
        self.set_aside.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn handed_on(&self) {
        self.handed_on.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn stand(&self, under_way: usize, put_off: usize, behind: u64) {
        let whole = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        self.under_way.store(whole(under_way), Ordering::Relaxed);
        self.put_off.store(whole(put_off), Ordering::Relaxed);
        self.behind.store(behind, Ordering::Relaxed);
    }

    /// How far it is.
    pub fn standing(&self) -> Standing {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let mut counts = Counts::default();
        for (count, status) in self.statuses.iter().zip(Counts::ORDER) {
            counts.add(status, read(count));
        }
        let (set_aside, handed_on) = (read(&self.set_aside), read(&self.handed_on));
        let (under_way, put_off, behind) = (read(&self.under_way), read(&self.put_off), read(&self.behind));
        Standing { counts, set_aside, handed_on, under_way, put_off, behind }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answered", self.counts.total())?;
        Counts::ORDER.iter().try_for_each(|status| write!(f, ", {} {status}", self.counts.of(*status)))?;
        let Self { under_way, put_off, set_aside, behind, .. } = self;
        write!(f, "; {under_way} under way, {put_off} put off, {set_aside} set aside, {behind} to come")
    }
}
