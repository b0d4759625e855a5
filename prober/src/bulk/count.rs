//! What the rows of a list come to, counted once everything is found out: where the list is written later, as often as somebody fetches it.
//!
//! Nothing about rows is kept meanwhile, and at `level: dns` nothing about mailboxes either, so that only the list itself can say it.

use super::dialect::Dialect;
use super::store::{Counts, Store};
use super::tally::Phase;
use super::write::{self, Answers, Written};
use super::{Order, Trouble, Work};
use crate::clock;

/// The note that holds it: rows, rows without a verdict, and the counts in the order of [`Counts::ORDER`].
const NOTE: &str = "counted";

/// Counts, and keeps the counts; `false` where it was called off before the end.
pub(super) fn count(work: &Work, store: &Store, order: &Order, dialect: &Dialect) -> Result<bool, Trouble> {
    let mut answers = Answers::new(store, work.level, clock::now());
    let list = order.input.open().map_err(|error| error.to_string())?;
    work.tally.begin(Phase::Count, 0, work.rows);
    let mut goes_on = |counted| {
        work.tally.advance(counted);
        !work.is_stopped()
    };
    let counted = write::count(list, dialect, &mut answers, &mut goes_on).map_err(|error| error.to_string())?;
    let Some(written) = counted else { return Ok(false) };
    let Written { rows, faults, counts } = written;
    let numbers = [rows, faults].into_iter().chain(Counts::ORDER.iter().map(|status| counts.of(*status)));
    store.set_note(NOTE, &numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(" "))?;
    work.tally.counted(&written);
    Ok(true)
}

/// What was counted, where it was.
pub(super) fn counted(store: &Store) -> Result<Option<Written>, Trouble> {
    let Some(note) = store.note(NOTE)? else { return Ok(None) };
    let mut numbers = note.split(' ').filter_map(|number| number.parse::<u64>().ok());
    let mut next = || numbers.next().unwrap_or_default();
    let (rows, faults, mut counts) = (next(), next(), Counts::default());
    for status in Counts::ORDER {
        counts.add(status, next());
    }
    Ok(Some(Written { rows, faults, counts }))
}
