//! Hexadecimal digits in lower case, as signatures and configured hashes are written.

/// The 32 octets of 64 digits.
pub(super) fn decode(digits: &str) -> Option<[u8; 32]> {
    let (mut octets, is_hex) = ([0; 32], digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    for (n, octet) in octets.iter_mut().enumerate().filter(|_| is_hex) {
        *octet = u8::from_str_radix(digits.get(n * 2..n * 2 + 2)?, 16).ok()?;
    }
    is_hex.then_some(octets)
}
