//! Special-use names: those the public DNS will never hold.

use super::Domain;

/// A reserved name and who reserved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpecialUse {
    /// The reserved name, without dots around it.
    pub name: &'static str,
    /// Where it is reserved.
    pub source: &'static str,
}

impl SpecialUse {
    /// The reserved name that `domain` is or lies below.
    pub fn of(_domain: &Domain) -> Option<&'static Self> {
        None
    }
}
