//! Where one row ends: a line, or a record of CSV as RFC 4180 §2 writes it, of any delimiter and any line end.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::ops::Range;

/// How many octets a quoted field with line breaks in it may have. A longer one is taken for a quotation mark that was never closed, so that a
/// list full of them is still read in time.
const MAX_BROKEN: usize = 256 * 1024;

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) enum Cut {
    /// A row of this length, and what ends it; with what is wrong with it.
    Row { length: usize, end: usize, fault: Option<&'static str> },
    /// No end yet.
    Unfinished,
}

/// Where a field stands in its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Field {
    range: Range<usize>,
    is_quoted: bool,
}

impl Field {
    /// Its text, out of its quotation marks. What is not UTF-8 becomes U+FFFD, which no address may hold.
    pub(in super::super) fn text<'a>(&self, raw: &'a [u8]) -> Cow<'a, str> {
        let octets = raw.get(self.range.clone()).unwrap_or_default();
        let text = String::from_utf8_lossy(octets);
        if self.is_quoted && text.contains('"') { Cow::Owned(text.replace("\"\"", "\"")) } else { text }
    }
}

/// One line, at the start of `held`; `ended` says that nothing comes behind.
pub(super) fn line(held: &[u8], ended: bool) -> Cut {
    match held.iter().position(|octet| matches!(octet, b'\n' | b'\r')) {
        Some(length) => row(held, ended, length, None),
        None if ended => Cut::Row { length: held.len(), end: 0, fault: None },
        None => Cut::Unfinished,
    }
}

/// One record, at the start of `held`, with its `fields`.
pub(in super::super) fn csv(held: &[u8], ended: bool, delimiter: u8, fields: &mut Vec<Field>) -> Cut {
    let cut = record(held, ended, delimiter, fields);
    if matches!(cut, Cut::Row { fault: Some(_), .. }) {
        // What is broken has no fields that could be counted.
        fields.clear();
    }
    cut
}

fn record(held: &[u8], ended: bool, delimiter: u8, fields: &mut Vec<Field>) -> Cut {
    fields.clear();
    let mut at = 0;
    loop {
        let field = match field(held, ended, delimiter, at) {
            Ok(field) => field,
            Err(None) => return Cut::Unfinished,
            Err(Some(fault)) => return broken(held, ended, fault),
        };
        let behind = field.range.end + usize::from(field.is_quoted);
        fields.push(field);
        match held.get(behind) {
            Some(octet) if *octet == delimiter => at = behind + 1,
            Some(b'\n' | b'\r') => return row(held, ended, behind, None),
            Some(_) => return broken(held, ended, "expected a delimiter behind a closing quotation mark, found something else"),
            None if ended => return Cut::Row { length: behind, end: 0, fault: None },
            None => return Cut::Unfinished,
        }
    }
}

/// The field that begins at `from`; without one, what is wrong, or nothing where more must be read.
fn field(held: &[u8], ended: bool, delimiter: u8, from: usize) -> Result<Field, Option<&'static str>> {
    let rest = held.get(from..).unwrap_or_default();
    if rest.first() == Some(&b'"') {
        let end = closing(held, ended, from + 1)?;
        return Ok(Field { range: from + 1..end, is_quoted: true });
    }
    let length = rest.iter().position(|octet| *octet == delimiter || matches!(octet, b'\n' | b'\r'));
    let length = length.or(ended.then_some(rest.len())).ok_or(None)?;
    Ok(Field { range: from..from + length, is_quoted: false })
}

/// Where the quotation mark is that closes a field which begins at `from`.
fn closing(held: &[u8], ended: bool, from: usize) -> Result<usize, Option<&'static str>> {
    const UNCLOSED: Option<&str> = Some("expected a closing quotation mark, found none");
    // Looked for once: a long field may hold a million quotation marks.
    let breaks = LazyCell::new(|| held.get(from..from + MAX_BROKEN).unwrap_or_default().contains(&b'\n'));
    let is_too_long = |to: usize| to.saturating_sub(from) > MAX_BROKEN && *breaks;
    let mut at = from;
    loop {
        let rest = held.get(at..).unwrap_or_default();
        let Some(length) = rest.iter().position(|octet| *octet == b'"') else { break };
        let mark = at + length;
        if is_too_long(mark) {
            return Err(UNCLOSED);
        }
        match held.get(mark + 1) {
            Some(b'"') => at = mark + 2,
            None if !ended => return Err(None),
            _ => return Ok(mark),
        }
    }
    Err(if ended || is_too_long(held.len()) { UNCLOSED } else { None })
}

/// A row that is broken ends with its line, and the next one is read by itself.
fn broken(held: &[u8], ended: bool, fault: &'static str) -> Cut {
    match line(held, ended) {
        Cut::Row { length, end, .. } => Cut::Row { length, end, fault: Some(fault) },
        Cut::Unfinished => Cut::Unfinished,
    }
}

/// A row of this length with the line end behind it: LF, CR LF or CR.
fn row(held: &[u8], ended: bool, length: usize, fault: Option<&'static str>) -> Cut {
    match (held.get(length), held.get(length + 1)) {
        (Some(b'\r'), Some(b'\n')) => Cut::Row { length, end: 2, fault },
        (Some(b'\r'), None) if !ended => Cut::Unfinished,
        _ => Cut::Row { length, end: 1, fault },
    }
}
