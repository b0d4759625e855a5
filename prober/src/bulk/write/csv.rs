//! Rows of CSV, octet for octet, with more columns behind them. What is short of fields is filled up, so that the columns stand below their names.

use std::borrow::Cow;
use std::io::{self, Write};

use shared::wire::VerdictRow;

use super::super::dialect::{Dialect, Format};
use super::super::rows::{Row, cut_csv};
use super::{Form, Tail};

/// Rows of fields.
pub(super) struct Records {
    dialect: Dialect,
    cells: Vec<u8>,
    /// A plain line becomes a field, which may need quotation marks; they are open while the line goes on.
    is_open: bool,
}

impl Records {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, cells: Vec::new(), is_open: false }
    }

    fn is_plain(&self) -> bool {
        self.dialect.format == Format::Lines
    }

    /// The names of the columns that are added, each with this behind it.
    pub(super) fn names(&mut self, out: &mut dyn Write, behind: &str) -> io::Result<()> {
        self.cells.clear();
        for name in VerdictRow::NAMES.iter().chain(&["error"]) {
            self.cell(&format!("rcpt_{name}{behind}"));
        }
        out.write_all(&self.cells)
    }

    fn cell(&mut self, text: &str) {
        self.cells.push(self.dialect.delimiter);
        self.cells.extend_from_slice(quoted(text, self.dialect.delimiter).as_bytes());
    }
}

/// A text as a field, in quotation marks where it needs them (RFC 4180 §2).
pub(super) fn quoted(text: &str, delimiter: u8) -> Cow<'_, str> {
    if text.bytes().any(|octet| octet == delimiter || matches!(octet, b'"' | b'\n' | b'\r')) {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(text)
    }
}

impl Form for Records {
    fn header(&mut self, out: &mut dyn Write, row: &Row<'_>) -> io::Result<()> {
        out.write_all(row.raw)?;
        let (mut fields, raw) = (Vec::new(), row.raw);
        let _ = cut_csv(raw, true, self.dialect.delimiter, &mut fields);
        let taken = |name: &str| fields.iter().any(|field| field.text(raw) == name);
        // A list that was verified before has such columns already.
        let behind = std::iter::once(String::new()).chain((2..=fields.len() + 2).map(|n| format!("_{n}")));
        let behind = behind.into_iter().find(|behind| !taken(&format!("rcpt_status{behind}"))).unwrap_or_default();
        self.names(out, &behind)
    }

    fn piece(&mut self, out: &mut dyn Write, row: &Row<'_>) -> io::Result<()> {
        let (raw, delimiter) = (row.raw, self.dialect.delimiter);
        if !self.is_plain() {
            return out.write_all(raw);
        }
        if !self.is_open && (row.goes_on || raw.iter().any(|octet| *octet == delimiter || *octet == b'"')) {
            out.write_all(b"\"")?;
            self.is_open = true;
        }
        for (n, part) in raw.split(|octet| *octet == b'"').enumerate() {
            out.write_all(if n > 0 { b"\"\"" } else { b"" })?;
            out.write_all(part)?;
        }
        Ok(())
    }

    fn tail(&mut self, out: &mut dyn Write, fields: usize, tail: Tail<'_>) -> io::Result<()> {
        self.cells.clear();
        if std::mem::take(&mut self.is_open) {
            self.cells.push(b'"');
        }
        let missing = if self.is_plain() || fields == 0 { 0 } else { self.dialect.width.saturating_sub(fields) };
        self.cells.extend(std::iter::repeat_n(self.dialect.delimiter, missing));
        match tail {
            Tail::Verdict(verdict) => {
                verdict.row().cells().iter().for_each(|text| self.cell(text));
                self.cell("");
            }
            Tail::Fault(fault) => {
                self.cells.extend(VerdictRow::NAMES.map(|_| self.dialect.delimiter));
                self.cell(fault);
            }
        }
        out.write_all(&self.cells)
    }
}
