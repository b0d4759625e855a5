//! We, or all who write to this mailbox, ask too much at once.

use super::super::rule::{Codes, Rule, Statuses};
use crate::smtp::finding::FindingKind::{PolicyRefused, RateLimited};

pub(super) const RULES: &[Rule] = &[
    Rule::new("repeated-message", PolicyRefused).any(&["same message id"]).provider("google").seen(
        "Google Workspace Admin Help, SMTP error reference",
        "2025",
        "421 4.7.28 Gmail has detected this message exceeded its quota for sending messages with the same Message-ID",
    ),
    Rule::new("login-attempts", PolicyRefused).any(&["login attempts", "too many login"]).seen(
        "Google Workspace Admin Help, SMTP error reference",
        "2025",
        "452 4.7.0 Too many login attempts, please try again later",
    ),
    Rule::new("rate-status", RateLimited).statuses(Statuses::Of(&[(5, 3), (7, 28), (2, 121), (2, 122), (7, 500)])).seen(
        "RFC 3463 §3.6; Microsoft Learn, Email non-delivery reports in Exchange Online",
        "2025",
        "452 4.5.3 Domain policy size per transaction exceeded",
    ),
    Rule::new("rate-words", RateLimited)
        .any(&[
            "rate limit",
            "ratelimit",
            "rate control",
            "throttl",
            "too many connection",
            "too many concurrent",
            "too many session",
            "too many recipient",
            "too many message",
            "too many mail",
            "too many email",
            "too many error",
            "too many invalid",
            "too many unknown",
            "too many recent",
            "too many rcpt",
            "too many bad",
            "too many command",
            "too many request",
            "too many to too many",
            "too many simultaneous",
            "too much mail from",
            "too quickly",
            "too fast",
            "receiving mail at a rate",
            "unusual rate",
            "excessive",
            "relay limit exceeded",
            "relay quota",
            "sending limit",
            "hourly limit",
            "daily limit",
            "message limit",
            "connection limit",
            "queue quota",
            "limit for the number of messages",
            "max message per connection",
            "max number of messages",
            "maximum number of",
            "number of concurrent",
            "exceeded message rate",
            "exceeded the rate",
            "exceeded max",
            "trop de connexions",
            "trop de mail",
            "trop de message",
            "sent too many",
            "slow down",
            "server busy",
            "system busy",
            "server is busy",
            "too busy",
            "number of invalid recipients",
            "unknown recipients from",
            "directory harvest",
            "harvest attack",
            "namespace mining",
        ])
        .none(&["too many hops"])
        .seen(
            "Postfix TUNING_README and anvil(8); GoDaddy bounce codes IB5xx and IB6xx; Google SMTP error reference",
            "2024",
            "550 5.1.1 <ada@example.com> - 192.0.2.222 has sent to too many recipients this hour. IB607",
        ),
    Rule::new("too-many", RateLimited)
        .codes(Codes::Transient)
        .any(&["too many", "too much"])
        .none(&["too many hops", "quota", "storage"])
        .seen("Postfix smtpd(8), smtpd_hard_error_limit", "2024", "421 4.7.0 mx.example.com Error: too many strikes"),
];
