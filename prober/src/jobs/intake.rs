//! A list comes: a place for it, its digest by which it is known again, and what becomes of one that does not come whole.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use shared::evidence::UnixMillis;
use shared::verdict::Level;

use super::{Full, Hook, Job, Jobs, Left, Refusal, State, Trouble, Wish, private_folder};
use crate::bulk;

/// After so many octets it is looked again how much room there is.
const LOOK_AFTER: u64 = 64 * 1024 * 1024;

impl Jobs {
    /// A place for a list that is about to come; or where the caller has given this job before, that one, and no place.
    ///
    /// # Errors
    /// [`Refusal`]: the caller's key for it may stand for another job, or no job be kept.
    pub fn receive(
        self: &Arc<Self>,
        (owner, once): (&str, Option<&str>),
        wish: Wish,
        hook: Option<Hook>,
        now: UnixMillis,
    ) -> Result<(Job, Option<Intake>), Refusal> {
        let room = self.room(owner);
        let ledger = self.ledger();
        if let Some(known) = once.map(|once| ledger.given(owner, once)).transpose()?.flatten() {
            return if known.wish == wish && known.hook == hook { Ok((known, None)) } else { Err(Refusal::Other) };
        }
        let left = room?;
        let expires = UnixMillis(now.0.saturating_add(u64::try_from(self.retention.as_millis()).unwrap_or(u64::MAX)));
        let state = State::Receiving;
        let (id, level) = (new_id()?, Some(self.reach(wish.level)));
        let job = Job { id, owner: owner.to_owned(), state, wish, created: now, expires, fault: None, hook, list: None, level };
        private_folder(&self.place(&job.id)).map_err(|error| error.to_string())?;
        ledger.add(&job, once)?;
        drop(ledger);
        let intake =
            Intake { jobs: Arc::clone(self), id: job.id.clone(), owner: job.owner.clone(), left, is_taken: AtomicBool::new(false) };
        Ok((job, Some(intake)))
    }

    /// How far addresses can be followed where this is wished: without a name of our own nobody is asked, unless workers do, and the answers say so. It
    /// is decided once for a job; what its answers are must not hang on settings that change while it runs.
    pub(super) fn reach(&self, wished: Level) -> Level {
        if self.prober.has_identity() || self.desk.is_some() { wished } else { wished.min(Level::Dns) }
    }

    /// The list of a job is there whole, and has this digest.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn received(self: &Arc<Self>, job: &Job, digest: String) -> Result<Job, Refusal> {
        self.ledger().set_list(&job.id, &digest)?;
        self.turn_to(job, State::Running)?;
        self.start(job);
        Ok(Job { state: State::Running, list: Some(digest), ..job.clone() })
    }
}

/// A place for a list. Dropped before the list was taken, it is removed with whatever has come; so whoever writes there holds it, too.
#[derive(Debug)]
pub struct Intake {
    jobs: Arc<Jobs>,
    id: String,
    owner: String,
    left: Left,
    is_taken: AtomicBool,
}

impl Intake {
    /// How long the list may be.
    pub fn left(&self) -> Left {
        self.left
    }

    /// Keeps a list as it comes; its digest.
    ///
    /// # Errors
    /// Where it breaks off, or there is no room any more: `QuotaExceeded`, `StorageFull`.
    pub fn keep(&self, list: &mut dyn Read) -> io::Result<String> {
        let mut seen = Seen { list: Digested::new(&self.id, list), left: self.left, since: 0, look: || self.look() };
        bulk::keep_aside(&mut seen, &self.jobs.list_of(&self.id))?;
        Ok(seen.list.digest())
    }

    fn look(&self) -> io::Result<Left> {
        self.jobs.room(&self.owner).map_err(|refusal| match refusal {
            Refusal::Full(full) => kind_of(full).into(),
            other => io::Error::other(format!("{other:?}")),
        })
    }

    /// The list is a job's.
    pub fn take(&self) {
        self.is_taken.store(true, Ordering::Relaxed);
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        if self.is_taken.load(Ordering::Relaxed) {
            return;
        }
        if let Err(fault) = self.jobs.remove(&self.id) {
            tracing::error!(fault, "a list that did not come whole cannot be removed");
        }
    }
}

fn kind_of(full: Full) -> ErrorKind {
    match full {
        Full::Quota => ErrorKind::QuotaExceeded,
        Full::Disk => ErrorKind::StorageFull,
    }
}

/// What a job's list would have for a digest. Each job has its own, so that equal lists of two jobs cannot be told by it.
///
/// # Errors
/// Where the list breaks off.
pub fn digest_of(job: &str, list: &mut dyn Read) -> io::Result<String> {
    let mut list = Digested::new(job, list);
    io::copy(&mut list, &mut io::sink())?;
    Ok(list.digest())
}

/// A list on its way, digested.
struct Digested<'a> {
    list: &'a mut dyn Read,
    hash: Sha256,
}

impl<'a> Digested<'a> {
    fn new(job: &str, list: &'a mut dyn Read) -> Self {
        Self { list, hash: Sha256::new().chain_update(job) }
    }

    fn digest(self) -> String {
        HEXLOWER.encode(&self.hash.finalize())
    }
}

impl Read for Digested<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.list.read(buffer)?;
        self.hash.update(buffer.get(..length).unwrap_or_default());
        Ok(length)
    }
}

/// And held to the room that there is.
struct Seen<'a, F> {
    list: Digested<'a>,
    left: Left,
    since: u64,
    look: F,
}

impl<F: Fn() -> io::Result<Left>> Read for Seen<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.list.read(buffer)?;
        self.since += length as u64;
        self.left.octets = self.left.octets.checked_sub(length as u64).ok_or(kind_of(self.left.bound))?;
        // Other lists may have come meanwhile.
        if self.since > LOOK_AFTER {
            (self.since, self.left) = (0, (self.look)()?);
        }
        Ok(length)
    }
}

/// An id that nobody guesses: 128 random bits.
pub(super) fn new_id() -> Result<String, Trouble> {
    let mut octets = [0; 16];
    getrandom::fill(&mut octets).map_err(|error| format!("no randomness for an id: {error}"))?;
    Ok(HEXLOWER.encode(&octets))
}
