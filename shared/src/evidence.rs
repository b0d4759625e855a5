//! What was observed about one address: facts with their time, host and code, and no opinion.
//!
//! A fact that was not observed is absent; nothing here has a default. Caches keep this, and the judge reads it.

pub mod key;
pub mod probe;
pub mod time;

use serde::{Deserialize, Serialize};

use crate::dns::{Answer, DnsFailure, MailRoute};
use crate::mailbox::{Mailbox, SyntaxError};
pub use probe::{Attempt, CertificateFault, Observation, Outcome, ProbeReport, Recipient, SessionEnd, SessionFacts};
pub use time::UnixMillis;

/// All that is known of one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// When the address was read.
    pub at: UnixMillis,
    /// The address, or why the text is none.
    pub address: Result<Mailbox, SyntaxError>,
    /// What the DNS said of its domain; `None` where it was not asked.
    pub dns: Option<DnsEvidence>,
    /// What became of asking its mail hosts.
    pub probing: Probing,
}

/// One look-up of a mail route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsEvidence {
    /// When the last answer came.
    pub at: UnixMillis,
    /// The route, or why it could not be found out.
    pub outcome: Result<RouteFact, DnsFailure>,
}

/// A mail route as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteFact {
    /// Where the mail goes.
    pub route: MailRoute,
    /// Whether every answer it rests on was validated by DNSSEC, as the resolver says.
    pub authenticated: bool,
    /// How long the DNS lets it be kept, in seconds.
    pub ttl_s: u32,
}

impl RouteFact {
    /// The route, where the answer to the MX question settles it; `None` means that the addresses must be asked.
    pub fn of_mx(mx: &Answer) -> Option<Self> {
        let route = MailRoute::from_mx(mx)?;
        Some(Self { route, authenticated: mx.authenticated, ttl_s: mx.ttl_s })
    }

    /// The route of a domain whose MX question found nothing.
    ///
    /// # Errors
    /// As [`MailRoute::from_addresses`].
    pub fn of_addresses(mx: &Answer, a: &Result<Answer, DnsFailure>, aaaa: &Result<Answer, DnsFailure>) -> Result<Self, DnsFailure> {
        let route = MailRoute::from_addresses(a, aaaa)?;
        let answers = || [Some(mx), a.as_ref().ok(), aaaa.as_ref().ok()].into_iter().flatten();
        let authenticated = answers().all(|answer| answer.authenticated);
        Ok(Self { route, authenticated, ttl_s: answers().map(|answer| answer.ttl_s).min().unwrap_or(0) })
    }
}

/// Whether the mail hosts were asked, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probing {
    /// Nobody asked them.
    NotAsked,
    /// A prober was asked and gave no usable answer in time.
    ProberUnavailable,
    /// A prober answered that it may not probe (it has no name and reverse-path of its own).
    Declined,
    /// A prober reported.
    Reported(ProbeReport),
}

impl Evidence {
    /// The evidence after reading `email` at `at`: syntax only.
    pub fn of_text(email: &str, at: UnixMillis) -> Self {
        Self { at, address: Mailbox::parse(email), dns: None, probing: Probing::NotAsked }
    }

    /// The mailbox, where the text is one.
    pub fn mailbox(&self) -> Option<&Mailbox> {
        self.address.as_ref().ok()
    }

    /// The mail route, where it was found.
    pub fn route(&self) -> Option<&RouteFact> {
        self.dns.as_ref()?.outcome.as_ref().ok()
    }

    /// The report of the mail hosts' answers, where there is one.
    pub fn report(&self) -> Option<&ProbeReport> {
        match &self.probing {
            Probing::Reported(report) => Some(report),
            Probing::NotAsked | Probing::ProberUnavailable | Probing::Declined => None,
        }
    }
}

/// Three-valued knowledge: what was not observed is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Knowledge {
    /// Observed to be so.
    Yes,
    /// Observed not to be so.
    No,
    /// Not observed.
    Unknown,
}
