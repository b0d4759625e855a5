//! What a run has found out by now, for whoever looks on; it may be under way, called off, or at its end.

use std::io::{self, Write};
use std::path::Path;

use super::rows::{Content, Rows};
use super::store::{HostsStanding, Store, Trouble};
use super::tally::{Phase, Standing};
use super::write::{self, Answers, OutputFormat, Written};
use super::{Failure, Order, count, find_dialect};
use crate::clock;

/// Writes what is known of a list by now; a row that has no answer yet says so.
///
/// # Errors
/// Where the list or what is known cannot be read, or nothing be written.
pub fn results(order: &Order, out: &mut dyn Write) -> Result<Written, Trouble> {
    let dialect = find_dialect(order).map_err(|failure| failure.to_string())?;
    let store = Store::read(&order.state)?;
    let mut answers = Answers::new(&store, order.level, clock::now()).so_far();
    let list = order.input.open().map_err(|error| error.to_string())?;
    let written = write::write(list, (&dialect, order.form), &mut answers, out, &mut |_| true).map_err(|error| error.to_string())?;
    written.ok_or_else(|| "the writing ended early".to_owned())
}

/// How far each operator's mailboxes are, and those of hosts of nobody in particular.
///
/// # Errors
/// Where what is known cannot be read.
pub fn progress_by_hosts(state: &Path) -> Result<Vec<HostsStanding>, Trouble> {
    Store::read(state)?.by_hosts()
}

/// How far a run is that is not under way.
///
/// # Errors
/// Where what is known cannot be read.
pub fn standing(state: &Path) -> Result<Standing, Trouble> {
    let store = Store::read(state)?;
    let put_off = store.count_put_off()?;
    if let Some(written) = count::counted(&store)? {
        let Written { rows, faults, counts } = written;
        return Ok(Standing { phase: Phase::Count, first: 0, done: rows, all: rows, put_off, counts, faults });
    }
    let (all, counts) = store.mailboxes()?;
    if all > 0 {
        return Ok(Standing { phase: Phase::Ask, first: 0, done: counts.total(), all, put_off, counts, faults: 0 });
    }
    let (all, done) = store.domains()?;
    Ok(Standing { phase: Phase::Resolve, first: 0, done, all, put_off, counts, faults: 0 })
}

/// In which form the answers to a list come.
///
/// # Errors
/// Where its addresses are not found, in words.
pub fn form_of(order: &Order) -> Result<OutputFormat, Failure> {
    find_dialect(order).map(|dialect| order.form.unwrap_or(OutputFormat::of(dialect.format)))
}

/// Whether a list has any row that asks for an answer.
///
/// # Errors
/// Where its addresses are not found, or it cannot be read.
pub fn has_rows(order: &Order) -> Result<bool, Failure> {
    let dialect = find_dialect(order)?;
    let fault = |error: io::Error| format!("{}: {error}", order.input.path().display());
    let mut rows = Rows::new(order.input.open().map_err(fault)?, &dialect);
    while let Some(row) = rows.next().map_err(fault)? {
        if !matches!(row.content, Content::Header | Content::Blank) {
            return Ok(true);
        }
    }
    Ok(false)
}
