//! Address literals (RFC 5321 §4.1.3): parsed, so that they can be told from nonsense, and never dialled.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::SyntaxError;

/// What stands between square brackets in place of a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressLiteral {
    /// The address.
    pub ip: IpAddr,
}

impl AddressLiteral {
    /// Parses a literal with its brackets: `[192.0.2.1]` or `[IPv6:2001:db8::1]`.
    ///
    /// `::` may stand for a single group, as RFC 4291 §2.2 has it, though RFC 5321's own note asks for two.
    ///
    /// # Errors
    /// [`SyntaxError`] at a byte of `text`.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let inner = text.strip_prefix('[').ok_or_else(|| SyntaxError::new("an opening square bracket", "none", 0))?;
        let Some(inner) = inner.strip_suffix(']').filter(|inner| !inner.contains([']', '['])) else {
            let position = text.find(']').map_or(text.len(), |at| at + 1);
            return Err(SyntaxError::new("a closing square bracket at the end", "none there", position));
        };
        match inner.split_at_checked("IPv6:".len()) {
            Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6:") => parse_v6(address, 1 + tag.len()),
            _ if inner.contains(':') => {
                let tag = SyntaxError::new("“IPv6:” in front of an IPv6 address", "none", 1);
                Err(if inner.parse::<Ipv6Addr>().is_ok() { tag } else { unknown(1) })
            }
            _ => inner.parse::<Ipv4Addr>().map(|ip| Self { ip: ip.into() }).map_err(|_| unknown(1)),
        }
    }
}

fn parse_v6(address: &str, position: usize) -> Result<AddressLiteral, SyntaxError> {
    let fault = |_| SyntaxError::new("an IPv6 address after “IPv6:”", "something else", position);
    address.parse::<Ipv6Addr>().map(|ip| AddressLiteral { ip: ip.into() }).map_err(fault)
}

fn unknown(position: usize) -> SyntaxError {
    SyntaxError::new("an IP address between the square brackets", "something else", position)
}

impl fmt::Display for AddressLiteral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ip {
            IpAddr::V4(ip) => write!(f, "[{ip}]"),
            IpAddr::V6(ip) => write!(f, "[IPv6:{ip}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn ok_both_families() {
        for (text, shown) in [
            ("[192.0.2.1]", "[192.0.2.1]"),
            ("[IPv6:2001:DB8::1]", "[IPv6:2001:db8::1]"),
            ("[ipv6:::]", "[IPv6:::]"),
            ("[IPv6:::ffff:192.0.2.1]", "[IPv6:::ffff:192.0.2.1]"),
            ("[IPv6:1:2:3:4:5:6:7::]", "[IPv6:1:2:3:4:5:6:7:0]"),
        ] {
            assert_eq!(AddressLiteral::parse(text).map(|literal| literal.to_string()), Ok(shown.to_string()));
        }
    }

    #[test]
    fn err_everything_else() {
        for text in [
            "",
            "[",
            "[]",
            "[192.0.2.1",
            "192.0.2.1]",
            "[192.0.2.256]",
            "[192.0.2]",
            "[192.0.2.01]",
            "[2001:db8::1]",
            "[IPv6:]",
            "[IPv6::]",
            "[IPv6:1::2::3]",
            "[IPv6:12345::]",
            "[IPv6:fe80::1%eth0]",
            "[IPv6: ::1]",
            "[IPv5:::1]",
            "[x-tag:abc]",
            "[192.0.2.1]]",
            "[[192.0.2.1]",
            "[192.0.2.1]a",
            "[ 192.0.2.1]",
            "[é]",
            "[IPv6:é]",
            "[IPvé]",
        ] {
            let error = AddressLiteral::parse(text).expect_err(text);
            assert!(text.is_char_boundary(error.position), "{text}");
        }
    }
}
