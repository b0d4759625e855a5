//! One sentence for a person, without their having to know SMTP.

use alloc::borrow::Cow;
use alloc::format;

use super::Verdict;
use super::reason::Reason;
use crate::evidence::{Evidence, Knowledge, Outcome, SessionFacts};
use crate::mailbox::Host;

/// Why the verdict is what it is, and where it is unsure, of what.
pub fn explain(evidence: &Evidence, verdict: &Verdict) -> Cow<'static, str> {
    let sentence = match verdict.reason {
        Reason::MailboxAccepted => accepted(evidence, verdict),
        Reason::Unverifiable => unverifiable(evidence, verdict),
        Reason::DomainAcceptsNoMail => no_mail(evidence, verdict),
        Reason::RateLimited => rate_limited(evidence, verdict),
        Reason::SenderBlocked => sender_blocked(evidence, verdict),
        Reason::NotProbed => not_probed(evidence, verdict),
        reason => return explain_text(evidence, reason),
    };
    Cow::Borrowed(sentence)
}

/// The same where the text alone was looked at: of what the DNS and mail hosts said, nothing is linked.
pub fn explain_text(evidence: &Evidence, reason: Reason) -> Cow<'static, str> {
    match reason {
        Reason::SyntaxInvalid => syntax(evidence),
        Reason::Unverifiable if is_literal(evidence) => Cow::Borrowed(LITERAL),
        _ => Cow::Borrowed(sentence(reason)),
    }
}

const LITERAL: &str = "Addresses with an IP address in place of a domain are not checked.";

/// What there is to say where nothing more is known than the reason.
fn sentence(reason: Reason) -> &'static str {
    match reason {
        Reason::SyntaxInvalid => "This is not an e-mail address.",
        Reason::MailboxAccepted => "The mail server accepts this mailbox.",
        Reason::AcceptAll => "The mail server accepts every name at this domain, so it cannot be told whether this mailbox exists.",
        Reason::MailboxFull => "The mailbox exists but is full, so mail may be turned away.",
        Reason::DomainNotFound => "There is no such domain.",
        Reason::DomainAcceptsNoMail => "This domain does not accept mail.",
        Reason::DomainNotHosted => "Every mail server named for this domain says that it does not handle its mail.",
        Reason::MailboxNotFound => "The mail server says that there is no such mailbox.",
        Reason::MailboxDisabled => "The mail server says that this mailbox is switched off.",
        Reason::NotProbed => "The address is well formed; nobody was asked about it.",
        Reason::DnsUnavailable => "The domain could not be looked up just now.",
        Reason::ConnectFailed => "No mail server of this domain could be reached.",
        Reason::TimedOut => "The mail server did not answer in time.",
        Reason::Greylisted => "The mail server asks unfamiliar senders to come back later; the mailbox may well exist.",
        Reason::RateLimited => "The mail server limits how often we may ask; this says nothing about the mailbox.",
        Reason::SenderBlocked => "The mail server does not talk to our network; this says nothing about the mailbox.",
        Reason::PolicyRefused => "The mail server demands something of us first; this says nothing about the mailbox.",
        Reason::SenderRejected => "The mail server refuses our sender address; this says nothing about the mailbox.",
        Reason::ServerError => "The mail server had a failure of its own; this says nothing about the mailbox.",
        Reason::Unverifiable => "The mail server's answer does not tell whether this mailbox exists.",
        Reason::ProberUnavailable => "The mail server could not be asked just now.",
    }
}

fn syntax(evidence: &Evidence) -> Cow<'static, str> {
    match &evidence.address {
        Err(error) => Cow::Owned(format!("This is not an e-mail address: {error}.")),
        // A magic address asks for this reason although it is well formed.
        Ok(_) => Cow::Borrowed(sentence(Reason::SyntaxInvalid)),
    }
}

fn is_literal(evidence: &Evidence) -> bool {
    evidence.mailbox().is_some_and(|mailbox| matches!(mailbox.host(), Host::Literal(_)))
}

/// The outcome of the attempt that the verdict rests on.
fn outcome<'a>(evidence: &'a Evidence, verdict: &Verdict) -> Option<&'a Outcome> {
    evidence.report()?.attempts.get(verdict.attempt?).map(|attempt| &attempt.outcome)
}

fn no_mail(evidence: &Evidence, verdict: &Verdict) -> &'static str {
    match outcome(evidence, verdict) {
        Some(Outcome::Session(_)) => {
            "The mail servers of this domain do not take internationalised addresses (SMTPUTF8), which this one is."
        }
        _ => sentence(verdict.reason),
    }
}

fn rate_limited(evidence: &Evidence, verdict: &Verdict) -> &'static str {
    match outcome(evidence, verdict) {
        Some(Outcome::NotPaced { .. }) => {
            "We keep to a pace with this mail server, and there was no room in time; this says nothing about the mailbox."
        }
        _ => sentence(verdict.reason),
    }
}

fn sender_blocked(evidence: &Evidence, verdict: &Verdict) -> &'static str {
    match outcome(evidence, verdict) {
        Some(Outcome::SourceUnfit) => "Our own network is known to be blocked at present, so the mail server was not asked.",
        _ => sentence(verdict.reason),
    }
}

fn accepted(evidence: &Evidence, verdict: &Verdict) -> &'static str {
    let attempts = evidence.report().map(|report| report.attempts.as_slice()).unwrap_or_default();
    let session = verdict.attempt.and_then(|n| attempts.get(n)?.session());
    match session.map(SessionFacts::accept_all) {
        Some(Knowledge::Unknown) => {
            "The mail server accepts this mailbox; whether it accepts every name at this domain could not be observed."
        }
        _ => sentence(verdict.reason),
    }
}

fn unverifiable(evidence: &Evidence, verdict: &Verdict) -> &'static str {
    if is_literal(evidence) {
        return LITERAL;
    }
    if evidence.route().is_some_and(|fact| fact.route.answers_after_data()) {
        return "This operator accepts every name while asked and turns mail away afterwards, so asking cannot settle it.";
    }
    match outcome(evidence, verdict) {
        Some(Outcome::NotRoutable) => "The domain's mail servers have private addresses, which are not asked.",
        _ => sentence(verdict.reason),
    }
}

fn not_probed(evidence: &Evidence, verdict: &Verdict) -> &'static str {
    match (&evidence.dns, verdict.attempt) {
        (_, Some(_)) => "This domain is outside the lab, and the lab's prober asks nobody else.",
        (Some(_), None) => "The domain can receive mail; its mail server was not asked about this mailbox.",
        (None, None) => sentence(verdict.reason),
    }
}
