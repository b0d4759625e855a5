//! Jobs: lists that are given to the service and verified beside everything else, by the same steps as `rcpt bulk`.
//!
//! Each job has a folder of its own for its list and for what is found out; what is known of all of them stands in one ledger, without any address.
//! So a job that is removed leaves nothing behind: its files are gone.

mod delivery;
mod hold;
mod intake;
mod keys;
mod ledger;
mod look;
mod room;
mod run;
mod webhook;

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use shared::evidence::UnixMillis;
use shared::wire::signature::Secret;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::bulk::{Standing, Trouble};
use crate::clock;
use crate::config::Config;
use crate::dial_policy::DialPolicy;
use crate::probe::Prober;
use crate::queue::{Broker, Desk};
pub use delivery::{Delivery, Hook};
pub use hold::{Hold, hold};
use intake::new_id;
pub use intake::{Intake, digest_of};
pub use keys::Keys;
use ledger::Ledger;
pub use ledger::{Job, State, Wish};
pub use look::Look;
use look::Looks;
use room::Room;
pub use room::{Full, Left};
use run::Running;

/// How many jobs are asked about at once; the others wait for their turn.
const AT_ONCE: usize = 4;
/// How many lists of one owner may be coming or be fetched at once. Each holds a thread, however slow the other side is, and all owners share
/// those that there are.
const STREAMS: usize = 16;
/// How often jobs are looked for whose time is over.
const SWEEP: Duration = Duration::from_secs(30);

/// All jobs.
pub struct Jobs {
    folder: PathBuf,
    keys: Keys,
    secret: Option<Secret>,
    webhooks: DialPolicy,
    retention: Duration,
    room: Room,
    looks: Looks,
    patience: Duration,
    prober: Arc<Prober>,
    /// Where answers of workers come in; `None` where each job asks in this process.
    desk: Option<Arc<Desk>>,
    ledger: Mutex<Ledger>,
    running: Mutex<HashMap<String, Running>>,
    turns: HashMap<String, Arc<Semaphore>>,
    streams: HashMap<String, Arc<Semaphore>>,
    closing: AtomicBool,
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Why something cannot be done with a job.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is none of this id that is the caller's.
    Absent,
    /// It is not in a state for that.
    Unfit(State),
    /// The key that makes it the same job stands for another one.
    Other,
    /// There is no room for a list.
    Full(Full),
    /// Something failed here.
    Failed(Trouble),
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Self::Failed(trouble)
    }
}

impl Jobs {
    /// The jobs of the configured folder, where there is one. Those that were under way go on.
    ///
    /// # Errors
    /// Where the folder cannot be used, in words.
    pub fn open(config: &Config, prober: &Arc<Prober>, broker: Option<&Arc<dyn Broker>>) -> Result<Option<Arc<Self>>, String> {
        let Some(folder) = config.data.clone() else { return Ok(None) };
        private_folder(&folder).map_err(|error| format!("RCPT_DATA: {}: {error}", folder.display()))?;
        let desk = match broker {
            Some(broker) => {
                let (name, key) = (own(&folder, "name")?, own(&folder, "seal")?.into_bytes());
                Some(Desk::open(Arc::clone(broker), name, key, Arc::clone(&prober.metrics), config.deadline))
            }
            None => None,
        };
        let jobs = Arc::new(Self {
            desk,
            ledger: Mutex::new(Ledger::open(&folder.join("jobs.sqlite"))?),
            room: Room::new(&folder, config.jobs_max),
            looks: Looks::default(),
            folder,
            keys: config.keys.clone(),
            secret: config.secret.clone(),
            webhooks: config.webhooks.clone(),
            retention: config.retention,
            patience: config.deadline,
            prober: Arc::clone(prober),
            running: Mutex::default(),
            turns: config.keys.owners().map(|owner| (owner.to_owned(), Arc::new(Semaphore::new(AT_ONCE)))).collect(),
            streams: config.keys.owners().map(|owner| (owner.to_owned(), Arc::new(Semaphore::new(STREAMS)))).collect(),
            closing: AtomicBool::new(false),
        });
        jobs.pick_up()?;
        Ok(Some(jobs))
    }

