//! How far a run is, for whoever looks on.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use shared::verdict::Status;

use super::store::Counts;
use super::write::Written;

/// What a run is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Reading the list.
    Read,
    /// Looking domains up.
    Resolve,
    /// Asking mail hosts.
    Ask,
    /// Writing the answers.
    Write,
    /// Counting them.
    Count,
}

impl Phase {
    const ALL: [Self; 5] = [Self::Read, Self::Resolve, Self::Ask, Self::Write, Self::Count];

    /// What is counted in it.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Read | Self::Write | Self::Count => "rows",
            Self::Resolve => "domains",
            Self::Ask => "mailboxes",
        }
    }

    /// What is done in it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "reading",
            Self::Resolve => "looking up",
            Self::Ask => "asking",
            Self::Write => "writing",
            Self::Count => "counting",
        }
    }
}

/// Counters that one side writes and the other reads.
#[derive(Debug, Default)]
pub struct Tally {
    phase: AtomicU8,
    first: AtomicU64,
    done: AtomicU64,
    all: AtomicU64,
    put_off: AtomicU64,
    statuses: [AtomicU64; 4],
    faults: AtomicU64,
}

/// How far a run is at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What it is at.
    pub phase: Phase,
    /// How many were done when that began,
    pub first: u64,
    /// and are done now,
    pub done: u64,
    /// of how many; zero where that is not known.
    pub all: u64,
    /// How many were put off and are asked about again.
    pub put_off: u64,
    /// What the answers come to: of mailboxes while they are asked about, of rows once these are counted.
    pub counts: Counts,
    /// How many rows could not be asked about, once they are counted.
    pub faults: u64,
}

impl Tally {
    /// A phase begins, in which `done` of `all` are done.
    pub(super) fn begin(&self, phase: Phase, done: u64, all: u64) {
        self.all.store(all, Ordering::Relaxed);
        self.first.store(done, Ordering::Relaxed);
        self.done.store(done, Ordering::Relaxed);
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// So many more are done.
    pub(super) fn advance(&self, by: u64) {
        self.done.fetch_add(by, Ordering::Relaxed);
    }

    /// One more answer of this status.
    pub(super) fn answered(&self, status: Status) {
        for (known, count) in Counts::ORDER.iter().zip(&self.statuses) {
            count.fetch_add(u64::from(*known == status), Ordering::Relaxed);
        }
    }

    /// The answers are counted anew from these.
    pub(super) fn count(&self, counts: Counts) {
        for (status, count) in Counts::ORDER.iter().zip(&self.statuses) {
            count.store(counts.of(*status), Ordering::Relaxed);
        }
    }

    /// The rows are counted.
    pub(super) fn counted(&self, written: &Written) {
        self.count(written.counts);
        self.faults.store(written.faults, Ordering::Relaxed);
        self.done.store(written.rows, Ordering::Relaxed);
        self.all.store(written.rows, Ordering::Relaxed);
    }

    /// So many wait for another try.
    pub(super) fn set_put_off(&self, count: u64) {
        self.put_off.store(count, Ordering::Relaxed);
    }

    /// How far it is.
    pub fn standing(&self) -> Standing {
        let mut counts = Counts::default();
        for (status, count) in Counts::ORDER.iter().zip(&self.statuses) {
            counts.add(*status, count.load(Ordering::Relaxed));
        }
        let phase = Phase::ALL.get(usize::from(self.phase.load(Ordering::Relaxed))).copied().unwrap_or(Phase::Read);
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (first, done, all, put_off) = (of(&self.first), of(&self.done), of(&self.all), of(&self.put_off));
        Standing { phase, first, done, all, put_off, counts, faults: of(&self.faults) }
    }
}
