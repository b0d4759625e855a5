//! The only place that reads the wall clock.
#![allow(clippy::disallowed_methods, reason = "this is the one reader of the clock; everything else is given the time")]

use std::time::{SystemTime, UNIX_EPOCH};

use shared::evidence::UnixMillis;

/// The time of day. A clock before 1970 reads as 1970.
pub fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
