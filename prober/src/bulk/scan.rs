//! The list, read to its end once: every domain and mailbox that is worth asking about, each kept once.

use std::io::Read;

use quick_cache::unsync::Cache;
use shared::domain::Domain;
use shared::evidence::Evidence;
use shared::mailbox::Mailbox;
use shared::verdict::{Level, Step, next_step};

use super::dialect::Dialect;
use super::rows::{Content, Rows};
use super::sample::Reservoir;
use super::store::Store;
use super::tally::Phase;
use super::{Trouble, Work};
use crate::clock;

/// How many rows are kept at once.
const BATCH: usize = 20_000;
/// How many domains are remembered while the list is read.
const REMEMBERED: usize = 50_000;

/// Reads every row; `false` where it was called off before the end.
pub(super) fn scan(work: &Work, store: &Store, source: impl Read, dialect: &Dialect, sample: &mut Reservoir) -> Result<bool, Trouble> {
    work.tally.begin(Phase::Read, 0, 0);
    let mut scan = Scan { level: work.level, store, domains: Cache::new(REMEMBERED) };
    let mut rows = Rows::new(source, dialect);
    while !work.is_stopped() {
        let read = store.at_once(|_| scan.take(&mut rows, sample))?;
        work.tally.advance(read as u64);
        if read < BATCH {
            return Ok(true);
        }
    }
    Ok(false)
}

struct Scan<'a> {
    level: Level,
    store: &'a Store,
    domains: Cache<String, i64>,
}

impl Scan<'_> {
    /// Takes rows as many as are kept at once; how many there were.
    fn take<R: Read>(&mut self, rows: &mut Rows<'_, R>, sample: &mut Reservoir) -> Result<usize, Trouble> {
        for read in 0..BATCH {
            let Some(row) = rows.next().map_err(|error| format!("the list cannot be read: {error}"))? else { return Ok(read) };
            if let Content::Address(text) = row.content {
                sample.offer(&text);
                self.add(&text)?;
            }
        }
        Ok(BATCH)
    }

    fn add(&mut self, text: &str) -> Result<(), Trouble> {
        let evidence = Evidence::of_text(text, clock::now());
        match (next_step(&evidence, self.level), evidence.mailbox()) {
            (Step::Resolve, Some(mailbox)) => self.add_mailbox(mailbox),
            _ => Ok(()),
        }
    }

    fn add_mailbox(&mut self, mailbox: &Mailbox) -> Result<(), Trouble> {
        let Some(name) = mailbox.domain().map(Domain::as_ascii) else { return Ok(()) };
        let id = if let Some(id) = self.domains.get(name) {
            *id
        } else {
            let id = self.store.domain(name)?;
            self.domains.insert(name.to_owned(), id);
            id
        };
        if self.level == Level::Smtp { self.store.add_mailbox(id, &mailbox.wire()) } else { Ok(()) }
    }
}
