//! The addresses to try, what each plays, and the reason to expect. The tests assert this column.

use shared::verdict::Reason;

/// One address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The address.
    pub address: &'static str,
    /// What it plays.
    pub plays: &'static str,
    /// The reason to expect; the status follows from it.
    pub reason: Reason,
}

const fn row(address: &'static str, plays: &'static str, reason: Reason) -> Row {
    Row { address, plays, reason }
}

/// Every row.
pub fn table() -> &'static [Row] {
    ROWS
}

use Reason::{
    AcceptAll, ConnectFailed, DnsUnavailable, DomainAcceptsNoMail, DomainNotFound, DomainNotHosted, Greylisted, MailboxAccepted,
    MailboxDisabled, MailboxFull, MailboxNotFound, PolicyRefused, RateLimited, SenderBlocked, SenderRejected, ServerError, SyntaxInvalid,
    TimedOut, Unverifiable,
};

const ROWS: &[Row] = &[
    row("ada@accepts.example", "a known mailbox", MailboxAccepted),
    row("ADA@Accepts.Example", "the same in capitals", MailboxAccepted),
    row("\"ada lovelace\"@accepts.example", "a quoted local part", MailboxAccepted),
    row("postmaster@accepts.example", "a role address", MailboxAccepted),
    row("ghost@accepts.example", "an unknown user, 5.1.1", MailboxNotFound),
    row("ghost@exchange.example", "an unknown user as Exchange Online says it, 5.4.1", MailboxNotFound),
    row("ghost@yandex-like.example", "an unknown user as Yandex says it, 5.7.1", MailboxNotFound),
    row("ghost@latin1.example", "an unknown user, in octets that are not UTF-8", MailboxNotFound),
    row("anyone@accept-all.example", "a host that accepts every name", AcceptAll),
    row("ada@full-for-now.example", "over quota for now, 4.2.2", MailboxFull),
    row("ada@full.example", "over quota, 5.2.2", MailboxFull),
    row("ada@disabled.example", "a mailbox that is switched off, 5.2.1", MailboxDisabled),
    row("ada@greylists.example", "greylisting: a retry 20 to 30 seconds later is accepted", Greylisted),
    row("ada@rate-limits.example", "a rate limit at RCPT, 4.7.1", RateLimited),
    row("ada@too-many.example", "a rate limit at MAIL, 421 4.7.0", RateLimited),
    row("ada@blocks-at-connect.example", "a blocklist at the greeting", SenderBlocked),
    row("ada@blocks-at-ehlo.example", "a blocklist at EHLO", SenderBlocked),
    row("ada@blocks-at-mail.example", "a blocklist at MAIL", SenderBlocked),
    row("ada@blocks-at-rcpt.example", "a blocklist at RCPT", SenderBlocked),
    row("ada@bans.example", "a banned address at RCPT, 5.7.606", SenderBlocked),
    row("ada@rejects-sender.example", "our sender address refused", SenderRejected),
    row("ada@wants-login.example", "a demand for authentication at RCPT", PolicyRefused),
    row("ada@starttls-first.example", "a demand for STARTTLS", PolicyRefused),
    row("ada@offers-tls.example", "STARTTLS, which works", MailboxAccepted),
    row("ada@broken-tls.example", "STARTTLS, with garbage for a handshake", MailboxAccepted),
    row("ada@refuses-tls.example", "STARTTLS offered, and refused with 454", MailboxAccepted),
    row("ada@drops-at-tls.example", "a connection closed after STARTTLS", MailboxAccepted),
    row("user1@slow-replies.example", "every reply 50 milliseconds late", MailboxAccepted),
    row("ghost@slow-replies.example", "the same for an unknown user", MailboxNotFound),
    row("ada@slow-banner.example", "a greeting after 6 seconds", TimedOut),
    row("ada@slow-rcpt.example", "replies to RCPT after 3 seconds", MailboxAccepted),
    row("user1@postfix-like.example", "Postfix's limits: 20 errors a session, 10 connections", MailboxAccepted),
    row("ghost@postfix-like.example", "the same for an unknown user", MailboxNotFound),
    row("user1@few-recipients.example", "five recipients a transaction", MailboxAccepted),
    row("user1@one-at-a-time.example", "one connection at a time", MailboxAccepted),
    row("user1@421-after-three.example", "three RCPT a session, then 421", MailboxAccepted),
    row("ada@tarpit.example", "a reply that drips one octet at a time", TimedOut),
    row("ada@silent.example", "a connection without a greeting", TimedOut),
    row("ada@silent-at-rcpt.example", "no reply to RCPT", TimedOut),
    row("ada@drops.example", "a connection closed at RCPT", ServerError),
    row("ada@drops-at-connect.example", "a connection closed at once", ServerError),
    row("ada@closed.example", "421 at the greeting", ServerError),
    row("ada@fails.example", "a failure of the server's own, 4.3.0", ServerError),
    row("ada@long-line.example", "a reply line of 100,000 octets", ServerError),
    row("ada@http.example", "a web server where mail is expected", ServerError),
    row("ada@out-of-step.example", "a reply before its command", ServerError),
    row("ada@vague.example", "a refusal that does not say why", Unverifiable),
    row("ada@long-banner.example", "a greeting of 100 lines", MailboxAccepted),
    row("ada@helo-only.example", "a server that does not know EHLO", MailboxAccepted),
    row("ada@one-by-one.example", "a server that punishes pipelining", MailboxAccepted),
    row("ada@no-pipelining.example", "a server that does not offer pipelining", MailboxAccepted),
    row("ada@decoy-blocked.example", "a server that blocks the decoy", MailboxAccepted),
    row("ada@decoy-dropped.example", "a server that hangs up at the decoy", MailboxAccepted),
    row("ada@first-dead.example", "two MX, the first of them dead", MailboxAccepted),
    row("ada@first-blocks.example", "two MX, the first blocks us", MailboxAccepted),
    row("ghost@second-knows.example", "two MX, only the second knows its users", MailboxNotFound),
    row("ada@equals.example", "three MX of equal preference, two of them dead", MailboxAccepted),
    row("ada@all-dead.example", "two MX, both dead", ConnectFailed),
    row("ada@not-hosted.example", "two MX, both deny relaying", DomainNotHosted),
    row("ada@half-hosted.example", "two MX, one denies relaying, one is vague", Unverifiable),
    row("ada@dual-stack.example", "an IPv6 address that nobody reaches beside a good one", MailboxAccepted),
    row("ada@only-v6.example", "an IPv6 address that is not globally routable", Unverifiable),
    row("ada@aliased-mx.example", "an MX whose name is an alias", MailboxAccepted),
    row("ada@implicit.example", "no MX, but an address", MailboxAccepted),
    row("ada@alias.example", "a domain that is an alias", MailboxAccepted),
    row("ada@bücher.example", "an internationalised domain", MailboxAccepted),
    row("ädä@utf8.example", "an internationalised local part, SMTPUTF8 offered", MailboxAccepted),
    row("ädä@ascii-only.example", "an internationalised local part, SMTPUTF8 not offered", Unverifiable),
    row("ada@null-mx.example", "a null MX", DomainAcceptsNoMail),
    row("ada@no-mail.example", "neither MX nor address", DomainAcceptsNoMail),
    row("ada@missing-mx.example", "an MX that does not exist", DomainAcceptsNoMail),
    row("ada@loopback.example", "an MX that points to 127.0.0.1", Unverifiable),
    row("ada@nowhere.example", "a domain that does not exist", DomainNotFound),
    row("ada@servfail.example", "SERVFAIL", DnsUnavailable),
    row("ada@refused.example", "REFUSED", DnsUnavailable),
    row("ada@denied.example", "NXDOMAIN from a resolver that is cut off", DnsUnavailable),
    row("ada@dns-silence.example", "a name server that does not answer", DnsUnavailable),
    row("ada@dns-garbage.example", "a name server that answers garbage", DnsUnavailable),
    row("ada@[127.77.1.1]", "an address literal", Unverifiable),
    row("ada@company.test", "a name reserved for tests", DomainNotFound),
    row("a..da@accepts.example", "two dots in a row", SyntaxInvalid),
    row("ada@localhost", "a domain without a dot", SyntaxInvalid),
    row("greylisted@rcpt.test", "a magic address: any reason works", Greylisted),
];
