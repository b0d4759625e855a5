//! What was said, for people to read, with the addresses of others masked.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::mask::{mask_addresses, mask_word, names};
use crate::smtp::command::Command;
use crate::smtp::reply::Reply;

/// The most lines kept.
const MAX_LINES: usize = 200;

/// The lines of one session, `C:` ours and `S:` the server's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transcript {
    lines: Vec<String>,
    names: Vec<String>,
}

impl Transcript {
    /// Keeps a command.
    pub(super) fn said(&mut self, command: &Command<'_>) {
        if let Command::Rcpt(mailbox) = command {
            self.names.extend(names(mailbox).map(ToString::to_string));
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

    /// The lines with the names of every recipient masked, and whatever address the server says.
    pub fn masked(&self) -> Vec<String> {
        let shown = |line: &String| if line.starts_with("S:") { mask_addresses(line) } else { line.clone() };
        self.lines.iter().map(|line| self.names.iter().fold(shown(line), |line, name| mask_word(&line, name))).collect()
    }

    /// The lines as they were.
    pub fn plain(&self) -> &[String] {
        &self.lines
    }
}
