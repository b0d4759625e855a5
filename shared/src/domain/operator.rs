//! Who runs a mail host, by the operators table.

use super::Domain;
use super::host_name::HostName;

/// One operator of mail hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// The stable id used in JSON: `google`, `microsoft365`, …
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
}

impl Operator {
    /// The operator of a mail exchanger, matched on label boundaries.
    pub fn of_exchange(_exchange: &HostName) -> Option<&'static Self> {
        None
    }

    /// How the operator of a mail domain treats local parts, where that is known (by the domain's own name: `gmail.com`).
    pub fn addressing(_domain: &Domain) -> Option<&'static Addressing> {
        None
    }
}

/// Which differences in a local part an operator ignores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addressing {
    /// Dots do not count.
    pub ignores_dots: bool,
    /// What separates the sub-address.
    pub separator: Option<char>,
    /// The domain under which its aliases are counted as one (`googlemail.com` is `gmail.com`).
    pub canonical_domain: Option<&'static str>,
}
