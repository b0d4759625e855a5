//! Every mailbox asked about, the mailboxes of one host together, so that one session serves many.
//!
//! Hosts are opened one after the other, only as many as it takes to keep enough questions under way; each is asked as wide as it answers well.
//! Whoever is told to come back is put off and asked again in time, and nobody waits for that. What is answered is kept at once.

mod again;
mod host;
mod throttle;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use shared::evidence::Evidence;
use shared::verdict::judge;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

pub(crate) use again::due_ms;

use super::store::{Asked, Store, Waiting};
use super::tally::Phase;
use super::{Trouble, Work};
use crate::clock;
use crate::probe::{Prober, Wishes};
use host::Host;
use throttle::{TICK, Throttle};

/// How many answers are kept at once at the most.
const BATCH: usize = 500;
/// How long those under way may still take where the run is called off.
const PARTING: Duration = Duration::from_secs(3);

/// A question's end.
struct Ended {
    waiting: Waiting,
    /// Whose hosts were asked; `None` for a mailbox that had been put off.
    hosts: Option<String>,
    asked: Option<Asked>,
    took: Duration,
}

/// Asking, as it goes.
pub(super) struct Asking<'a> {
    work: &'a Work,
    store: &'a mut Store,
    sampled: bool,
    hosts: Vec<Host>,
    /// The hosts that were opened last, in the order of their names; `None` where there are no more.
    behind: Option<String>,
    under_way: JoinSet<Ended>,
    /// Of these, those that had been put off.
    returning: HashSet<i64>,
    put_off: usize,
    next_due: Option<u64>,
    throttle: Throttle,
    /// When there was nothing left but mailboxes that were put off.
    waits_since: Option<Instant>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(work: &'a Work, store: &'a mut Store, sampled: bool) -> Self {
        Self {
            work,
            store,
            sampled,
            hosts: Vec::new(),
            behind: Some(String::new()),
            under_way: JoinSet::new(),
            returning: HashSet::new(),
            put_off: 0,
            next_due: None,
            throttle: Throttle::new(work.concurrency),
            waits_since: None,
        }
    }

    /// Asks until nobody is left, or `false` where it was called off before.
    ///
    /// # Errors
    /// Where what is known cannot be kept.
    pub(super) async fn run(mut self) -> Result<bool, Trouble> {
        let (all, counts) = self.store.mailboxes()?;
        self.work.tally.begin(Phase::Ask, counts.total(), all);
        self.work.tally.count(counts);
        self.next_due = self.store.next_due()?;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.work.is_stopped() {
            self.feed().await?;
            if self.is_over() {
                return Ok(true);
            }
            tokio::select! {
                Some(ended) = self.under_way.join_next() => self.take(ended)?,
                _ = ticks.tick() => self.throttle.adapt(self.under_way.len()),
            }
        }
        self.part().await.map(|()| false)
    }

    /// Nobody is asked or to be asked, but for those who would be due too late.
    fn is_over(&mut self) -> bool {
        if !self.under_way.is_empty() || !self.hosts.is_empty() || self.behind.is_some() {
            return false;
        }
        let patience = if self.sampled { Duration::ZERO } else { self.work.wait };
        let until = *self.waits_since.get_or_insert_with(Instant::now) + patience;
        let left = |due_ms: u64| Duration::from_millis(due_ms.saturating_sub(clock::now().0));
        self.next_due.is_none_or(|due_ms| Instant::now() + left(due_ms) > until)
    }

    /// Asks as many as should be under way.
    async fn feed(&mut self) -> Result<(), Trouble> {
        self.call_those_due()?;
        for n in 0..self.hosts.len() {
            self.feed_host(n).await?;
        }
        self.hosts.retain(|host| !host.is_over());
        while self.throttle.room(self.under_way.len()) > 0 {
            let Some(behind) = &self.behind else { break };
            self.behind = self.store.hosts_after(behind, self.sampled)?;
            if let Some(name) = self.behind.clone() {
                self.hosts.push(Host::new(name));
                self.feed_host(self.hosts.len() - 1).await?;
            }
        }
        self.hosts.retain(|host| !host.is_over());
        Ok(())
    }

    async fn feed_host(&mut self, n: usize) -> Result<(), Trouble> {
        while self.throttle.room(self.under_way.len()) > 0 {
            let Some(host) = self.hosts.get_mut(n).filter(|host| host.has_room()) else { break };
            let Some(waiting) = host.next(self.work, self.store, self.sampled).await? else { break };
            let name = host.name().to_owned();
            self.under_way.spawn(ask(Arc::clone(&self.work.prober), self.work.patience, waiting, Some(name)));
        }
        Ok(())
    }

    /// Those who were put off come first, but leave half of the places to the others.
    fn call_those_due(&mut self) -> Result<(), Trouble> {
        let (now, places) = (clock::now().0, self.throttle.half());
        if self.next_due.is_none_or(|due| due > now) || self.returning.len() >= places {
            return Ok(());
        }
        for waiting in self.store.due(now, places)? {
            if self.returning.len() < places && self.returning.insert(waiting.id) {
                self.under_way.spawn(ask(Arc::clone(&self.work.prober), self.work.patience, waiting, None));
            }
        }
        Ok(())
    }

    /// Keeps what has come.
    fn take(&mut self, first: Result<Ended, tokio::task::JoinError>) -> Result<(), Trouble> {
        let mut ended = vec![first.map_err(|error| error.to_string())?];
        while let Some(next) = self.under_way.try_join_next() {
            ended.push(next.map_err(|error| error.to_string())?);
            if ended.len() >= BATCH {
                break;
            }
        }
        let mut answers = Vec::with_capacity(ended.len());
        for one in ended {
            self.throttle.answered();
            if let Some(host) = self.hosts.iter_mut().find(|host| Some(host.name()) == one.hosts.as_deref()) {
                host.answered(one.took);
            }
            self.put_off -= usize::from(self.returning.remove(&one.waiting.id) && self.put_off > 0);
            answers.extend(one.asked);
        }
        self.store.keep_answers(&answers)?;
        self.tell(&answers)
    }

    fn tell(&mut self, answers: &[Asked]) -> Result<(), Trouble> {
        for answer in answers {
            if answer.due_ms.is_some() {
                self.put_off += 1;
            } else {
                self.work.tally.advance(1);
                self.work.tally.answered(answer.verdict.status());
            }
        }
        self.work.tally.set_put_off(self.put_off);
        self.next_due = self.store.next_due()?;
        Ok(())
    }

    /// The run is called off: those under way have a moment left.
    async fn part(&mut self) -> Result<(), Trouble> {
        let until = Instant::now() + PARTING;
        while let Ok(Some(ended)) = timeout(until.saturating_duration_since(Instant::now()), self.under_way.join_next()).await {
            self.take(ended)?;
        }
        self.under_way.abort_all();
        Ok(())
    }
}

async fn ask(prober: Arc<Prober>, patience: Duration, waiting: Waiting, hosts: Option<String>) -> Ended {
    let began = Instant::now();
    let mut evidence = Evidence::of_text(&waiting.address, clock::now());
    evidence.dns = serde_json::from_str(&waiting.dns).ok();
    // What is kept of a mailbox that was put off is that it was.
    let max_age_s = (waiting.tries > 0).then_some(0);
    let wishes = Wishes { patient: false, max_age_s, transcript: false };
    // In a box, since it waits, and every place that it passes through would hold its size.
    Box::pin(prober.probe_into(&mut evidence, began + patience, wishes)).await;
    let tries = waiting.tries + 1;
    let verdict = judge(&evidence);
    let asked = match (evidence.report(), evidence.mailbox()) {
        (Some(report), Some(mailbox)) => {
            let due_ms = due_ms(&prober, mailbox, (report, verdict), tries).await;
            Some(Asked { id: waiting.id, report: report.masked(mailbox), verdict, tries, due_ms })
        }
        _ => None,
    };
    Ended { waiting, hosts, asked, took: began.elapsed() }
}
