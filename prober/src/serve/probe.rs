//! `POST /v1/probe`: what an edge asks. Signed, never replayed, and answered with facts only.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use shared::evidence::Probing;
use shared::wire::probe::PATH;
use shared::wire::signature::{self, Secret, SignatureError, Signed};
use shared::wire::{ProbeAnswer, ProbeRequest, Problem, ProblemKind};
use tokio::time::Instant;

use super::respond::RequestId;
use super::{Service, body, respond};
use crate::clock;
use crate::probe::Ask;

/// The most octets of a probe request: a route may name many hosts.
const MAX_BODY: usize = 128 * 1024;

/// Answers with a report, or with a problem where the request is none or is not signed.
pub(super) async fn probe(State(service): State<Arc<Service>>, Extension(id): Extension<RequestId>, request: Request) -> Response {
    match answer(&service, &id, request).await {
        Ok(body) => respond::json(StatusCode::OK, body),
        Err(problem) => respond::problem(&problem, &id),
    }
}

async fn answer(service: &Service, id: &RequestId, request: Request) -> Result<String, Problem> {
    if service.secrets.is_empty() {
        return Err(ProblemKind::ProbingDisabled.because("expected RCPT_SECRET to be set, found nothing"));
    }
    let signature = body::text_of(request.headers(), signature::HEADER).unwrap_or_default().to_owned();
    let body = body::read_json(request, MAX_BODY).await?;
    authenticate(service, &signature, &body)?;
    let ask = ProbeRequest::from_json(&body)?;
    let slot = service.slot()?;
    let deadline = Instant::now() + ask.time_left(clock::now());
    let prober = Arc::clone(&service.prober);
    // In a box, since it waits, and every place that it passes through would hold its size.
    let work = Box::pin(async move {
        let ask = Ask {
            mailbox: &ask.mailbox,
            route: &ask.route,
            deadline,
            patient: ask.patient,
            max_age_s: ask.max_age_s,
            transcript: ask.transcript,
        };
        prober.probe(ask).await
    });
    let answer = match service.see_through(slot, &id.0, work).await? {
        Probing::Reported(report) => ProbeAnswer::Report(report),
        Probing::NotAsked | Probing::ProberUnavailable | Probing::Declined => ProbeAnswer::Declined,
    };
    serde_json::to_string(&answer).map_err(|error| ProblemKind::Internal.because(error.to_string()))
}

/// Our edge, at this time, for the first time.
fn authenticate(service: &Service, header: &str, body: &[u8]) -> Result<(), Problem> {
    let mac = check_signature(&service.secrets, Signed { method: "POST", path: PATH, body }, header)?;
    if service.replays.is_first(mac, clock::now().seconds()) {
        return Ok(());
    }
    Err(ProblemKind::SignatureReplayed.because("expected a new request, found one that was answered before"))
}

/// Our edge, by any of the secrets, at this time; the MAC, by which a replay is recognised.
pub(super) fn check_signature(secrets: &[Secret], signed: Signed<'_>, header: &str) -> Result<[u8; 32], Problem> {
    let now = clock::now().seconds();
    let checked = secrets.iter().map(|secret| signature::check(secret, signed, header, now));
    let fitting = checked.reduce(|one, other| if one == Err(SignatureError::Mismatch) { other } else { one });
    fitting.unwrap_or(Err(SignatureError::Mismatch)).map_err(|error| match error {
        SignatureError::Malformed => ProblemKind::SignatureInvalid.because("expected rcpt-signature: t=<seconds>,v1=<64 hex digits>"),
        SignatureError::Mismatch => ProblemKind::SignatureInvalid.because("expected a signature by the shared secret over this request"),
        SignatureError::OutsideWindow => {
            ProblemKind::SignatureExpired.because(format!("expected a time within {} s of {now}; check both clocks", signature::WINDOW_S))
        }
    })
}
