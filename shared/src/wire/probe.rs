//! `POST /v1/probe`: what the edge asks of a prober, and the facts that come back. No verdict travels here.

use alloc::string::String;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::problem::Problem;
use super::request::{MAX_DEADLINE_MS, read_json};
use crate::dns::MailRoute;
use crate::evidence::{ProbeReport, UnixMillis};
use crate::mailbox::Mailbox;

/// The path that is signed.
pub const PATH: &str = "/v1/probe";

/// A mailbox to ask about, with the route that the edge found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProbeRequest {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// Where its domain's mail goes; the prober looks up the hosts' addresses itself and dials only public ones.
    pub route: MailRoute,
    /// How long the edge waits, in milliseconds from when it sent this.
    pub deadline_ms: u32,
    /// When that was, by the edge's clock.
    #[serde(default)]
    pub sent_at: Option<UnixMillis>,
    /// Whether the client said how long it waits, and so would wait for a greylist.
    #[serde(default)]
    pub patient: bool,
    /// How old kept evidence may be, in seconds.
    #[serde(default)]
    pub max_age_s: Option<u32>,
    /// Whether the dialogue is to be sent along, addresses masked.
    #[serde(default)]
    pub transcript: bool,
    /// The request's id.
    pub request_id: String,
    /// A random number, so that equal requests of one second are signed differently and neither is taken for a replay.
    pub nonce: u64,
}

impl ProbeRequest {
    /// Reads a request body.
    ///
    /// # Errors
    /// A [`Problem`] that names what was expected and found.
    pub fn from_json(body: &[u8]) -> Result<Self, Problem> {
        read_json(body, "mailbox")
    }

    /// How long the edge still waits at `now`, by the prober's clock. A crowd, or a runtime that has just started, can hold a request up for as
    /// long as its answer was given to come back. Clocks may differ, so that at most a quarter of the time is believed to be gone.
    pub fn time_left(&self, now: UnixMillis) -> Duration {
        let all = u64::from(self.deadline_ms.min(MAX_DEADLINE_MS));
        let gone = self.sent_at.map_or(0, |sent_at| now.0.saturating_sub(sent_at.0));
        Duration::from_millis(all - gone.min(all / 4))
    }
}

/// What a prober answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ProbeAnswer {
    /// It asked.
    Report(ProbeReport),
    /// It may not probe: it has no name and reverse-path of its own.
    Declined,
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    fn left(sent_at: &str, deadline_ms: u32) -> u128 {
        let body = format!(
            r#"{{"mailbox":{},"route":{},"deadline_ms":{deadline_ms},"request_id":"r","nonce":1{sent_at}}}"#,
            serde_json::to_string(&Mailbox::parse("ada@accepts.example").expect("an address")).expect("JSON"),
            serde_json::to_string(&MailRoute::Implicit).expect("JSON"),
        );
        ProbeRequest::from_json(body.as_bytes()).expect("a request").time_left(UnixMillis(100_000)).as_millis()
    }

    #[test]
    fn ok_time_on_the_way_is_gone() {
        assert_eq!(left(r#","sent_at":100000"#, 4_000), 4_000);
        assert_eq!(left(r#","sent_at":99300"#, 4_000), 3_300);
        assert_eq!(left("", 4_000), 4_000, "an edge that does not say when");
    }

    #[test]
    fn ok_other_clocks_cost_a_quarter_at_most() {
        for (sent_at, expected) in [("0", 3_000), ("99000", 3_000), ("100500", 4_000), ("18446744073709551615", 4_000)] {
            assert_eq!(left(&format!(r#","sent_at":{sent_at}"#), 4_000), expected, "{sent_at}");
        }
        assert_eq!(left(r#","sent_at":0"#, u32::MAX), u128::from(MAX_DEADLINE_MS) * 3 / 4);
        assert_eq!(left(r#","sent_at":0"#, 0), 0);
    }
}
