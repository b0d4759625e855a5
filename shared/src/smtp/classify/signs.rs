//! What the rules look at in a reply: stage, code, status, and its words without the names that could mislead.
//!
//! A reply quotes what it was given: addresses, host names, links. `<spam.blocked@unknown.example>` says nothing about spam, blocks or
//! unknown users, so such names are taken out first. One thing is kept of them: that a block list was named.

use alloc::string::String;

use crate::smtp::reply::{EnhancedStatus, Reply, Severity};
use crate::smtp::stage::Stage;

/// More text than this is not read, in bytes.
const MAX_TEXT: usize = 2_048;

/// Stands in the words where a link or a host name belongs to a block list or a reputation service.
const BLOCKLIST_MARK: &str = "blocklisthost";

/// Stands in the words where there was an IP address.
const IP_MARK: &str = "0.0.0.0";

/// Parts of names that only block lists and reputation services bear; from their own sites and the default lists of Postfix, Exim and
/// SpamAssassin documentation.
const BLOCKLIST_NAMES: [&str; 28] = [
    "spamhaus",
    "spamcop",
    "sorbs.net",
    "barracudacentral",
    "abuseat.org",
    "uceprotect",
    "dnsbl",
    "rbl.",
    "/rbl",
    ".rbl",
    "senderscore",
    "invaluement",
    "mailspike",
    "psbl.",
    "surriel",
    "manitu.net",
    "backscatterer",
    "dronebl",
    "spfbl",
    "abusix",
    "hostkarma",
    "csi.cloudmark",
    "prs.proofpoint",
    "ipcheck.proofpoint",
    "sender.office.com",
    "senderbase",
    "talosintelligence",
    "ers.trendmicro",
];

/// One reply, ready to be matched.
#[derive(Debug, Clone)]
pub(super) struct Signs {
    /// The step it answers.
    pub(super) stage: Stage,
    /// The code.
    pub(super) code: u16,
    /// The code's first digit.
    pub(super) severity: Severity,
    /// The status at the front, else one inside the text whose class agrees with the code (`(#5.1.1)` as qmail writes it).
    pub(super) status: Option<EnhancedStatus>,
    /// The words in lower case, each between single spaces, without names and links.
    pub(super) words: String,
}

impl Signs {
    /// The signs of `reply` at `stage`.
    pub(super) fn of(stage: Stage, reply: &Reply) -> Self {
        let mut reading = Reading::new(reply.code.get() / 100);
        reading.read(cut(&reply.text, MAX_TEXT));
        let (words, found) = reading.finish();
        Self { stage, code: reply.code.get(), severity: reply.severity(), status: reply.enhanced.or(found), words }
    }
}

/// At most `max` bytes of `text`, cut between characters.
pub(super) fn cut(text: &str, max: usize) -> &str {
    let end = (0..=max.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    text.get(..end).unwrap_or(text)
}

/// Collects words and what else is noticed on the way.
struct Reading {
    class: u16,
    words: String,
    status: Option<EnhancedStatus>,
    blocklist: bool,
}

impl Reading {
    fn new(class: u16) -> Self {
        Self { class, words: String::from(" "), status: None, blocklist: false }
    }

    fn finish(mut self) -> (String, Option<EnhancedStatus>) {
        // Postfix adds `(in reply to RCPT TO command)` when it logs a reply; these words are not the server's.
        if let Some(start) = self.words.find(" in reply to ").filter(|_| self.words.ends_with(" command ")) {
            self.words.truncate(start + 1);
        }
        if self.blocklist {
            self.push(BLOCKLIST_MARK);
        }
        (self.words, self.status)
    }

    /// Reads text, leaving out `<…>` where it encloses a name.
    fn read(&mut self, text: &str) {
        self.words.reserve(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            self.read_unquoted(before);
            rest = match after.split_once('>') {
                Some((name, behind)) if name.contains('@') || !name.contains(' ') => {
                    self.notice(name);
                    behind
                }
                _ => after,
            };
        }
        self.read_unquoted(rest);
    }

    /// Reads text, leaving out quoted local parts: `"no such user"@example.com`.
    fn read_unquoted(&mut self, text: &str) {
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('"') {
            self.read_plain(before);
            rest = after.split_once('"').map(|(_, behind)| behind).filter(|behind| behind.starts_with('@')).unwrap_or(after);
        }
        self.read_plain(rest);
    }

    fn read_plain(&mut self, text: &str) {
        for token in text.split_whitespace() {
            if is_link(token) {
                self.notice(token);
            } else if !token.contains('@') {
                token.split(['[', ']', '(', ')', '=', ',', ';', '|', '#']).for_each(|part| self.read_part(part));
            }
        }
    }

    fn read_part(&mut self, part: &str) {
        let part = part.trim_matches(|c: char| c.is_ascii_punctuation());
        if is_ip(part) {
            self.push(IP_MARK);
        } else if let Some(status) = status_of(part) {
            let agrees = u16::from(status.class) == self.class;
            self.status = self.status.or(Some(status).filter(|_| agrees));
        } else if is_host(part) {
            self.notice(part);
        } else {
            part.split(['-', '_', '/', '.', ':', '\\', '+', '*', '`', '!']).for_each(|word| self.push(word));
        }
    }

    /// Keeps of a name only whether a block list bears it.
    fn notice(&mut self, name: &str) {
        self.blocklist = self.blocklist || BLOCKLIST_NAMES.iter().any(|known| contains_ignoring_case(name, known));
    }

    fn push(&mut self, word: &str) {
        let is_code = word.len() == 3 && word.starts_with(['2', '4', '5']) && word.bytes().all(|b| b.is_ascii_digit());
        if word.is_empty() || is_code {
            return;
        }
        self.words.extend(word.chars().map(|c| if c == '\u{2019}' { '\'' } else { c.to_ascii_lowercase() }));
        self.words.push(' ');
    }
}

fn contains_ignoring_case(text: &str, lower: &str) -> bool {
    text.as_bytes().windows(lower.len()).any(|window| window.eq_ignore_ascii_case(lower.as_bytes()))
}

/// A URL, with or without its scheme.
fn is_link(token: &str) -> bool {
    let bare = token.trim_matches(|c: char| c.is_ascii_punctuation());
    token.contains("://") || bare.split_once('/').is_some_and(|(host, path)| !path.is_empty() && is_host(host))
}

/// A dotted name that ends in letters. A missing space after a sentence (`rejected.Please`) makes no host.
fn is_host(part: &str) -> bool {
    let Some((front, last)) = part.rsplit_once('.') else { return false };
    let sentence = front.ends_with(|c: char| c.is_ascii_lowercase()) && last.starts_with(|c: char| c.is_ascii_uppercase());
    !sentence
        && last.len() > 1
        && last.bytes().all(|b| b.is_ascii_alphabetic())
        && front.split('.').all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_:".contains(&b)))
}

fn is_ip(part: &str) -> bool {
    part.contains(['.', ':']) && part.parse::<core::net::IpAddr>().is_ok()
}

/// A status that stands alone, or behind its code as in a joined multi-line reply (`550-5.1.1`).
fn status_of(part: &str) -> Option<EnhancedStatus> {
    let part = part.split_once('-').filter(|(code, _)| code.len() == 3).map_or(part, |(_, status)| status);
    part.parse().ok()
}
