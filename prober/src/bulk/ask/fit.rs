//! Whether a report can be what it is said to be: the word of this mailbox's own hosts.
//!
//! A worker may have a fault, and whoever may write to the broker may answer. What does not fit is no evidence of anything, least of all that a
//! mailbox does not exist. A report that fits may still be made up by somebody who has read the question; that only the broker can prevent.

use std::collections::HashSet;

use shared::dns::MailRoute;
use shared::domain::host_name::HostName;
use shared::evidence::{Attempt, DnsEvidence, Outcome, ProbeReport, Recipient, SessionEnd, SessionFacts};
use shared::mailbox::Mailbox;
use shared::smtp::Stage;

/// What does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It is not the answer to a question that was put.
    Unasked,
    /// It names a host that does not take the mailbox's mail.
    OtherHost,
    /// It says that every host of the route was tried, and lacks one.
    Incomplete,
    /// It says of hosts what the route or the mailbox rules out.
    Impossible,
    /// Its replies answer what is not asked.
    OutOfPlace,
}

impl Misfit {
    /// Every one.
    pub(crate) const ALL: [Self; 5] = [Self::Unasked, Self::OtherHost, Self::Incomplete, Self::Impossible, Self::OutOfPlace];

    /// Its name in logs and metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unasked => "unasked",
            Self::OtherHost => "other_host",
            Self::Incomplete => "incomplete",
            Self::Impossible => "impossible",
            Self::OutOfPlace => "out_of_place",
        }
    }
}

/// Whether `report` can be what the hosts of this mailbox said, where the DNS says this of its domain.
///
/// # Errors
/// [`Misfit`].
pub(super) fn check(mailbox: &Mailbox, dns: &DnsEvidence, report: &ProbeReport) -> Result<(), Misfit> {
    let route = dns.outcome.as_ref().map(|fact| &fact.route).map_err(|_| Misfit::Impossible)?;
    let ours: HashSet<HostName> = match (route, mailbox.domain()) {
        (MailRoute::Hosts { hosts }, _) => hosts.iter().map(|host| host.exchange.clone()).collect(),
        (MailRoute::Implicit, Some(domain)) => HashSet::from([HostName::from(domain)]),
        // Nobody is asked along any other.
        _ => return Err(Misfit::Impossible),
    };
    let tried: HashSet<&HostName> = report.attempts.iter().map(|attempt| &attempt.host).collect();
    if !tried.iter().all(|host| ours.contains(*host)) {
        return Err(Misfit::OtherHost);
    }
    if report.complete && tried.len() < ours.len() {
        return Err(Misfit::Incomplete);
    }
    report.attempts.iter().try_for_each(|attempt| check_attempt(mailbox, route, attempt))
}

fn check_attempt(mailbox: &Mailbox, route: &MailRoute, attempt: &Attempt) -> Result<(), Misfit> {
    match &attempt.outcome {
        // That it has an address is why it is asked.
        Outcome::NoAddress if *route == MailRoute::Implicit => Err(Misfit::Impossible),
        Outcome::Session(facts) if facts.end == SessionEnd::Smtputf8NotOffered && !mailbox.needs_smtputf8() => Err(Misfit::Impossible),
        Outcome::Session(facts) if !is_in_place(facts) => Err(Misfit::OutOfPlace),
        _ => Ok(()),
    }
}

/// Replies about recipients answer RCPT and no others do; the mailbox is asked about once, and its neighbour.
fn is_in_place(facts: &SessionFacts) -> bool {
    let count = |whom| facts.observations.iter().filter(|seen| seen.recipient == Some(whom)).count();
    facts.observations.iter().all(|seen| seen.recipient.is_some() == (seen.stage == Stage::Rcpt))
        && count(Recipient::Target) <= 1
        && count(Recipient::Decoy) <= count(Recipient::Target)
}

#[cfg(test)]
mod tests {
    use shared::dns::{DnsFailure, MxHost};
    use shared::evidence::{Observation, RouteFact, UnixMillis};
    use shared::smtp::Reply;
    use shared::verdict::{Reason, weigh::weigh};

    use super::*;

    fn route(hosts: &[&str]) -> MailRoute {
        let hosts = hosts.iter().map(|name| MxHost { preference: 10, exchange: HostName::new(name) });
        MailRoute::Hosts { hosts: hosts.collect() }
    }

