//! The address has a name, and the name leads back to it: forward-confirmed reverse DNS. And so does the name given with EHLO.

use std::net::IpAddr;

use futures_util::future::join_all;
use shared::dns::DnsFailure;
use shared::domain::host_name::HostName;

use super::finding::{Check, Finding, Outcome, quoted, quoted_list};
use super::zone_file;
use crate::resolver::{Looked, Names};

/// The most names of one address that are followed; RFC 7208 §5.5 stops there too.
const MAX_NAMES: usize = 10;

const UNNAMED: &str = "many hosts refuse who has no name that leads back: verdicts become unknown/sender_blocked";
const MISNAMED: &str =
    "many hosts refuse a greeting that does not lead back: verdicts become unknown/sender_blocked or unknown/policy_refused";

/// One name of the address, and where it leads.
type Way = (HostName, Result<Looked<IpAddr>, DnsFailure>);

/// Checks the names of one address. Its owner's provider publishes the mending record, or delegates the zone.
pub(super) async fn check_names(names: &impl Names, ip: IpAddr, helo: Option<&str>) -> Finding {
    let (ways, count) = match names.pointers(ip).await {
        Ok(looked) => {
            let ways = looked.records.iter().take(MAX_NAMES).map(|name| follow(names, ip, name));
            (Ok(join_all(ways).await), looked.records.len())
        }
        Err(failure) => (Err(failure), 0),
    };
    assess_names(ip, helo, ways.as_deref(), count)
}

async fn follow(names: &impl Names, ip: IpAddr, name: &HostName) -> Way {
    let way = if is_host_name(name) { names.addresses(name.as_str(), ip).await } else { Ok(Looked::nothing()) };
    (name.clone(), way)
}

/// A PTR may hold any octets; what is no host name (RFC 1123 §2.1, and underscores, which are common) leads nowhere.
fn is_host_name(name: &HostName) -> bool {
    name.as_str().bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.'))
}

fn assess_names(ip: IpAddr, helo: Option<&str>, ways: Result<&[Way], &DnsFailure>, count: usize) -> Finding {
    let finding = |outcome, found: String| Finding::new(Check::ReverseDns, outcome, found).of(ip);
    let lacking = |found| {
        let records = helo.map(|helo| zone_file::pointer(ip, helo)).into_iter().collect();
        finding(Outcome::Failed, found)
            .costs(UNNAMED)
            .publish(records)
            .advise("the holder of the address publishes it: set it in your provider's console as reverse DNS or PTR")
    };
    let ways = match ways {
        Ok(ways) => ways,
        Err(failure) => return finding(Outcome::Unknown, failure.to_string()),
    };
    let back = ways.iter().find(|(_, way)| way.as_ref().is_ok_and(|looked| looked.records.contains(&ip)));
    let unsure = ways.iter().find_map(|(name, way)| way.as_ref().err().map(|failure| (name, failure)));
    match (ways, back, unsure) {
        ([], ..) => lacking("it has no name (PTR)".to_owned()),
        (_, Some((name, _)), _) => finding(Outcome::Ok, format!("its name is {}, which leads back", quoted(name.as_str()))),
        (_, None, Some((name, failure))) => finding(Outcome::Unknown, format!("{}: {failure}", quoted(name.as_str()))),
        ([(name, Ok(looked))], ..) => lacking(format!("its name is {}, which {}", quoted(name.as_str()), whither(looked))),
        _ => {
            let names = quoted_list(ways.iter().map(|(name, _)| name.as_str()));
            lacking(format!("none of its {count} names leads back: {names}"))
        }
    }
}

/// Checks that the name given with EHLO leads to the address.
pub(super) async fn check_helo(names: &impl Names, ip: IpAddr, helo: &str) -> Finding {
    assess_helo(ip, helo, &names.addresses(helo, ip).await)
}

fn assess_helo(ip: IpAddr, helo: &str, looked: &Result<Looked<IpAddr>, DnsFailure>) -> Finding {
    let finding = |outcome, found: String| Finding::new(Check::HeloName, outcome, format!("{helo} {found}")).of(ip);
    match looked {
        Ok(looked) if looked.records.contains(&ip) => finding(Outcome::Ok, "leads here".to_owned()),
        Ok(looked) => finding(Outcome::Failed, whither(looked))
            .costs(MISNAMED)
            .publish(vec![zone_file::address(helo, ip)])
            .advise("publish this record, or set RCPT_HELO to a name that leads to this address"),
        Err(failure) => finding(Outcome::Unknown, format!("could not be looked up: {failure}")),
    }
}

fn whither(looked: &Looked<IpAddr>) -> String {
    match (looked.records.as_slice(), looked.exists) {
        ([], true) => "has no address of that family".to_owned(),
        ([], false) => "does not exist".to_owned(),
        (elsewhere, _) => format!("leads to {}", quoted_list(elsewhere.iter().map(ToString::to_string))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn to(addresses: &[&str]) -> Looked<IpAddr> {
        Looked { records: addresses.iter().map(|text| ip(text)).collect(), exists: !addresses.is_empty() }
    }

    fn of(ways: &[(&str, Result<Looked<IpAddr>, DnsFailure>)]) -> Finding {
        let ways: Vec<Way> = ways.iter().map(|(name, way)| (HostName::new(name), way.clone())).collect();
        assess_names(ip("192.0.2.1"), Some("mx.a.example"), Ok(&ways), ways.len())
    }

    #[test]
    fn ok_one_name_that_leads_back_is_enough() {
        assert_eq!(of(&[("a.example", Ok(to(&["192.0.2.1"])))]).outcome, Outcome::Ok);
        assert_eq!(of(&[("a.example", Ok(to(&[]))), ("b.example", Ok(to(&["192.0.2.7", "192.0.2.1"])))]).outcome, Outcome::Ok);
        assert_eq!(of(&[("a.example", Err(DnsFailure::TimedOut))]).outcome, Outcome::Unknown);
        for ways in [&[][..], &[("a.example", Ok(to(&["192.0.2.7"])))], &[("a.example", Ok(to(&[]))), ("b.example", Ok(to(&[])))]] {
            let finding = of(ways);
            assert_eq!(
                (finding.outcome, finding.records.as_slice()),
                (Outcome::Failed, &["1.2.0.192.in-addr.arpa. IN PTR mx.a.example.".to_owned()][..])
            );
        }
    }

    #[test]
    fn ok_the_greeting_leads_here_or_its_record_is_said() {
        let of = |looked| assess_helo(ip("2001:db8::1"), "mx.a.example", &looked);
        assert_eq!(of(Ok(to(&["2001:db8::1"]))).outcome, Outcome::Ok);
        assert_eq!(of(Err(DnsFailure::ServerFailure)).outcome, Outcome::Unknown);
        for looked in [Ok(to(&[])), Ok(to(&["2001:db8::2"]))] {
            assert_eq!(of(looked).records, ["mx.a.example. IN AAAA 2001:db8::1"]);
        }
    }
}
