//! Many addresses in one request: each different text once, a few at a time, with one deadline and one look-up a domain.

use std::rc::Rc;

use futures_util::{StreamExt as _, stream};
use shared::wire::batch::Answered;
use shared::wire::{BatchRequest, BatchResponse, ProblemKind, VerifyRequest};

use crate::access::{Access, Caller};
use crate::clock::Until;
use crate::desk::Desk;
use crate::respond::Exchange;
use crate::verify;

/// How many are on their way at once: a Worker waits for six connections at a time, and one address seldom needs two.
const AT_ONCE: usize = 6;
/// How long all of them may take where the caller does not say, in milliseconds.
const DEADLINE_MS: u32 = 30_000;

/// For whom it is done.
pub(crate) struct Asker<'a> {
    /// What says who may ask.
    pub(crate) access: &'a Access<'a>,
    /// Who asks.
    pub(crate) caller: &'a Caller,
    /// The request.
    pub(crate) exchange: &'a Exchange,
}

/// The answer, as JSON. Greylists are not waited for: they would hold up the others.
pub(crate) async fn verify_all(desk: &Rc<Desk>, ask: &BatchRequest, asker: Asker<'_>) -> String {
    let until = desk.until(Some(ask.deadline_ms.unwrap_or(DEADLINE_MS)));
    let (admitted, mut found) = admit(ask, asker, until).await;
    let verify_one = |one: VerifyRequest| async move { (one.email.clone(), Ok(verify::verify(desk, one, until).await)) };
    let verdicts: Vec<_> = stream::iter(admitted.into_iter().map(verify_one)).buffer_unordered(AT_ONCE).collect().await;
    found.extend(verdicts);
    BatchResponse::compose(&ask.emails, &found, &desk.id).to_json()
}

/// The questions that may be asked, and why the others may not. What is not decided by `until` is refused.
async fn admit(ask: &BatchRequest, asker: Asker<'_>, until: Until) -> (Vec<VerifyRequest>, Vec<Answered>) {
    let (mut admitted, mut refused) = (Vec::new(), Vec::new());
    for email in ask.texts() {
        let (level, max_age_s) = (ask.level, ask.max_age_s);
        let mut one = VerifyRequest { email: email.to_owned(), level, deadline_ms: None, max_age_s, nonce: None, transcript: false };
        // What is left of the budgets of one address is nothing that the whole answer could be headed with.
        let mut aside = asker.exchange.clone();
        let admission = if until.left().is_zero() {
            Err(ProblemKind::AccessUnavailable.because("budgets could not be counted in time"))
        } else {
            asker.access.admit_question(asker.caller, &mut one, &mut aside).await
        };
        match admission {
            Ok(()) => admitted.push(one),
            Err(problem) => refused.push((one.email, Err(problem))),
        }
    }
    (admitted, refused)
}
