//! A stream of addresses verified into a stream of verdicts, by Kafka.
//!
//! Nothing is lost: a message is done once its verdict, or its place among what is set aside, is confirmed by the brokers, and only then is its
//! offset committed. So after a death a verdict may be there twice, with the same header `rcpt-from`. Who is put off by a greylist or a rate
//! limit waits in memory and holds nobody back; where too many wait, the verdict is what it is by then, and says when to ask again.

mod answer;
mod entry;
mod put_off;
mod standing;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use shared::verdict::{Level, Status, judge};
use shared::wire::VerifyResponse;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

pub use standing::{Standing, Tally};

use crate::bulk::due_ms;
use crate::probe::{Prober, Wishes};
use crate::queue::kafka::{Address, Ends, Intake, Outbox, Parcel, Presence, Record, Refusal, Source, Wanted, ensure};
use crate::verify::{Question, find_out};
use crate::{clock, random};
use entry::{Entry, Reading, Unfit};
use put_off::PutOff;

/// How often is looked at who is due, and at how far it is.
const TICK: Duration = Duration::from_millis(200);
/// So many messages may be in hand, those that were put off among them.
const IN_HAND: usize = 20_000;
/// How long those under way may still take where it is called off.
const PARTING: Duration = Duration::from_secs(10);

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Order {
    /// Where Kafka is.
    pub address: Address,
    /// The topic of addresses.
    pub from: String,
    /// The topic of verdicts.
    pub to: String,
    /// The topic of what cannot be meant.
    pub dead: String,
    /// The group that shares the work.
    pub group: String,
    /// The member of JSON objects that has the address.
    pub member: String,
    /// How far every address is followed.
    pub level: Level,
    /// How many are asked about at once.
    pub concurrency: usize,
    /// How long one question may take.
    pub patience: Duration,
    /// How long a message may be put off in all.
    pub wait: Duration,
}

/// What all questions share.
struct Work {
    prober: Arc<Prober>,
    order: Order,
    outbox: Outbox,
    ends: Ends,
    tally: Arc<Tally>,
    /// Whether no more may be put off.
    is_full: AtomicBool,
}

/// A message that asks about an address.
struct Job {
    parcel: Parcel<Record>,
    entry: Entry,
    tries: u32,
    /// When it came, in milliseconds since the Unix epoch.
    came_ms: u64,
}

/// What came of a message.
enum Outcome {
    /// It is done.
    Done,
    /// It is to be asked about again then.
    PutOff(Box<Job>, u64),
    /// It cannot be done, nor can any.
    Failed(String),
}

/// The stream, as it goes.
struct Stream {
    work: Arc<Work>,
    intake: Intake,
    under_way: JoinSet<(Outcome, bool)>,
    /// Of these, those that had been put off.
    returning: usize,
    put_off: PutOff<Box<Job>>,
}

/// Verifies until it is told to stop:
///
/// 1. the topics are there;
/// 2. take messages and ask, each for itself;
/// 3. at the end wait a moment for those under way, commit and leave.
///
/// # Errors
/// Where the verdicts cannot be written, in words.
pub async fn run(prober: Arc<Prober>, order: Order, tally: Arc<Tally>, mut stop: watch::Receiver<bool>) -> Result<(), String> {
    let presence = Arc::<Presence>::default();
    let outbox = tokio::select! {
        outbox = Outbox::open_in_time(&order.address, &presence) => outbox,
        _ = stop.wait_for(|stopped| *stopped) => return Ok(()),
    };
    // 1. Topics.
    for topic in [&order.to, &order.dead] {
        tokio::select! {
            () = ensure(&order.address, &presence, topic, Wanted::default()) => {}
            _ = stop.wait_for(|stopped| *stopped) => return Ok(()),
        }
    }
    let Order { address, from, group, .. } = order.clone();
    let source = Source { address, topic: from, wanted: Wanted::default(), group, is_alone: false };
    let (intake, leaving) = Intake::open(source, IN_HAND, presence);
    let work = Work { prober, order, outbox, ends: intake.ends(), tally, is_full: AtomicBool::new(false) };
    let work = Arc::new(work);
    // 2. Messages.
    let mut stream = Stream { work: Arc::clone(&work), intake, under_way: JoinSet::new(), returning: 0, put_off: PutOff::default() };
    let done = stream.go(&mut stop).await;
    // 3. Leave.
    stream.part().await;
    let _ = timeout(PARTING, leaving.leave()).await;
    work.outbox.close().await;
    done
}

