//! Request bodies: JSON, whole, and bounded while they are read.

use futures_util::StreamExt as _;
use shared::wire::request::check_media_type;
use shared::wire::{Problem, ProblemKind};
use worker::Request;

use crate::exchange::is_within;

/// Reads the body of a request that says it is JSON.
///
/// # Errors
/// `unsupported_media_type`, `body_too_large`, or `invalid_json` where it does not arrive whole.
pub(crate) async fn read_json(request: &mut Request, limit: usize) -> Result<Vec<u8>, Problem> {
    check_media_type(request.headers().get("content-type").ok().flatten().as_deref())?;
    let too_large = || ProblemKind::BodyTooLarge.because(format!("expected at most {limit} octets, found more"));
    let broken = |_| ProblemKind::InvalidJson.because("expected a whole body, found one that breaks off");
    if is_within(request.headers(), limit) {
        return request.bytes().await.map_err(broken);
    }
    let mut body = Vec::new();
    // A request without a body has no stream.
    if let Ok(mut stream) = request.stream() {
        while let Some(chunk) = stream.next().await {
            body.extend_from_slice(&chunk.map_err(broken)?);
            if body.len() > limit {
                return Err(too_large());
            }
        }
    }
    Ok(body)
}
