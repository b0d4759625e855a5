//! Many addresses in one request: each different text once, a few at a time, with one deadline and one look-up a domain.

use std::rc::Rc;

use futures_util::{StreamExt as _, stream};
use shared::wire::{BatchRequest, BatchResponse, VerifyRequest};

use crate::desk::Desk;
use crate::verify;

/// How many are on their way at once: a Worker waits for six connections at a time, and one address seldom needs two.
const AT_ONCE: usize = 6;
/// How long all of them may take where the caller does not say, in milliseconds.
const DEADLINE_MS: u32 = 30_000;

/// The answer, as JSON. Greylists are not waited for: they would hold up the others.
pub(crate) async fn verify_all(desk: &Rc<Desk>, ask: &BatchRequest) -> String {
    let until = desk.until(Some(ask.deadline_ms.unwrap_or(DEADLINE_MS)));
    let verify_one = |email: &str| {
        let one = VerifyRequest { email: email.to_owned(), level: ask.level, deadline_ms: None, max_age_s: ask.max_age_s };
        async move { (one.email.clone(), Ok(verify::verify(desk, one, until).await)) }
    };
    let found: Vec<_> = stream::iter(ask.texts().into_iter().map(verify_one)).buffer_unordered(AT_ONCE).collect().await;
    BatchResponse::compose(&ask.emails, &found, &desk.id).to_json()
}
