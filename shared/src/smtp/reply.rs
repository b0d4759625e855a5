//! One reply of a server: code, enhanced status, text (RFC 5321 §4.2, RFC 3463).

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A three-digit reply code, 200 to 599 (RFC 5321 §4.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplyCode(u16);

/// What the first digit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// 2yz: done.
    Positive,
    /// 3yz: go on.
    Intermediate,
    /// 4yz: not now.
    Transient,
    /// 5yz: no.
    Permanent,
}

impl ReplyCode {
    /// A code, where `code` is one.
    pub fn new(code: u16) -> Option<Self> {
        (200..600).contains(&code).then_some(Self(code))
    }

    /// The number.
    pub fn get(self) -> u16 {
        self.0
    }

    /// The first digit's meaning.
    pub fn severity(self) -> Severity {
        match self.0 / 100 {
            2 => Severity::Positive,
            3 => Severity::Intermediate,
            4 => Severity::Transient,
            _ => Severity::Permanent,
        }
    }
}

impl fmt::Display for ReplyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

impl Serialize for ReplyCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.0)
    }
}

impl<'de> Deserialize<'de> for ReplyCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = u16::deserialize(deserializer)?;
        Self::new(code).ok_or_else(|| serde::de::Error::custom("expected a reply code of 200 to 599"))
    }
}

/// An enhanced status code `class.subject.detail` (RFC 3463 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnhancedStatus {
    /// 2 success, 4 persistent transient failure, 5 permanent failure.
    pub class: u8,
    /// 0 other, 1 addressing, 2 mailbox, 3 mail system, 4 network, 5 protocol, 6 content, 7 security or policy.
    pub subject: u16,
    /// The detail within the subject.
    pub detail: u16,
}

impl EnhancedStatus {
    /// The status at the start of `text`, with the rest of the text behind it. Cisco's hosts write `#5.1.0`, others `5.1.1:`.
    pub fn split_from(text: &str) -> Option<(Self, &str)> {
        let text = text.strip_prefix('#').unwrap_or(text);
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (word, rest) = text.split_at_checked(end)?;
        let status = word.parse().ok()?;
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        Some((status, rest.strip_prefix(' ').unwrap_or(rest)))
    }
}

impl fmt::Display for EnhancedStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// The text is no enhanced status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAStatus;

impl fmt::Display for NotAStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected class.subject.detail with class 2, 4 or 5")
    }
}

impl FromStr for EnhancedStatus {
    type Err = NotAStatus;

    fn from_str(text: &str) -> Result<Self, NotAStatus> {
        let mut parts = text.split('.');
        let class = match parts.next() {
            Some("2") => 2,
            Some("4") => 4,
            Some("5") => 5,
            _ => return Err(NotAStatus),
        };
        let mut number = || {
            let part = parts.next().filter(|part| (1..=3).contains(&part.len()))?;
            part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
        };
        let (subject, detail) = (number().ok_or(NotAStatus)?, number().ok_or(NotAStatus)?);
        if parts.next().is_some() {
            return Err(NotAStatus);
        }
        Ok(Self { class, subject, detail })
    }
}

impl Serialize for EnhancedStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EnhancedStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A complete reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reply {
    /// The code that all its lines share.
    pub code: ReplyCode,
    /// The enhanced status of its first line, where it has one.
    pub enhanced: Option<EnhancedStatus>,
    /// The text of all lines without codes, joined by line feeds; printable, and bounded by the parser.
    pub text: String,
}

