//! What a reply means at its stage, by the rules table.

use super::finding::{Finding, FindingKind};
use super::reply::{Reply, Severity};
use super::stage::Stage;

/// The meaning of `reply` at `stage`: total, pure, and never `MailboxNotFound` or `MailboxDisabled` unless the mailbox itself is named
/// as the reason.
pub fn classify(_stage: Stage, reply: &Reply) -> Finding {
    let kind = match reply.severity() {
        Severity::Positive => FindingKind::Accepted,
        _ => FindingKind::Unsure,
    };
    Finding { kind, rule: "placeholder" }
}

/// A placeholder.
pub fn stated_delay_s(_reply: &Reply) -> Option<u32> {
    None
}
