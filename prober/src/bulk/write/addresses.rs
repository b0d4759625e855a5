//! JSON objects as rows of CSV: the address of each, and its verdict. Objects differ in their members, so that these have no columns.

use std::io::{self, Write};

use super::super::dialect::{Dialect, Format};
use super::super::rows::{Content, Row};
use super::csv::{Records, quoted};
use super::{Form, Tail, end_line};

/// The delimiter; in a list of objects there is none to take over.
const DELIMITER: u8 = b',';

/// A row for each object.
pub(super) struct Addresses(Records);

impl Addresses {
    pub(super) fn new(dialect: &Dialect) -> Self {
        Self(Records::new(Dialect { format: Format::Csv, delimiter: DELIMITER, width: 1, ..dialect.clone() }))
    }
}

impl Form for Addresses {
    fn begin(&mut self, out: &mut dyn Write, _: &[u8]) -> io::Result<()> {
        out.write_all(b"email")?;
        self.0.names(out, "")?;
        out.write_all(b"\n")
    }

    fn header(&mut self, _: &mut dyn Write, _: &Row<'_>) -> io::Result<()> {
        // Objects have none.
        Ok(())
    }

    fn piece(&mut self, out: &mut dyn Write, row: &Row<'_>) -> io::Result<()> {
        match &row.content {
            Content::Address(text) => out.write_all(quoted(text, DELIMITER).as_bytes()),
            _ => Ok(()),
        }
    }

    fn tail(&mut self, out: &mut dyn Write, _: usize, tail: Tail<'_>) -> io::Result<()> {
        self.0.tail(out, 1, tail)
    }

    fn end(&mut self, out: &mut dyn Write, row: &Row<'_>) -> io::Result<()> {
        end_line(out, row)
    }
}
