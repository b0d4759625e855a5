//! What lists know of a mailbox. A trait never replaces *does it exist*.

use serde::{Deserialize, Serialize};

use super::Mailbox;

/// The traits that need no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traits {
    /// A throw-away mailbox service.
    pub disposable: bool,
    /// A provider where anyone can open a mailbox.
    pub free: bool,
    /// A function rather than a person: `postmaster`, `sales` (RFC 2142 and practice).
    pub role: bool,
    /// A forwarding alias of a real, private mailbox: never disposable.
    pub relay: bool,
}

impl Traits {
    /// What the lists say of `mailbox`.
    pub fn of(_mailbox: &Mailbox) -> Self {
        Self { disposable: false, free: false, role: false, relay: false }
    }
}
