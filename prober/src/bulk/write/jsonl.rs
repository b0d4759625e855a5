//! JSON objects, octet for octet, with one more member; what is no object becomes one that holds the line.

use std::io::{self, Write};

use serde::de::IgnoredAny;
use serde_json::json;

use super::super::rows::Row;
use super::{Form, Tail};

/// Rows of objects.
#[derive(Default)]
pub(super) struct Objects {
    /// The object lacks its closing brace, and has members before it.
    state: State,
    /// The beginning of a character of a line, whose end is in the next piece.
    cut_off: Vec<u8>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing of the row is written.
    #[default]
    Fresh,
    /// An object without its closing brace.
    Object { is_empty: bool },
    /// A line that is no object, within its quotation marks.
    Text,
}

impl Objects {
    /// An object, but for its closing brace.
    pub(super) fn object(&mut self, out: &mut dyn Write, object: &[u8]) -> io::Result<()> {
        let members = object.trim_ascii_end().strip_suffix(b"}").unwrap_or(object);
        self.state = State::Object { is_empty: members.trim_ascii() == b"{" };
        out.write_all(members)
    }

    /// What is no object, or a piece of it.
    pub(super) fn line(&mut self, out: &mut dyn Write, raw: &[u8]) -> io::Result<()> {
        if self.state == State::Fresh {
            self.state = State::Text;
            out.write_all(b"{\"line\":\"")?;
        }
        let mut octets = std::mem::take(&mut self.cut_off);
        octets.extend_from_slice(raw);
        self.cut_off = octets.split_off(octets.len() - cut_off(&octets));
        write_within(out, &octets)
    }
}

/// How many octets at the end are the beginning of a character that goes on with the next piece.
fn cut_off(octets: &[u8]) -> usize {
    let tail = octets.get(octets.len().saturating_sub(3)..).unwrap_or_default();
    let from = tail.iter().rposition(|octet| *octet >= 0xc0);
    let begun = from.and_then(|from| tail.get(from..)).unwrap_or_default();
    match std::str::from_utf8(begun) {
        Err(error) if error.error_len().is_none() => begun.len(),
        _ => 0,
    }
}

/// Octets within quotation marks that are open.
fn write_within(out: &mut dyn Write, octets: &[u8]) -> io::Result<()> {
    let quoted = serde_json::to_string(&String::from_utf8_lossy(octets))?;
    out.write_all(quoted.as_bytes().get(1..quoted.len() - 1).unwrap_or_default())
}

impl Form for Objects {
    fn header(&mut self, _: &mut dyn Write, _: &Row<'_>) -> io::Result<()> {
        // Objects have none.
        Ok(())
    }

    fn piece(&mut self, out: &mut dyn Write, row: &Row<'_>) -> io::Result<()> {
        let may_be_object = self.state == State::Fresh && !row.goes_on && row.raw.trim_ascii().starts_with(b"{");
        if may_be_object && serde_json::from_slice::<IgnoredAny>(row.raw).is_ok() {
            return self.object(out, row.raw);
        }
        self.line(out, row.raw)
    }

    fn tail(&mut self, out: &mut dyn Write, _: usize, tail: Tail<'_>) -> io::Result<()> {
        write_within(out, &std::mem::take(&mut self.cut_off))?;
        let before: &[u8] = match std::mem::take(&mut self.state) {
            State::Object { is_empty: true } | State::Fresh => b"",
            State::Object { is_empty: false } => b",",
            State::Text => b"\",",
        };
        out.write_all(before)?;
        out.write_all(b"\"rcpt\":")?;
        match tail {
            Tail::Verdict(verdict) => serde_json::to_writer(&mut *out, &verdict.row())?,
            Tail::Fault(fault) => serde_json::to_writer(&mut *out, &json!({ "error": fault }))?,
        }
        out.write_all(b"}")
    }
}
