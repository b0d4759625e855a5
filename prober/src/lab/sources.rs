//! The addresses that a prober in the lab may come from, each with the name and reverse-path to use there, and one fault.

use std::net::{IpAddr, Ipv4Addr};

/// The lab's blocklist (RFC 5782).
pub const BLOCKLIST: &str = "bl.lab.example";
/// One that refuses to answer the resolver that it is asked through, as Spamhaus does (127.255.255.254).
pub const REFUSING_BLOCKLIST: &str = "refusing.lab.example";
/// One that was given up, and lists everything that it is asked for.
pub const ABANDONED_BLOCKLIST: &str = "abandoned.lab.example";

/// An address to come from.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// The address, for `--bind`.
    pub address: Ipv4Addr,
    /// The name to greet with, for `--helo`.
    pub helo: &'static str,
    /// The domain of the reverse-path, for `--mail-from probe@…`.
    pub domain: &'static str,
    /// What it plays.
    pub plays: &'static str,
    /// What the DNS says of its name.
    pub(super) named: Named,
    /// Where the DNS says that the greeting's name is.
    pub(super) helo_at: Option<Ipv4Addr>,
    /// The TXT records of the domain.
    pub(super) texts: &'static [&'static [u8]],
    /// Why it is in the lab's blocklist, where it is.
    pub(super) listed: Option<&'static [u8]>,
}

/// What is found under an address's name in `in-addr.arpa`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// Nothing.
    Nothing,
    /// The greeting's name.
    Helo,
    /// This name, at this address.
    Other(&'static str, Ipv4Addr),
    /// A hundred names, some of them with octets that command a terminal, that lead nowhere.
    Crowd,
}

const fn at(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 77, 0, last)
}

/// A source of which all is well.
const fn good(last: u8, name: &'static str, texts: &'static [&'static [u8]]) -> Source {
    Source {
        address: at(last),
        helo: name,
        domain: name,
        plays: "a source of which all is well",
        named: Named::Helo,
        helo_at: Some(at(last)),
        texts,
        listed: None,
    }
}

/// The source of a prober that names no other.
pub const SOURCE: IpAddr = IpAddr::V4(at(1));
/// An address in the lab where nothing is.
const ELSEWHERE: Ipv4Addr = at(99);

/// Every source.
pub static SOURCES: &[Source] = &[
    good(1, "prober.lab.example", &[b"v=spf1 ip4:127.77.0.1 -all"]),
    Source { plays: "an address without a name", named: Named::Nothing, ..good(2, "no-ptr.lab.example", &[b"v=spf1 a -all"]) },
    Source {
        plays: "an address whose name leads elsewhere",
        named: Named::Other("stranger.lab.example", ELSEWHERE),
        ..good(3, "ptr-elsewhere.lab.example", &[b"v=spf1 ip4:127.77.0.0/24 -all"])
    },
    Source {
        plays: "a greeting that leads elsewhere",
        named: Named::Other("host4.lab.example", at(4)),
        helo_at: Some(ELSEWHERE),
        ..good(4, "helo-elsewhere.lab.example", &[b"v=spf1 a:host4.lab.example -all"])
    },
    Source {
        helo: "nobody.lab.example",
        plays: "a greeting that does not exist",
        named: Named::Other("helo-nowhere.lab.example", at(5)),
        helo_at: None,
        ..good(5, "helo-nowhere.lab.example", &[b"v=spf1 a -all"])
    },
    Source { plays: "a domain without SPF", ..good(6, "no-spf.lab.example", &[b"a text about something else"]) },
    Source { plays: "SPF that covers another address", ..good(7, "spf-fails.lab.example", &[b"v=spf1 ip4:192.0.2.1 -all"]) },
    Source { plays: "two SPF records", ..good(8, "spf-twice.lab.example", &[b"v=spf1 a -all", b"v=spf1 mx ~all"]) },
    Source { plays: "SPF with a word that is none", ..good(10, "spf-broken.lab.example", &[b"v=spf1 a ipv4:127.77.0.10 -all"]) },
    Source { plays: "SPF that says probably not", ..good(11, "spf-soft.lab.example", &[b"v=spf1 mx ~all"]) },
    Source {
        plays: "an address in the lab's blocklist",
        listed: Some(b"Listed by the lab, see https://bl.lab.example/?ip=127.77.0.9"),
        ..good(9, "listed.lab.example", &[b"v=spf1 a -all"])
    },
    Source {
        plays: "no name, no SPF, and in the blocklist",
        named: Named::Nothing,
        listed: Some(b"Listed by the lab, see https://bl.lab.example/?ip=127.77.0.12"),
        ..good(12, "everything.lab.example", &[])
    },
    Source {
        plays: "answers made to confuse whoever prints them",
        named: Named::Crowd,
        listed: Some(b"see \x1b[31mthis\x07\r\n\xff\xe2\x80\xae"),
        ..good(13, "hostile.lab.example", &[b"\x1b[2J\xff\x00garbage", b"v=spf1 \x1b]0;owned\x07 -all"])
    },
    good(14, "spf-leads.lab.example", &[b"v=spf1 include:_spf.lab.example redirect=spf-soft.lab.example"]),
];

/// Whether the lab's blocklist has an address.
pub(super) fn is_listed(ip: IpAddr) -> bool {
    SOURCES.iter().any(|source| source.listed.is_some() && IpAddr::V4(source.address) == ip)
}
