//! Receipts: verdicts that a back end can check by itself, as compact JWS (RFC 7515) by Ed25519 (RFC 8037).
//!
//! What is signed is made here; the signing is the runtime's, whose keys never leave it. `edge/receipts.md` tells how to check one.

pub mod key_set;

use alloc::format;
use alloc::string::String;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use key_set::{KeySet, SigningKey};

use super::VerifyResponse;
use super::access::is_url_safe;
use crate::verdict::{Reason, Status};

/// The type in a receipt's header.
pub const TYPE: &str = "rcpt+jwt";
/// What a nonce is made of.
pub const NONCE_FORM: &str = "16 to 64 letters, digits, - and _";

/// Whether a text may serve as nonce.
pub fn is_nonce(text: &str) -> bool {
    is_url_safe(text, 16, 64)
}

/// What a receipt says of a verdict, beside the verdict itself.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// Who says it: where the Worker was asked.
    pub issuer: &'a str,
    /// The origin of the page that asked, where one did.
    pub origin: Option<&'a str>,
    /// The caller's nonce.
    pub nonce: &'a str,
    /// When it is said, in seconds since the epoch.
    pub now: u64,
    /// For how long it is said, in seconds.
    pub ttl_s: u32,
    /// Random octets, new for each receipt.
    pub salt: [u8; 16],
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    kid: &'a str,
    typ: &'static str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
    iat: u64,
    exp: u64,
    nonce: &'a str,
    status: Status,
    reason: Reason,
    policy: &'static str,
    salt: &'a str,
    sub_hash: String,
}

/// What is signed (RFC 7515 §5.1): header and claims.
pub fn signing_input(kid: &str, verdict: &VerifyResponse, terms: &Terms<'_>) -> String {
    let salt = Base64UrlUnpadded::encode_string(&terms.salt);
    let claims = Claims {
        iss: terms.issuer,
        aud: terms.origin,
        iat: terms.now,
        exp: terms.now.saturating_add(u64::from(terms.ttl_s)),
        nonce: terms.nonce,
        status: verdict.status(),
        reason: verdict.reason(),
        policy: verdict.policy(),
        salt: &salt,
        sub_hash: subject_hash(&salt, verdict.subject()),
    };
    format!("{}.{}", part(&Header { alg: "EdDSA", kid, typ: TYPE }), part(&claims))
}

/// The receipt: what was signed and its signature.
pub fn compact(signing_input: &str, signature: &[u8]) -> String {
    format!("{signing_input}.{}", Base64UrlUnpadded::encode_string(signature))
}

/// SHA-256 over the salt as it is written, followed by the mailbox. The salt has one length, so that the two cannot run together.
pub fn subject_hash(salt: &str, subject: &str) -> String {
    Base64UrlUnpadded::encode_string(&Sha256::new_with_prefix(salt).chain_update(subject).finalize())
}

fn part(value: &impl Serialize) -> String {
    Base64UrlUnpadded::encode_string(&serde_json::to_vec(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;
    use crate::evidence::{Evidence, UnixMillis};
    use crate::verdict::judge;
    use crate::wire::Timing;

    fn claims_about(email: &str, origin: Option<&str>) -> (String, String) {
        let evidence = Evidence::of_text(email, UnixMillis(0));
        let verdict = VerifyResponse::compose(email, &evidence, judge(&evidence), Timing::default(), "7");
        let (issuer, nonce, salt) = ("https://rcpt.example", "0123456789abcdef", [0; 16]);
        let input = signing_input("one", &verdict, &Terms { issuer, origin, nonce, now: 1000, ttl_s: 600, salt });
        let (header, claims) = input.split_once('.').expect("two parts");
        let text = |part: &str| String::from_utf8(Base64UrlUnpadded::decode_vec(part).expect("base64url")).expect("UTF-8");
        (text(header), text(claims))
    }

    /// The hash was made with other programs: `printf %s 'AAAAAAAAAAAAAAAAAAAAAAmailbox_full@rcpt.test' | openssl dgst -sha256 -binary | basenc --base64url`.
    #[test]
    fn ok_what_is_signed() {
        let (header, claims) = claims_about("mailbox_full@RCPT.test", Some("https://shop.example"));
        assert_eq!(header, r#"{"alg":"EdDSA","kid":"one","typ":"rcpt+jwt"}"#);
        assert_eq!(
            claims,
            concat!(
                r#"{"iss":"https://rcpt.example","aud":"https://shop.example","iat":1000,"exp":1600,"nonce":"0123456789abcdef","#,
                r#""status":"risky","reason":"mailbox_full","policy":"1","salt":"AAAAAAAAAAAAAAAAAAAAAA","#,
                r#""sub_hash":"BNHRprP4jH3Ml_JlCsV-Rs_HbOYgGZz0blWdv_de80U"}"#
            )
        );
    }

    #[test]
    fn ok_without_origin_and_about_what_is_no_mailbox() {
        let (_, claims) = claims_about("no address", None);
        assert!(!claims.contains("aud") && claims.contains("syntax_invalid"), "{claims}");
        assert!(claims.contains(&subject_hash("AAAAAAAAAAAAAAAAAAAAAA", "no address")), "{claims}");
        assert!(!claims.contains("no address"));
    }

    #[test]
    fn ok_nonces() {
        assert!(is_nonce("0123456789abcdef") && is_nonce("-_-_-_-_-_-_-_-_") && is_nonce(&"a".repeat(64)));
        for text in ["", "0123456789abcde", "0123456789abcde=", "0123456789abcde f", "0123456789abcdé", &"a".repeat(65)] {
            assert!(!is_nonce(text), "{text}");
        }
        assert_eq!(compact("a.b", &[255, 255]), "a.b.__8".to_string());
    }
}
