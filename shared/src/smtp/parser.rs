//! Replies cut from a byte stream (RFC 5321 §4.2), bounded and total: any bytes give replies, an error, or a wish for more.
//!
//! Laxer than the grammar where servers are: a bare LF ends a line, lines may be longer than 512 octets, and text need not be UTF-8.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::reply::{Reply, ReplyCode};

/// The longest line taken, in octets without its ending. RFC 5321 §4.5.3.1.5 allows 512; some servers explain themselves at length.
pub const MAX_LINE: usize = 4096;
/// The most lines one reply may have.
pub const MAX_LINES: usize = 256;
/// The most octets one reply may have.
pub const MAX_REPLY: usize = 64 * 1024;

/// Why a stream is not SMTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReplyError {
    /// A line is longer than [`MAX_LINE`].
    LineTooLong,
    /// A reply has more than [`MAX_LINES`] lines or [`MAX_REPLY`] octets.
    ReplyTooLong,
    /// A line does not start with a reply code.
    NoCode,
    /// The lines of one reply carry different codes.
    CodeChanged,
    /// A reply came before the command that it would answer.
    OutOfStep,
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LineTooLong => "a reply line is too long",
            Self::ReplyTooLong => "a reply has too many lines or octets",
            Self::NoCode => "a line does not start with a reply code",
            Self::CodeChanged => "the lines of one reply carry different codes",
            Self::OutOfStep => "a reply came before its command",
        })
    }
}

/// Cuts replies from bytes as they arrive. After an error the stream is lost and every further call repeats it.
#[derive(Debug, Default)]
pub struct ReplyParser {
    line: Vec<u8>,
    open: Option<Open>,
    done: VecDeque<Reply>,
    failed: Option<ReplyError>,
}

/// A multi-line reply whose last line has not come.
#[derive(Debug)]
struct Open {
    code: ReplyCode,
    lines: Vec<String>,
    octets: usize,
}

impl ReplyParser {
    /// A parser at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes in pieces of any size.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while self.failed.is_none() && !bytes.is_empty() {
            let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
                self.extend_line(bytes);
                return;
            };
            let (head, tail) = bytes.split_at(end);
            self.extend_line(head);
            self.end_line();
            bytes = tail.get(1..).unwrap_or_default();
        }
    }

    /// The next complete reply, or `None` for more bytes.
    ///
    /// # Errors
    /// [`ReplyError`] once all replies before the fault are handed out.
    pub fn next_reply(&mut self) -> Result<Option<Reply>, ReplyError> {
        match (self.done.pop_front(), self.failed) {
            (Some(reply), _) => Ok(Some(reply)),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(None),
        }
    }

    /// Whether bytes of an unfinished reply, or replies not yet taken, are held.
    pub fn holds_bytes(&self) -> bool {
        !self.line.is_empty() || self.open.is_some() || !self.done.is_empty()
    }

    fn extend_line(&mut self, bytes: &[u8]) {
        // One more octet than the limit leaves room for the CR of a line that just fits.
        let room = (MAX_LINE + 1).saturating_sub(self.line.len());
        if bytes.len() > room {
            self.failed = Some(ReplyError::LineTooLong);
        } else {
            self.line.extend_from_slice(bytes);
        }
    }

    fn end_line(&mut self) {
        if self.failed.is_some() {
            return;
        }
        let line = core::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        let taken = if line.len() > MAX_LINE { Err(ReplyError::LineTooLong) } else { self.take_line(line) };
        self.failed = taken.err();
    }

    fn take_line(&mut self, line: &[u8]) -> Result<(), ReplyError> {
        let (code, last, text) = split_line(line).ok_or(ReplyError::NoCode)?;
        let open = self.open.get_or_insert_with(|| Open { code, lines: Vec::new(), octets: 0 });
        if open.code != code {
            return Err(ReplyError::CodeChanged);
        }
        open.octets += line.len();
        if open.lines.len() >= MAX_LINES || open.octets > MAX_REPLY {
            return Err(ReplyError::ReplyTooLong);
        }
        open.lines.push(printable(text));
        if let Some(open) = last.then(|| self.open.take()).flatten() {
            self.done.push_back(Reply::from_lines(open.code, open.lines.iter().map(String::as_str)));
        }
        Ok(())
    }
}

/// Code, whether it is the last line, and text.
fn split_line(line: &[u8]) -> Option<(ReplyCode, bool, &[u8])> {
    let (digits, rest) = line.split_at_checked(3)?;
    let number = digits.iter().try_fold(0_u16, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u16::from(byte - b'0')))?;
    let code = ReplyCode::new(number)?;
    match rest.split_first() {
        None => Some((code, true, rest)),
        Some((b' ' | b'\t', text)) => Some((code, true, text)),
        Some((b'-', text)) => Some((code, false, text)),
        Some(_) => None,
    }
}

