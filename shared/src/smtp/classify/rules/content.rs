//! A policy of the receiver: content, size, a decision of its administrator or user.

use super::super::rule::{Codes, Rule, Statuses};
use crate::smtp::finding::FindingKind::PolicyRefused;

pub(super) const RULES: &[Rule] = &[
    Rule::new("pipelining", crate::smtp::finding::FindingKind::ServerError).codes(Codes::Of(&[523])).seen(
        "Google Workspace Admin Help, SMTP error reference",
        "2025",
        "523 5.7.10 No commands allowed to pipeline after STARTTLS",
    ),
    Rule::new("content-status", PolicyRefused)
        .statuses(Statuses::Of(&[(2, 3), (3, 4), (6, 0), (6, 1), (6, 2), (6, 3), (6, 5), (6, 6), (6, 7), (6, 9), (7, 7)]))
        .seen("RFC 3463 §3.7; RFC 6531 §4.1", "2012-02", "552 5.3.4 Refused"),
    Rule::new("content-words", PolicyRefused)
        .any(&[
            "spam",
            "virus",
            "malware",
            "quarantin",
            "message content",
            "its content",
            "mail content",
            "content rejected",
            "banned content",
            "attachment",
            "phish",
            " ube ",
            "message too large",
            "message too big",
            "message size",
            "message length",
            "header",
            "line limit",
            "line too long",
            "not rfc",
            "malformed message",
            "message filtered",
            "nature of the content",
            "potential security issue",
            "yourself",
        ])
        .none(&["not spam"])
        .seen("Google SMTP error reference; amavisd-new; RFC 1870 §6", "2024", "554 5.7.1 Message content rejected, UBE, id=00000-22-225"),
    Rule::new("policy-words", PolicyRefused)
        .any(&[
            "policy",
            "policies",
            "recipient preferences",
            "rejected by recipients",
            "rejected by destination",
            "administrative prohibition",
            "administratively",
            "administrator prohibit",
            "by administrator",
            "envelope blocked",
            "envelope rejected",
            "prohibited",
            "message not allowed",
            "message refused",
            "mail rejete",
            "mail rejected",
            "mail refused",
            "not accepted from",
            "sending denied",
            "your account",
            "blocked by",
            "permanent failure for one or more recipients",
            "block send er",
            "block rcpt",
            "customized block",
            "not allowed to send",
            "permission",
            "senders are allowed",
            "restricted",
            "protocol error",
            "protocol violation",
        ])
        .none(&["sender rejected", "blocked by inactivity"])
        .seen(
            "Yahoo Sender Hub; Mimecast SMTP error codes; Comcast postmaster",
            "2024",
            "550 5.1.1 RCP-P2 Refused due to recipient preferences",
        ),
];
