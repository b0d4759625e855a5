//! What a dialogue is to ask, how much of a host's patience it may use, and how long it may wait.

use core::time::Duration;

use crate::evidence::SessionFacts;
use crate::mailbox::Mailbox;
use crate::smtp::command::HeloName;
use crate::smtp::stage::Stage;

/// One session's manners.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Our own name.
    pub helo: HeloName,
    /// Our own reverse-path.
    pub mail_from: Mailbox,
    /// Whether STARTTLS is used where it is offered (RFC 3207).
    pub starttls: bool,
    /// Whether commands are grouped where PIPELINING is offered (RFC 2920): not with a host whose replies fell out of step.
    pub pipelining: bool,
    /// Whether EHLO may be given again (RFC 5321 §4.1.4): not to a host that refused it.
    pub second_ehlo: bool,
    /// How long each reply may take.
    pub timeouts: Timeouts,
    /// How much is asked of the host.
    pub limits: Limits,
}

/// How much of a host's patience one session may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Refused recipients after which the session is left. Postfix slows from the tenth on and hangs up at the twentieth
    /// (postconf(5): smtpd_soft_error_limit, smtpd_hard_error_limit).
    pub refusals: usize,
    /// Recipients of one session.
    pub session: usize,
    /// Recipients of one transaction. Every host must take a hundred (RFC 5321 §4.5.3.1.8).
    pub recipients: usize,
    /// RCPT commands that may wait for their replies at once, where PIPELINING is offered.
    pub in_flight: usize,
}

impl Limits {
    /// What a host of unknown patience is asked.
    pub const CAREFUL: Self = Self { refusals: 8, session: 10_000, recipients: 100, in_flight: 50 };
}

/// A mailbox to ask about, and how to tell its answer.
#[derive(Debug, Clone)]
pub struct Errand {
    /// The asker's own number for it.
    pub ticket: u64,
    /// The mailbox.
    pub mailbox: Mailbox,
    /// When its answer is no longer wanted, on the dialogue's clock.
    pub deadline: Duration,
    /// Whether it is made up, so that a refusal condemns nobody.
    pub decoy: bool,
}

/// What became of an errand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its number.
    pub ticket: u64,
    /// What was observed for it.
    pub facts: SessionFacts,
    /// Whether it ought to be asked in another session: this one ended, or had enough, before its turn.
    pub again: bool,
}

/// How long to wait for a reply at each stage.
///
/// RFC 5321 §4.5.3.2 allows a sender of mail minutes; somebody waits for a probe, so these are shorter and their passing proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the greeting: some hosts delay it on purpose (OVH about 6 s, seen 2017).
    pub greeting: Duration,
    /// For EHLO, STARTTLS, MAIL and RCPT: some gateways ask another host first (SpamExperts up to 30 s).
    pub command: Duration,
    /// For the reply to QUIT.
    pub quit: Duration,
}

impl Timeouts {
    /// The limit at a stage.
    pub fn of(&self, stage: Stage) -> Duration {
        match stage {
            Stage::Connect | Stage::Greeting => self.greeting,
            Stage::Ehlo | Stage::Starttls | Stage::Mail | Stage::Rcpt => self.command,
            Stage::Quit => self.quit,
        }
    }
}