impl Stream {
    async fn go(&mut self, stop: &mut watch::Receiver<bool>) -> Result<(), String> {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let has_room = self.under_way.len() < self.work.order.concurrency;
            tokio::select! {
                parcel = self.intake.next(), if has_room => self.begin(parcel),
                Some(ended) = self.under_way.join_next() => self.take(ended)?,
                _ = ticks.tick() => self.look(),
                _ = stop.wait_for(|stopped| *stopped) => return Ok(()),
            }
        }
    }

    fn begin(&mut self, mut parcel: Parcel<Record>) {
        let work = Arc::clone(&self.work);
        let Record { key, value, .. } = &parcel.message;
        let reading = entry::read(key.as_deref(), value.as_deref(), parcel.octets, parcel.deliveries, &work.order.member);
        let deal = async move {
            match reading {
                Ok(Reading::Ask(entry)) => {
                    // It is in the entry now.
                    parcel.message.value = None;
                    ask(&work, Box::new(Job { parcel, entry, tries: 0, came_ms: clock::now().0 })).await
                }
                Ok(Reading::Gone) => hand_on(&work, parcel).await,
                Err(unfit) => set_aside(&work, parcel, unfit).await,
            }
        };
        self.under_way.spawn(async { (deal.await, false) });
    }

    fn take(&mut self, ended: Result<(Outcome, bool), tokio::task::JoinError>) -> Result<(), String> {
        let (outcome, had_returned) = ended.map_err(|error| error.to_string())?;
        self.returning -= usize::from(had_returned && self.returning > 0);
        match outcome {
            Outcome::Done => Ok(()),
            Outcome::PutOff(job, due_ms) => {
                let octets = job.parcel.octets;
                self.work.ends.spare(job.parcel.slot);
                self.put_off.keep(due_ms, job, octets);
                self.work.is_full.store(self.put_off.is_full(), Ordering::Relaxed);
                Ok(())
            }
            Outcome::Failed(fault) => Err(fault),
        }
    }

    /// Those who are due are asked about again, but leave half of the places to those who come.
    fn look(&mut self) {
        let (now, most) = (clock::now().0, self.work.order.concurrency);
        while self.under_way.len() < most && self.returning < most.div_ceil(2) {
            let Some(job) = self.put_off.take_due(now) else { break };
            let work = Arc::clone(&self.work);
            self.returning += 1;
            self.under_way.spawn(async move { (ask(&work, job).await, true) });
        }
        let ends = &self.work.ends;
        self.put_off.retain(|job| ends.holds(job.parcel.slot));
        self.work.is_full.store(self.put_off.is_full(), Ordering::Relaxed);
        self.work.tally.stand(self.under_way.len(), self.put_off.len(), self.intake.behind());
    }

    /// Those under way have a moment left.
    async fn part(&mut self) {
        let until = Instant::now() + PARTING;
        while let Ok(Some(_)) = timeout(until.saturating_duration_since(Instant::now()), self.under_way.join_next()).await {}
        self.under_way.abort_all();
        self.work.tally.stand(0, self.put_off.len(), self.intake.behind());
    }
}

/// Asks about an address, and answers unless it is to be asked about again. What is not ours any more is somebody else's to do.
async fn ask(work: &Work, mut job: Box<Job>) -> Outcome {
    if !work.ends.holds(job.parcel.slot) {
        return Outcome::Done;
    }
    // What is kept of a mailbox that was put off is that it was.
    let wishes = Wishes { patient: false, max_age_s: (job.tries > 0).then_some(0), transcript: false };
    let (order, request_id) = (&work.order, random::request_id());
    let question = Question { email: &job.entry.email, level: order.level, patience: order.patience, wishes, request_id: &request_id };
    let (evidence, timing) = Box::pin(find_out(&work.prober, question)).await;
    let verdict = judge(&evidence);
    job.tries += 1;
    if let Some(report) = evidence.report() {
        let due = due_ms(report, verdict, job.tries, clock::now());
        let latest = job.came_ms.saturating_add(u64::try_from(order.wait.as_millis()).unwrap_or(u64::MAX));
        if let Some(due) = due.filter(|due| *due <= latest && !work.is_full.load(Ordering::Relaxed)) {
            return Outcome::PutOff(job, due);
        }
    }
    let response = VerifyResponse::compose(&job.entry.email, &evidence, verdict, timing, &request_id);
    let record = answer::answer(&job.parcel.message, &job.entry, &response, &answer::place(&order.from, job.parcel.slot));
    put(work, &order.to, &record, &job.parcel, Kind::Answer(verdict.reason.status())).await
}

async fn hand_on(work: &Work, parcel: Parcel<Record>) -> Outcome {
    let record = answer::gone(&parcel.message, &answer::place(&work.order.from, parcel.slot));
    put(work, &work.order.to, &record, &parcel, Kind::Gone).await
}

async fn set_aside(work: &Work, parcel: Parcel<Record>, unfit: Unfit) -> Outcome {
    let (topic, fault) = (&work.order.dead, unfit.as_str());
    tracing::warn!(topic, fault, octets = parcel.octets, "a message cannot be worked on and is set aside");
    work.prober.metrics.set_aside("stream", fault);
    let record = answer::set_aside(&parcel.message, unfit, &answer::place(&work.order.from, parcel.slot));
    put(work, topic, &record, &parcel, Kind::Unfit).await
}

/// What is put.
enum Kind {
    Answer(Status),
    Gone,
    Unfit,
}

/// Puts what came of a message, and once the brokers have it for good, the message is done.
async fn put(work: &Work, topic: &str, record: &Record, parcel: &Parcel<Record>, kind: Kind) -> Outcome {
    match work.outbox.put(topic, record).await {
        Ok(()) => {}
        // Of an answer that is too long little would be left; its asker finds what it asked about among what is set aside, by its place.
        Err(Refusal::TooLarge) if matches!(kind, Kind::Answer(_)) => return too_large(work, parcel).await,
        Err(refusal) => return Outcome::Failed(format!("{topic}: {refusal}")),
    }
    match kind {
        Kind::Answer(status) => work.tally.answered(status),
        Kind::Gone => work.tally.handed_on(),
        Kind::Unfit => work.tally.set_aside(),
    }
    work.ends.end(parcel.slot);
    Outcome::Done
}

async fn too_large(work: &Work, parcel: &Parcel<Record>) -> Outcome {
    let bare = Record { key: parcel.message.key.clone(), value: None, headers: None };
    Box::pin(set_aside(work, Parcel { message: bare, ..parcel.clone() }, Unfit::TooLarge)).await
}
