//! The list again, every row as it was, with its verdict behind it.

mod addresses;
mod answers;
mod csv;
mod jsonl;
mod members;

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

/// A form that answers may be wanted in, whatever the list's own is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputFormat {
    /// Fields with delimiters between them; of a list of JSON objects each address, and its verdict
    Csv,
    /// One JSON object a line, with members named like the columns
    Jsonl,
}

impl OutputFormat {
    /// In which a list of this format comes, where nobody says otherwise.
    pub(super) fn of(format: Format) -> Self {
        match format {
            Format::Jsonl => Self::Jsonl,
            Format::Csv | Format::Lines => Self::Csv,
        }
    }
}

/// What stands behind a row.
#[derive(Clone, Copy)]
enum Tail<'a> {
    Verdict(&'a VerifyResponse),
    Fault(&'a str),
}

/// A row's form in the output.
trait Form {
    /// What comes before all rows; `mark` is the list's byte order mark.
    fn begin(&mut self, out: &mut dyn Write, mark: &[u8]) -> io::Result<()> {
        out.write_all(mark)
    }

    /// The names of the columns, behind those that are there.
    fn header(&mut self, out: &mut dyn Write, row: &Row<'_>) -> io::Result<()>;

    /// A row, or a piece of one that goes on.
    fn piece(&mut self, out: &mut dyn Write, row: &Row<'_>) -> io::Result<()>;

    /// What comes behind the last piece of a row of so many fields.
    fn tail(&mut self, out: &mut dyn Write, fields: usize, tail: Tail<'_>) -> io::Result<()>;

    /// What ends a row or a header, or is all of a blank one.
    fn end(&mut self, out: &mut dyn Write, row: &Row<'_>) -> io::Result<()> {
        out.write_all(row.end)
    }
}

fn form_of(dialect: &Dialect, wanted: Option<OutputFormat>) -> Box<dyn Form + '_> {
    match (dialect.format, wanted.unwrap_or(OutputFormat::of(dialect.format))) {
        (Format::Jsonl, OutputFormat::Jsonl) => Box::new(jsonl::Objects::default()),
        (Format::Jsonl, OutputFormat::Csv) => Box::new(addresses::Addresses::new(dialect)),
        (Format::Csv | Format::Lines, OutputFormat::Csv) => Box::new(csv::Records::new(dialect.clone())),
        (Format::Csv | Format::Lines, OutputFormat::Jsonl) => Box::new(members::Members::new(dialect)),
    }
}

/// The end of a row in a form of our own, where blank rows and headers are left out.
fn end_line(out: &mut dyn Write, row: &Row<'_>) -> io::Result<()> {
    let is_none = row.goes_on || matches!(row.content, Content::Header | Content::Blank);
    if is_none { Ok(()) } else { out.write_all(b"\n") }
}

/// Nothing is written.
struct Nothing;

impl Form for Nothing {
    fn header(&mut self, _: &mut dyn Write, _: &Row<'_>) -> io::Result<()> {
        Ok(())
    }

    fn piece(&mut self, _: &mut dyn Write, _: &Row<'_>) -> io::Result<()> {
        Ok(())
    }

    fn tail(&mut self, _: &mut dyn Write, _: usize, _: Tail<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// What the rows come to, as [`write()`] would say it.
///
/// # Errors
/// Where the list or what is known cannot be read.
pub(super) fn count(
    source: Box<dyn Read + Send>,
    dialect: &Dialect,
    answers: &mut Answers<'_>,
    goes_on: &mut dyn FnMut(u64) -> bool,
) -> io::Result<Option<Written>> {
    put_all(Rows::new(source, dialect), &mut Nothing, answers, &mut io::sink(), goes_on)
}

/// Writes every row in its place, as long as `goes_on` says so, which is told how many more were written; `None` where it did not.
///
/// # Errors
/// Where the list or what is known cannot be read, or nothing be written.
pub(super) fn write(
    source: Box<dyn Read + Send>,
    (dialect, form): (&Dialect, Option<OutputFormat>),
    answers: &mut Answers<'_>,
    out: &mut dyn Write,
    goes_on: &mut dyn FnMut(u64) -> bool,
) -> io::Result<Option<Written>> {
    put_all(Rows::new(source, dialect), form_of(dialect, form).as_mut(), answers, out, goes_on)
}

fn put_all(
    mut rows: Rows<'_, Box<dyn Read + Send>>,
    form: &mut dyn Form,
    answers: &mut Answers<'_>,
    out: &mut dyn Write,
    goes_on: &mut dyn FnMut(u64) -> bool,
) -> io::Result<Option<Written>> {
    let (mut sheet, mut seen) = (Sheet::default(), 0_u64);
    form.begin(out, rows.mark()?)?;
    while let Some(row) = rows.next()? {
        sheet.put(form, out, answers, &row)?;
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
                form.piece(out, row)?;
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
        form.end(out, row)
    }

    fn put_piece(&self, form: &mut dyn Form, out: &mut dyn Write, row: &Row<'_>) -> io::Result<()> {
        form.piece(out, row)?;
        if row.goes_on { Ok(()) } else { form.tail(out, row.fields, Tail::Fault(&self.fault)) }
    }
}
