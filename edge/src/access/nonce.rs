//! A page's nonce is answered once. This isolate knows at once which ones were used; others learn it through KV, which may take a minute to
//! tell all locations (Cloudflare, How KV works: consistency). Within that minute the same nonce can be answered at another location, so a back
//! end looks at nonces too.

use shared::wire::access::Pseudonym;
use shared::wire::{Problem, ProblemKind};
use wasm_bindgen::JsValue;

use super::{Access, memory};
use crate::clock;
use crate::runtime::{self, Call, Came};

/// The KV namespace in which used nonces are kept.
pub(super) const STATE: &str = "RCPT_STATE";
/// The shortest time for which KV keeps anything, in seconds.
const LEAST_TTL_S: u32 = 60;

/// Whether the store of used nonces is bound.
pub(super) fn is_bound(env: &JsValue) -> bool {
    runtime::has_method(env, STATE, "put")
}

impl Access {
    /// Uses a nonce up, for as long as a receipt over it may be shown.
    ///
    /// # Errors
    /// `nonce_used`, `access_unavailable`.
    pub(super) async fn use_nonce(&self, site: &str, nonce: &str) -> Result<(), Problem> {
        let Some(secret) = &self.settings.secret else { return Err(unavailable()) };
        let (name, ttl_s) = (Pseudonym::of(secret, "nonce", &[site, nonce]), self.settings.receipts.ttl_s.max(LEAST_TTL_S));
        let key = format!("nonce/{name}");
        // Before any wait, so that of two requests at one time one is first.
        let is_new = memory::use_nonce(name, clock::now(), ttl_s) && {
            // It was not answered, so it may be asked with again.
            let undone = || {
                memory::forget_nonce(name);
                unavailable()
            };
            self.in_time(use_up(&self.setup.env, &key, ttl_s)).await.ok_or_else(undone)?
        };
        if is_new { Ok(()) } else { Err(ProblemKind::NonceUsed.because("expected a nonce that was not used before")) }
    }
}

/// Keeps it where it is not kept yet; whether it was not.
async fn use_up(env: &JsValue, key: &str, ttl_s: u32) -> Option<bool> {
    match Call::begin(|number| runtime::get(number, env, STATE, key)).await.came() {
        Came::Done => Some(false),
        Came::Nothing => {
            let kept = Call::begin(|number| runtime::put(number, env, STATE, key, "1", ttl_s)).await;
            (kept.came() == Came::Done).then_some(true)
        }
        _ => None,
    }
}

/// One line for the operator, where the failure is handled.
fn unavailable() -> Problem {
    runtime::warn(&format!("{STATE} does not answer, so nonces are refused"));
    ProblemKind::AccessUnavailable.because("used nonces could not be looked up or kept")
}
