//! Every mailbox asked about, the mailboxes of one host together, so that one session serves many.
//!
//! Hosts are opened one after the other, only as many as it takes to keep enough questions under way; each is asked as wide as it answers well.
//! Whoever is told to come back is put off and asked again in time, and nobody waits for that. What is answered is kept at once. Where it is
//! asked, in this process or by workers elsewhere, is the queue's affair (`crate::queue`); who is asked when is decided here alone.

mod again;
mod fit;
mod host;
mod settle;
mod throttle;
mod under_way;

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

#[cfg(feature = "kafka")]
pub(crate) use again::due_ms;
pub(crate) use fit::Misfit;

use super::store::{Asked, Store, Waiting};
use super::tally::Phase;
use super::{Trouble, Work};
use crate::clock;
use crate::queue::{Inquiry, News};
use host::Host;
use throttle::{TICK, Throttle};
use under_way::{Batch, UnderWay};

/// How long those under way may still take where the run is called off.
const PARTING: Duration = Duration::from_secs(3);

/// Asking, as it goes.
pub(super) struct Asking<'a> {
    work: &'a Work,
    store: &'a mut Store,
    inquiry: &'a mut Inquiry,
    sampled: bool,
    hosts: Vec<Host>,
    /// The hosts that were opened last, in the order of their names; `None` where there are no more.
    behind: Option<String>,
    under_way: UnderWay,
    put_off: u64,
    next_due: Option<u64>,
    throttle: Throttle,
    /// When there was nothing left but mailboxes that were put off.
    waits_since: Option<Instant>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(work: &'a Work, store: &'a mut Store, inquiry: &'a mut Inquiry, sampled: bool) -> Self {
        Self {
            work,
            store,
            sampled,
            hosts: Vec::new(),
            behind: Some(String::new()),
            under_way: UnderWay::new(inquiry.seal(), []),
            put_off: 0,
            next_due: None,
            throttle: Throttle::new(inquiry.most_under_way(), work.is_resumed),
            inquiry,
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
        self.put_off = self.store.count_put_off()?;
        self.next_due = self.store.next_due()?;
        self.under_way = UnderWay::new(self.inquiry.seal(), self.store.deaths()?);
        self.inquiry.begin();
        let mut ticks = interval_at(Instant::now() + TICK, TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.work.is_stopped() {
            self.feed().await?;
            if self.is_over() {
                return Ok(true);
            }
            tokio::select! {
                news = self.inquiry.next() => self.hear(news)?,
                _ = ticks.tick() => self.look_around()?,
            }
        }
        self.part().await.map(|()| false)
    }

    /// Nobody is asked or to be asked, but for those who would be due too late.
    fn is_over(&mut self) -> bool {
        if self.under_way.count() > 0 || !self.hosts.is_empty() || self.behind.is_some() {
            return false;
        }
        let patience = if self.sampled { Duration::ZERO } else { self.work.wait };
        let until = *self.waits_since.get_or_insert_with(Instant::now) + patience;
        let left = |due_ms: u64| Duration::from_millis(due_ms.saturating_sub(clock::now().0));
        self.next_due.is_none_or(|due_ms| Instant::now() + left(due_ms) > until)
    }

    /// What is to be done from time to time.
    fn look_around(&mut self) -> Result<(), Trouble> {
        self.throttle.adapt(self.under_way.count());
        self.tell_silence();
        let (again, given_up) = self.under_way.lost(Instant::now(), self.inquiry.most_questions());
        self.put(again);
        let ended: Vec<Asked> = given_up.into_iter().filter_map(|id| self.give_up(id)).collect();
        self.keep(&ended)
    }

    fn put(&mut self, batches: Vec<Batch>) {
        for Batch { lane, questions, wait } in batches {
            self.inquiry.ask(lane, questions, wait);
        }
    }

    /// Asks as many as should be under way.
    async fn feed(&mut self) -> Result<(), Trouble> {
        self.call_those_due()?;
        for n in 0..self.hosts.len() {
            self.feed_host(n).await?;
        }
        self.hosts.retain(|host| !host.is_over());
        while self.throttle.room(self.under_way.count()) > 0 {
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
        loop {
            let mut some = Vec::new();
            while some.len() < self.inquiry.most_questions() && self.throttle.room(self.under_way.count() + some.len()) > 0 {
                let Some(host) = self.hosts.get_mut(n).filter(|host| host.has_room()) else { break };
                let Some(waiting) = host.next(self.work, self.store, self.sampled).await? else { break };
                some.push(waiting);
            }
            if some.is_empty() {
                return Ok(());
            }
            self.ask(some, false);
        }
    }

    /// Those who were put off come first, but leave half of the places to the others.
    fn call_those_due(&mut self) -> Result<(), Trouble> {
        let (now, places) = (clock::now().0, self.throttle.half());
        if self.next_due.is_none_or(|due| due > now) || self.under_way.returning() >= places {
            return Ok(());
        }
        let mut due = self.store.due(now, places)?;
        due.retain(|waiting| !self.under_way.has(waiting.id));
        due.truncate(places - self.under_way.returning());
        for some in due.chunk_by(|one, other| one.hosts == other.hosts) {
            some.chunks(self.inquiry.most_questions()).for_each(|some| self.ask(some.to_vec(), true));
        }
        Ok(())
    }

    /// Asks about mailboxes of one host.
    fn ask(&mut self, some: Vec<Waiting>, is_returning: bool) {
        let (batches, unasked) = self.under_way.add(some, is_returning);
        // Their evidence cannot be read; there is nobody to ask.
        for waiting in unasked {
            self.host_answered(&waiting.hosts, Duration::ZERO);
        }
        self.put(batches);
    }

    fn host_answered(&mut self, name: &str, took: Duration) {
        if let Some(host) = self.hosts.iter_mut().find(|host| host.name() == name) {
            host.answered(took);
        }
    }

    fn hear(&mut self, news: News) -> Result<(), Trouble> {
        match news {
            News::Heard(heard) => self.take(heard),
            News::Put(numbers) => {
                if self.inquiry.can_lose() {
                    self.under_way.put(&numbers, Instant::now());
                }
                Ok(())
            }
        }
    }

    /// The run is called off: those under way have a moment left.
    async fn part(&mut self) -> Result<(), Trouble> {
        let until = Instant::now() + PARTING;
        while self.under_way.count() > 0 {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(news) = timeout(left, self.inquiry.next()).await else { break };
            self.hear(news)?;
        }
        Ok(())
    }
}
