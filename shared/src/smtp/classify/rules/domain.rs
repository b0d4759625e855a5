//! The host does not handle the recipient's domain.

use super::super::rule::{Codes, Rule, Statuses};
use crate::smtp::finding::FindingKind::{DomainNotHosted, PolicyRefused};
use crate::smtp::stage::Stage;

/// Words of a relay that is closed to us; at RCPT they mean that the domain is not local to this host.
const RELAY_WORDS: &[&str] = &[
    "relay access denied",
    "relaying denied",
    "relay denied",
    "relaying disallowed",
    "relay disallowed",
    "relay not permitted",
    "relaying not permitted",
    "relaying is not permitted",
    "relay not allowed",
    "relaying not allowed",
    "relay is not allowed",
    "not allowed to relay",
    "not permitted to relay",
    "relay prohibited",
    "relaying prohibited",
    "no relaying",
    "not relay",
    "unable to relay",
    "can't relay",
    "not configured to relay",
    "as a relay",
    "invalid credentials for relay",
    "relay operation",
    "relay attempt",
    "relay rejected",
    "relay refused",
    "relaying refused",
    "won't relay",
    "refuse to relay",
    "to be relayed",
    "relayed thru this",
    "tenantattribution",
    "relais refuse",
];

pub(super) const RELAY: &[Rule] = &[
    Rule::new("relay-denied", DomainNotHosted).at(&[Stage::Rcpt]).codes(Codes::Permanent).any(RELAY_WORDS).seen(
        "Postfix postconf(5), reject_unauth_destination; sendmail cf/README, anti-spam; Exchange 550 5.7.54",
        "2024",
        "554 5.7.1 <ada@example.com>: Relay access denied",
    ),
    // Before RCPT the host cannot know the domain, and a 4yz gives no domain up: what is left is that it will not serve us so.
    Rule::new("relay-denied-for-now", PolicyRefused).any(RELAY_WORDS).seen(
        "Mimecast, SMTP error codes",
        "2024",
        "451 Open relay not allowed",
    ),
];

pub(super) const RULES: &[Rule] = &[
    Rule::new("host-takes-no-mail", DomainNotHosted)
        .at(&[Stage::Greeting, Stage::Rcpt])
        .any(&["does not accept mail", "doesn't accept mail", "not accepting network messages", "no mail service", "null mx"])
        .none(&["from you", "mail from", "your"])
        .seen("RFC 7504 §3", "2015-06", "521 5.3.2 System not accepting network messages"),
    Rule::new("domain-refuses-mail-code", DomainNotHosted).at(&[Stage::Rcpt]).codes(Codes::Of(&[556])).seen(
        "RFC 7504 §4; RFC 7505 §4.1",
        "2015-06",
        "556 5.1.10 Recipient address has a null route",
    ),
    Rule::new("domain-unknown-here", DomainNotHosted)
        .at(&[Stage::Rcpt])
        .codes(Codes::Permanent)
        .any(&[
            "host unknown",
            "unknown host",
            "unknown domain",
            "domain unknown",
            "domain not found",
            "invalid domain",
            "no such domain",
            "domain does not exist",
            "domain doesn't exist",
            "domain is not hosted",
            "domain not hosted",
            "not hosted here",
            "domain isn't in my list",
            "rcpthosts",
            "not a local domain",
            "domain not local",
            "domain is not local",
            "domain is not reachable",
            "find the recipient domain",
            "no domain ",
            "domain is not handled",
            "domain not handled",
            "domain not accepted",
            "we do not handle mail for",
            "not responsible for",
            "bad destination system",
            "domain not configured",
            "domain is not configured",
            "not our domain",
        ])
        .seen(
            "qmail-smtpd(8), rcpthosts; ImprovMX, SMTP errors; Google Workspace Admin Help",
            "2024",
            "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
        ),
    Rule::new("domain-status", DomainNotHosted)
        .at(&[Stage::Rcpt])
        .statuses(Statuses::Of(&[(1, 2), (4, 4)]))
        .none(&["destination mailbox", "sender", "recipient address", "loop"])
        .seen("RFC 3463 §3.2 and §3.5", "2003-01", "550 5.1.2 Refused"),
];
