//! A page's nonce is answered once. This isolate knows at once which ones were used; others learn it through KV, which may take a minute to
//! tell all locations (Cloudflare, How KV works: consistency). Within that minute the same nonce can be answered at another location, so a back
//! end looks at nonces too.

use shared::wire::access::Pseudonym;
use shared::wire::{Problem, ProblemKind};
use worker::Env;
use worker::wasm_bindgen::JsValue;

use super::{Access, memory};
use crate::clock;
use crate::runtime::{call, has_method, member, object};

/// The KV namespace in which used nonces are kept.
pub(super) const STATE: &str = "RCPT_STATE";
/// The shortest time for which KV keeps anything, in seconds.
const LEAST_TTL_S: u32 = 60;

/// The store of used nonces, where it is bound.
pub(super) fn store(env: &Env) -> Option<JsValue> {
    member(env, STATE).ok().filter(|store| has_method(store, "put"))
}

impl Access<'_> {
    /// Uses a nonce up, for as long as a receipt over it may be shown.
    ///
    /// # Errors
    /// `nonce_used`, `access_unavailable`.
    pub(super) async fn use_nonce(&self, site: &str, nonce: &str) -> Result<(), Problem> {
        let (Some(secret), Some(store)) = (&self.settings.secret, store(self.env)) else { return Err(unavailable()) };
        let (name, ttl_s) = (Pseudonym::of(secret, "nonce", &[site, nonce]), self.settings.receipts.ttl_s.max(LEAST_TTL_S));
        let key = JsValue::from(format!("nonce/{name}"));
        // Before any wait, so that of two requests at one time one is first.
        let is_new = memory::use_nonce(name, clock::now(), ttl_s) && {
            // It was not answered, so it may be asked with again.
            let undone = |_| {
                memory::forget_nonce(name);
                unavailable()
            };
            self.in_time(use_up(&store, key, ttl_s)).await.map_err(undone)?
        };
        if is_new { Ok(()) } else { Err(ProblemKind::NonceUsed.because("expected a nonce that was not used before")) }
    }
}

/// Keeps it where it is not kept yet; whether it was not.
async fn use_up(store: &JsValue, key: JsValue, ttl_s: u32) -> Result<bool, JsValue> {
    if is_kept(store, &key).await? {
        return Ok(false);
    }
    keep(store, key, ttl_s).await.map(|()| true)
}

async fn is_kept(store: &JsValue, key: &JsValue) -> Result<bool, JsValue> {
    Ok(!call(store, "get", std::slice::from_ref(key)).await?.is_null())
}

async fn keep(store: &JsValue, key: JsValue, ttl_s: u32) -> Result<(), JsValue> {
    call(store, "put", &[key, "1".into(), object(&[("expirationTtl", ttl_s.into())])?]).await.map(|_| ())
}

/// One line for the operator, where the failure is handled.
fn unavailable() -> Problem {
    worker::console_warn!("{STATE} does not answer, so nonces are refused");
    ProblemKind::AccessUnavailable.because("used nonces could not be looked up or kept")
}
