//! Rows cut from octets, whole and unchanged, with the address that stands in each.
//!
//! A row that is broken is one line and no more: crates that read CSV prefer any reading over none, and then an unclosed quotation mark takes the
//! rows behind it along. Memory is bounded, whatever a list holds: a row of more than [`MAX_ROW`] octets comes in pieces.

mod cut;
mod json;

use std::borrow::Cow;
use std::io::{self, Read};
use std::ops::Range;

use super::dialect::{Dialect, Format};
pub(super) use cut::{Cut, Field, csv as cut_csv};
pub(super) use json::address_in;

/// The longest row that is looked into, in octets.
pub(super) const MAX_ROW: usize = 4 * 1024 * 1024;
const TOO_LONG: &str = "expected a row of at most 4 MiB, found a longer one";
/// How much is read at once, at least.
const CHUNK: usize = 64 * 1024;
/// What some programs put in front of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One row.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// Its octets as they stand, without what ends it.
    pub(super) raw: &'a [u8],
    /// What ends it; nothing at the end of the list, and where there is more of it.
    pub(super) end: &'a [u8],
    /// How many fields it has.
    pub(super) fields: usize,
    /// What it holds.
    pub(super) content: Content<'a>,
    /// Whether the row goes on with the next piece.
    pub(super) goes_on: bool,
}

/// What a row holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content<'a> {
    /// The names of the columns.
    Header,
    /// Nothing at all.
    Blank,
    /// This address, or what stands in its place.
    Address(Cow<'a, str>),
    /// Nothing that could be asked about, and why.
    Fault(String),
    /// More of the row before.
    Rest,
}

/// The rows of a list.
#[expect(clippy::struct_excessive_bools, reason = "each says how far the reading is in a way of its own")]
pub(super) struct Rows<'d, R> {
    source: R,
    dialect: &'d Dialect,
    held: Vec<u8>,
    at: usize,
    ended: bool,
    has_begun: bool,
    is_past_first: bool,
    has_mark: bool,
    is_within: bool,
    fields: Vec<Field>,
}

/// Where a row stands in what is held.
struct Place {
    raw: Range<usize>,
    end: usize,
    fault: Option<&'static str>,
    goes_on: bool,
}

impl<'d, R: Read> Rows<'d, R> {
    pub(super) fn new(source: R, dialect: &'d Dialect) -> Self {
        let held = Vec::with_capacity(2 * CHUNK);
        Self {
            source,
            dialect,
            held,
            at: 0,
            ended: false,
            has_begun: false,
            is_past_first: false,
            has_mark: false,
            is_within: false,
            fields: Vec::new(),
        }
    }

    /// The byte order mark that the list begins with, or nothing.
    ///
    /// # Errors
    /// Where the list cannot be read.
    pub(super) fn mark(&mut self) -> io::Result<&'static [u8]> {
        if !self.has_begun {
            self.begin()?;
        }
        Ok(if self.has_mark { BYTE_ORDER_MARK } else { b"" })
    }

    /// The next row.
    ///
    /// # Errors
    /// Where the list cannot be read.
    pub(super) fn next(&mut self) -> io::Result<Option<Row<'_>>> {
        self.mark()?;
        let is_first = !std::mem::replace(&mut self.is_past_first, true);
        let was_within = self.is_within;
        let Some(place) = self.find()? else { return Ok(None) };
        self.is_within = place.goes_on;
        let raw = self.held.get(place.raw).unwrap_or_default();
        let end = self.held.get(place.end..self.at).unwrap_or_default();
        let content = match place.fault {
            _ if was_within => Content::Rest,
            _ if raw.is_empty() => Content::Blank,
            None if is_first && self.dialect.header => Content::Header,
            Some(fault) => Content::Fault(fault.to_owned()),
            None => self.dialect.content(raw, &self.fields),
        };
        Ok(Some(Row { raw, end, fields: self.fields.len(), content, goes_on: place.goes_on }))
    }

    fn begin(&mut self) -> io::Result<()> {
        self.has_begun = true;
        while self.held.len() < BYTE_ORDER_MARK.len() && !self.ended {
            self.fill()?;
        }
        if self.held.starts_with(BYTE_ORDER_MARK) {
            (self.has_mark, self.at) = (true, BYTE_ORDER_MARK.len());
        }
        Ok(())
    }

    /// Finds where the next row is, and moves behind it.
    fn find(&mut self) -> io::Result<Option<Place>> {
        loop {
            let rest = self.held.get(self.at..).unwrap_or_default();
            if rest.is_empty() && self.ended {
                return Ok(None);
            }
            let cut = match self.dialect.format {
                _ if self.is_within => cut::line(rest, self.ended),
                Format::Csv => cut::csv(rest, self.ended, self.dialect.delimiter, &mut self.fields),
                Format::Jsonl | Format::Lines => cut::line(rest, self.ended),
            };
            match cut {
                Cut::Row { length, end, fault } => {
                    let fault = if length > MAX_ROW { Some(TOO_LONG) } else { fault };
                    return Ok(Some(self.place(length, end, fault, false)));
                }
                Cut::Unfinished if rest.len() >= MAX_ROW => {
                    // A CR at the very end may be half of CR LF.
                    let length = rest.len() - usize::from(rest.ends_with(b"\r"));
                    self.fields.clear();
                    return Ok(Some(self.place(length, 0, Some(TOO_LONG), true)));
                }
                Cut::Unfinished => self.fill()?,
            }
        }
    }

    fn place(&mut self, length: usize, end: usize, fault: Option<&'static str>, goes_on: bool) -> Place {
        let from = self.at;
        self.at += length + end;
        Place { raw: from..from + length, end: from + length, fault, goes_on }
    }

    /// Reads as much again as is held, so that a long row is not looked through over and over.
    fn fill(&mut self) -> io::Result<()> {
        self.held.drain(..self.at);
        self.at = 0;
        let most = self.held.len().max(CHUNK) as u64;
        self.ended = (&mut self.source).take(most).read_to_end(&mut self.held)? == 0;
        Ok(())
    }
}

impl Dialect {
    /// What a row holds that was cut into `fields`.
    fn content<'a>(&self, raw: &'a [u8], fields: &[Field]) -> Content<'a> {
        match self.format {
            Format::Jsonl => json::content(raw, self.key.as_deref()),
            Format::Lines => text(String::from_utf8_lossy(raw)),
            Format::Csv => self.content_of_fields(raw, fields),
        }
    }

    fn content_of_fields<'a>(&self, raw: &'a [u8], fields: &[Field]) -> Content<'a> {
        let wrong = || Content::Fault(format!("expected {}, found {}", count(self.width), count(fields.len())));
        let Some(field) = fields.get(self.column).filter(|_| fields.len() <= self.width) else { return wrong() };
        match text(field.text(raw)) {
            // The row lacks a field; where that was before the address, something else stands in its place.
            Content::Address(text) if fields.len() < self.width && !text.contains('@') => wrong(),
            content => content,
        }
    }
}

fn count(fields: usize) -> String {
    if fields == 1 { "1 field".to_owned() } else { format!("{fields} fields") }
}

/// An address without the white space around it, which is the list's and not its own.
fn text(text: Cow<'_, str>) -> Content<'_> {
    let trimmed = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_ascii()),
        Cow::Owned(text) => Cow::Owned(text.trim_ascii().to_owned()),
    };
    if trimmed.is_empty() { Content::Fault("expected an address, found nothing".to_owned()) } else { Content::Address(trimmed) }
}

#[cfg(test)]
mod tests;
