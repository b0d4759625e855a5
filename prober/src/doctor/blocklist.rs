//! DNS blocklists (RFC 5782): whether they name our addresses.
//!
//! A list is believed only after its test point: one that does not list 127.0.0.2, or lists everything, or refuses to answer the resolver it
//! is asked through, says nothing of us.

use std::net::{IpAddr, Ipv4Addr};

use futures_util::future::join_all;
use shared::dns::DnsFailure;
use shared::domain::Domain;

use super::finding::{Check, Finding, Outcome, quoted, quoted_list};
use super::zone_file::nibbles;
use crate::resolver::{Firsthand, Looked, Names as _};

/// The lists asked where none are configured. All four stand in what mail hosts are shipped with or told to use; whether they answer today is
/// what their test points are asked for.
pub(crate) const DEFAULT: [&str; 4] = [
    // docs.spamhaus.com, "Available Zones" (2026): SBL, CSS, XBL and PBL in one; asked by the rules of SpamAssassin 4.0.
    "zen.spamhaus.org",
    // Asked by the rules of SpamAssassin 4.0 (RCVD_IN_BL_SPAMCOP_NET).
    "bl.spamcop.net",
    // barracudacentral.org/rbl: answers resolvers that are registered there; to others it is silent, and so `unknown`.
    "b.barracudacentral.org",
    // psbl.org; asked by the rules of SpamAssassin 4.0 (RCVD_IN_PSBL).
    "psbl.surriel.com",
];

/// Always listed (RFC 5782 §5).
const TEST_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// Never listed: a list that has it was abandoned, and lists everything.
const NEVER_V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

const COST: &str = "hosts that consult the list refuse us: verdicts become unknown/sender_blocked";

/// What one list says of one address.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Clean,
    Listed { codes: Vec<Ipv4Addr>, reasons: Vec<Vec<u8>> },
    Nothing(String),
}

/// Asks one list about every address.
pub(super) async fn check(names: &Firsthand, list: &Domain, sources: &[IpAddr]) -> Finding {
    let zone = list.as_ascii();
    let words = join_all(sources.iter().map(async |ip| (*ip, ask(names, zone, *ip).await))).await;
    assess(zone, &words)
}

async fn ask(names: &Firsthand, zone: &str, ip: IpAddr) -> Word {
    let (test, never) = test_points(ip);
    let (test, never) = (query_name(test, zone), query_name(never, zone));
    let (listed, unlisted) = tokio::join!(names.codes(&test), names.codes(&never));
    if let Some(fault) = fault_of(&listed, &unlisted) {
        return Word::Nothing(fault);
    }
    let name = query_name(ip, zone);
    match names.codes(&name).await {
        Ok(looked) if looked.records.is_empty() => Word::Clean,
        // RFC 5782 §2.1: the reason is at the same name.
        Ok(looked) => match refusal(&looked.records) {
            Some(fault) => Word::Nothing(fault),
            None => {
                Word::Listed { codes: looked.records, reasons: names.texts(&name).await.map_or_else(|_| Vec::new(), |texts| texts.records) }
            }
        },
        Err(failure) => Word::Nothing(failure.to_string()),
    }
}

/// Always and never listed, of the address's family (RFC 5782 §5: for IPv6 the same, IPv4-mapped).
fn test_points(ip: IpAddr) -> (IpAddr, IpAddr) {
    let mapped = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => IpAddr::V6(ip.to_ipv6_mapped()),
        IpAddr::V6(_) => ip,
    };
    if ip.is_ipv4() { (TEST_V4, NEVER_V4) } else { (mapped(TEST_V4), mapped(NEVER_V4)) }
}

/// Why a list is not to be believed, by what it says of its test points.
fn fault_of(test: &Result<Looked<Ipv4Addr>, DnsFailure>, never: &Result<Looked<Ipv4Addr>, DnsFailure>) -> Option<String> {
    match (test, never) {
        (Err(failure), _) => Some(failure.to_string()),
        (Ok(test), _) if test.records.is_empty() => Some("it does not list its own test point".to_owned()),
        (Ok(test), _) if refusal(&test.records).is_some() => refusal(&test.records),
        (_, Ok(never)) if !never.records.is_empty() => {
            Some("it lists what no list may: it was given up, or the resolver makes answers up".to_owned())
        }
        _ => None,
    }
}

/// Codes that say something of the question, not of the address: 127.255.255.0/24 (Spamhaus: .252 a wrong name, .254 a public resolver, .255
/// too many questions), and whatever is outside 127.0.0.0/8 (RFC 5782 §2.1).
fn refusal(codes: &[Ipv4Addr]) -> Option<String> {
    let odd = codes.iter().find(|code| matches!(code.octets(), [127, 255, 255, _]) || !code.is_loopback())?;
    Some(match odd.octets() {
        [127, 255, 255, 254] => format!("it does not answer public resolvers ({odd})"),
        [127, 255, 255, 255] => format!("it was asked too much through this resolver ({odd})"),
        _ => format!("it answers {odd}, which is no listing"),
    })
}

