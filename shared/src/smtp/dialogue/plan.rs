//! What a dialogue is to ask, and how long it may wait.

use alloc::vec::Vec;
use core::time::Duration;

use crate::mailbox::Mailbox;
use crate::smtp::command::HeloName;
use crate::smtp::stage::Stage;

/// One session's errand.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Our own name.
    pub helo: HeloName,
    /// Our own reverse-path.
    pub mail_from: Mailbox,
    /// The mailboxes asked about, in order.
    pub targets: Vec<Mailbox>,
    /// A mailbox that surely does not exist, asked after an accepted target.
    pub decoy: Option<Mailbox>,
    /// How long each reply may take.
    pub timeouts: Timeouts,
    /// When asking must be over, whatever the timeouts.
    pub deadline: Duration,
}

/// How long to wait for a reply at each stage.
///
/// RFC 5321 §4.5.3.2 allows a sender of mail minutes; somebody waits for a probe, so these are shorter and their passing proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the greeting: some hosts delay it on purpose (OVH about 6 s, seen 2017).
    pub greeting: Duration,
    /// For EHLO, MAIL and RCPT: some gateways ask another host first (SpamExperts up to 30 s).
    pub command: Duration,
    /// For the reply to QUIT.
    pub quit: Duration,
}

impl Timeouts {
    /// The limit at a stage.
    pub fn of(&self, stage: Stage) -> Duration {
        match stage {
            Stage::Connect | Stage::Greeting => self.greeting,
            Stage::Ehlo | Stage::Mail | Stage::Rcpt => self.command,
            Stage::Quit => self.quit,
        }
    }
}
