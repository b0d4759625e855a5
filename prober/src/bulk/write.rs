//! The list again, every row as it was, with its verdict behind it.

mod answers;
mod csv;
mod jsonl;

use std::io::{self, Read, Write};

use shared::wire::VerifyResponse;

use super::dialect::{Dialect, Format};
use super::rows::{Content, Row, Rows};
use super::store::Counts;
pub(super) use answers::Answers;

/// How many rows are written between looks at whether the run is called off.
const BATCH: u64 = 2_000;

/// What stands behind a row that has no answer yet.
const PENDING: &str = "not answered yet";

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// How many rows there are, without the header and blank ones.
    pub rows: u64,
    /// How many of them could not be asked about.
    pub faults: u64,
    /// What the others came to.
    pub counts: Counts,
}

/// What stands behind a row.
#[derive(Clone, Copy)]
enum Tail<'a> {
    Verdict(&'a VerifyResponse),
    Fault(&'a str),
}

/// A row's form in the output.
trait Form {
    /// The names of the columns, behind those that are there.
    fn header(&mut self, out: &mut dyn Write, row: &Row<'_>) -> io::Result<()>;

    /// A piece of a row; `goes_on` says that it is not the last.
    fn piece(&mut self, out: &mut dyn Write, raw: &[u8], goes_on: bool) -> io::Result<()>;

    /// What comes behind the last piece of a row of so many fields.
    fn tail(&mut self, out: &mut dyn Write, fields: usize, tail: Tail<'_>) -> io::Result<()>;
}

/// Writes every row in its place, as long as `goes_on` says so, which is told how many more were written; `None` where it did not.
///
/// # Errors
/// Where the list or what is known cannot be read, or nothing be written.
pub(super) fn write(
    source: Box<dyn Read + Send>,
    dialect: &Dialect,
    answers: &mut Answers<'_>,
    out: &mut dyn Write,
    goes_on: &mut dyn FnMut(u64) -> bool,
) -> io::Result<Option<Written>> {
    let mut form: Box<dyn Form> = match dialect.format {
        Format::Jsonl => Box::new(jsonl::Objects::default()),
        Format::Csv | Format::Lines => Box::new(csv::Records::new(dialect)),
    };
    let (mut rows, mut sheet, mut seen) = (Rows::new(source, dialect), Sheet::default(), 0_u64);
    out.write_all(rows.mark()?)?;
    while let Some(row) = rows.next()? {
        sheet.put(form.as_mut(), out, answers, &row)?;
        seen += 1;
        if seen.is_multiple_of(BATCH) && !goes_on(BATCH) {
            return Ok(None);
        }
    }
    out.flush()?;
    Ok(Some(sheet.written))
}

/// What was put on it so far.
#[derive(Default)]
struct Sheet {
    written: Written,
    /// What is wrong with the row that goes on.
    fault: String,
}

impl Sheet {
    fn put(&mut self, form: &mut dyn Form, out: &mut dyn Write, answers: &mut Answers<'_>, row: &Row<'_>) -> io::Result<()> {
        match &row.content {
            Content::Header => form.header(out, row)?,
            Content::Blank => {}
            Content::Address(text) => {
                self.written.rows += 1;
                form.piece(out, row.raw, false)?;
                let verdict = answers.verdict(text).map_err(io::Error::other)?;
                form.tail(out, row.fields, verdict.as_ref().map_or(Tail::Fault(PENDING), Tail::Verdict))?;
                if let Some(verdict) = verdict {
                    self.written.counts.add(verdict.status(), 1);
                }
            }
            Content::Fault(fault) => {
                self.written.rows += 1;
                self.written.faults += 1;
                fault.clone_into(&mut self.fault);
                self.put_piece(form, out, row)?;
            }
            Content::Rest => self.put_piece(form, out, row)?,
        }
        out.write_all(row.end)
    }

    fn put_piece(&self, form: &mut dyn Form, out: &mut dyn Write, row: &Row<'_>) -> io::Result<()> {
        form.piece(out, row.raw, row.goes_on)?;
        if row.goes_on { Ok(()) } else { form.tail(out, row.fields, Tail::Fault(&self.fault)) }
    }
}
