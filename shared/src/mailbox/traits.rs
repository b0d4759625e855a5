//! What lists know of a mailbox. A trait never replaces *does it exist*.

use serde::{Deserialize, Serialize};

use super::Mailbox;
use crate::domain::unicode::lower;
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
        let relay = is_relay(mailbox);
        Self { disposable: !relay && on(list::is_disposable), free: on(list::is_free), role: is_role(mailbox), relay }
    }
}

pub(crate) fn is_relay(mailbox: &Mailbox) -> bool {
    mailbox.domain().is_some_and(list::is_relay)
}

pub(crate) fn is_role(mailbox: &Mailbox) -> bool {
    let lower = lower(mailbox.local_part());
    list::is_role(lower.split('+').next().unwrap_or_default())
}
