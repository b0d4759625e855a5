//! Receipts: what `shared::wire::receipt` puts together, signed by the runtime's own Ed25519, and the keys to check them with.

mod sign;

use shared::wire::receipt::{KeySet, Terms, compact, signing_input};
use shared::wire::{Problem, ProblemKind, VerifyResponse};
use wasm_bindgen::JsValue;

use crate::clock;
use crate::config::text;
use crate::respond::Exchange;
use crate::runtime;

/// Where the keys are published (RFC 8615).
pub(crate) const KEYS_PATH: &str = "/.well-known/jwks.json";
/// For how long whoever reads the keys may keep them, in seconds.
pub(crate) const KEYS_MAX_AGE_S: u32 = 300;

/// The keys, as a JWK set; the first signs.
const RECEIPT_KEYS: &str = "RCPT_RECEIPT_KEYS";
/// How long a receipt is good for, in seconds.
const RECEIPT_TTL_S: &str = "RCPT_RECEIPT_TTL_S";
const DEFAULT_TTL_S: u32 = 600;

/// How receipts are made.
pub(crate) struct Receipts {
    keys: Option<KeySet>,
    /// How long one is good for, in seconds.
    pub(crate) ttl_s: u32,
}

impl Receipts {
    /// Reads the variables; adds what is wrong with them to `faults`.
    pub(crate) fn from_env(env: &JsValue, faults: &mut Vec<String>) -> Self {
        let keys = text(env, RECEIPT_KEYS).map(|text| KeySet::parse(&text)).transpose();
        let ttl_s = match text(env, RECEIPT_TTL_S).map(|text| text.parse()) {
            None => DEFAULT_TTL_S,
            Some(Ok(ttl_s @ 1..=86_400)) => ttl_s,
            Some(_) => {
                faults.push(format!("{RECEIPT_TTL_S}: expected a number of 1 to 86400"));
                DEFAULT_TTL_S
            }
        };
        let keys = keys.unwrap_or_else(|fault| {
            faults.push(format!("{RECEIPT_KEYS}: {fault}"));
            None
        });
        Self { keys, ttl_s }
    }

    /// The public keys alone.
    ///
    /// # Errors
    /// `misconfigured`.
    pub(crate) fn public_keys(env: &JsValue) -> Result<String, Problem> {
        let mut faults = Vec::new();
        let receipts = Self::from_env(env, &mut faults);
        if faults.is_empty() {
            return Ok(receipts.keys.map_or_else(|| r#"{"keys":[]}"#.to_owned(), |keys| keys.to_public_json()));
        }
        Err(ProblemKind::Misconfigured.because(faults.join("; ")))
    }

    /// The verdict with its receipt, where a nonce asks for one.
    pub(crate) async fn add(&self, verdict: VerifyResponse, nonce: Option<&str>, exchange: &Exchange) -> VerifyResponse {
        let Some(nonce) = nonce else { return verdict };
        let (issuer, origin) = (&exchange.host, exchange.origin.as_deref());
        let terms = Terms { issuer, origin, nonce, now: clock::now().seconds(), ttl_s: self.ttl_s, salt: salt() };
        let receipt = match &self.keys {
            Some(keys) => receipt(keys, &verdict, &terms).await,
            None => None,
        };
        verdict.with_receipt(receipt)
    }
}

async fn receipt(keys: &KeySet, verdict: &VerifyResponse, terms: &Terms<'_>) -> Option<String> {
    let input = signing_input(keys.signing().id(), verdict, terms);
    let signed = sign::sign(keys.signing(), &input).await;
    if signed.is_none() {
        runtime::warn(&format!("no receipt: the runtime does not sign with {}", keys.signing().id()));
    }
    signed.map(|signature| compact(&input, &signature))
}

fn salt() -> [u8; 16] {
    let [high, low] = [(); 2].map(|()| getrandom::u64().unwrap_or_default());
    ((u128::from(high) << 64) | u128::from(low)).to_be_bytes()
}
