//! The one way out: a request that ends in time, follows no redirect, and reads no more than it was told to. Whoever no longer wants its answer
//! drops it, and the connection is closed.

use futures_util::StreamExt as _;
use worker::{AbortController, Fetch, Request, Response};

use crate::clock::{Until, by};

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It did not come in time.
    TimedOut,
    /// It did not come, broke off, or was larger than it may be.
    Broken,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Exchanged {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The media type, in lower case and without parameters.
    pub(crate) media_type: String,
    /// When to come back, where the server says so in seconds (RFC 9110 §10.2.3).
    pub(crate) retry_after_s: Option<u32>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// Sends `request` and reads at most `limit` octets of its answer, until `until`.
///
/// # Errors
/// [`Failure`].
pub(crate) async fn exchange(request: Request, limit: usize, until: Until) -> Result<Exchanged, Failure> {
    let controller = AbortController::default();
    let signal = controller.signal();
    let mut hold = Hold(Some(controller));
    let work = async {
        let response = Fetch::Request(request).send_with_signal(&signal).await.map_err(|_| Failure::Broken)?;
        read(response, limit).await
    };
    let outcome = by(until, work).await.unwrap_or(Err(Failure::TimedOut));
    if outcome.is_ok() {
        hold.0 = None;
    }
    outcome
}

/// A request in hand: dropped before its answer is whole, it is aborted.
struct Hold(Option<AbortController>);

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(controller) = self.0.take() {
            controller.abort();
        }
    }
}

async fn read(mut response: Response, limit: usize) -> Result<Exchanged, Failure> {
    let status = response.status_code();
    let declared = response.headers().get("content-type").ok().flatten().unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let retry_after = response.headers().get("retry-after").ok().flatten();
    let retry_after_s = retry_after.and_then(|seconds| seconds.trim().parse().ok());
    let mut body = Vec::new();
    // A response without a body has no stream.
    if let Ok(mut stream) = response.stream() {
        while let Some(chunk) = stream.next().await {
            body.extend_from_slice(&chunk.map_err(|_| Failure::Broken)?);
            if body.len() > limit {
                return Err(Failure::Broken);
            }
        }
    }
    Ok(Exchanged { status, media_type, retry_after_s, body })
}
