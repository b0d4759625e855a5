//! Who we say we are: a name and a reverse-path of our own, of the public DNS, and one that takes mail.

use shared::dns::MailRoute;
use shared::domain::Domain;
use shared::domain::special_use::SpecialUse;
use shared::evidence::DnsEvidence;

use super::finding::{Check, Finding, Outcome};
use super::zone_file;
use crate::identity::Identity;

/// Names that only private networks know, beside those of [`SpecialUse`]: nobody outside can look them up.
const PRIVATE: [&str; 8] = ["local", "localdomain", "internal", "intranet", "private", "lan", "home", "home.arpa"];

const NOT_PROBED: &str = "no mail host is asked: verdicts end at unknown/not_probed";
const REFUSED: &str = "hosts look the name up and refuse who has none: verdicts become unknown/sender_blocked or unknown/sender_rejected";

/// Whether there is an identity, of names that the world can look up.
pub(super) fn check(identity: Option<&Identity>) -> Finding {
    let Some(identity) = identity else {
        return Finding::new(Check::Identity, Outcome::Failed, "RCPT_HELO and RCPT_MAIL_FROM are not set")
            .costs(NOT_PROBED)
            .advise("set RCPT_HELO to this host's own name and RCPT_MAIL_FROM to a mailbox of your own");
    };
    let (helo, domain) = (identity.helo.as_str(), identity.mail_from.domain().map_or("", Domain::as_ascii));
    match [helo, domain].into_iter().find(|name| is_private(name)) {
        Some(name) => Finding::new(Check::Identity, Outcome::Failed, format!("{name} is a name of private networks"))
            .costs(REFUSED)
            .advise("set RCPT_HELO and RCPT_MAIL_FROM to names of a domain of your own in the public DNS"),
        // The reverse-path's local part stays out of reports.
        None => Finding::new(Check::Identity, Outcome::Ok, format!("EHLO {helo}, and a reverse-path at {domain}")),
    }
}

fn is_private(name: &str) -> bool {
    let Ok(domain) = Domain::parse(name) else { return true };
    SpecialUse::of(&domain).is_some() || PRIVATE.iter().any(|parent| domain.is_within(parent))
}

/// Whether the domain of the reverse-path takes mail, as far as its route says so.
pub(super) fn of_route(domain: &str, helo: &str, dns: &DnsEvidence) -> Finding {
    let finding = |outcome, found: &str| Finding::new(Check::ReversePath, outcome, format!("{domain} {found}"));
    let lacking = |found| {
        finding(Outcome::Failed, found)
            .costs("hosts refuse a sender whom nobody can answer: verdicts become unknown/sender_rejected")
            .publish(vec![zone_file::exchange(domain, helo)])
            .advise("publish this record, and take mail for postmaster there")
    };
    match dns.outcome.as_ref().map(|fact| &fact.route) {
        Ok(MailRoute::Hosts { .. }) => finding(Outcome::Ok, "has mail hosts"),
        Ok(MailRoute::Implicit) => finding(Outcome::Ok, "takes mail at its own address"),
        Ok(MailRoute::NoSuchDomain) => lacking("does not exist"),
        Ok(MailRoute::NoMail) => lacking("has neither mail host nor address"),
        Ok(MailRoute::Null) => lacking("takes no mail (a null MX)"),
        Err(failure) => finding(Outcome::Unknown, &format!("could not be looked up: {failure}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_private_names_are_told_from_public_ones() {
        for name in ["host.local", "mx.corp.internal", "a.test", "localhost.localdomain", "mail.home.arpa"] {
            assert!(is_private(name), "{name}");
        }
        for name in ["mx.example.org", "local.example.org", "prober.lab.example"] {
            assert!(!is_private(name), "{name}");
        }
    }
}
