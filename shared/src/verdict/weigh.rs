//! Weighing a probe's report: which attempt decides, and what it comes to.

use super::Verdict;
use super::reason::Reason;
use crate::evidence::{Attempt, Knowledge, Outcome, ProbeReport, Recipient, SessionEnd, SessionFacts};
use crate::smtp::FindingKind;
use crate::smtp::parser::ReplyError;

/// What one attempt says by itself.
#[derive(Clone, Copy)]
struct Opinion {
    reason: Reason,
    attempt: usize,
}

/// What the report comes to, and the attempt that it rests on.
pub fn weigh(report: &ProbeReport) -> Verdict {
    let opinions = || report.attempts.iter().enumerate().map(|(attempt, tried)| Opinion { reason: opinion(tried), attempt });
    let decided = opinions().find(|opinion| is_of_mailbox(opinion.reason)).or_else(|| unanimous(report, opinions()));
    let chosen = decided.or_else(|| opinions().filter(|one| !needs_all(one.reason)).max_by_key(rank));
    match chosen {
        Some(Opinion { reason, attempt }) => Verdict { reason, attempt: Some(attempt) },
        // Time was over before anything was tried.
        None if report.attempts.is_empty() && !report.complete => Verdict { reason: Reason::TimedOut, attempt: None },
        // Some hosts say "not mine" and the others were not heard, or nothing was tried at all.
        None => Verdict { reason: Reason::Unverifiable, attempt: (!report.attempts.is_empty()).then_some(0) },
    }
}

/// Whether the host of `attempt` answered about the mailbox itself, so that no other host need be heard.
pub fn settles(attempt: &Attempt) -> bool {
    is_of_mailbox(opinion(attempt))
}

fn is_of_mailbox(reason: Reason) -> bool {
    matches!(reason, Reason::MailboxAccepted | Reason::AcceptAll | Reason::MailboxFull | Reason::MailboxNotFound | Reason::MailboxDisabled)
}

/// Whether a reason holds only if every host says the same.
fn needs_all(reason: Reason) -> bool {
    matches!(reason, Reason::DomainNotHosted | Reason::DomainAcceptsNoMail)
}

/// A statement about the whole domain, where every host of a completely tried route makes it.
fn unanimous(report: &ProbeReport, mut opinions: impl Iterator<Item = Opinion>) -> Option<Opinion> {
    let first = opinions.next().filter(|first| report.complete && needs_all(first.reason))?;
    opinions.all(|other| other.reason == first.reason).then_some(first)
}

/// Among attempts that settle nothing, the one that tells most; the earliest of equals, since it is the most preferred host.
fn rank(opinion: &Opinion) -> (u8, usize) {
    let weight = match opinion.reason {
        Reason::Greylisted => 10,
        Reason::RateLimited => 9,
        Reason::SenderBlocked => 8,
        Reason::SenderRejected => 7,
        Reason::PolicyRefused => 6,
        Reason::ServerError => 5,
        Reason::TimedOut => 4,
        Reason::ConnectFailed => 3,
        Reason::Unverifiable => 2,
        _ => 1,
    };
    (weight, usize::MAX - opinion.attempt)
}

fn opinion(attempt: &Attempt) -> Reason {
    match &attempt.outcome {
        Outcome::AddressUnavailable { .. } => Reason::DnsUnavailable,
        // Every MX host without address: mail bounces (Postfix: smtp_defer_if_no_mx_address_found is off by default).
        Outcome::NoAddress => Reason::DomainAcceptsNoMail,
        Outcome::NotRoutable => Reason::Unverifiable,
        Outcome::OutsideLab => Reason::NotProbed,
        Outcome::ConnectFailed => Reason::ConnectFailed,
        Outcome::ConnectTimedOut => Reason::TimedOut,
        Outcome::NotPaced { .. } => Reason::RateLimited,
        Outcome::SourceUnfit => Reason::SenderBlocked,
        Outcome::Session(facts) => session_opinion(facts),
    }
}

fn session_opinion(facts: &SessionFacts) -> Reason {
    // Where replies came for which there was no command, it is not known which reply answered what.
    if let SessionEnd::Garbled { error: ReplyError::OutOfStep, .. } = facts.end {
        return Reason::ServerError;
    }
    let kind = facts.decisive().map(|seen| (seen.recipient, seen.finding().kind));
    match (kind, facts.end) {
        (Some((Some(Recipient::Target), FindingKind::Accepted)), _) => match facts.accept_all() {
            Knowledge::Yes => Reason::AcceptAll,
            Knowledge::No | Knowledge::Unknown => Reason::MailboxAccepted,
        },
        // The steps before were accepted, and then the target's reply did not come.
        (None | Some((_, FindingKind::Accepted)), end) => ending(end),
        (Some((recipient, kind)), _) => refusal(kind, recipient),
    }
}

fn refusal(kind: FindingKind, recipient: Option<Recipient>) -> Reason {
    let of_target = recipient == Some(Recipient::Target);
    match kind {
        FindingKind::MailboxNotFound if of_target => Reason::MailboxNotFound,
        FindingKind::MailboxDisabled if of_target => Reason::MailboxDisabled,
        FindingKind::MailboxFull if of_target => Reason::MailboxFull,
        FindingKind::DomainNotHosted if of_target => Reason::DomainNotHosted,
        FindingKind::Greylisted => Reason::Greylisted,
        FindingKind::RateLimited => Reason::RateLimited,
        FindingKind::SenderBlocked => Reason::SenderBlocked,
        FindingKind::PolicyRefused => Reason::PolicyRefused,
        FindingKind::SenderRejected => Reason::SenderRejected,
        FindingKind::ServerError => Reason::ServerError,
        _ => Reason::Unverifiable,
    }
}

fn ending(end: SessionEnd) -> Reason {
    match end {
        SessionEnd::TimedOut { .. } => Reason::TimedOut,
        SessionEnd::Closed { .. } | SessionEnd::Garbled { .. } | SessionEnd::TlsFailed => Reason::ServerError,
        // Mail for it has to be returned (RFC 6531 §3.2), by each host of the route.
        SessionEnd::Smtputf8NotOffered => Reason::DomainAcceptsNoMail,
        SessionEnd::Quit => Reason::Unverifiable,
    }
}
