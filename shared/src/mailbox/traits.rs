//! What lists know of a mailbox. A trait never replaces *does it exist*.

use serde::{Deserialize, Serialize};

use super::Mailbox;
use crate::domain::{Domain, list};

/// The traits that need no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "four lists, each asked by itself; any combination may occur")]
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
    /// What the lists say of `mailbox`. An address literal is on no list.
    pub fn of(mailbox: &Mailbox) -> Self {
        let on = |list: fn(&Domain) -> bool| mailbox.domain().is_some_and(list);
        let relay = on(list::is_relay);
        let lower = mailbox.local_part().to_lowercase();
        let name = lower.split('+').next().unwrap_or_default();
        Self { disposable: !relay && on(list::is_disposable), free: on(list::is_free), role: list::is_role(name), relay }
    }
}
