//! What was said, for people to read, with the addresses of others masked.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::mailbox::Mailbox;
use crate::smtp::command::Command;
use crate::smtp::reply::Reply;

/// The most lines kept.
const MAX_LINES: usize = 200;

/// The lines of one session, `C:` ours and `S:` the server's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transcript {
    lines: Vec<String>,
    local_parts: Vec<String>,
}

impl Transcript {
    /// Keeps a command.
    pub(super) fn said(&mut self, command: &Command<'_>) {
        if let Command::Rcpt(mailbox) = command {
            self.local_parts.push(mailbox.local_part().to_string());
        }
        self.push(format!("C: {command}"));
    }

    /// Keeps a reply, line by line.
    pub(super) fn heard(&mut self, reply: &Reply) {
        let status = reply.enhanced.map(|status| format!("{status} ")).unwrap_or_default();
        for (n, line) in reply.lines().enumerate() {
            let shown: String = line.chars().take(512).collect();
            self.push(if n == 0 { format!("S: {} {status}{shown}", reply.code) } else { format!("S: {} {shown}", reply.code) });
        }
    }

    fn push(&mut self, line: String) {
        if self.lines.len() < MAX_LINES {
            self.lines.push(line);
        }
    }

    /// The lines with the local part of every recipient masked.
    pub fn masked(&self) -> Vec<String> {
        let masks = |line: &String| self.local_parts.iter().fold(line.clone(), |line, local_part| mask_local_part(&line, local_part));
        self.lines.iter().map(masks).collect()
    }

    /// The lines as they were.
    pub fn plain(&self) -> &[String] {
        &self.lines
    }
}

/// `text` with the local part of `mailbox` masked wherever it stands as a word, and so whatever a server repeats of an address.
pub fn mask(text: &str, mailbox: &Mailbox) -> String {
    mask_local_part(text, mailbox.local_part())
}

fn mask_local_part(text: &str, local_part: &str) -> String {
    let unquoted = local_part.trim_matches('"');
    if unquoted.is_empty() {
        return text.to_string();
    }
    let (mut masked, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = find_word(rest, unquoted) {
        masked.push_str(before);
        masked.push('…');
        rest = after;
    }
    masked.push_str(rest);
    masked
}

/// The text before the next occurrence of `word` (ASCII case aside) that is no part of a longer word, and the text behind it.
fn find_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let is_part = |c: char| c.is_alphanumeric();
    let starts = text.char_indices().map(|(at, _)| at);
    for at in starts {
        let (before, from) = text.split_at_checked(at)?;
        let Some((found, after)) = from.split_at_checked(word.len()) else { continue };
        let alone = !before.ends_with(is_part) && !after.starts_with(is_part);
        if alone && found.eq_ignore_ascii_case(word) {
            return Some((before, after));
        }
    }
    None
}
