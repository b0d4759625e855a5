//! What a domain of the lab is made of: what the DNS says of it, and which hosts take its mail.

use std::net::{IpAddr, Ipv4Addr};

use super::manner::Manner;
use super::sites::SITES;

/// A domain of the lab.
#[derive(Debug)]
pub(super) struct Site {
    /// Its name, in A-labels.
    pub(super) domain: &'static str,
    /// What the DNS does with questions about it.
    pub(super) dns: Dns,
    /// Whether answers about it and its hosts claim to be authenticated (the AD bit, RFC 4035 §3.2.3).
    pub(super) signed: bool,
}

/// What the DNS does.
#[derive(Debug)]
pub(super) enum Dns {
    /// MX records: preference and host.
    Mx(&'static [(u16, Target)]),
    /// No MX, but an address of its own.
    Implicit(&'static Manner),
    /// No MX, but this address.
    ImplicitAt(IpAddr),
    /// A null MX (RFC 7505).
    NullMx,
    /// A TXT record only.
    NoMail,
    /// A CNAME to another domain of the lab.
    Alias(&'static str),
    /// SERVFAIL.
    ServerFailure,
    /// REFUSED.
    Refused,
    /// NXDOMAIN, as a resolver says it that is cut off from the network: without the zone's SOA.
    Denied,
    /// No answer at all.
    Silence,
    /// Octets that are no DNS message.
    Garbage,
}

/// What an MX record points to.
#[derive(Debug)]
pub(super) enum Target {
    /// A host.
    Host(Manner),
    /// A host of this name, which need not be in the lab's own zone.
    Named(&'static str, Manner),
    /// A host whose name is an alias (against RFC 2181 §10.3, and common).
    AliasedHost(Manner),
    /// A host with an IPv6 address too, which nobody can reach.
    DualStack(Manner),
    /// A host whose address is another from one question to the next: its own, 127.0.0.1, and again.
    Rebinds(Manner),
    /// An address where nothing listens.
    Dead,
    /// This address, where the lab has nothing.
    At(IpAddr),
    /// A name that is an address in writing, and leads there.
    Literal(Ipv4Addr),
    /// A name that does not exist.
    Missing,
    /// A host of an operator outside the lab: known by its name alone, and never dialled.
    Elsewhere(&'static str),
}

impl Target {
    /// The name of the `n`th host of `domain`.
    pub(super) fn exchange(&self, n: usize, domain: &str) -> String {
        match self {
            Self::Named(name, _) | Self::Elsewhere(name) => (*name).to_owned(),
            Self::Literal(ip) => ip.to_string(),
            _ => format!("mx{n}.{domain}"),
        }
    }

    /// What listens there.
    fn manner(&self) -> Option<&Manner> {
        match self {
            Self::Host(manner) | Self::Named(_, manner) | Self::AliasedHost(manner) | Self::DualStack(manner) | Self::Rebinds(manner) => {
                Some(manner)
            }
            Self::Dead | Self::At(_) | Self::Literal(_) | Self::Missing | Self::Elsewhere(_) => None,
        }
    }
}

/// Every mail host that listens, with the number that its address is made of.
pub(super) fn hosts() -> impl Iterator<Item = (usize, &'static Manner)> {
    numbered().filter_map(|(_, number, manner)| Some((number, manner?)))
}

/// The numbers of a domain's hosts.
pub(super) fn numbers_of(domain: &str) -> impl Iterator<Item = usize> {
    numbered().filter(move |(site, ..)| site.domain == domain).map(|(_, number, _)| number)
}

/// Everything that takes a number, with what listens there, in the order of the table; numbers start at one.
fn numbered() -> impl Iterator<Item = (&'static Site, usize, Option<&'static Manner>)> {
    let hosts = SITES.iter().flat_map(|site| -> Box<dyn Iterator<Item = (&'static Site, Option<&'static Manner>)>> {
        match &site.dns {
            Dns::Mx(hosts) => Box::new(hosts.iter().map(move |(_, target)| (site, target.manner()))),
            Dns::Implicit(manner) => Box::new(std::iter::once((site, Some(*manner)))),
            _ => Box::new(std::iter::empty()),
        }
    });
    hosts.zip(1..).map(|((site, manner), number)| (site, number, manner))
}
