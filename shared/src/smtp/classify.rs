//! What a reply means at its stage, by the rules table.
//!
//! Codes and RFC 3463 statuses speak first and words break ties, with one exception: words about the asker (block lists, policy, rate,
//! authentication) outweigh a mailbox code, because hosts do answer `550 5.1.1 … blocked using …`. The first rule that matches wins.
//! What no rule may ever claim is written here in [`permits`], not left to the order of the table.

use super::finding::{Finding, FindingKind};
use super::reply::{Reply, Severity};
use super::stage::Stage;

mod delay;
mod rule;
mod rules;
mod signs;

pub use delay::stated_delay_s;

use rule::Rule;
use signs::Signs;

/// The meaning of `reply` at `stage`: total, pure, and never `MailboxNotFound` or `MailboxDisabled` unless the mailbox itself is named
/// as the reason.
///
/// 252 takes the step and says in so many words that it is no proof (RFC 5321 §3.5.3): at RCPT it settles nothing.
pub fn classify(stage: Stage, reply: &Reply) -> Finding {
    match reply.severity() {
        Severity::Positive if stage == Stage::Rcpt && reply.code.get() == 252 => {
            Finding { kind: FindingKind::Unsure, rule: "accepted-unverified" }
        }
        Severity::Positive => Finding { kind: FindingKind::Accepted, rule: "accepted" },
        Severity::Intermediate => Finding { kind: FindingKind::Unsure, rule: "intermediate" },
        Severity::Transient | Severity::Permanent => refusal(&Signs::of(stage, reply)),
    }
}

/// The meaning of a 4yz or 5yz reply.
fn refusal(signs: &Signs) -> Finding {
    rules::all()
        .find(|rule| permits(rule, signs) && rule.matches(signs))
        .map_or(Finding { kind: FindingKind::Unsure, rule: "unmatched" }, |rule| Finding { kind: rule.kind, rule: rule.id })
}

/// Whether `rule` may be asked at all. These are the promises that keep a real mailbox from being called missing:
/// the mailbox is judged at RCPT alone, absence and disablement by a 5yz alone that does not contradict itself (RFC 3463 §2: the class
/// repeats the first digit), a security status (x.7.y) counts only where words name the mailbox, and a domain is never given up for a 4yz.
fn permits(rule: &Rule, signs: &Signs) -> bool {
    let at_rcpt = signs.stage == Stage::Rcpt;
    let lasting = signs.severity == Severity::Permanent && signs.status.is_none_or(|status| status.class == 5);
    let security = signs.status.is_some_and(|status| status.subject == 7);
    match rule.kind {
        FindingKind::MailboxNotFound | FindingKind::MailboxDisabled => at_rcpt && lasting && (!security || rule.reads_words()),
        FindingKind::MailboxFull => at_rcpt,
        FindingKind::DomainNotHosted => lasting && (at_rcpt || signs.stage == Stage::Greeting),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
