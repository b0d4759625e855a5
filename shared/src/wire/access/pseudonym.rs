//! Names for callers, mailboxes and nonces under which they may be counted and kept: keyed, so that nobody without the secret can guess back.

use core::fmt;

use hmac::Mac as _;

use crate::wire::signature::{Secret, hmac};

/// A keyed name of something that must not be stored itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym([u8; 16]);

impl Pseudonym {
    /// The name of these `parts`, for one `purpose`; names of different purposes cannot be compared.
    pub fn of(secret: &Secret, purpose: &str, parts: &[&str]) -> Self {
        let mut mac = hmac(secret);
        for part in [purpose].iter().chain(parts) {
            // Lengths in front, so that no two lists of parts run together alike.
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part.as_bytes());
        }
        let mut name = [0; 16];
        for (byte, made) in name.iter_mut().zip(mac.finalize().into_bytes()) {
            *byte = made;
        }
        Self(name)
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn ok_secret_purpose_and_parts_all_count() {
        let secret = |text: &str| Secret::new(text.to_string()).expect("long enough");
        let one = Pseudonym::of(&secret("a secret of some length"), "nonce", &["shop", "1"]);
        assert_eq!(one, Pseudonym::of(&secret("a secret of some length"), "nonce", &["shop", "1"]));
        assert_eq!(one.to_string().len(), 32);
        for other in [
            Pseudonym::of(&secret("another secret, as long"), "nonce", &["shop", "1"]),
            Pseudonym::of(&secret("a secret of some length"), "ip", &["shop", "1"]),
            Pseudonym::of(&secret("a secret of some length"), "nonce", &["shop1"]),
            Pseudonym::of(&secret("a secret of some length"), "nonce", &["shop1", ""]),
            Pseudonym::of(&secret("a secret of some length"), "nonce", &["sho", "p1"]),
        ] {
            assert_ne!(one, other);
        }
    }
}