    /// What the process before this one left: lists that never came whole are removed, jobs under way go on.
    fn pick_up(self: &Arc<Self>) -> Result<(), Trouble> {
        let all = self.ledger().all()?;
        for job in &all {
            match job.state {
                State::Receiving => self.remove(&job.id)?,
                State::Running => self.start(job),
                State::Paused | State::Done | State::Cancelled | State::Failed => {}
            }
        }
        // A job's folder without an entry was being removed. What else is kept beside them is not ours.
        let strays = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for stray in strays.filter(|entry| entry.file_name().to_str().is_some_and(is_id)) {
            if !all.iter().any(|job| job.id.as_str() == stray.file_name()) {
                fs::remove_dir_all(stray.path()).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    /// Takes answers of workers, for ever.
    pub async fn hear(self: Arc<Self>) {
        match &self.desk {
            Some(desk) => Arc::clone(desk).receive().await,
            None => std::future::pending().await,
        }
    }

    /// Removes jobs whose time is over, for ever.
    pub async fn sweep(self: Arc<Self>) {
        let mut turns = tokio::time::interval(SWEEP);
        loop {
            turns.tick().await;
            self.sweep_at(clock::now()).await;
        }
    }

    async fn sweep_at(&self, now: UnixMillis) {
        let over = self.ledger().expired(now);
        for id in over.unwrap_or_default() {
            if let Err(fault) = self.forget(&id).await {
                tracing::error!(fault, "a job whose time is over cannot be removed");
            }
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose key this is.
    pub fn owner(&self, key: &str) -> Option<&str> {
        self.keys.owner(key)
    }

    /// A place among the lists of an owner that are coming or being fetched, while there is one.
    pub fn stream(&self, owner: &str) -> Option<OwnedSemaphorePermit> {
        Arc::clone(self.streams.get(owner)?).try_acquire_owned().ok()
    }

    /// Where a job's list goes.
    pub fn list_of(&self, id: &str) -> PathBuf {
        self.place(id).join("list")
    }

    fn place(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }

    fn remove(&self, id: &str) -> Result<(), Trouble> {
        // First the entry: a folder without one is removed at the next start.
        self.ledger().remove(id)?;
        self.looks.forget(id);
        match fs::remove_dir_all(self.place(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.to_string()),
            _ => Ok(()),
        }
    }

    /// One of the caller's jobs.
    ///
    /// # Errors
    /// [`Refusal::Absent`] for another's, too.
    pub fn find(&self, owner: &str, id: &str) -> Result<Job, Refusal> {
        self.ledger().find(id)?.filter(|job| job.owner == owner).ok_or(Refusal::Absent)
    }

    /// All of the caller's jobs, the latest first.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn of(&self, owner: &str) -> Result<Vec<Job>, Refusal> {
        Ok(self.ledger().all()?.into_iter().filter(|job| job.owner == owner).collect())
    }

    /// How far a job is, while it is under way.
    pub fn standing(&self, id: &str) -> Option<Standing> {
        self.running().get(id).map(Running::standing)
    }

    /// Whether questions wait at the queue and nobody answers, so that nobody knows how long they will.
    pub fn is_silent(&self) -> bool {
        self.desk.as_ref().is_some_and(|desk| desk.is_silent())
    }

    /// Stops asking, until the job is resumed.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn pause(&self, job: &Job) -> Result<(), Refusal> {
        self.leave(job, State::Running, State::Paused).await
    }

    /// Stops asking for good. What was answered can be had until the job is removed.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn cancel(&self, job: &Job) -> Result<(), Refusal> {
        let from = if job.state == State::Paused { State::Paused } else { State::Running };
        self.leave(job, from, State::Cancelled).await
    }

    async fn leave(&self, job: &Job, from: State, to: State) -> Result<(), Refusal> {
        if job.state != from {
            return Err(Refusal::Unfit(job.state));
        }
        self.turn_to(job, to)?;
        self.halt(&job.id).await;
        Ok(())
    }

    /// Goes on where the job was paused.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn resume(self: &Arc<Self>, job: &Job) -> Result<(), Refusal> {
        if job.state != State::Paused {
            return Err(Refusal::Unfit(job.state));
        }
        self.turn_to(job, State::Running)?;
        self.start(job);
        Ok(())
    }

    /// Removes a job with everything that it holds.
    ///
    /// # Errors
    /// Where something of it cannot be removed.
    pub async fn forget(&self, id: &str) -> Result<(), Trouble> {
        // First the entry, so that nobody resumes it while it comes to a halt.
        self.ledger().remove(id)?;
        self.halt(id).await;
        self.remove(id)
    }

    /// A job changes its state only from the one in which it was found.
    fn turn_to(&self, job: &Job, state: State) -> Result<(), Refusal> {
        if self.ledger().turn(&job.id, job.state, state, None)? { Ok(()) } else { Err(Refusal::Unfit(job.state)) }
    }

    /// Where what a job finds out is kept.
    pub fn progress_of(&self, id: &str) -> PathBuf {
        self.place(id).join("progress")
    }

    /// No more is told: the process is about to end.
    pub fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    /// Whether the process is about to end.
    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// The process ends: every job stops where it is, to go on at the next start.
    pub async fn stop(&self) {
        let ids: Vec<String> = self.running().keys().cloned().collect();
        join_all(ids.iter().map(|id| self.halt(id))).await;
    }
}

/// A folder for its owner alone.
fn private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// What is this folder's own and kept beside its jobs, so that answers to an earlier life are still taken: the `name` under which they come, and the
/// `seal` that questions bear.
fn own(folder: &Path, what: &str) -> Result<String, String> {
    let place = folder.join(what);
    if let Ok(name) = fs::read_to_string(&place)
        && is_id(&name)
    {
        return Ok(name);
    }
    let name = new_id()?;
    fs::write(&place, &name).map_err(|error| format!("RCPT_DATA: {}: {error}", place.display()))?;
    Ok(name)
}

fn is_id(name: &str) -> bool {
    data_encoding::HEXLOWER.decode(name.as_bytes()).is_ok_and(|octets| octets.len() == 16)
}

#[cfg(test)]
mod tests;
