//! What the bare code says where nothing else does (RFC 5321 §4.2).

use super::super::rule::{Codes, Rule, Statuses};
use crate::smtp::finding::FindingKind::{Greylisted, MailboxNotFound, PolicyRefused, SenderBlocked, SenderRejected, ServerError};
use crate::smtp::stage::Stage;

pub(super) const RULES: &[Rule] = &[
    Rule::new("authentication-needed", PolicyRefused).codes(Codes::Of(&[530, 534, 535, 538])).seen("RFC 4954 §6", "2007-07", "535 No"),
    Rule::new("not-local-code", MailboxNotFound)
        .at(&[Stage::Rcpt])
        .codes(Codes::Of(&[551]))
        .statuses(Statuses::Vague)
        .any(&["not local", "forwarding"])
        .seen("RFC 5321 §3.4", "2008-10", "551 please try forwarding"),
    Rule::new("connection-refused", SenderBlocked)
        .at(&[Stage::Greeting, Stage::Ehlo])
        .codes(Codes::Of(&[521, 550, 553, 554, 571]))
        .statuses(Statuses::Vague)
        .seen(
            "RFC 5321 §3.1; T-Online, iCloud, Comcast: a lasting refusal before anyone was named is about the asker",
            "2024",
            "554 No SMTP service here",
        ),
    Rule::new("early-refusal", PolicyRefused).at(&[Stage::Greeting, Stage::Ehlo]).codes(Codes::Permanent).seen(
        "RFC 5321 §4.1.1.1",
        "2008-10",
        "501 Invalid name",
    ),
    Rule::new("mail-refused-code", SenderRejected).at(&[Stage::Mail]).codes(Codes::Of(&[550, 553])).statuses(Statuses::Vague).seen(
        "RFC 5321 §4.2.3",
        "2008-10",
        "553 Refused",
    ),
    Rule::new("local-error-code", ServerError).codes(Codes::Of(&[421, 422, 426, 441, 451, 452])).seen(
        "RFC 5321 §4.2.2",
        "2008-10",
        "451 Requested action aborted",
    ),
    Rule::new("later-code", Greylisted).codes(Codes::Transient).seen(
        "RFC 5321 §4.2.1: 4yz asks to come back",
        "2008-10",
        "450 Requested action aborted",
    ),
    Rule::new("service-unavailable", ServerError)
        .at(&[Stage::Mail, Stage::Rcpt])
        .codes(Codes::Permanent)
        .any(&["service unavailable", "service currently unavailable", "service is unavailable", "service not available"])
        .seen("RFC 5321 §4.2.2", "2008-10", "554 Service currently unavailable"),
];
