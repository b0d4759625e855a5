//! Ed25519 by the runtime (Web Cryptography, Secure Curves): it is there already, where a crate would add its weight, and the key is handed over
//! as one that cannot be read back.

use shared::wire::receipt::SigningKey;
use worker::js_sys::{Array, Uint8Array, global};
use worker::wasm_bindgen::JsValue;

use crate::runtime::{call, member, object};

const ALGORITHM: &str = "Ed25519";

/// The signature over `text`.
///
/// # Errors
/// What the runtime throws, which may be about the key; it is not to be shown.
pub(super) async fn sign(key: &SigningKey, text: &str) -> Result<Vec<u8>, JsValue> {
    let subtle = member(&member(&global(), "crypto")?, "subtle")?;
    let jwk = object(&[("kty", "OKP".into()), ("crv", ALGORITHM.into()), ("x", key.x().into()), ("d", key.d().into())])?;
    let usages = Array::of1(&"sign".into());
    let imported = call(&subtle, "importKey", &["jwk".into(), jwk, ALGORITHM.into(), JsValue::FALSE, usages.into()]).await?;
    let octets = Uint8Array::from(text.as_bytes());
    let signature = call(&subtle, "sign", &[ALGORITHM.into(), imported, octets.into()]).await?;
    Ok(Uint8Array::new(&signature).to_vec())
}
