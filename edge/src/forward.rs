//! Asks the prober: signed, within what is left of the deadline, and whatever fails there is only that the prober is not available.

use shared::dns::MailRoute;
use shared::evidence::Probing;
use shared::mailbox::Mailbox;
use shared::wire::probe::PATH;
use shared::wire::signature::{self, Signed};
use shared::wire::{ProbeAnswer, ProbeRequest, request_id};
use worker::wasm_bindgen::JsValue;
use worker::{Headers, Method, Request, RequestInit, RequestRedirect};

use crate::clock::{self, Until};
use crate::config::Prober;
use crate::exchange::exchange;

/// The most octets of a report: a few attempts with a few replies each.
const MAX_REPORT: usize = 1024 * 1024;
/// With less time than this a mail host is not worth disturbing, in milliseconds.
const LEAST_MS: u128 = 100;

/// What the client wishes beside the answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wishes {
    /// It said how long it waits, and so would wait for a greylist.
    pub(crate) patient: bool,
    /// How old kept evidence may be, in seconds.
    pub(crate) max_age_s: Option<u32>,
}

/// What became of asking `prober` about `mailbox`, until `until`.
pub(crate) async fn probe(prober: &Prober, mailbox: Mailbox, route: MailRoute, until: Until, wishes: Wishes, id: &str) -> Probing {
    let left = until.left().as_millis();
    if left < LEAST_MS {
        return Probing::ProberUnavailable;
    }
    // The answer needs some of the time for its way back, and a busy prober a little more.
    let deadline_ms = u32::try_from(left - (left / 10).clamp(25, 500)).unwrap_or(u32::MAX);
    let nonce = getrandom::u64().unwrap_or_default();
    let Wishes { patient, max_age_s } = wishes;
    let ask = ProbeRequest { mailbox, route, deadline_ms, patient, max_age_s, transcript: false, request_id: id.to_owned(), nonce };
    let Ok(request) = request(prober, &ask) else { return Probing::ProberUnavailable };
    match exchange(request, MAX_REPORT, until).await {
        Ok(answer) if answer.status == 200 => match serde_json::from_slice(&answer.body) {
            Ok(ProbeAnswer::Report(report)) => Probing::Reported(report),
            Ok(ProbeAnswer::Declined) => Probing::Declined,
            Err(error) => unavailable(id, &format!("its answer is not a report (line {}, column {})", error.line(), error.column())),
        },
        Ok(answer) => unavailable(id, &format!("it answered with status {}", answer.status)),
        Err(failure) => unavailable(id, &format!("no answer: {failure:?}")),
    }
}

fn request(prober: &Prober, ask: &ProbeRequest) -> worker::Result<Request> {
    let body = serde_json::to_string(ask)?;
    let signed = Signed { method: "POST", path: PATH, body: body.as_bytes() };
    let headers = Headers::new();
    headers.set("content-type", "application/json")?;
    headers.set(request_id::HEADER, &ask.request_id)?;
    headers.set(signature::HEADER, &signature::sign(&prober.secret, signed, clock::now().seconds()))?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_headers(headers).with_redirect(RequestRedirect::Manual).with_body(Some(JsValue::from_str(&body)));
    Request::new_with_init(&format!("{}{PATH}", prober.url), &init)
}

/// One line for the operator, where the failure is handled.
fn unavailable(id: &str, why: &str) -> Probing {
    worker::console_warn!("prober unavailable: {why} (request {id})");
    Probing::ProberUnavailable
}