    fn said(reply: &str, stage: Stage, recipient: Option<Recipient>) -> Outcome {
        let reply = Reply::parse(reply).expect("a reply");
        let observations = vec![Observation { stage, recipient, reply }];
        Outcome::Session(SessionFacts { tls: false, certificate: None, observations, end: SessionEnd::Quit })
    }

    fn report(complete: bool, attempts: Vec<(&str, Outcome)>) -> ProbeReport {
        let attempt = |(host, outcome)| Attempt { host: HostName::new(host), ip: None, outcome };
        let attempts = attempts.into_iter().map(attempt).collect();
        let (at, transcript) = (UnixMillis(1), Vec::new());
        ProbeReport { at, elapsed_ms: 1, complete, attempts, decoy_at: None, greylist_delay_s: None, transcript }
    }

    fn no_such_mailbox() -> Outcome {
        said("550 5.1.1 User unknown\r\n", Stage::Rcpt, Some(Recipient::Target))
    }

    fn not_ours() -> Outcome {
        said("550 5.7.1 Relaying denied\r\n", Stage::Rcpt, Some(Recipient::Target))
    }

    fn without_smtputf8() -> Outcome {
        let end = SessionEnd::Smtputf8NotOffered;
        Outcome::Session(SessionFacts { tls: true, certificate: None, observations: Vec::new(), end })
    }

    #[test]
    fn err_what_other_hosts_said_or_none_can_have_said_condemns_nobody() {
        let two = || Ok(route(&["mx1.a.example", "mx2.a.example"]));
        let elsewhere = said("550 5.1.1 User unknown\r\n", Stage::Mail, Some(Recipient::Target));
        let mx1 = "mx1.a.example";
        let cases = [
            (two(), report(false, vec![(mx1, no_such_mailbox())]), Ok(())),
            (two(), report(true, vec![(mx1, not_ours()), ("mx2.a.example", not_ours())]), Ok(())),
            (two(), report(false, vec![]), Ok(())),
            (two(), report(false, vec![("mx.b.example", no_such_mailbox())]), Err(Misfit::OtherHost)),
            (two(), report(false, vec![(mx1, not_ours()), ("mx.b.example", no_such_mailbox())]), Err(Misfit::OtherHost)),
            (two(), report(true, vec![(mx1, not_ours())]), Err(Misfit::Incomplete)),
            (two(), report(true, vec![(mx1, Outcome::NoAddress)]), Err(Misfit::Incomplete)),
            (Ok(MailRoute::Implicit), report(true, vec![("a.example", no_such_mailbox())]), Ok(())),
            (Ok(MailRoute::Implicit), report(true, vec![("a.example", Outcome::NoAddress)]), Err(Misfit::Impossible)),
            (Ok(MailRoute::Implicit), report(true, vec![(mx1, no_such_mailbox())]), Err(Misfit::OtherHost)),
            (Ok(MailRoute::Implicit), report(true, vec![("a.example", without_smtputf8())]), Err(Misfit::Impossible)),
            (two(), report(false, vec![(mx1, elsewhere)]), Err(Misfit::OutOfPlace)),
            (Ok(MailRoute::Null), report(true, vec![]), Err(Misfit::Impossible)),
            (Err(DnsFailure::TimedOut), report(false, vec![(mx1, no_such_mailbox())]), Err(Misfit::Impossible)),
        ];
        let mailbox = Mailbox::parse("ada@a.example").expect("a mailbox");
        for (n, (route, report, expected)) in cases.into_iter().enumerate() {
            let outcome = route.map(|route| RouteFact { route, authenticated: false, ttl_s: 60 });
            let dns = DnsEvidence { at: UnixMillis(1), outcome };
            assert_eq!(check(&mailbox, &dns, &report), expected, "case {n}");
        }
        assert_eq!(weigh(&report(true, vec![("mx1.a.example", not_ours())])).reason, Reason::DomainNotHosted, "why it matters");
    }

    #[test]
    fn ok_a_mailbox_that_needs_smtputf8_may_find_none() {
        let mailbox = Mailbox::parse("ädá@a.example").expect("a mailbox");
        let fact = RouteFact { route: MailRoute::Implicit, authenticated: false, ttl_s: 60 };
        let dns = DnsEvidence { at: UnixMillis(1), outcome: Ok(fact) };
        assert_eq!(check(&mailbox, &dns, &report(true, vec![("a.example", without_smtputf8())])), Ok(()));
    }
}
