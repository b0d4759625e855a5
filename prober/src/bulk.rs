//! A list verified whole: each address answered in its place, whatever happens on the way.
//!
//! The list is read twice, once for its addresses and once to be written with their verdicts, and what is found out between is kept in a file
//! beside the output. So memory does not grow with the list, and a run that ended early goes on where it was.

mod ask;
mod count;
mod dialect;
mod input;
mod place;
mod resolve;
mod rows;
mod sample;
mod scan;
mod so_far;
mod store;
mod tally;
mod write;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use shared::verdict::Level;
use tokio::sync::watch;
use tokio::task::block_in_place;

pub(crate) use ask::Misfit;
#[cfg(feature = "kafka")]
pub(crate) use ask::due_ms;
pub use dialect::{Format, Wishes, read_delimiter};
pub use input::{Input, keep_aside};
pub use place::{Manner, check_places, follow};
pub use sample::Estimate;
pub use so_far::{form_of, has_rows, progress_by_hosts, results, standing};
pub use store::{Counts, HostsStanding, Trouble};
pub use tally::{Phase, Standing, Tally};
pub use write::{OutputFormat, Written};

use crate::clock;
use crate::probe::Prober;
use crate::queue::Inquiry;
use ask::Asking;
use dialect::Dialect;
use input::beside;
use sample::Reservoir;
use store::{Access, Store};
use write::Answers;

/// What is to be done.
#[derive(Debug)]
pub struct Order {
    /// The list.
    pub input: Input,
    /// How it is written.
    pub wishes: Wishes,
    /// What is found out meanwhile.
    pub state: PathBuf,
    /// Where the answers go.
    pub output: Output,
    /// In which form they come; `None` in the list's own.
    pub form: Option<OutputFormat>,
    /// How far every address is followed.
    pub level: Level,
    /// How long one question may take.
    pub patience: Duration,
    /// How long to wait for those who were put off, once all others are answered.
    pub wait: Duration,
    /// So many addresses at random come first, for an estimate.
    pub sample: usize,
    /// Whether the file of an earlier run is expected.
    pub resume: bool,
}

/// Where the answers go.
#[derive(Debug)]
pub enum Output {
    /// Nowhere: the estimate is all.
    Nowhere,
    /// Standard output.
    Standard,
    /// This file, which is there once it is whole.
    File(PathBuf),
    /// Nowhere yet: what is found out stays, and [`results`] reads it, meanwhile too.
    Kept,
}

/// How a run ended.
#[derive(Debug)]
pub enum Outcome {
    /// Every row is answered.
    Done(Written),
    /// The estimate was all that was asked for.
    Estimated,
    /// Everything is found out.
    Kept,
    /// It was called off; so many mailboxes are answered, of so many.
    Stopped(u64, u64),
}

/// Why a run failed.
#[derive(Debug)]
pub enum Failure {
    /// It was asked in a way that cannot be meant.
    BadUse(String),
    /// Something it needs failed.
    Failed(Trouble),
    /// Nobody reads its output any more.
    OutputClosed,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadUse(text) | Self::Failed(text) => f.write_str(text),
            Self::OutputClosed => f.write_str("the output was closed"),
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::Failed(trouble)
    }
}

/// What all steps share.
struct Work {
    prober: Arc<Prober>,
    tally: Arc<Tally>,
    stop: watch::Receiver<bool>,
    level: Level,
    patience: Duration,
    wait: Duration,
    /// How many rows the list has, as far as that is known.
    rows: u64,
    is_resumed: bool,
}

impl Work {
    fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }
}

