//! How a mail host behaves, as data: what it does at each step of a session.

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

/// A mail host's behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manner {
    /// On connection.
    pub(super) greeting: Act,
    /// To EHLO; `None` for the ordinary answer with what it offers.
    pub(super) ehlo: Option<Act>,
    /// To MAIL.
    pub(super) mail: Act,
    /// The local parts that it knows, in lower case; they are accepted.
    pub(super) known: &'static [&'static str],
    /// To RCPT for all others.
    pub(super) others: Act,
    /// Whether it defers strangers first.
    pub(super) greylists: bool,
    /// What it makes of grouped commands.
    pub(super) pipelining: Pipelining,
    /// Whether it offers SMTPUTF8 (RFC 6531).
    pub(super) smtputf8: bool,
}

pub(super) const UNKNOWN: Act = Act::Say("550 5.1.1 Recipient address rejected: User unknown in local recipient table");

/// An ordinary host that tells who is there.
pub(super) const ORDINARY: Manner = Manner {
    greeting: Act::Say("220 mx.lab.example ESMTP"),
    ehlo: None,
    mail: Act::Say("250 2.1.0 Ok"),
    known: &["ada", "\"ada lovelace\"", "postmaster"],
    others: UNKNOWN,
    greylists: false,
    pipelining: Pipelining::Offered,
    smtputf8: false,
};

/// A host that says the same of everyone.
pub(super) const fn to_all(act: Act) -> Manner {
    Manner { known: &[], others: act, ..ORDINARY }
}

/// A host that knows Ada and does this for everyone else: for decoys.
pub(super) const fn to_others(act: Act) -> Manner {
    Manner { others: act, ..ORDINARY }
}
