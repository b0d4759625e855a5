//! The table of rules, in the order in which they are asked.
//!
//! Words about the asker come first, so that a mailbox code beside them cannot win; then words about the domain and the mailbox; then
//! statuses; then bare codes. Within a part the narrower rule stands first.

use super::rule::Rule;

mod authentication;
mod blocked;
mod codes;
mod content;
mod domain;
mod mailbox;
mod rate;
mod sender;
mod server;
mod statuses;
mod waiting;

/// The parts of the table, in order.
pub(super) const RULES: [&[Rule]; 14] = [
    blocked::RULES,
    domain::RELAY,
    authentication::RULES,
    waiting::GREYLIST,
    rate::RULES,
    content::RULES,
    sender::RULES,
    mailbox::FULL,
    server::RULES,
    waiting::RULES,
    domain::RULES,
    mailbox::RULES,
    statuses::RULES,
    codes::RULES,
];

/// Every rule, in order.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    RULES.into_iter().flatten()
}