impl Reply {
    /// A reply of `code` and the raw text of its lines, each perhaps with an enhanced status in front.
    pub fn from_lines<'a>(code: ReplyCode, lines: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut enhanced, mut text) = (None, String::new());
        for (n, line) in lines.into_iter().enumerate() {
            let rest = match EnhancedStatus::split_from(line) {
                Some((status, rest)) => {
                    enhanced = enhanced.or(Some(status));
                    rest
                }
                None => line,
            };
            if n > 0 {
                text.push('\n');
            }
            text.push_str(rest);
        }
        Self { code, enhanced, text }
    }

    /// Reads a raw reply as it stands in logs and bounces: `550 5.1.1 …`, its lines parted by line feeds.
    ///
    /// # Errors
    /// [`NotAReply`] where the text does not start with a reply code.
    pub fn parse(raw: &str) -> Result<Self, NotAReply> {
        let first = raw.trim_start();
        let code = logged_code_of(first).ok_or(NotAReply)?;
        let lines = first.lines().map(|line| {
            let line = line.trim_end();
            if logged_code_of(line) == Some(code) { line.get(4..).unwrap_or_default().trim_start() } else { line }
        });
        Ok(Self::from_lines(code, lines))
    }

    /// The same reply with at most `octets` of its text: enough to classify and to show.
    #[must_use]
    pub fn shortened(mut self, octets: usize) -> Self {
        if self.text.len() > octets {
            let end = (0..=octets).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
            self.text.truncate(end);
        }
        self
    }

    /// The lines of the text.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.split('\n')
    }

    /// The first digit's meaning.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// The code that a line starts with, followed by a space, a hyphen or nothing.
pub(super) fn code_of(line: &str) -> Option<ReplyCode> {
    let (digits, rest) = line.split_at_checked(3)?;
    let separated = rest.is_empty() || rest.starts_with([' ', '-', '\t']);
    let numeric = digits.bytes().all(|b| b.is_ascii_digit());
    (separated && numeric).then(|| digits.parse().ok()).flatten().and_then(ReplyCode::new)
}

/// The code that a logged line starts with. Some logs write `550: …`, which no server sends.
fn logged_code_of(line: &str) -> Option<ReplyCode> {
    code_of(line).or_else(|| code_of(line.split_once(':')?.0))
}

/// The text does not start with a reply code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAReply;

impl fmt::Display for NotAReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a reply that starts with a code of 200 to 599")
    }
}

impl core::error::Error for NotAReply {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_replies_as_logs_show_them() {
        for (raw, code, enhanced, text) in [
            ("550 5.1.1 no such user", 550, Some("5.1.1"), "no such user"),
            ("  550-5.1.1 no\r\n550 5.1.1 such user\r\n", 550, Some("5.1.1"), "no\nsuch user"),
            ("550-no\n550 5.1.1 such user", 550, Some("5.1.1"), "no\nsuch user"),
            ("550-5.1.1 no 550-5.1.1 such user", 550, Some("5.1.1"), "no 550-5.1.1 such user"),
            ("550: 5.1.1 no such user", 550, Some("5.1.1"), "no such user"),
            ("550: : no", 550, None, ": no"),
            ("550 #5.1.0 Address rejected.", 550, Some("5.1.0"), "Address rejected."),
            ("550 5.1.1: no", 550, Some("5.1.1"), "no"),
            ("550 5.1.1.2 no", 550, None, "5.1.1.2 no"),
            ("550 7.7.1 no", 550, None, "7.7.1 no"),
            ("550 192.0.2.1 no", 550, None, "192.0.2.1 no"),
            ("421", 421, None, ""),
            ("250 2.1.5", 250, Some("2.1.5"), ""),
        ] {
            let reply = Reply::parse(raw).expect(raw);
            assert_eq!((reply.code.get(), reply.text.as_str()), (code, text), "{raw}");
            assert_eq!(reply.enhanced, enhanced.map(|status| status.parse().expect(status)), "{raw}");
        }
    }

    #[test]
    fn err_no_code_in_front() {
        for raw in
            ["", "5.1.1 no", "4.7.32 rate limited", "Requested action: no", "55 no", "5501 no", "199 no", "600 no", "5501: no", "日本語"]
        {
            assert_eq!(Reply::parse(raw), Err(NotAReply), "{raw}");
        }
    }
}
