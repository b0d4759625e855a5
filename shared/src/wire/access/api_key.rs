//! API keys: secrets of back ends, of which only the SHA-256 is configured.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::hint::black_box;

use sha2::{Digest, Sha256};

use super::{is_url_safe, lines};
use crate::wire::hex;

/// How a key for real questions begins.
pub const LIVE_PREFIX: &str = "rcpt_";
/// How a key begins that is answered about magic addresses alone.
pub const TEST_PREFIX: &str = "test_";
/// The longest key that is looked at, in octets.
pub const MAX_LEN: usize = 256;

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One address.
    Verify,
    /// Many at once.
    Batch,
    /// Domains.
    Domains,
}

impl Scope {
    fn from_name(name: &str) -> Option<Self> {
        [Self::Verify, Self::Batch, Self::Domains].into_iter().find(|scope| scope.as_str() == name)
    }

    /// Its name in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Batch => "batch",
            Self::Domains => "domains",
        }
    }
}

/// A key as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    id: String,
    hash: [u8; 32],
    scopes: Vec<Scope>,
}

impl ApiKey {
    /// Its name, for budgets and people.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it may be used for `scope`.
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// All keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeys(Vec<ApiKey>);

impl ApiKeys {
    /// No key at all.
    pub const NONE: Self = Self(Vec::new());

    /// Reads the setting: a line, or what stands between two `;`, for each key: `ID SHA256 SCOPE…`.
    ///
    /// # Errors
    /// What was expected and where it is not so; never the text itself.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut keys: Vec<ApiKey> = Vec::new();
        for (n, line) in (1..).zip(lines(text)) {
            let key = ApiKey::parse(line).map_err(|fault| format!("key {n}: {fault}"))?;
            if keys.iter().any(|known| known.id == key.id || known.hash == key.hash) {
                return Err(format!("key {n}: expected an id and a SHA-256 of its own"));
            }
            keys.push(key);
        }
        Ok(Self(keys))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key that `presented` is. How long the search takes does not depend on which one matches, or how nearly.
    pub fn find(&self, presented: &str) -> Option<&ApiKey> {
        let is_one = presented.len() <= MAX_LEN && (presented.starts_with(LIVE_PREFIX) || is_test(presented));
        let hash: [u8; 32] = Sha256::digest(if is_one { presented } else { "" }).into();
        let matching = self.0.iter().filter(|key| equal(&key.hash, &hash));
        matching.fold(None, |found, key| found.or(is_one.then_some(key)))
    }
}

/// Whether a key is for tests.
pub fn is_test(presented: &str) -> bool {
    presented.starts_with(TEST_PREFIX)
}

/// Compares without leaving early.
fn equal(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.iter().zip(other).fold(0, |difference, (a, b)| black_box(difference | (a ^ b))) == 0
}

impl ApiKey {
    fn parse(line: &str) -> Result<Self, &'static str> {
        let mut words = line.split_whitespace();
        let id = words.next().filter(|id| is_url_safe(id, 1, 64)).ok_or("expected an id of 1 to 64 letters, digits, - and _ first")?;
        let hash = words.next().and_then(hex::decode).ok_or("expected 64 hex digits in lower case behind its id")?;
        let scopes: Option<Vec<Scope>> = words.map(Scope::from_name).collect();
        match scopes {
            Some(scopes) if !scopes.is_empty() => Ok(Self { id: id.to_string(), hash, scopes }),
            _ => Err("expected verify, batch or domains at its end"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf %s rcpt_one | sha256sum`, and likewise.
    const ONE: &str = "40b11b489a24b2542244ade0edcf6f6d89064c24d26f3f01bda27fdea794fa90";

    fn hash_of(key: &str) -> String {
        data_encoding::HEXLOWER.encode(&Sha256::digest(key))
    }

    #[test]
    fn ok_a_key_is_found_by_its_hash() {
        let text = format!("one {} verify\n two  {} batch domains ;\n", hash_of("rcpt_one"), hash_of("test_two"));
        let keys = ApiKeys::parse(&text).expect("keys");
        let one = keys.find("rcpt_one").expect("a key");
        assert_eq!((one.id(), one.allows(Scope::Verify), one.allows(Scope::Batch)), ("one", true, false));
        assert_eq!(keys.find("test_two").map(ApiKey::id), Some("two"));
        for other in ["", "rcpt_", "rcpt_One", "rcpt_one ", "one", &hash_of("rcpt_one"), &format!("rcpt_{}", "a".repeat(300))] {
            assert_eq!(keys.find(other), None, "{other}");
        }
    }

    #[test]
    fn ok_the_documented_command_makes_the_hash() {
        assert_eq!(hash_of("rcpt_one"), ONE);
    }

    /// The configured hash of a text without the prefix opens nothing, not even for that text.
    #[test]
    fn err_a_key_without_prefix() {
        let keys = ApiKeys::parse(&format!("one {} verify; two {} verify", hash_of("password"), hash_of(""))).expect("keys");
        assert_eq!((keys.find("password"), keys.find("")), (None, None));
    }

    #[test]
    fn err_a_bad_setting_is_named_and_not_shown() {
        let twice = format!("one {} verify; one {} verify", hash_of("rcpt_a"), hash_of("rcpt_b"));
        let same = format!("one {ONE} verify; two {ONE} verify");
        for (text, part) in [
            ("secretly?", "key 1: expected an id"),
            ("one", "key 1: expected 64 hex digits"),
            ("one secretly verify", "key 1: expected 64 hex digits"),
            (&format!("one {} verify", ONE.to_uppercase()), "key 1: expected 64 hex digits"),
            (&format!("one {ONE}"), "key 1: expected verify, batch or domains"),
            (&format!("one {ONE} secretly"), "key 1: expected verify, batch or domains"),
            (&twice, "key 2: expected an id and a SHA-256 of its own"),
            (&same, "key 2: expected an id and a SHA-256 of its own"),
        ] {
            let fault = ApiKeys::parse(text).expect_err(text);
            assert!(fault.contains(part), "{text}: {fault}");
            assert!(!fault.contains("secretly") && !fault.contains(ONE), "{fault}");
        }
    }
}