/// The text as UTF-8, with whatever is not printable replaced: it will be shown in terminals and pages.
fn printable(text: &[u8]) -> String {
    String::from_utf8_lossy(text)
        .chars()
        .map(|c| {
            if c == '\t' {
                ' '
            } else if c.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;
    use alloc::vec;

    use super::*;

    fn all(bytes: &[u8], piece: usize) -> (Vec<Reply>, Option<ReplyError>) {
        let (mut parser, mut replies) = (ReplyParser::new(), Vec::new());
        for piece in bytes.chunks(piece) {
            parser.push(piece);
            loop {
                match parser.next_reply() {
                    Ok(Some(reply)) => replies.push(reply),
                    Ok(None) => break,
                    Err(error) => return (replies, Some(error)),
                }
            }
        }
        (replies, None)
    }

    #[test]
    fn ok_same_replies_however_the_bytes_are_cut() {
        let bytes = b"220-mx.example\r\n220 ready\n250-mx\r\n250-PIPELINING\r\n250 SIZE\r\n550 5.1.1 no \xff such\r\n221\r\n";
        let (whole, error) = all(bytes, bytes.len());
        assert_eq!(error, None);
        assert_eq!(whole.len(), 4);
        assert_eq!(whole[0].text, "mx.example\nready");
        assert_eq!(whole[2].enhanced.map(|e| e.to_string()).as_deref(), Some("5.1.1"));
        assert_eq!(whole[2].text, "no \u{fffd} such");
        assert_eq!(whole[3].code.get(), 221);
        for piece in 1..bytes.len() {
            assert_eq!(all(bytes, piece), (whole.clone(), None), "pieces of {piece}");
        }
    }

    #[test]
    fn ok_replies_before_a_fault_are_handed_out() {
        let (replies, error) = all(b"250 ok\r\nHTTP/1.1 400\r\n250 never\r\n", 1000);
        assert_eq!((replies.len(), error), (1, Some(ReplyError::NoCode)));
    }

    #[test]
    fn err_each_bound() {
        let long_line = [b"250 ".as_slice(), &vec![b'x'; MAX_LINE]].concat();
        let lines = format!("250-{}\r\n", "x".repeat(10)).repeat(MAX_LINES + 1);
        let octets = format!("250-{}\r\n", "x".repeat(4000)).repeat(20);
        for (bytes, expected) in [
            (long_line.as_slice(), ReplyError::LineTooLong),
            (lines.as_bytes(), ReplyError::ReplyTooLong),
            (octets.as_bytes(), ReplyError::ReplyTooLong),
            (b"250-a\r\n251 b\r\n", ReplyError::CodeChanged),
            (b"199 x\r\n", ReplyError::NoCode),
            (b"600 x\r\n", ReplyError::NoCode),
            (b"25\r\n", ReplyError::NoCode),
            (b"2500\r\n", ReplyError::NoCode),
            (b"\r\n", ReplyError::NoCode),
        ] {
            assert_eq!(all(bytes, 7).1, Some(expected), "{}", String::from_utf8_lossy(bytes).get(..20).unwrap_or(""));
        }
    }

    #[test]
    fn ok_a_line_that_just_fits() {
        let line = [b"250 ".as_slice(), &vec![b'x'; MAX_LINE - 4], b"\r\n"].concat();
        let (replies, error) = all(&line, 1);
        assert_eq!((replies.len(), error), (1, None));
    }

    #[test]
    fn ok_an_endless_line_holds_bounded_memory() {
        let mut parser = ReplyParser::new();
        for _ in 0..1000 {
            parser.push(&[b'x'; 1000]);
        }
        assert!(parser.line.capacity() <= 4 * MAX_LINE);
        assert_eq!(parser.next_reply(), Err(ReplyError::LineTooLong));
    }

    #[test]
    fn ok_no_bytes_make_it_panic() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        for _ in 0..2_000 {
            let mut bytes = Vec::new();
            for _ in 0..200 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let pick = b"250-55 \r\n\n1.\xff\x00x";
                bytes.push(pick[usize::try_from(state >> 8).unwrap_or(0) % pick.len()]);
            }
            let (replies, error) = all(&bytes, 13);
            assert!(replies.len() <= 200 && (error.is_some() || !replies.is_empty() || bytes.len() == 200));
        }
    }
}
