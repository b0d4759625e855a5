//! What a check comes to.

use std::fmt;

use serde::{Serialize, Serializer};

/// The longest text taken over from outside, in characters.
const MAX_QUOTED: usize = 160;

/// What is checked, in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// We have a name and a reverse-path of our own.
    Identity,
    /// The DNS servers answer, and deny what does not exist.
    Resolver,
    /// The address that mail hosts see.
    Source,
    /// That address has a name, and the name leads back (forward-confirmed reverse DNS).
    ReverseDns,
    /// The name given with EHLO leads to that address.
    HeloName,
    /// The domain of the reverse-path takes mail.
    ReversePath,
    /// Its SPF record covers the address (RFC 7208).
    Spf,
    /// No DNS blocklist names the address (RFC 5782).
    Blocklist,
    /// Mail hosts can be reached.
    SmtpPort,
    /// The clock is right.
    Clock,
    /// The shared cache can be reached.
    Cache,
    /// Edges can be served.
    Secret,
}

/// How a check ended. Probing makes sense unless one failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All is well.
    Ok,
    /// Something is worth mending; answers are still right.
    Warning,
    /// Answers would be wrong, or `unknown` for no fault of the mailbox.
    Failed,
    /// It could not be found out.
    Unknown,
    /// There was nothing to check.
    Skipped,
}

/// What a check found, what that costs, and what mends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check.
    pub check: Check,
    /// What of several was checked: an address, or a list.
    pub subject: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found. Texts from outside are in it only as [`quoted`].
    pub found: String,
    /// What it costs.
    pub cost: Option<&'static str>,
    /// The DNS records that mend it, as lines of a zone file.
    pub records: Vec<String>,
    /// What else mends it.
    pub advice: Option<String>,
}

impl Finding {
    /// A finding that costs nothing so far.
    pub fn new(check: Check, outcome: Outcome, found: impl Into<String>) -> Self {
        Self { check, subject: None, outcome, found: found.into(), cost: None, records: Vec::new(), advice: None }
    }

    /// The same, of this one among several.
    #[must_use]
    pub fn of(self, subject: impl fmt::Display) -> Self {
        Self { subject: Some(format!("{subject}")), ..self }
    }

    /// The same, with what it costs.
    #[must_use]
    pub fn costs(self, cost: &'static str) -> Self {
        Self { cost: Some(cost), ..self }
    }

    /// The same, with the records that mend it.
    #[must_use]
    pub fn publish(self, records: Vec<String>) -> Self {
        Self { records, ..self }
    }

    /// The same, with what mends it.
    #[must_use]
    pub fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }
}

impl Check {
    /// Its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Resolver => "resolver",
            Self::Source => "source",
            Self::ReverseDns => "reverse_dns",
            Self::HeloName => "helo_name",
            Self::ReversePath => "reverse_path",
            Self::Spf => "spf",
            Self::Blocklist => "blocklist",
            Self::SmtpPort => "smtp_port",
            Self::Clock => "clock",
            Self::Cache => "cache",
            Self::Secret => "secret",
        }
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        })
    }
}

/// A text from outside, fit for a terminal and for a line: what is not a plain character is shown as U+FFFD, and a long text is cut.
pub(super) fn quoted(text: impl AsRef<[u8]>) -> String {
    let plain = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { char::REPLACEMENT_CHARACTER };
    let text = String::from_utf8_lossy(text.as_ref());
    let mut shown: String = text.chars().take(MAX_QUOTED).map(plain).collect();
    if text.chars().nth(MAX_QUOTED).is_some() {
        shown.push('…');
    }
    shown
}

/// Several of them, by commas; of very many the first.
pub(super) fn quoted_list<T: AsRef<[u8]>>(texts: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = texts.into_iter().map(quoted).collect();
    let (shown, rest) = texts.split_at(texts.len().min(5));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_nothing_from_outside_commands_a_terminal() {
        assert_eq!(quoted("a\u{1b}[31mb\r\n\u{202e}c"), "a\u{fffd}[31mb\u{fffd}\u{fffd}\u{fffd}c");
        assert_eq!(quoted(b"\xff\xfe\0"), "\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(quoted("x".repeat(1000)).chars().count(), MAX_QUOTED + 1);
        assert_eq!(quoted_list(["a", "b"]), "a, b");
        assert!(quoted_list(vec!["n"; 100]).ends_with("and 95 more"));
    }
}
