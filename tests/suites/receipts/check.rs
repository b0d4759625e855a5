use std::collections::HashSet;

use data_encoding::BASE64URL_NOPAD;
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;

/// What the receipt is expected to be about.
pub struct Expected<'a> {
    pub mailbox: &'a str,
    pub origin: &'a str,
    pub nonce: &'a str,
    pub now: u64,
}

/// The status, where the receipt is good.
pub fn check_receipt(receipt: &str, keys: &Value, expected: &Expected<'_>, seen: &mut HashSet<String>) -> Option<String> {
    let (signed, signature) = receipt.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).ok();
    let header: Value = serde_json::from_slice(&decode(header)?).ok()?;
    let key = keys["keys"].as_array()?.iter().find(|key| key["kid"] == header["kid"])?;
    UnparsedPublicKey::new(&ED25519, decode(key["x"].as_str()?)?).verify(signed.as_bytes(), &decode(signature)?).ok()?;
    let claims: Value = serde_json::from_slice(&decode(claims)?).ok()?;
    let hashed = digest(&SHA256, format!("{}{}", claims["salt"].as_str()?, expected.mailbox).as_bytes());
    let is_good = header["alg"] == "EdDSA"
        && header["typ"] == "rcpt+jwt"
        && claims["aud"] == expected.origin
        && claims["nonce"] == expected.nonce
        && claims["exp"].as_u64()? > expected.now
        && claims["sub_hash"] == BASE64URL_NOPAD.encode(hashed.as_ref());
    (is_good && seen.insert(expected.nonce.to_owned())).then(|| claims["status"].as_str().map(str::to_owned))?
}
