//! The DNS servers tell what exists from what does not: a name that nobody has is NXDOMAIN, with the SOA of the zone that says so.

use std::net::IpAddr;

use shared::dns::DnsFailure;

use super::finding::{Check, Finding, Outcome, quoted_list};
use crate::random;
use crate::resolver::{Firsthand, Looked, Names as _};

const ADVICE: &str = "set RCPT_DNS to servers that answer as the DNS does, such as a resolver of your own on this host";
const WRONG: &str = "domains that do not exist would look as if they did: typos would not be found out";
const NOTHING: &str = "no domain can be looked up: every verdict ends at unknown/dns_unavailable";

/// What the servers said, and of which names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answers {
    /// Of one that no DNS may hold.
    invalid: (String, Result<Looked<IpAddr>, DnsFailure>),
    /// Of one that nobody registered.
    absent: (String, Result<Looked<IpAddr>, DnsFailure>),
    /// Whether one exists that does.
    present: (String, Result<bool, DnsFailure>),
}

/// Asks about names that do not exist, at random below `.invalid` (RFC 6761 §6.4) and below `parent`, and about one that does.
pub(super) async fn check(names: &Firsthand, parent: &str, existing: &str) -> Finding {
    let label = random::request_id();
    let (one, other) = (format!("rcpt-{label}.invalid"), format!("rcpt-{label}.{parent}"));
    let v4 = IpAddr::from([0, 0, 0, 0]);
    let (invalid, absent, present) = tokio::join!(names.addresses(&one, v4), names.addresses(&other, v4), names.exchanges(existing));
    let present = (existing.to_owned(), present.map(|looked| looked.exists));
    assess(&Answers { invalid: (one, invalid), absent: (other, absent), present })
}

fn assess(answers: &Answers) -> Finding {
    let failed = |found: String, cost| Finding::new(Check::Resolver, Outcome::Failed, found).costs(cost).advise(ADVICE);
    let (existing, present) = &answers.present;
    let made_up = [&answers.invalid, &answers.absent].into_iter().find_map(|(name, answer)| made_up(name, answer.as_ref().ok()?));
    match (made_up, present, &answers.absent.1) {
        (Some(found), ..) => failed(found, WRONG),
        (_, Err(DnsFailure::Unfounded), _) => {
            failed("the resolver denies every name without the SOA of a zone, as one that is cut off from the network".to_owned(), NOTHING)
        }
        (_, Err(failure), _) => failed(format!("{existing}: {failure}"), NOTHING),
        (_, Ok(false), _) => failed(format!("the resolver says that {existing} does not exist"), NOTHING),
        (_, Ok(true), Err(failure)) => Finding::new(Check::Resolver, Outcome::Warning, format!("{}: {failure}", answers.absent.0))
            .costs("domains that do not exist end at unknown/dns_unavailable, not at undeliverable")
            .advise(ADVICE),
        // What becomes of .invalid beyond that is the server's affair: some answer it by themselves, without an SOA.
        (_, Ok(true), Ok(_)) => Finding::new(Check::Resolver, Outcome::Ok, format!("{existing} exists, and made-up names do not")),
    }
}

fn made_up(name: &str, looked: &Looked<IpAddr>) -> Option<String> {
    let at = quoted_list(looked.records.iter().map(ToString::to_string));
    match (looked.records.is_empty(), looked.exists) {
        (false, _) => Some(format!("{name} does not exist, and the resolver says that it is at {at}")),
        (true, true) => Some(format!("{name} does not exist, and the resolver says that it does")),
        (true, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(
        invalid: Result<Looked<IpAddr>, DnsFailure>,
        absent: Result<Looked<IpAddr>, DnsFailure>,
        present: Result<bool, DnsFailure>,
    ) -> Outcome {
        let [one, other, known] = ["a.invalid", "b.example", "c.example"].map(str::to_owned);
        assess(&Answers { invalid: (one, invalid), absent: (other, absent), present: (known, present) }).outcome
    }

    #[test]
    fn ok_only_an_honest_resolver_is_well() {
        let nothing = || Ok(Looked::nothing());
        let here = || Ok(Looked { records: vec![IpAddr::from([192, 0, 2, 1])], exists: true });
        let something = || Ok(Looked { records: Vec::new(), exists: true });
        assert_eq!(of(nothing(), nothing(), Ok(true)), Outcome::Ok);
        assert_eq!(of(Err(DnsFailure::Unfounded), nothing(), Ok(true)), Outcome::Ok);
        for (invalid, absent) in [(here(), nothing()), (nothing(), here()), (something(), nothing()), (nothing(), something())] {
            assert_eq!(of(invalid, absent, Ok(true)), Outcome::Failed);
        }
        assert_eq!(of(nothing(), Err(DnsFailure::Unfounded), Ok(true)), Outcome::Warning, "it says no, on nobody's authority");
        for present in [Ok(false), Err(DnsFailure::Unfounded), Err(DnsFailure::TimedOut)] {
            assert_eq!(of(nothing(), Err(DnsFailure::TimedOut), present), Outcome::Failed);
        }
    }
}
