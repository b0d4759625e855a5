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

impl Form for Objects {
    fn header(&mut self, _: &mut dyn Write, _: &Row<'_>) -> io::Result<()> {
        // Objects have none.
        Ok(())
    }

    fn piece(&mut self, out: &mut dyn Write, raw: &[u8], goes_on: bool) -> io::Result<()> {
        let is_object = self.state == State::Fresh && !goes_on && raw.trim_ascii().starts_with(b"{");
        if is_object && serde_json::from_slice::<IgnoredAny>(raw).is_ok() {
            let members = raw.trim_ascii_end().strip_suffix(b"}").unwrap_or(raw);
            self.state = State::Object { is_empty: members.trim_ascii() == b"{" };
            return out.write_all(members);
        }
        if self.state == State::Fresh {
            self.state = State::Text;
            out.write_all(b"{\"line\":\"")?;
        }
        let quoted = serde_json::to_string(&String::from_utf8_lossy(raw))?;
        out.write_all(quoted.as_bytes().get(1..quoted.len() - 1).unwrap_or_default())
    }

    fn tail(&mut self, out: &mut dyn Write, _: usize, tail: Tail<'_>) -> io::Result<()> {
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
