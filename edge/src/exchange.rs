//! The one way out: a request that ends in time, follows no redirect, and reads no more than it was told to. Whoever no longer wants its answer
//! drops it, and the connection is closed.

use futures_util::StreamExt as _;
use worker::js_sys::Uint8Array;
use worker::wasm_bindgen_futures::JsFuture;
use worker::{AbortController, Fetch, Headers, Request, Response, ResponseBody, web_sys};

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

async fn read(response: Response, limit: usize) -> Result<Exchanged, Failure> {
    let status = response.status_code();
    let declared = response.headers().get("content-type").ok().flatten().unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let retry_after = response.headers().get("retry-after").ok().flatten();
    let retry_after_s = retry_after.and_then(|seconds| seconds.trim().parse().ok());
    let body = if is_within(response.headers(), limit) { read_whole(&response).await } else { read_parts(response, limit).await };
    let body = body.filter(|body| body.len() <= limit).ok_or(Failure::Broken)?;
    Ok(Exchanged { status, media_type, retry_after_s, body })
}

/// Whether a body says of itself that it is no longer than `limit`. It is then read at once: in parts it takes four times as long. One that is
/// compressed does not say what it will be.
pub(crate) fn is_within(headers: &Headers, limit: usize) -> bool {
    let header = |name| headers.get(name).ok().flatten();
    let length = header("content-length").and_then(|length| length.parse::<usize>().ok());
    length.is_some_and(|length| length <= limit) && header("content-encoding").is_none()
}

/// The whole body, where it arrives. The crate's own way reads parts.
pub(crate) async fn read_whole(response: &Response) -> Option<Vec<u8>> {
    let ResponseBody::Stream(stream) = response.body() else { return Some(Vec::new()) };
    let whole = web_sys::Response::new_with_opt_readable_stream(Some(stream)).ok()?;
    let octets = JsFuture::from(whole.array_buffer().ok()?).await.ok()?;
    Some(Uint8Array::new(&octets).to_vec())
}

/// The body up to a part that is too much.
async fn read_parts(mut response: Response, limit: usize) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    // A response without a body has no stream.
    if let Ok(mut stream) = response.stream() {
        while let Some(chunk) = stream.next().await {
            body.extend_from_slice(&chunk.ok()?);
            if body.len() > limit {
                return None;
            }
        }
    }
    Some(body)
}
