//! The closed list of reasons, and what follows from each.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::smtp::About;

/// The four-valued answer to *can this mailbox receive mail?*
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Its host accepts mail for it.
    Deliverable,
    /// Mail may or may not arrive.
    Risky,
    /// Mail cannot arrive.
    Undeliverable,
    /// It could not be found out.
    Unknown,
}

impl Status {
    /// The name used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deliverable => "deliverable",
            Self::Risky => "risky",
            Self::Undeliverable => "undeliverable",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $status:ident, $about:ident, $keeps_s:literal;)+) => {
        /// Why the verdict is what it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum Reason { $($(#[doc = $doc])+ $name,)+ }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name used in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The status that follows.
            pub fn status(self) -> Status {
                match self { $(Self::$name => Status::$status,)+ }
            }

            /// Whom it is about.
            pub fn about(self) -> About {
                match self { $(Self::$name => About::$about,)+ }
            }

            /// How long the verdict may be relied on, in seconds: long where the fact is lasting, short where it will pass.
            pub fn keeps_s(self) -> u32 {
                match self { $(Self::$name => $keeps_s,)+ }
            }
        }
    };
}

reasons! {
    /// The host accepted the mailbox.
    MailboxAccepted = "mailbox_accepted", Deliverable, Mailbox, 86_400;
    /// The host accepted the mailbox, and a made-up neighbour too.
    AcceptAll = "accept_all", Risky, Domain, 86_400;
    /// The mailbox exists and is over its quota.
    MailboxFull = "mailbox_full", Risky, Mailbox, 21_600;
    /// The text is no mailbox address.
    SyntaxInvalid = "syntax_invalid", Undeliverable, Mailbox, 31_536_000;
    /// There is no such domain.
    DomainNotFound = "domain_not_found", Undeliverable, Domain, 3_600;
    /// The domain says that it takes no mail, or has nothing that could.
    DomainAcceptsNoMail = "domain_accepts_no_mail", Undeliverable, Domain, 3_600;
    /// Every mail host of the domain says that it is not its own.
    DomainNotHosted = "domain_not_hosted", Undeliverable, Domain, 3_600;
    /// The host says that it has no such mailbox.
    MailboxNotFound = "mailbox_not_found", Undeliverable, Mailbox, 86_400;
    /// The mailbox is known and switched off.
    MailboxDisabled = "mailbox_disabled", Undeliverable, Mailbox, 86_400;
    /// The mail hosts were not asked.
    NotProbed = "not_probed", Unknown, Us, 0;
    /// The DNS could not be asked.
    DnsUnavailable = "dns_unavailable", Unknown, Transient, 0;
    /// No mail host could be connected to.
    ConnectFailed = "connect_failed", Unknown, Transient, 300;
    /// No answer in time.
    TimedOut = "timed_out", Unknown, Transient, 60;
    /// The host asks us to come back later.
    Greylisted = "greylisted", Unknown, Transient, 300;
    /// We ask too often for the host's taste.
    RateLimited = "rate_limited", Unknown, Us, 300;
    /// The host blocks our address or network.
    SenderBlocked = "sender_blocked", Unknown, Us, 300;
    /// The host demands something we did not offer.
    PolicyRefused = "policy_refused", Unknown, Us, 3_600;
    /// The host refuses our reverse-path.
    SenderRejected = "sender_rejected", Unknown, Us, 300;
    /// The host failed, or broke off.
    ServerError = "server_error", Unknown, Transient, 60;
    /// Asking cannot settle it.
    Unverifiable = "unverifiable", Unknown, Domain, 3_600;
    /// No prober answered the edge.
    ProberUnavailable = "prober_unavailable", Unknown, Us, 0;
}

impl Reason {
    /// The reason of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == name)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DESIGN's table of the public contract, written out: a change here is a new policy version.
    #[test]
    fn ok_the_closed_list() {
        let by_status = |status: Status| {
            let of_status = Reason::ALL.iter().filter(|reason| reason.status() == status);
            of_status.map(|reason| reason.as_str()).collect::<alloc::vec::Vec<_>>().join(" ")
        };
        assert_eq!(by_status(Status::Deliverable), "mailbox_accepted");
        assert_eq!(by_status(Status::Risky), "accept_all mailbox_full");
        assert_eq!(
            by_status(Status::Undeliverable),
            "syntax_invalid domain_not_found domain_accepts_no_mail domain_not_hosted mailbox_not_found mailbox_disabled"
        );
        assert_eq!(
            by_status(Status::Unknown),
            "not_probed dns_unavailable connect_failed timed_out greylisted rate_limited sender_blocked policy_refused \
             sender_rejected server_error unverifiable prober_unavailable"
        );
    }

    #[test]
    fn ok_nothing_about_us_or_passing_condemns() {
        for reason in Reason::ALL {
            let may_condemn = matches!(reason.about(), About::Mailbox | About::Domain);
            assert!(may_condemn || reason.status() == Status::Unknown, "{reason}");
        }
    }

    #[test]
    fn ok_names_are_those_of_serde() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_string(reason).ok(), Some(alloc::format!("\"{reason}\"")));
            assert_eq!(Reason::from_name(reason.as_str()), Some(*reason));
        }
    }
}