/// Verifies a list; `inquiry` is where mail hosts are asked.
///
/// 1. find out how it is written;
/// 2. open what an earlier run has left, or begin anew;
/// 3. read the list, each domain and mailbox once;
/// 4. look domains up and ask mail hosts: a sample first, where one is wanted;
/// 5. then all;
/// 6. write the list with its verdicts, or where that is left to [`results`], count them;
/// 7. remove what was kept meanwhile.
///
/// # Errors
/// [`Failure`], with what was kept left in its place.
pub async fn run(
    prober: Arc<Prober>,
    order: &Order,
    tally: Arc<Tally>,
    stop: watch::Receiver<bool>,
    mut inquiry: Inquiry,
    estimated: impl Fn(Estimate),
) -> Result<Outcome, Failure> {
    // 1. Dialect.
    let dialect = find_dialect(order)?;
    // 2. State.
    let mut store = block_in_place(|| open_state(order))?;
    let is_resumed = store.note("rows")?.is_some();
    let Order { level, patience, wait, .. } = *order;
    let mut work = Work { prober, tally, stop, level, patience, wait, rows: 0, is_resumed };
    // 3. Read.
    let mut sample = Reservoir::new(order.sample);
    if !is_resumed && !block_in_place(|| read(&work, &store, order, &dialect, &mut sample))? {
        return Ok(Outcome::Stopped(0, 0));
    }
    work.rows = store.note("rows")?.and_then(|rows| rows.parse().ok()).unwrap_or(0);
    // 4. Sample.
    if !sample.texts().is_empty() {
        if !find_out(&work, &mut store, &mut inquiry, true).await? {
            return stopped(&store);
        }
        estimated(block_in_place(|| estimate(&store, level, &sample))?);
    }
    if matches!(order.output, Output::Nowhere) {
        remove_state(&order.state);
        return Ok(Outcome::Estimated);
    }
    // 5. All.
    if !find_out(&work, &mut store, &mut inquiry, false).await? {
        return stopped(&store);
    }
    // 6. Count, or write.
    if matches!(order.output, Output::Kept) {
        let is_counted = block_in_place(|| count::count(&work, &store, order, &dialect))?;
        return if is_counted { Ok(Outcome::Kept) } else { stopped(&store) };
    }
    let Some(written) = block_in_place(|| write_out(&work, &store, order, &dialect))? else { return stopped(&store) };
    // 7. Clean up.
    store.discard();
    remove_state(&order.state);
    Ok(Outcome::Done(written))
}

fn find_dialect(order: &Order) -> Result<Dialect, Failure> {
    let mut sample = Vec::new();
    let opened = order.input.open().and_then(|list| list.take(dialect::SAMPLE as u64).read_to_end(&mut sample));
    opened.map_err(|error| format!("{}: {error}", order.input.path().display()))?;
    Dialect::find(&sample, &order.wishes).map_err(Failure::BadUse)
}

/// What an earlier run has found out is taken for the same list and the same question only.
fn open_state(order: &Order) -> Result<Store, Failure> {
    let fault = |error: io::Error| format!("{}: {error}", order.input.path().display());
    let list = order.input.fingerprint().map_err(fault)?;
    let question = format!("{list}; {:?}; {:?}", order.level, order.wishes);
    place::check_begun(&order.state, order.resume)?;
    let access = if matches!(order.output, Output::Kept) { Access::WithReaders } else { Access::Alone };
    let store = Store::open(&order.state, access)?;
    match store.note("question")? {
        None => store.set_note("question", &question)?,
        Some(known) if known == question => {}
        Some(known) => return Err(not_the_same(order, known.starts_with(&list))),
    }
    Ok(store)
}

fn not_the_same(order: &Order, is_same_list: bool) -> Failure {
    let what = if is_same_list { "the options" } else { "the list's octets" };
    Failure::BadUse(match order.output {
        Output::Kept => format!("{what} are not those that this began with"),
        _ => format!("--resume: {what} are not those of {}; remove it to begin anew", order.state.display()),
    })
}

