//! Request bodies: JSON, whole, bounded in size and in time.

use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, header};
use shared::wire::request::check_media_type;
use shared::wire::{Problem, ProblemKind};
use tokio::time::timeout;

/// How long a client may take to send its body.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads the body of a request that says it is JSON.
///
/// # Errors
/// `unsupported_media_type`, `body_too_large`, or `invalid_json` where it does not arrive whole.
pub(super) async fn read_json(request: Request, limit: usize) -> Result<Bytes, Problem> {
    check_media_type(text_of(request.headers(), CONTENT_TYPE))?;
    let too_large = || ProblemKind::BodyTooLarge.because(format!("expected at most {limit} octets, found more"));
    if declared_length(request.headers()).is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    match timeout(PATIENCE, to_bytes(request.into_body(), limit)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) if is_over_limit(&error) => Err(too_large()),
        Ok(Err(_)) | Err(_) => Err(ProblemKind::InvalidJson.because("expected a whole body, found one that breaks off")),
    }
}

/// How many octets a body has, where that is said beforehand.
pub(super) fn declared_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn is_over_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|cause| cause.to_string().contains("length limit"))
}

/// The text of a header, where it has one.
pub(super) fn text_of(headers: &HeaderMap, name: impl header::AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
