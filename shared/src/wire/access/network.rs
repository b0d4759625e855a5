//! Networks that are counted as one caller.

use alloc::string::{String, ToString};
use core::net::{IpAddr, Ipv6Addr};

/// The network of a client's address: an IPv4 address by itself, an IPv6 one by its first 64 bits, since a subscriber has at least as many
/// addresses as these leave (RFC 6177 §2).
pub fn of(address: &str) -> Option<String> {
    let network = match address.parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    };
    Some(network.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_prefixes() {
        for (address, network) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::", "2001:db8:1:2::"),
            ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ] {
            assert_eq!(of(address).as_deref(), Some(network), "{address}");
        }
        for text in ["", "unknown", "192.0.2", "192.0.2.7:80", "fe80::1%eth0"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
