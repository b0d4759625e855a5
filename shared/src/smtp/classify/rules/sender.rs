//! Our reverse-path is refused.

use super::super::rule::{Codes, Rule, Statuses};
use crate::smtp::finding::FindingKind::SenderRejected;
use crate::smtp::stage::Stage;

pub(super) const RULES: &[Rule] = &[
    Rule::new("sender-status", SenderRejected).statuses(Statuses::Of(&[(1, 7), (1, 8), (7, 27)])).seen(
        "RFC 3463 §3.2; RFC 7505 §4.2",
        "2015-06",
        "450 4.1.8 <rcpt@example.com>: Domain not found",
    ),
    Rule::new("sender-words", SenderRejected)
        .any(&[
            "sender",
            "return path",
            "reverse path",
            "mail from",
            "mailfrom",
            "from domain",
            "from address",
            "emetteur invalide",
            "expediteur",
            "invalid dns mx",
            "envelope from",
            "from command",
            "originator",
        ])
        .seen(
            "Postfix postconf(5), reject_unknown_sender_domain; Exim specification, verify = sender",
            "2024",
            "550-Verification failed for <rcpt@example.com>\n550-Unrouteable address\n550 Sender verify failed",
        ),
    Rule::new("mail-refused", SenderRejected).at(&[Stage::Mail]).codes(Codes::Permanent).statuses(Statuses::Subject(1)).seen(
        "RFC 3463 §3.2: at MAIL an address status can only be about the reverse-path",
        "2003-01",
        "550 5.1.1 Address unknown",
    ),
    Rule::new("mail-access-denied", SenderRejected)
        .at(&[Stage::Mail])
        .codes(Codes::Permanent)
        .any(&["access denied", "user unknown", "does not exist"])
        .seen("sendmail cf/README, access_db", "2024", "550 5.7.1 <rcpt@example.com>... Access denied"),
];
