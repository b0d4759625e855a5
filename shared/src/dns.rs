//! Questions to the DNS and what their answers mean for mail.
//!
//! Queries are encoded and answers decoded here as wire bytes (RFC 1035), so that the edge's DNS over HTTPS (RFC 8484) and the
//! prober's resolver read them alike. An absent name or record is data; only not finding out is a [`DnsFailure`].

pub mod answer;
pub mod hearing;
mod message;
pub mod mx_host;
pub mod query;
pub mod route;
#[cfg(test)]
mod tests;

use core::fmt;

use serde::{Deserialize, Serialize};

pub use answer::{Answer, Found};
pub use hearing::Hearing;
pub use mx_host::MxHost;
pub use query::Question;
pub use route::MailRoute;

/// Why the DNS could not be asked: never a statement about the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DnsFailure {
    /// No answer within the deadline.
    TimedOut,
    /// No resolver could be reached, or it answered with an error of its transport (an HTTP status, say).
    Unreachable,
    /// The resolver answered SERVFAIL (RFC 1035 §4.1.1): its own failure, the zone's servers', or a bogus signature.
    ServerFailure,
    /// The resolver answered REFUSED.
    Refused,
    /// The answer was not a DNS message, was truncated, or answered another question.
    Malformed,
    /// NXDOMAIN without the SOA of the zone that says so (RFC 2308 §2.1): nobody vouches for it. Resolvers without a network answer like that
    /// about every name.
    Unfounded,
    /// Any other response code.
    Other,
}

impl fmt::Display for DnsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => "no answer in time",
            Self::Unreachable => "no resolver could be reached",
            Self::ServerFailure => "the resolver answered SERVFAIL",
            Self::Refused => "the resolver refused to answer",
            Self::Malformed => "the answer could not be read",
            Self::Unfounded => "the resolver denied the name without saying on whose authority",
            Self::Other => "the resolver answered with an unexpected code",
        })
    }
}
