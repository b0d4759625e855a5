//! `POST /v1/probe`: what the edge asks of a prober, and the facts that come back. No verdict travels here.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::problem::Problem;
use super::request::read_json;
use crate::dns::MailRoute;
use crate::evidence::ProbeReport;
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
    /// How long the edge waits, in milliseconds.
    pub deadline_ms: u32,
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
        read_json(body)
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