fn read(work: &Work, store: &Store, order: &Order, dialect: &Dialect, sample: &mut Reservoir) -> Result<bool, Trouble> {
    let list = order.input.open().map_err(|error| error.to_string())?;
    if !scan::scan(work, store, list, dialect, sample)? {
        return Ok(false);
    }
    let texts = sample.texts().iter().filter_map(|text| shared::mailbox::Mailbox::parse(text).ok());
    store.at_once(|store| {
        texts.into_iter().try_for_each(|mailbox| match mailbox.domain() {
            Some(domain) => store.prefer(&mailbox.wire(), domain.as_ascii()),
            None => Ok(()),
        })?;
        store.set_note("rows", &work.tally.standing().done.to_string())
    })?;
    Ok(true)
}

/// Looks up and asks; `false` where it was called off.
async fn find_out(work: &Work, store: &mut Store, inquiry: &mut Inquiry, sampled: bool) -> Result<bool, Trouble> {
    if work.level != Level::Syntax && !resolve::resolve(work, store, sampled).await? {
        return Ok(false);
    }
    if work.level == Level::Smtp { Asking::new(work, store, inquiry, sampled).run().await } else { Ok(true) }
}

fn estimate(store: &Store, level: Level, sample: &Reservoir) -> Result<Estimate, Trouble> {
    let (mut answers, mut counts) = (Answers::new(store, level, clock::now()), Counts::default());
    for text in sample.texts() {
        answers.verdict(text)?.iter().for_each(|verdict| counts.add(verdict.status(), 1));
    }
    Ok(Estimate { counts, of: sample.offered() })
}

fn write_out(work: &Work, store: &Store, order: &Order, dialect: &Dialect) -> Result<Option<Written>, Failure> {
    let mut answers = Answers::new(store, work.level, clock::now());
    let list = order.input.open().map_err(|error| error.to_string())?;
    work.tally.begin(Phase::Write, 0, work.rows);
    let mut goes_on = |written| {
        work.tally.advance(written);
        !work.is_stopped()
    };
    let (shown, written) = match &order.output {
        Output::Nowhere | Output::Kept => return Ok(None),
        Output::Standard => {
            let mut out = BufWriter::new(io::stdout().lock());
            ("standard output".into(), write::write(list, (dialect, order.form), &mut answers, &mut out, &mut goes_on))
        }
        Output::File(path) => {
            let write = |out: &mut dyn Write| write::write(list, (dialect, order.form), &mut answers, out, &mut goes_on);
            (path.display().to_string(), write_file(path, write))
        }
    };
    written.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::OutputClosed,
        _ => Failure::Failed(format!("{shown}: {error}")),
    })
}

/// The file is there once it is whole: until then it has another name.
fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<Option<Written>>) -> io::Result<Option<Written>> {
    let part = place::part_of(path);
    let written = write_part(&part, write);
    if matches!(written, Ok(Some(_))) {
        fs::rename(&part, path)?;
    } else {
        // Half an output serves nobody, least of all where the disk is full.
        let _ = fs::remove_file(&part);
    }
    written
}

fn write_part(part: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<Option<Written>>) -> io::Result<Option<Written>> {
    let mut out = BufWriter::with_capacity(256 * 1024, File::create(part)?);
    let written = write(&mut out)?;
    out.into_inner()?.sync_all()?;
    Ok(written)
}

fn stopped(store: &Store) -> Result<Outcome, Failure> {
    let (all, counts) = store.mailboxes()?;
    Ok(Outcome::Stopped(counts.total(), all))
}

/// Removes what a run has kept beside its output.
pub fn remove_state(state: &Path) {
    for suffix in ["", "-wal", "-shm", "-journal", INPUT, ".input.part"] {
        // What was never there need not be removed.
        let _ = fs::remove_file(beside(state, suffix));
    }
}

/// Where standard input is kept while a run is at it.
const INPUT: &str = ".input";

/// Where standard input is kept, beside a run's state.
pub fn kept_input(state: &Path) -> PathBuf {
    beside(state, INPUT)
}

/// What a run finds out is kept beside its output.
pub fn state_beside(output: &Path) -> PathBuf {
    beside(output, ".rcpt-progress")
}
