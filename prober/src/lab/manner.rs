//! How a mail host behaves, as data: what it does at each step of a session.

use std::time::Duration;

/// What a host does instead of, or with, a reply. Lines of a reply are parted by LF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Replies.
    Say(&'static str),
    /// Replies with octets that need not be text.
    Bytes(&'static [u8]),
    /// Replies and closes the connection.
    SayAndClose(&'static str),
    /// Closes the connection without a word.
    Close,
    /// Says nothing and keeps the connection.
    Silence,
    /// Replies one octet at a time, without end.
    Drip,
    /// Replies with one line of 100,000 octets.
    Flood,
    /// Greets with 100 lines.
    LongBanner,
}

/// What it makes of commands that come in groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pipelining {
    /// Offers PIPELINING (RFC 2920).
    Offered,
    /// Does not offer it, and lives with it.
    Tolerated,
    /// Does not offer it, and ends the session where it is used all the same.
    Punished,
}

/// What becomes of STARTTLS (RFC 3207). All but the first offer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tls {
    /// It is not known.
    None,
    /// It works.
    Offered,
    /// It works, and nothing goes without it.
    Required,
    /// It is granted, and no handshake follows but garbage.
    Broken,
    /// It is refused for now.
    Refused,
    /// It is granted, and the connection closed.
    DropsAfter,
}

/// Which local parts exist. They are compared in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Knows {
    /// These.
    These(&'static [&'static str]),
    /// Ada, and `user` with a number behind it.
    Users,
}

impl Knows {
    /// Whether `local_part`, in lower case, is among them.
    pub(super) fn knows(self, local_part: &str) -> bool {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
        match self {
            Self::These(known) => known.contains(&local_part),
            Self::Users => local_part == "ada" || local_part.strip_prefix("user").is_some_and(is_number),
        }
    }
}

/// How long a host takes, beside the time that it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delays {
    /// Before the greeting.
    pub(super) greeting: Duration,
    /// Before each reply to a command.
    pub(super) reply: Duration,
    /// Before each reply to RCPT, once more.
    pub(super) rcpt: Duration,
}

impl Delays {
    pub(super) const NONE: Self = Self { greeting: Duration::ZERO, reply: Duration::ZERO, rcpt: Duration::ZERO };
}

/// How much of a guest a host bears, in Postfix's ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// After so many refusals every reply waits for a second.
    pub(super) soft_errors: u32,
    /// After so many the host ends the session.
    pub(super) hard_errors: u32,
    /// So many recipients are accepted in one transaction.
    pub(super) recipients: u32,
    /// So many RCPT are answered in one session; at the next the host ends it.
    pub(super) rcpts: u32,
    /// So many connections of one guest at one time.
    pub(super) connections: u32,
}

impl Limits {
    pub(super) const NONE: Self =
        Self { soft_errors: u32::MAX, hard_errors: u32::MAX, recipients: u32::MAX, rcpts: u32::MAX, connections: u32::MAX };
    /// Postfix's own (`smtpd_soft_error_limit`, `smtpd_hard_error_limit`, `smtpd_recipient_limit`), but fewer connections.
    pub(super) const POSTFIX: Self = Self { soft_errors: 10, hard_errors: 20, recipients: 1000, connections: 10, ..Self::NONE };
}

/// How strangers are deferred: by guest, sender and recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Greylisting {
    /// What they are told.
    pub(super) reply: &'static str,
    /// When they may come back, not before,
    pub(super) from: Duration,
    /// and not after; then the time starts anew.
    pub(super) until: Duration,
    /// Whether it starts anew too for those who come too early.
    pub(super) strict: bool,
}

/// A mail host's behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manner {
    /// On connection.
    pub(super) greeting: Act,
    /// To EHLO; `None` for the ordinary answer with what it offers.
    pub(super) ehlo: Option<Act>,
    /// To MAIL.
    pub(super) mail: Act,
    /// The local parts that it knows; they are accepted.
    pub(super) known: Knows,
    /// To RCPT for all others.
    pub(super) others: Act,
    /// To RCPT for anyone, once one was accepted in the session; `None` for the same as before.
    pub(super) further: Option<Act>,
    /// Whether it refuses every RCPT of guests whom the lab's blocklist has.
    pub(super) checks_blocklist: bool,
    /// Whether and how it defers strangers first.
    pub(super) greylists: Option<Greylisting>,
    /// Whether it says each refusal of a recipient twice.
    pub(super) stutters: bool,
    /// What it makes of grouped commands.
    pub(super) pipelining: Pipelining,
    /// Whether it offers SMTPUTF8 (RFC 6531).
    pub(super) smtputf8: bool,
    /// What becomes of STARTTLS.
    pub(super) tls: Tls,
    /// How long it takes.
    pub(super) delays: Delays,
    /// How much it bears.
    pub(super) limits: Limits,
}

pub(super) const UNKNOWN: Act = Act::Say("550 5.1.1 Recipient address rejected: User unknown in local recipient table");

/// An ordinary host that tells who is there.
pub(super) const ORDINARY: Manner = Manner {
    greeting: Act::Say("220 mx.lab.example ESMTP"),
    ehlo: None,
    mail: Act::Say("250 2.1.0 Ok"),
    known: Knows::These(&["ada", "\"ada lovelace\"", "postmaster"]),
    others: UNKNOWN,
    further: None,
    checks_blocklist: false,
    greylists: None,
    stutters: false,
    pipelining: Pipelining::Offered,
    smtputf8: false,
    tls: Tls::None,
    delays: Delays::NONE,
    limits: Limits::NONE,
};

/// A host that says the same of everyone.
pub(super) const fn to_all(act: Act) -> Manner {
    Manner { known: Knows::These(&[]), others: act, ..ORDINARY }
}

/// A host that knows Ada and does this for everyone else: for decoys.
pub(super) const fn to_others(act: Act) -> Manner {
    Manner { others: act, ..ORDINARY }
}

/// An ordinary host with so many users.
pub(super) const USERS: Manner = Manner { known: Knows::Users, ..ORDINARY };
