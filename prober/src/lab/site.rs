//! The lab's domains: what the DNS says of each, and which hosts take its mail.

use super::manner::Manner;
use super::sites::SITES;

/// A domain of the lab.
#[derive(Debug)]
pub(super) struct Site {
    /// Its name, in A-labels.
    pub(super) domain: &'static str,
    /// What the DNS does with questions about it.
    pub(super) dns: Dns,
}

/// What the DNS does.
#[derive(Debug)]
pub(super) enum Dns {
    /// MX records: preference and host.
    Mx(&'static [(u16, Target)]),
    /// No MX, but an address of its own.
    Implicit(&'static Manner),
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
    /// A host whose name is an alias (against RFC 2181 §10.3, and common).
    AliasedHost(Manner),
    /// A host with an IPv6 address too, which nobody can reach.
    DualStack(Manner),
    /// An address where nothing listens.
    Dead,
    /// An IPv6 address that is not globally routable, and nothing else.
    OnlyV6,
    /// The address 127.0.0.1.
    Loopback,
    /// A name that does not exist.
    Missing,
}

/// Every mail host that listens, with the number that its address is made of.
pub(super) fn hosts() -> impl Iterator<Item = (usize, &'static Manner)> {
    placed().filter_map(|(_, number, placed)| match placed {
        Placed::Target(Target::Host(manner) | Target::AliasedHost(manner) | Target::DualStack(manner)) | Placed::Implicit(manner) => {
            Some((number, manner))
        }
        Placed::Target(Target::Dead | Target::OnlyV6 | Target::Loopback | Target::Missing) => None,
    })
}

/// The numbers of a domain's hosts.
pub(super) fn numbers_of(domain: &str) -> impl Iterator<Item = usize> {
    placed().filter(move |(site, ..)| site.domain == domain).map(|(_, number, _)| number)
}

/// Something that takes a host's number.
enum Placed {
    /// An MX record's target.
    Target(&'static Target),
    /// A domain that is its own host.
    Implicit(&'static Manner),
}

/// Everything that takes a number, in the order of the table; numbers start at one.
fn placed() -> impl Iterator<Item = (&'static Site, usize, Placed)> {
    let placed = SITES.iter().flat_map(|site| -> Box<dyn Iterator<Item = (&'static Site, Placed)>> {
        match &site.dns {
            Dns::Mx(hosts) => Box::new(hosts.iter().map(move |(_, target)| (site, Placed::Target(target)))),
            Dns::Implicit(manner) => Box::new(std::iter::once((site, Placed::Implicit(manner)))),
            _ => Box::new(std::iter::empty()),
        }
    });
    placed.enumerate().map(|(n, (site, placed))| (site, n + 1, placed))
}