fn assess(zone: &str, words: &[(IpAddr, Word)]) -> Finding {
    let finding = |outcome, found: String| Finding::new(Check::Blocklist, outcome, found).of(zone);
    let listed: Vec<String> = words.iter().filter_map(|(ip, word)| listing(*ip, word)).collect();
    if !listed.is_empty() {
        let advice =
            format!("end what it was listed for, then ask the list's operator ({zone}) to take the address off; no record mends this");
        return finding(Outcome::Failed, listed.join("; ")).costs(COST).advise(advice);
    }
    let unheard = words.iter().find_map(|(ip, word)| if let Word::Nothing(fault) = word { Some((ip, fault)) } else { None });
    match unheard {
        Some((ip, fault)) => finding(Outcome::Unknown, format!("nothing is known of {ip}: {fault}"))
            .advise("ask through a resolver of your own (RCPT_DNS), or leave the list out (RCPT_BLOCKLISTS)"),
        None => finding(Outcome::Ok, "not listed".to_owned()),
    }
}

fn listing(ip: IpAddr, word: &Word) -> Option<String> {
    let Word::Listed { codes, reasons } = word else { return None };
    let codes = quoted_list(codes.iter().map(ToString::to_string));
    let reason = if reasons.is_empty() { "no reason given".to_owned() } else { quoted_list(reasons.iter().take(3).map(quoted)) };
    Some(format!("{ip} is listed, {codes}: {reason}"))
}

/// The name to ask for: the address's parts, the last one first, below `zone` (RFC 5782 §2.1, §2.4).
pub(super) fn query_name(ip: IpAddr, zone: &str) -> String {
    let parts = match ip {
        IpAddr::V4(ip) => ip.octets().iter().rev().map(ToString::to_string).collect(),
        IpAddr::V6(ip) => nibbles(ip),
    };
    format!("{}.{zone}", parts.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn codes(texts: &[&str]) -> Looked<Ipv4Addr> {
        Looked { records: texts.iter().map(|text| text.parse().expect("a code")).collect(), exists: !texts.is_empty() }
    }

    #[test]
    fn ok_names_to_ask_for() {
        assert_eq!(query_name(ip("192.0.2.99"), "bl.example"), "99.2.0.192.bl.example");
        // RFC 5782 §2.4 has this one.
        assert_eq!(
            query_name(ip("2001:db8:1:2:3:4:567:89ab"), "ugly.example.com"),
            "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ugly.example.com"
        );
        let (test, never) = test_points(ip("2001:db8::1"));
        assert_eq!((test, never), (ip("::ffff:7f00:2"), ip("::ffff:7f00:1")));
    }

    #[test]
    fn ok_a_list_is_believed_by_its_test_points() {
        assert_eq!(fault_of(&Ok(codes(&["127.0.0.2"])), &Ok(codes(&[]))), None);
        assert_eq!(fault_of(&Ok(codes(&["127.0.0.2", "127.0.0.10"])), &Err(DnsFailure::TimedOut)), None);
        for (test, never) in [
            (Ok(codes(&[])), Ok(codes(&[]))),
            (Ok(codes(&["127.0.0.2"])), Ok(codes(&["127.0.0.2"]))),
            (Ok(codes(&["127.255.255.254"])), Ok(codes(&["127.255.255.254"]))),
            (Ok(codes(&["127.255.255.255"])), Ok(codes(&[]))),
            (Ok(codes(&["198.51.100.7"])), Ok(codes(&[]))),
            (Err(DnsFailure::Refused), Ok(codes(&[]))),
        ] {
            assert!(fault_of(&test, &never).is_some(), "{test:?} {never:?}");
        }
    }

    #[test]
    fn ok_never_clean_where_it_is_unknown() {
        let listed =
            Word::Listed { codes: vec![Ipv4Addr::new(127, 0, 0, 4)], reasons: vec![b"see \x1b[31mhttps://bl.example/\xff".to_vec()] };
        let of = |words: &[Word]| assess("bl.example", &words.iter().map(|word| (ip("192.0.2.1"), word.clone())).collect::<Vec<_>>());
        assert_eq!(of(&[Word::Clean]).outcome, Outcome::Ok);
        assert_eq!(of(&[Word::Clean, Word::Nothing("no answer".into())]).outcome, Outcome::Unknown);
        let found = of(&[Word::Nothing("no answer".into()), listed]);
        assert_eq!(found.outcome, Outcome::Failed);
        assert_eq!(found.found, "192.0.2.1 is listed, 127.0.0.4: see \u{fffd}[31mhttps://bl.example/\u{fffd}");
    }
}
