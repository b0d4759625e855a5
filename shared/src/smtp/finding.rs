//! What a reply says, and about whom.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Whom a statement is about. Only `Mailbox` and `Domain` can ever condemn an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The mailbox that was asked for.
    Mailbox,
    /// The domain or its hosts.
    Domain,
    /// The asker: its address, name, manners or rate.
    Us,
    /// A state that will pass, or nothing lasting.
    Transient,
}

impl About {
    /// The name used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mailbox => "mailbox",
            Self::Domain => "domain",
            Self::Us => "us",
            Self::Transient => "transient",
        }
    }
}

/// The closed list of what a reply can mean to a verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// The step was accepted (2yz).
    Accepted,
    /// The host says that it has no such mailbox.
    MailboxNotFound,
    /// The mailbox exists and is over its quota.
    MailboxFull,
    /// The mailbox is known and switched off.
    MailboxDisabled,
    /// The host says that the domain is not its own (relaying denied).
    DomainNotHosted,
    /// Come back later: greylisting, or a deferral for this attempt.
    Greylisted,
    /// We ask too often, too fast or too much at once.
    RateLimited,
    /// Our address, name or network is blocked, of ill repute, or without reverse DNS.
    SenderBlocked,
    /// A policy or protocol demand that we did not meet (authentication, TLS, HELO, content).
    PolicyRefused,
    /// Our reverse-path was refused.
    SenderRejected,
    /// A failure of the server's own, or of what it depends on.
    ServerError,
    /// The reply does not say enough to choose.
    Unsure,
}

impl FindingKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Accepted,
        Self::MailboxNotFound,
        Self::MailboxFull,
        Self::MailboxDisabled,
        Self::DomainNotHosted,
        Self::Greylisted,
        Self::RateLimited,
        Self::SenderBlocked,
        Self::PolicyRefused,
        Self::SenderRejected,
        Self::ServerError,
        Self::Unsure,
    ];

    /// Whom a finding of this kind is about. `Unsure` concludes nothing lasting, so it counts as transient.
    pub fn about(self) -> About {
        match self {
            Self::Accepted | Self::MailboxNotFound | Self::MailboxFull | Self::MailboxDisabled => About::Mailbox,
            Self::DomainNotHosted => About::Domain,
            Self::RateLimited | Self::SenderBlocked | Self::PolicyRefused | Self::SenderRejected => About::Us,
            Self::Greylisted | Self::ServerError | Self::Unsure => About::Transient,
        }
    }

    /// The name used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::MailboxNotFound => "mailbox_not_found",
            Self::MailboxFull => "mailbox_full",
            Self::MailboxDisabled => "mailbox_disabled",
            Self::DomainNotHosted => "domain_not_hosted",
            Self::Greylisted => "greylisted",
            Self::RateLimited => "rate_limited",
            Self::SenderBlocked => "sender_blocked",
            Self::PolicyRefused => "policy_refused",
            Self::SenderRejected => "sender_rejected",
            Self::ServerError => "server_error",
            Self::Unsure => "unsure",
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The meaning of one reply, and the rule that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// What the reply says.
    pub kind: FindingKind,
    /// The id of the rule in the table, for whoever asks why.
    pub rule: &'static str,
}

impl Finding {
    /// Whom it is about.
    pub fn about(&self) -> About {
        self.kind.about()
    }
}
