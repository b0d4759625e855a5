//! The one way out: a request that ends in time, follows no redirect, and reads no more than it was told to. Whoever no longer wants its answer
//! drops it, and the connection is closed.

use crate::clock::{Until, ms};
use crate::runtime::{self, Call, Came};

/// A request to somebody else.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// Its method.
    pub(crate) method: &'static str,
    /// Whither.
    pub(crate) url: String,
    /// Its header fields, a line each, without a line break at the end.
    pub(crate) headers: String,
    /// Its body, where it has one.
    pub(crate) body: Option<String>,
}

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
pub(crate) async fn exchange(request: Outgoing, limit: u32, until: Until) -> Result<Exchanged, Failure> {
    let Outgoing { method, url, headers, body } = &request;
    let ask = |number| runtime::exchange(number, method, url, headers, body.as_deref(), limit, ms(until.left()));
    let outcome = Call::begin(ask).await;
    let status = match outcome.came() {
        Came::Answered(status) => status,
        Came::Late => return Err(Failure::TimedOut),
        _ => return Err(Failure::Broken),
    };
    let (declared, retry_after) = outcome.text.split_once('\n').unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    Ok(Exchanged { status, media_type, retry_after_s: retry_after.trim().parse().ok(), body: outcome.octets })
}
