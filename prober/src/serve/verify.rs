//! `POST /v1/verify`: one address, whole, for users without an edge.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use shared::wire::request::MAX_BODY;
use shared::wire::{Problem, VerifyRequest, VerifyResponse};

use super::respond::RequestId;
use super::{Service, body, respond};
use crate::probe::Wishes;
use crate::verify::{Question, verify as verify_one};

/// Answers with a verdict, or with a problem where the request is none.
pub(super) async fn verify(State(service): State<Arc<Service>>, Extension(id): Extension<RequestId>, request: Request) -> Response {
    match answer(&service, &id, request).await {
        Ok(verdict) => {
            let timing = verdict.timing().server_timing();
            respond::with_timing(respond::json(StatusCode::OK, verdict.to_json()), &timing)
        }
        Err(problem) => respond::problem(&problem, &id),
    }
}

async fn answer(service: &Service, id: &RequestId, request: Request) -> Result<VerifyResponse, Problem> {
    let ask = VerifyRequest::from_json(&body::read_json(request, MAX_BODY).await?)?;
    let slot = service.slot()?;
    let patience = ask.deadline_ms.map_or(service.deadline, |ms| Duration::from_millis(ms.into()));
    let (prober, request_id) = (Arc::clone(&service.prober), id.0.clone());
    // In a box, since it waits, and every place that it passes through would hold its size.
    let work = Box::pin(async move {
        let wishes = Wishes { patient: ask.deadline_ms.is_some(), max_age_s: ask.max_age_s, transcript: false };
        let question = Question { email: &ask.email, level: ask.level, patience, wishes, request_id: &request_id };
        let verdict = verify_one(&prober, question).await;
        tracing::info!(request_id, status = %verdict.status(), reason = %verdict.reason(), "judged");
        // Only the edge has keys to sign a receipt with; whoever asks here is told so as it would be there.
        if ask.nonce.is_some() { verdict.with_receipt(None) } else { verdict }
    });
    service.see_through(slot, &id.0, work).await
}
