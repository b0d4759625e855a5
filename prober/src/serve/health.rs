//! Whether the process lives, and whether it is fit to probe.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use tokio::time::Instant;

use super::{Service, respond};

/// The process lives.
pub(super) async fn healthz() -> Response {
    respond::json(StatusCode::OK, json!({ "ok": true }).to_string())
}

/// It is set up to probe; otherwise 503 and what is missing, by the setting's name. A queue that is away is told of and takes nothing from
/// that: jobs wait, and everybody else is answered.
pub(super) async fn readyz(State(service): State<Arc<Service>>) -> Response {
    let identity = (!service.prober.has_identity()).then_some("RCPT_HELO and RCPT_MAIL_FROM are not set: nothing is probed");
    let slots = (service.slots.available_permits() == 0).then_some("every place for a verification is taken");
    let shut = service
        .prober
        .gate
        .is_shut(Instant::now())
        .then_some("our source address is blocked nearly everywhere: hosts are not asked for now");
    let missing: Vec<_> = identity.into_iter().chain(slots).chain(shut).collect();
    let queue = match &service.broker {
        None => "embedded",
        Some(broker) => broker.standing().as_str(),
    };
    let status = if missing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    respond::json(
        status,
        json!({ "ready": missing.is_empty(), "missing": missing, "blocked_by": service.prober.gate.closed(), "queue": queue }).to_string(),
    )
}

/// What was counted, for Prometheus.
pub(super) async fn metrics(State(service): State<Arc<Service>>) -> Response {
    respond::text(service.prober.metrics.text())
}
