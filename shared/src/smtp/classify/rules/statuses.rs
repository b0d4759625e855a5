//! What the enhanced status says where the words say nothing (RFC 3463).

use super::super::rule::{Codes, Rule, Statuses};
use crate::smtp::finding::FindingKind::{Greylisted, MailboxDisabled, MailboxNotFound, PolicyRefused, RateLimited, ServerError, Unsure};
use crate::smtp::stage::Stage;

const RCPT: &[Stage] = &[Stage::Rcpt];

pub(super) const RULES: &[Rule] = &[
    Rule::new("not-found-status", MailboxNotFound).at(RCPT).statuses(Statuses::Of(&[(1, 1), (1, 3), (1, 6), (1, 10)])).seen(
        "RFC 3463 §3.2; Microsoft Learn for 5.1.10",
        "2025",
        "550 5.1.1 Sorry",
    ),
    Rule::new("address-rejected", MailboxNotFound)
        .at(RCPT)
        .codes(Codes::Of(&[550]))
        .statuses(Statuses::Of(&[(1, 0)]))
        .any(&["address rejected"])
        .provider("cisco")
        .seen("Cisco AsyncOS user guide, recipient acceptance: the default answer of LDAP accept", "2024", "550 #5.1.0 Address rejected."),
    // Not with any 5yz: AOL said `521 5.2.1` and `554 5.2.1` to askers it had blocked.
    Rule::new("disabled-status", MailboxDisabled).at(RCPT).codes(Codes::Of(&[550, 553])).statuses(Statuses::Of(&[(2, 1)])).seen(
        "RFC 3463 §3.3",
        "2003-01",
        "550 5.2.1 Not accepting messages",
    ),
    Rule::new("list-expansion", ServerError).statuses(Statuses::Of(&[(2, 4)])).seen(
        "RFC 3463 §3.3; OpenSMTPD",
        "2003-01",
        "550 5.2.4 Mailing list expansion problem",
    ),
    Rule::new("security-deferral", RateLimited).codes(Codes::Of(&[421])).statuses(Statuses::Subject(7)).seen(
        "Google, Yahoo and Microsoft throttle with 421 4.7.y",
        "2024",
        "421 4.7.0 Closing connection",
    ),
    Rule::new("security-later", Greylisted).codes(Codes::Transient).statuses(Statuses::Subject(7)).seen(
        "RFC 6647 §2.6; Exchange and Postfix policy servers defer with 45x 4.7.1",
        "2012-06",
        "451 4.7.1 Deferral",
    ),
    Rule::new("security-status", PolicyRefused).statuses(Statuses::Subject(7)).seen(
        "RFC 3463 §3.8",
        "2003-01",
        "554 5.7.1 <ada@example.com>: Recipient address rejected",
    ),
    Rule::new("system-status", ServerError).statuses(Statuses::Subject(3)).seen("RFC 3463 §3.4", "2003-01", "451 4.3.5 Refused"),
    Rule::new("refused-by-destination", PolicyRefused).codes(Codes::Permanent).statuses(Statuses::Of(&[(4, 1)])).seen(
        "Microsoft and Mimecast: 5.4.1 where no recipient is named",
        "2024",
        "550 5.4.1 Refused",
    ),
    Rule::new("network-status", ServerError).statuses(Statuses::Subject(4)).seen("RFC 3463 §3.5", "2003-01", "451 4.4.0 Not now"),
    Rule::new("protocol-argument", PolicyRefused).statuses(Statuses::Of(&[(5, 4)])).seen(
        "RFC 3463 §3.6",
        "2003-01",
        "501 5.5.4 Invalid arguments",
    ),
    Rule::new("protocol-status", ServerError).codes(Codes::Of(&[501])).statuses(Statuses::Subject(5)).seen(
        "RFC 3463 §3.6",
        "2003-01",
        "501 5.5.2 Cannot decode",
    ),
    Rule::new("address-later", Greylisted).codes(Codes::Transient).statuses(Statuses::Subject(1)).seen(
        "RFC 3463 §3.2: a 4yz about an address is no settled answer",
        "2024",
        "450 4.1.0 <ada@example.com>: Recipient address rejected",
    ),
    Rule::new("mailbox-later", Greylisted).codes(Codes::Transient).statuses(Statuses::Subject(2)).seen(
        "RFC 3463 §3.3",
        "2003-01",
        "450 4.2.0 Not now",
    ),
    Rule::new("content-subject", PolicyRefused).statuses(Statuses::Subject(6)).seen("RFC 3463 §3.7", "2003-01", "550 5.6.11 Refused"),
    Rule::new("address-status-only", Unsure).at(RCPT).statuses(Statuses::Subject(1)).seen(
        "RFC 3463 §3.2: the rest of x.1.y, such as an ambiguous mailbox",
        "2003-01",
        "550 5.1.4 Refused",
    ),
];
