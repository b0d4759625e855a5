//! Origins of pages (RFC 6454 §6.2), which are compared whole.

/// Whether `text` is an origin as a browser sends it: scheme, host in lower case, a port where it is not the scheme's own, and no path.
pub fn is_origin(text: &str) -> bool {
    let (host, own_port) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (rest, ":443"),
        (None, Some(rest)) => (rest, ":80"),
        (None, None) => return false,
    };
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    !host.is_empty() && !host.starts_with(':') && !host.ends_with(own_port) && host.bytes().all(plain)
}

/// The host of an origin, without its port.
pub fn host(origin: &str) -> &str {
    let authority = origin.split_once("://").map_or(origin, |(_, authority)| authority);
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_as_browsers_send_them() {
        for (origin, name) in [
            ("https://shop.example", "shop.example"),
            ("http://localhost:8000", "localhost"),
            ("https://xn--bcher-kva.example:8443", "xn--bcher-kva.example"),
            ("http://[::1]:8000", "[::1]"),
            ("http://[::1]", "[::1]"),
        ] {
            assert!(is_origin(origin), "{origin}");
            assert_eq!(host(origin), name);
        }
    }

    #[test]
    fn err_what_no_browser_would_send() {
        for text in [
            "",
            "*",
            "null",
            "shop.example",
            "https://",
            "https://:1",
            "https://shop.example/",
            "https://Shop.example",
            "https://*.shop.example",
            "https://shop.example:443",
            "http://shop.example:80",
            "https://a@shop.example",
            "https://bücher.example",
        ] {
            assert!(!is_origin(text), "{text}");
        }
    }
}
