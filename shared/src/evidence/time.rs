//! Points in time, given from outside.

use alloc::format;
use alloc::string::String;

use jiff_core::Timestamp;
use jiff_core::tz::Offset;
use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct UnixMillis(pub u64);

impl UnixMillis {
    /// This time and `seconds` more.
    #[must_use]
    pub fn plus_seconds(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(u64::from(seconds) * 1000))
    }

    /// Whole seconds since the epoch.
    pub fn seconds(self) -> u64 {
        self.0 / 1000
    }

    /// The RFC 3339 form in UTC with milliseconds; times past the year 9999 are shown as its end.
    pub fn to_rfc3339(self) -> String {
        let seconds = i64::try_from(self.seconds()).unwrap_or(i64::MAX);
        let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX).to_datetime(Offset::UTC);
        let (date, clock, millis) = (time.date(), time.time(), self.0 % 1000);
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{millis:03}Z",
            date.year(),
            date.month(),
            date.day(),
            clock.hour(),
            clock.minute(),
            clock.second()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_known_dates() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_007, "2000-02-29T00:00:00.007Z"),
            (1_795_478_399_999, "2026-11-23T23:59:59.999Z"),
        ] {
            assert_eq!(UnixMillis(millis).to_rfc3339(), text);
        }
    }

    #[test]
    fn ok_the_end_of_time_does_not_panic() {
        assert!(UnixMillis(u64::MAX).to_rfc3339().starts_with("9999-"));
    }
}
