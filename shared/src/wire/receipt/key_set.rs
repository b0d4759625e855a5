//! The keys that receipts are signed with: a JWK set (RFC 7517) of Ed25519 keys (RFC 8037 §2).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::wire::access::is_url_safe;

/// The keys of the setting, the first of which signs. The others were first once, and are published until what they signed has expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet {
    signing: SigningKey,
    retired: Vec<PublicKey>,
}

/// The key that signs. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    public: PublicKey,
    secret: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct PublicKey {
    id: String,
    x: String,
}

/// A key as it is configured; members that are not known are passed over (RFC 7517 §4).
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    kid: String,
    x: String,
    d: Option<String>,
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

#[derive(Serialize)]
struct Published<'a> {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    r#use: &'static str,
    kid: &'a str,
    x: &'a str,
}

#[derive(Serialize)]
struct PublishedSet<'a> {
    keys: Vec<Published<'a>>,
}

impl KeySet {
    /// Reads the setting.
    ///
    /// # Errors
    /// What was expected and where it is not so; never the text itself.
    pub fn parse(text: &str) -> Result<Self, String> {
        let set: JwkSet = serde_json::from_slice(text.as_bytes()).map_err(|error| {
            // The error's own text might quote a secret.
            let (line, column) = (error.line(), error.column());
            format!(r#"expected {{"keys": [{{"kty", "crv", "kid", "x", "d"}}]}}, found something else at line {line}, column {column}"#)
        })?;
        let mut read: Vec<(PublicKey, Option<String>)> = Vec::new();
        for (n, jwk) in (1..).zip(set.keys) {
            let (public, secret) = read_key(jwk).map_err(|fault| format!("key {n}: {fault}"))?;
            if read.iter().any(|(known, _)| known.id == public.id) {
                return Err(format!("key {n}: expected a kid of its own"));
            }
            read.push((public, secret));
        }
        let mut read = read.into_iter();
        let (public, secret) = read.next().ok_or("expected at least one key")?;
        let secret = secret.ok_or("key 1: expected d, since the first key signs")?;
        Ok(Self { signing: SigningKey { public, secret }, retired: read.map(|(public, _)| public).collect() })
    }

    /// The key that signs.
    pub fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// The public parts of all keys, as a JWK set.
    pub fn to_public_json(&self) -> String {
        let all = core::iter::once(&self.signing.public).chain(&self.retired);
        serde_json::to_string(&PublishedSet { keys: all.map(PublicKey::published).collect() }).unwrap_or_default()
    }
}

impl PublicKey {
    fn published(&self) -> Published<'_> {
        Published { kty: "OKP", crv: "Ed25519", alg: "EdDSA", r#use: "sig", kid: &self.id, x: &self.x }
    }
}

impl SigningKey {
    /// Its name.
    pub fn id(&self) -> &str {
        &self.public.id
    }

    /// The public part, in base64url.
    pub fn x(&self) -> &str {
        &self.public.x
    }

    /// The secret part, in base64url.
    pub fn d(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public.id)
    }
}

fn read_key(jwk: Jwk) -> Result<(PublicKey, Option<String>), &'static str> {
    if (jwk.kty.as_str(), jwk.crv.as_str()) != ("OKP", "Ed25519") {
        return Err("expected kty OKP and crv Ed25519");
    }
    if !is_url_safe(&jwk.kid, 1, 64) {
        return Err("expected a kid of 1 to 64 letters, digits, - and _");
    }
    if !is_key(&jwk.x) || !jwk.d.as_deref().is_none_or(is_key) {
        return Err("expected x and d to be 32 octets in base64url without padding");
    }
    Ok((PublicKey { id: jwk.kid, x: jwk.x }, jwk.d))
}

fn is_key(text: &str) -> bool {
    // 32 octets in base64url; whether they are a key only the signing shows.
    is_url_safe(text, 43, 43)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example key of RFC 8037, appendix A.1.
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

    fn key(kid: &str, d: &str) -> String {
        format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","x":"{X}","use":"sig"{d}}}"#)
    }

    #[test]
    fn ok_the_first_signs_and_all_are_published_without_their_secrets() {
        let secret = format!(r#","d":"{D}""#);
        let set = KeySet::parse(&format!(r#"{{"keys":[{},{},{}]}}"#, key("c", &secret), key("b", &secret), key("a", ""))).expect("keys");
        assert_eq!((set.signing().id(), set.signing().x(), set.signing().d()), ("c", X, D));
        let published = |kid: &str| format!(r#"{{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"{kid}","x":"{X}"}}"#);
        assert_eq!(set.to_public_json(), format!(r#"{{"keys":[{},{},{}]}}"#, published("c"), published("b"), published("a")));
        assert!(!format!("{set:?}").contains(D));
    }

    #[test]
    fn err_a_bad_setting_is_named_and_not_shown() {
        let secret = format!(r#","d":"{D}""#);
        let good = key("a", &secret);
        for (text, part) in [
            ("x", "line 1, column 1"),
            (r#"{"keys":[]}"#, "expected at least one key"),
            (&format!(r#"{{"keys":[{}]}}"#, key("a", "")), "key 1: expected d"),
            (&format!(r#"{{"keys":[{}]}}"#, key("a", r#","d":"short""#)), "key 1: expected x and d to be 32 octets"),
            (&format!(r#"{{"keys":[{}]}}"#, good.replace("Ed25519", "X25519")), "key 1: expected kty OKP"),
            (&format!(r#"{{"keys":[{}]}}"#, key("a b", &secret)), "key 1: expected a kid"),
            (&format!(r#"{{"keys":[{good},{good}]}}"#), "key 2: expected a kid of its own"),
            (&format!(r#"{{"keys":[{}]}}"#, good.replace(r#""kty""#, r#""kt""#)), "expected {\"keys\""),
        ] {
            let fault = KeySet::parse(text).expect_err(text);
            assert!(fault.contains(part), "{text}: {fault}");
            assert!(!fault.contains(D) && !fault.contains("short"), "{fault}");
        }
    }
}
