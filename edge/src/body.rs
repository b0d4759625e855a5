//! Request bodies: JSON, whole, and bounded while they are read.

use shared::wire::request::check_media_type;
use shared::wire::{Problem, ProblemKind};

use crate::asked::Asked;
use crate::runtime::{self, Call, Came};

/// Reads the body of a request that says it is JSON.
///
/// # Errors
/// `unsupported_media_type`, `body_too_large`, or `invalid_json` where it does not arrive whole.
pub(crate) async fn read_json(asked: &Asked, limit: usize) -> Result<Vec<u8>, Problem> {
    check_media_type(asked.header("content-type"))?;
    let most = u32::try_from(limit).unwrap_or(u32::MAX);
    let outcome = Call::begin(|number| runtime::read(number, &asked.request, most)).await;
    match outcome.came() {
        Came::Done => Ok(outcome.octets),
        Came::TooMuch => Err(ProblemKind::BodyTooLarge.because(format!("expected at most {limit} octets, found more"))),
        _ => Err(ProblemKind::InvalidJson.because("expected a whole body, found one that breaks off")),
    }
}
