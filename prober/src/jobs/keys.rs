//! Who may give jobs: names, and the SHA-256 of each one's key. Keys themselves are nowhere in the settings.

use std::str::FromStr;

use data_encoding::HEXLOWER_PERMISSIVE;
use sha2::{Digest as _, Sha256};

/// The keys that are taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys(Vec<(String, [u8; 32])>);

impl Keys {
    /// Everybody who has one.
    pub fn owners(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Whose key this is.
    pub fn owner(&self, key: &str) -> Option<&str> {
        let digest: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        // Each is compared to its end, so that time tells nothing of a digest.
        let differs = |known: &[u8; 32]| known.iter().zip(digest).fold(0, |all, (one, other)| all | (one ^ other)) != 0;
        self.0.iter().filter(|(_, known)| !differs(known)).map(|(name, _)| name.as_str()).next_back()
    }
}

impl FromStr for Keys {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let one = |item: &str| {
            let fault = || format!("expected NAME:SHA256 by commas, with 64 hexadecimal digits each, found {item:?}");
            let (name, digits) = item.split_once(':').filter(|(name, _)| !name.is_empty()).ok_or_else(fault)?;
            let digest = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok().and_then(|octets| octets.try_into().ok());
            Ok((name.to_owned(), digest.ok_or_else(fault)?))
        };
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(one).collect::<Result<_, String>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_by_the_digest_alone() {
        // printf secret | sha256sum
        let keys: Keys = "a:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b".parse().expect("keys");
        assert_eq!((keys.owner("secret"), keys.owner("secret2"), keys.owner("")), (Some("a"), None, None));
        assert_eq!("".parse(), Ok(Keys::default()));
        for bad in ["a", "a:", ":00", "a:zz", "a:2bb8"] {
            assert!(bad.parse::<Keys>().is_err(), "{bad}");
        }
    }
}
