//! The hosts of one operator, or of nobody in particular, whose mailboxes are asked about one after the other.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use shared::mailbox::Mailbox;

use super::super::store::{Dns, Store, Waiting};
use super::super::{Trouble, Work};
use crate::clock;

/// How many questions are put to hosts that have not answered yet: one that is dead must not hold more places than that.
const FIRST: usize = 2;
/// How many at the most. A session has no more commands under way.
const MOST: usize = 50;
/// An answer that takes longer shows that the hosts are asked more than they can answer.
const SLOW: Duration = Duration::from_secs(1);

/// Hosts that are being asked.
#[derive(Debug)]
pub(super) struct Host {
    name: String,
    /// The domain that is asked about, and its evidence; zero before the first.
    domain: (i64, Option<Arc<Dns>>),
    /// The mailbox that was taken last.
    last: i64,
    queue: VecDeque<(i64, String)>,
    is_exhausted: bool,
    under_way: usize,
    window: usize,
}

impl Host {
    pub(super) fn new(name: String) -> Self {
        Self { name, domain: (0, None), last: 0, queue: VecDeque::new(), is_exhausted: false, under_way: 0, window: FIRST }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether another question may be put now.
    pub(super) fn has_room(&self) -> bool {
        !self.is_exhausted && self.under_way < self.window
    }

    /// Whether everybody was asked about and has answered.
    pub(super) fn is_over(&self) -> bool {
        self.is_exhausted && self.under_way == 0
    }

    /// A question has ended.
    pub(super) fn answered(&mut self, took: Duration) {
        self.under_way = self.under_way.saturating_sub(1);
        self.window = if took < SLOW { (self.window + 1).min(MOST) } else { (self.window * 4 / 5).max(1) };
    }

    /// The next mailbox, domain by domain.
    pub(super) async fn next(&mut self, work: &Work, store: &mut Store, sampled: bool) -> Result<Option<Waiting>, Trouble> {
        loop {
            if let Some((id, address)) = self.queue.pop_front() {
                self.under_way += 1;
                return Ok(Some(Waiting { id, address, dns: self.domain.1.clone(), hosts: self.name.clone(), tries: 0 }));
            }
            if self.domain.0 > 0 {
                self.queue = store.waiting(self.domain.0, self.last, sampled)?.into();
                self.last = self.queue.back().map_or(0, |(id, _)| *id);
            }
            if self.queue.is_empty() && !self.turn_to_next_domain(work, store).await? {
                return Ok(None);
            }
        }
    }

    async fn turn_to_next_domain(&mut self, work: &Work, store: &mut Store) -> Result<bool, Trouble> {
        let Some((id, evidence)) = store.domain_after(&self.name, self.domain.0)? else {
            self.is_exhausted = true;
            return Ok(false);
        };
        (self.domain, self.last) = ((id, Dns::read(evidence)), 0);
        if work.is_resumed {
            recall(work, store.latest_reports(self.domain.0)?).await;
        }
        Ok(true)
    }
}

/// What the process before this one learned of a domain is not asked again.
async fn recall(work: &Work, reports: Vec<(String, String)>) {
    for (address, report) in reports {
        if let (Ok(mailbox), Ok(report)) = (Mailbox::parse(&address), serde_json::from_str(&report)) {
            work.prober.remember_neighbours(&mailbox, &report, clock::now()).await;
        }
    }
}
