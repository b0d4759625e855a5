//! Records as lines of a zone file (RFC 1035 §5.1), to be pasted as they are.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv6Addr};

use super::blocklist;

/// The most octets of one string of a TXT record (RFC 1035 §3.3).
const MAX_STRING: usize = 255;

/// The address's name.
pub(super) fn pointer(ip: IpAddr, name: &str) -> String {
    format!("{}. IN PTR {name}.", reverse_name(ip))
}

/// The name's address.
pub(super) fn address(name: &str, ip: IpAddr) -> String {
    let kind = if ip.is_ipv4() { "A" } else { "AAAA" };
    format!("{name}. IN {kind} {ip}")
}

/// The domain's mail host.
pub(super) fn exchange(domain: &str, host: &str) -> String {
    format!("{domain}. IN MX 10 {host}.")
}

/// A text, in strings that each fit.
pub(super) fn text(name: &str, value: &str) -> String {
    let mut line = format!("{name}. IN TXT");
    for string in value.as_bytes().chunks(MAX_STRING) {
        line.push_str(" \"");
        for octet in string {
            push_escaped(&mut line, *octet);
        }
        line.push('"');
    }
    line
}

/// Quotes, backslashes and whatever is no plain character, escaped (RFC 1035 §5.1).
fn push_escaped(line: &mut String, octet: u8) {
    match octet {
        b'"' | b'\\' => line.extend(['\\', char::from(octet)]),
        b' '..=b'~' => line.push(char::from(octet)),
        // Writing to a String does not fail.
        _ => drop(write!(line, "\\{octet:03}")),
    }
}

/// The name that the PTR record of an address is at (RFC 1035 §3.5, RFC 3596 §2.5).
fn reverse_name(ip: IpAddr) -> String {
    blocklist::query_name(ip, if ip.is_ipv4() { "in-addr.arpa" } else { "ip6.arpa" })
}

/// The 32 nibbles of an IPv6 address, the last one first.
pub(super) fn nibbles(ip: Ipv6Addr) -> Vec<String> {
    let nibble = |n: u32| format!("{:x}", (u128::from(ip) >> (4 * n)) & 0xf);
    (0..32).map(nibble).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_lines_to_paste() {
        let (v4, v6) = ("192.0.2.1".parse().expect("v4"), "2001:db8::1".parse().expect("v6"));
        assert_eq!(pointer(v4, "a.example"), "1.2.0.192.in-addr.arpa. IN PTR a.example.");
        assert_eq!(pointer(v6, "a.example"), "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. IN PTR a.example.");
        assert_eq!(
            (address("a.example", v4), address("a.example", v6)),
            ("a.example. IN A 192.0.2.1".to_owned(), "a.example. IN AAAA 2001:db8::1".to_owned())
        );
        assert_eq!(exchange("a.example", "mx.a.example"), "a.example. IN MX 10 mx.a.example.");
    }

    #[test]
    fn ok_texts_are_cut_and_escaped() {
        assert_eq!(text("a.example", "v=spf1 -all"), r#"a.example. IN TXT "v=spf1 -all""#);
        assert_eq!(text("a.example", "a\"b\\c\u{7f}"), r#"a.example. IN TXT "a\"b\\c\127""#);
        let long = text("a.example", &"x".repeat(300));
        assert_eq!(long, format!("a.example. IN TXT \"{}\" \"{}\"", "x".repeat(255), "x".repeat(45)));
    }
}
