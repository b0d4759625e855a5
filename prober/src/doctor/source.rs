//! The addresses that mail hosts see when we come: bound, chosen by the system, or stated by the operator.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use super::finding::{Check, Finding, Outcome};
use crate::config::Config;
use crate::dial::Family;
use crate::dial_policy::DialPolicy;

/// Global addresses to choose a way to; nothing is sent there. They are a.root-servers.net's (root hints, 2026).
const FAR_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 41, 0, 4));
const FAR_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0x503, 0xba3e, 0, 0, 0, 2, 0x30));

const UNSEEN: &str = "what hosts know of the address cannot be checked from here";
const STATE_IT: &str = "say which address the world sees: rcpt doctor --source ADDRESS";

/// One address, and how we came by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The operator says so.
    Stated(IpAddr),
    /// It is ours, and the world sees it.
    Own(IpAddr),
    /// It is ours, and the world sees another one.
    Translated(IpAddr),
    /// It is to be ours, and is not.
    Foreign(IpAddr, io::ErrorKind),
    /// A proxy stands between us and the world.
    Proxied,
    /// There is no way out.
    NoRoute,
}

/// The addresses, as they are configured or as the system would choose them.
pub(super) fn find(config: &Config, stated: &[IpAddr]) -> Vec<Source> {
    if config.proxy.is_some() {
        return if stated.is_empty() { vec![Source::Proxied] } else { stated.iter().copied().map(Source::Stated).collect() };
    }
    let foreign = |ip: &IpAddr| bound(*ip).err().map(|error| Source::Foreign(*ip, error.kind()));
    let mut sources: Vec<Source> = config.bind.iter().filter_map(foreign).collect();
    if !stated.is_empty() {
        sources.extend(stated.iter().copied().map(Source::Stated));
        return sources;
    }
    let bound: Vec<IpAddr> = config.bind.iter().copied().filter(|ip| bound(*ip).is_ok()).collect();
    let ours = if config.bind.is_empty() { chosen(config.family) } else { bound };
    sources.extend(ours.into_iter().map(|ip| classify(ip, &config.policy)));
    if sources.is_empty() { vec![Source::NoRoute] } else { sources }
}

/// The addresses to look up.
pub(super) fn seen(sources: &[Source]) -> Vec<IpAddr> {
    let address = |source: &Source| match source {
        Source::Stated(ip) | Source::Own(ip) => Some(*ip),
        Source::Translated(_) | Source::Foreign(..) | Source::Proxied | Source::NoRoute => None,
    };
    sources.iter().filter_map(address).collect()
}

fn bound(ip: IpAddr) -> io::Result<UdpSocket> {
    UdpSocket::bind(SocketAddr::new(ip, 0))
}

/// What the system would dial from. An IPv6 address that is not global is no way out, and IPv4 may be one.
fn chosen(family: Family) -> Vec<IpAddr> {
    let v4 = (family != Family::V6Only).then(|| way_to(FAR_V4)).flatten();
    let v6 = (family != Family::V4Only).then(|| way_to(FAR_V6)).flatten();
    v4.into_iter().chain(v6.filter(|ip| DialPolicy::Internet.permit(*ip).is_ok())).collect()
}

/// A datagram's socket that is connected has chosen its own address; no datagram is sent for that.
fn way_to(far: IpAddr) -> Option<IpAddr> {
    let any = if far.is_ipv4() { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { IpAddr::V6(Ipv6Addr::UNSPECIFIED) };
    let socket = bound(any).ok()?;
    socket.connect(SocketAddr::new(far, 25)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

fn classify(ip: IpAddr, policy: &DialPolicy) -> Source {
    // Where private addresses may be dialled, they are seen as they are.
    if policy.permit(ip).is_ok() { Source::Own(ip) } else { Source::Translated(ip) }
}

/// What they come to, one finding each.
pub(super) fn assess(sources: &[Source]) -> Vec<Finding> {
    sources.iter().map(assess_one).collect()
}

fn assess_one(source: &Source) -> Finding {
    let finding = |outcome, found: &str| Finding::new(Check::Source, outcome, found);
    match source {
        Source::Stated(ip) => finding(Outcome::Ok, "as you say").of(ip),
        Source::Own(ip) => finding(Outcome::Ok, "mail hosts see this address").of(ip),
        Source::Translated(ip) => {
            finding(Outcome::Unknown, "a private address: behind the network's translation (NAT), hosts see another one")
                .of(ip)
                .costs(UNSEEN)
                .advise(STATE_IT)
        }
        Source::Foreign(ip, kind) => finding(Outcome::Failed, &format!("not an address of this host ({kind})"))
            .of(ip)
            .costs("connections from it fail: verdicts become unknown/connect_failed")
            .advise("set RCPT_BIND to addresses of this host"),
        Source::Proxied => finding(Outcome::Unknown, "hosts see the address of the proxy").costs(UNSEEN).advise(STATE_IT),
        Source::NoRoute => finding(Outcome::Failed, "this host has no address to dial from")
            .costs("no mail host can be reached: verdicts become unknown/connect_failed")
            .advise("give this host a way to the internet, or set RCPT_PROXY"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_private_addresses_are_not_what_hosts_see() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert_eq!(classify(ip("8.8.8.8"), &DialPolicy::Internet), Source::Own(ip("8.8.8.8")));
        for text in ["10.0.0.1", "100.64.0.1", "192.168.1.2", "fd00::1"] {
            assert_eq!(classify(ip(text), &DialPolicy::Internet), Source::Translated(ip(text)));
            assert_eq!(classify(ip(text), &DialPolicy::everything()), Source::Own(ip(text)));
        }
        assert!(seen(&[Source::Translated(ip("10.0.0.1")), Source::Proxied, Source::NoRoute]).is_empty());
    }
}
