//! What was observed while asking the mail hosts of one mailbox.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Knowledge;
use super::time::UnixMillis;
use crate::dns::DnsFailure;
use crate::domain::host_name::HostName;
use crate::mailbox::Mailbox;
use crate::smtp::dialogue::mask_reply;
use crate::smtp::parser::ReplyError;
use crate::smtp::{Finding, FindingKind, Reply, Stage, classify};

/// One probe of one mailbox: every host that was tried, in the order of trying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProbeReport {
    /// When the probe ended.
    pub at: UnixMillis,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u32,
    /// Whether every host of the route was tried; otherwise one settled it, or time or the limit of tries ran out.
    pub complete: bool,
    /// What each try gave.
    pub attempts: Vec<Attempt>,
    /// When the decoy was asked, where that was before this probe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoy_at: Option<UnixMillis>,
    /// How long the domain is known to make strangers wait, in seconds, where a greylist stood in the way and did not say so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greylist_delay_s: Option<u32>,
    /// What was said, where the asker wished to read it; addresses are masked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transcript: Vec<String>,
}

/// One try: a host, and where it has one, an address of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attempt {
    /// The mail host.
    pub host: HostName,
    /// The address; `None` where the host's addresses were not had.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub ip: Option<IpAddr>,
    /// What came of it.
    pub outcome: Outcome,
}

/// How far a try came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// The DNS could not be asked for the host's addresses.
    AddressUnavailable {
        /// Why.
        failure: DnsFailure,
    },
    /// The DNS answered that the host has no address.
    NoAddress,
    /// The address is not globally routable, so it was not dialled.
    NotRoutable,
    /// The prober may only dial its lab, and this is elsewhere.
    OutsideLab,
    /// The connection was refused or failed.
    ConnectFailed,
    /// The connection did not come about in time.
    ConnectTimedOut,
    /// The host's pace, as far as we know it, left no room in time, so it was not dialled.
    NotPaced {
        /// When there will be room, in seconds.
        retry_after_s: u32,
    },
    /// Our own source address is known to be unfit, so the host was not dialled.
    SourceUnfit,
    /// A connection stood.
    Session(SessionFacts),
}

/// What was said on one connection about one mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionFacts {
    /// Whether the replies came through TLS.
    pub tls: bool,
    /// What is wrong with the host's certificate. Mail is delivered all the same (RFC 7435), so nothing follows from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateFault>,
    /// The replies, in order.
    pub observations: Vec<Observation>,
    /// How it ended.
    pub end: SessionEnd,
}

/// One reply, and what it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Observation {
    /// The step it answers.
    pub stage: Stage,
    /// At `Rcpt`: for which recipient.
    pub recipient: Option<Recipient>,
    /// The reply.
    pub reply: Reply,
}

/// For whom RCPT was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The mailbox that is asked about.
    Target,
    /// A made-up neighbour, asked after an accepted target to learn whether the host accepts everything.
    Decoy,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CertificateFault {
    /// It is past its time.
    Expired,
    /// Its time has not come.
    NotValidYet,
    /// It is another host's.
    WrongName,
    /// Nobody we know vouches for it.
    UnknownIssuer,
    /// Anything else.
    Unusable,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SessionEnd {
    /// We had what we came for, or were refused, and took our leave.
    Quit,
    /// The server closed the connection while its reply at this stage was due.
    Closed {
        /// The stage.
        stage: Stage,
    },
    /// No complete reply in time at this stage.
    TimedOut {
        /// The stage.
        stage: Stage,
    },
    /// What came was no SMTP reply.
    Garbled {
        /// The stage.
        stage: Stage,
        /// What was wrong with it.
        error: ReplyError,
    },
    /// The TLS handshake failed, and with it the connection.
    TlsFailed,
    /// The mailbox needs SMTPUTF8, and the host does not offer it (RFC 6531 §3.2), so it was not asked.
    Smtputf8NotOffered,
}

impl Observation {
    /// What the reply means at its stage.
    pub fn finding(&self) -> Finding {
        classify(self.stage, &self.reply)
    }
}

impl SessionFacts {
    /// The reply about `recipient`, where one came.
    pub fn about(&self, recipient: Recipient) -> Option<&Observation> {
        self.observations.iter().find(|seen| seen.recipient == Some(recipient))
    }

    /// The reply about the target; without one, the last reply that kept it from being asked.
    pub fn decisive(&self) -> Option<&Observation> {
        self.about(Recipient::Target)
            .or_else(|| self.observations.iter().rev().find(|seen| seen.recipient.is_none() && seen.stage != Stage::Quit))
    }
}

impl SessionFacts {
    /// Whether the host accepts every name at the domain. A decoy that was accepted, or refused as unknown, tells; silence does not.
    pub fn accept_all(&self) -> Knowledge {
        let kind_of = |recipient| self.about(recipient).map(|seen| seen.finding().kind);
        match (kind_of(Recipient::Target), kind_of(Recipient::Decoy)) {
            // A host that can say "no such mailbox" of anyone does not accept everything.
            (Some(FindingKind::MailboxNotFound), _) | (_, Some(FindingKind::MailboxNotFound)) => Knowledge::No,
            (Some(FindingKind::Accepted), Some(FindingKind::Accepted)) => Knowledge::Yes,
            _ => Knowledge::Unknown,
        }
    }
}

impl ProbeReport {
    /// The report as it may be kept: with `mailbox` and all other addresses masked in what hosts said, and without a transcript.
    #[must_use]
    pub fn masked(&self, mailbox: &Mailbox) -> Self {
        let mut report = Self { transcript: Vec::new(), ..self.clone() };
        for attempt in &mut report.attempts {
            if let Outcome::Session(facts) = &mut attempt.outcome {
                facts.observations.iter_mut().for_each(|seen| seen.reply = mask_reply(seen.stage, &seen.reply, mailbox));
            }
        }
        report
    }
}

impl Attempt {
    /// The connection's facts, where one stood.
    pub fn session(&self) -> Option<&SessionFacts> {
        match &self.outcome {
            Outcome::Session(facts) => Some(facts),
            _ => None,
        }
    }
}
