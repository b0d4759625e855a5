//! The judge: one pure, total function from evidence to verdict.
//!
//! Facts are weighed from the outside in: the text, the domain, the mail hosts. Whatever was not observed leaves the verdict `unknown`.

use super::reason::Reason;
use super::weigh::weigh;
use super::{Verdict, magic};
use crate::dns::MailRoute;
use crate::domain::special_use::SpecialUse;
use crate::evidence::{Evidence, Probing};
use crate::mailbox::{Host, Mailbox, SyntaxError};

/// What `evidence` comes to.
pub fn judge(evidence: &Evidence) -> Verdict {
    if let Some(reason) = by_address(&evidence.address).or_else(|| by_route(evidence)) {
        return Verdict { reason, attempt: None };
    }
    match &evidence.probing {
        Probing::NotAsked | Probing::Declined => Verdict { reason: Reason::NotProbed, attempt: None },
        Probing::ProberUnavailable => Verdict { reason: Reason::ProberUnavailable, attempt: None },
        Probing::Reported(report) => weigh(report),
    }
}

/// What a text comes to where nobody is asked about it: the judge as a page links it, without reading replies.
pub fn judge_text(address: &Result<Mailbox, SyntaxError>) -> Reason {
    by_address(address).unwrap_or(Reason::NotProbed)
}

/// What the address alone settles.
pub(super) fn by_address(address: &Result<Mailbox, SyntaxError>) -> Option<Reason> {
    let Ok(mailbox) = address else { return Some(Reason::SyntaxInvalid) };
    if let Some(reason) = magic::reason_of(mailbox) {
        return Some(reason);
    }
    match mailbox.host() {
        // RFC 5321 §4.1.3 has literals for troubleshooting; dialling one would let a caller choose whom we connect to.
        Host::Literal(_) => Some(Reason::Unverifiable),
        Host::Domain(domain) => SpecialUse::of(domain).map(|_| Reason::DomainNotFound),
    }
}

/// What the mail route settles.
pub(super) fn by_route(evidence: &Evidence) -> Option<Reason> {
    let dns = evidence.dns.as_ref()?;
    match dns.outcome.as_ref().map(|fact| &fact.route) {
        Err(_) => Some(Reason::DnsUnavailable),
        Ok(MailRoute::NoSuchDomain) => Some(Reason::DomainNotFound),
        Ok(MailRoute::Null | MailRoute::NoMail) => Some(Reason::DomainAcceptsNoMail),
        // Whatever its hosts say while asked, they said it of every name.
        Ok(route) if route.answers_after_data() => Some(Reason::Unverifiable),
        Ok(MailRoute::Hosts { .. } | MailRoute::Implicit) => None,
    }
}
