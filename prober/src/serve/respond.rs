//! Answers: JSON or problem, each with its request id, and one log line without personal data.

use axum::Extension;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use shared::wire::{Problem, ProblemKind, problem, request_id};
use tokio::time::Instant;

use super::body::text_of;
use crate::random;
use crate::verify::ms_since;

/// What the service is, in OpenAPI's words; rcpt-tests makes it from the types.
const OPENAPI: &str = include_str!("../../openapi.json");

/// The id of the request in hand.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub(super) String);

/// Gives each request its id, the caller's where it has an acceptable one, and logs its end.
pub(super) async fn with_request_id(mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let offered = text_of(request.headers(), request_id::HEADER).filter(|id| request_id::is_acceptable(id));
    let id = offered.map_or_else(random::request_id, str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    let (method, path) = (request.method().clone(), known_path(request.uri().path()));
    let mut response = named_methods(next.run(request).await, &id);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static(request_id::HEADER), value);
    }
    let status = response.status().as_u16();
    tracing::info!(request_id = id, %method, path, status, elapsed_ms = ms_since(began), "answered");
    response
}

/// Paths of our own by name; what else a client asks for might hold anything, an address even.
fn known_path(path: &str) -> &'static str {
    const KNOWN: [&str; 6] = [shared::wire::probe::PATH, "/v1/verify", "/healthz", "/readyz", "/metrics", "/openapi.json"];
    if path.starts_with("/v1/domains/") {
        return "/v1/domains/{domain}";
    }
    if path.starts_with("/v1/jobs") {
        return "/v1/jobs";
    }
    KNOWN.into_iter().find(|known| *known == path).unwrap_or("(unknown)")
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, body: String) -> Response {
    ok_headers(status, "application/json", body)
}

/// The OpenAPI document.
pub(super) async fn openapi() -> Response {
    json(StatusCode::OK, OPENAPI.to_owned())
}

/// A text in Prometheus' format.
pub(super) fn text(body: String) -> Response {
    ok_headers(StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", body)
}

fn ok_headers(status: StatusCode, media_type: &'static str, body: String) -> Response {
    let headers = [(CONTENT_TYPE, media_type), (CACHE_CONTROL, "no-store")];
    (status, headers, Body::from(body)).into_response()
}

/// A problem as an answer (RFC 9457).
pub(super) fn problem(problem: &Problem, id: &RequestId) -> Response {
    let status = StatusCode::from_u16(problem.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    tracing::info!(request_id = id.0, code = problem.kind.code(), "refused");
    let mut response = ok_headers(status, problem::MEDIA_TYPE, problem.to_json(&id.0));
    if problem.kind == ProblemKind::Overloaded {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// 404 for every other path.
pub(super) async fn not_found(Extension(id): Extension<RequestId>) -> Response {
    let expected = "expected /v1/verify, /v1/domains/DOMAIN, /v1/probe, /v1/jobs, /healthz, /readyz, /metrics or /openapi.json";
    problem(&ProblemKind::NotFound.because(expected), &id)
}

/// 405 where the path is known. The router says in `Allow` which methods the path knows, and so does the problem.
fn named_methods(response: Response, id: &str) -> Response {
    let Some(allow) = response.headers().get(ALLOW).filter(|_| response.status() == StatusCode::METHOD_NOT_ALLOWED).cloned() else {
        return response;
    };
    let methods: Vec<&str> = allow.to_str().unwrap_or_default().split(',').map(str::trim).collect();
    let expected = format!("expected {}, found another method", methods.join(" or "));
    let mut response = problem(&ProblemKind::MethodNotAllowed.because(expected), &RequestId(id.to_owned()));
    response.headers_mut().insert(ALLOW, allow);
    response
}

/// Adds a `Server-Timing` header.
pub(super) fn with_timing(mut response: Response, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(header::HeaderName::from_static("server-timing"), value);
    }
    response
}
