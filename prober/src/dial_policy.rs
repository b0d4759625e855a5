//! Which addresses may be dialled: a domain's owner chooses its records, and must not choose our neighbours.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Blocks that are not globally reachable: the IANA IPv4 Special-Purpose Address Registry (RFC 6890), with multicast (RFC 5771) and 6to4
/// relays (RFC 7526).
const V4_BLOCKS: [(u32, u8); 16] = [
    (0x0000_0000, 8),  // 0.0.0.0 "this network" (RFC 791 §3.2)
    (0x0a00_0000, 8),  // 10.0.0.0 private use (RFC 1918)
    (0x6440_0000, 10), // 100.64.0.0 shared, CGNAT (RFC 6598)
    (0x7f00_0000, 8),  // 127.0.0.0 loopback (RFC 1122)
    (0xa9fe_0000, 16), // 169.254.0.0 link local, cloud metadata (RFC 3927)
    (0xac10_0000, 12), // 172.16.0.0 private use (RFC 1918)
    (0xc000_0000, 24), // 192.0.0.0 protocol assignments (RFC 6890)
    (0xc000_0200, 24), // 192.0.2.0 documentation (RFC 5737)
    (0xc01f_c400, 24), // 192.31.196.0 AS112 (RFC 7535)
    (0xc034_c100, 24), // 192.52.193.0 AMT (RFC 7450)
    (0xc058_6300, 24), // 192.88.99.0 6to4 relays (RFC 7526)
    (0xc0a8_0000, 16), // 192.168.0.0 private use (RFC 1918)
    (0xc612_0000, 15), // 198.18.0.0 benchmarking (RFC 2544)
    (0xc633_6400, 24), // 198.51.100.0 documentation (RFC 5737)
    (0xcb00_7100, 24), // 203.0.113.0 documentation (RFC 5737)
    (0xe000_0000, 3),  // 224.0.0.0 multicast and 240.0.0.0 reserved (RFC 5771, RFC 1112)
];

/// Blocks inside 2000::/3 that are not globally reachable (IANA IPv6 Special-Purpose Address Registry). Everything outside 2000::/3,
/// IPv4-mapped and NAT64 addresses among it, is not global unicast (RFC 4291 §2.4).
const V6_BLOCKS: [(u128, u8); 4] = [
    (0x2001_0000 << 96, 23), // protocol assignments, Teredo among them (RFC 2928, RFC 4380)
    (0x2001_0db8 << 96, 32), // documentation (RFC 3849)
    (0x2002_0000 << 96, 16), // 6to4 (RFC 3056): wraps an IPv4 address
    (0x3fff_0000 << 96, 20), // documentation (RFC 9637)
];

const V6_GLOBAL: (u128, u8) = (0x2000_0000 << 96, 3);

/// What may be dialled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialPolicy {
    /// Globally routable addresses.
    Internet,
    /// Those, and addresses in these networks.
    InternetAnd(Vec<IpNet>),
    /// Addresses in these networks and nothing else: a lab.
    Only(Vec<IpNet>),
}

/// Why an address may not be dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is not globally routable.
    NotRoutable,
    /// It is outside the lab.
    OutsideLab,
}

impl DialPolicy {
    /// Every private network too: for closed networks and tests.
    pub fn everything() -> Self {
        Self::InternetAnd(vec![Ipv4Net::default().into(), Ipv6Net::default().into()])
    }

    /// Whether `ip` may be dialled.
    ///
    /// # Errors
    /// [`Refusal`], with the reason.
    pub fn permit(&self, ip: IpAddr) -> Result<(), Refusal> {
        let allowed = match self {
            Self::Internet => &[],
            Self::InternetAnd(nets) | Self::Only(nets) => nets.as_slice(),
        };
        match (allowed.iter().any(|net| net.contains(&ip)), is_global(ip), self) {
            (true, _, _) | (_, true, Self::Internet | Self::InternetAnd(_)) => Ok(()),
            (_, true, Self::Only(_)) => Err(Refusal::OutsideLab),
            (_, false, _) => Err(Refusal::NotRoutable),
        }
    }
}

fn is_global(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !V4_BLOCKS.iter().any(|(block, length)| v4_within(ip, *block, *length)),
        IpAddr::V6(ip) => {
            let within = |(block, length): (u128, u8)| (u128::from(ip) ^ block) >> (128 - length) == 0;
            within(V6_GLOBAL) && !V6_BLOCKS.into_iter().any(within)
        }
    }
}

fn v4_within(ip: Ipv4Addr, block: u32, length: u8) -> bool {
    (u32::from(ip) ^ block) >> (32 - length) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_every_kind_of_address_that_is_not_global() {
        let policy = DialPolicy::Internet;
        for ip in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.77.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:8.8.8.8",
            "::ffff:127.0.0.1",
            "::8.8.8.8",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ] {
            assert_eq!(policy.permit(ip.parse().expect("an address")), Err(Refusal::NotRoutable), "{ip}");
        }
    }

    #[test]
    fn ok_neighbours_of_the_blocks() {
        for ip in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2000::1",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2003::1",
            "2a00::1",
            "3ffe::1",
        ] {
            assert_eq!(DialPolicy::Internet.permit(ip.parse().expect("an address")), Ok(()), "{ip}");
        }
    }

    #[test]
    fn ok_a_lab_is_an_island() {
        let lab = DialPolicy::Only(vec!["127.77.0.0/16".parse().expect("a network")]);
        assert_eq!(lab.permit(IpAddr::from([127, 77, 3, 4])), Ok(()));
        assert_eq!(lab.permit(IpAddr::from([127, 0, 0, 1])), Err(Refusal::NotRoutable));
        assert_eq!(lab.permit(IpAddr::from([8, 8, 8, 8])), Err(Refusal::OutsideLab));
        let open = DialPolicy::InternetAnd(vec!["10.0.0.0/8".parse().expect("a network")]);
        assert_eq!(open.permit(IpAddr::from([10, 1, 1, 1])), Ok(()));
        assert_eq!(open.permit(IpAddr::from([8, 8, 8, 8])), Ok(()));
        assert_eq!(open.permit(IpAddr::from([192, 168, 1, 1])), Err(Refusal::NotRoutable));
        assert_eq!(DialPolicy::everything().permit(IpAddr::from([127, 0, 0, 1])), Ok(()));
    }
}
