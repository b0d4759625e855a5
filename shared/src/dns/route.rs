//! The mail route of a domain: where RFC 5321 §5.1 says its mail goes.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::DnsFailure;
use super::answer::{Answer, Found};
use super::mx_host::MxHost;
use crate::domain::operator::{Answers, Operator};

/// Where a domain's mail goes. Every variant is an answer; not finding out is a [`DnsFailure`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MailRoute {
    /// MX records, most preferred first. Never empty and without repeats.
    Hosts {
        /// Sorted by preference, then by name.
        hosts: Vec<MxHost>,
    },
    /// No MX, but an address of its own: the domain is its own mail host (RFC 5321 §5.1).
    Implicit,
    /// A null MX: the domain says that it accepts no mail (RFC 7505).
    Null,
    /// The domain exists, with neither MX nor address.
    NoMail,
    /// NXDOMAIN: there is no such domain.
    NoSuchDomain,
}

impl MailRoute {
    /// Reads the answer to the MX question. `None` means that there is no MX and the addresses must be asked.
    pub fn from_mx(answer: &Answer) -> Option<Self> {
        match &answer.found {
            Found::NoSuchName => Some(Self::NoSuchDomain),
            Found::NoData => None,
            Found::Records(_) => {
                let mut hosts: Vec<MxHost> = answer.mx_hosts().cloned().collect();
                if hosts.is_empty() {
                    return None;
                }
                // A null MX stands alone (RFC 7505 §3); beside others it names no host and is passed over.
                hosts.retain(|host| !host.exchange.is_root());
                if hosts.is_empty() {
                    return Some(Self::Null);
                }
                hosts.sort();
                Some(Self::Hosts { hosts: without_repeats(hosts) })
            }
        }
    }

    /// Reads the answers to the A and AAAA questions of a domain without MX.
    ///
    /// # Errors
    /// Where neither has an address and one of them could not be had: absence was not observed.
    pub fn from_addresses(a: &Result<Answer, DnsFailure>, aaaa: &Result<Answer, DnsFailure>) -> Result<Self, DnsFailure> {
        let has_address = |answer: &Result<Answer, DnsFailure>| answer.as_ref().is_ok_and(|answer| answer.addresses().next().is_some());
        if has_address(a) || has_address(aaaa) {
            return Ok(Self::Implicit);
        }
        let (a, aaaa) = (a.as_ref().map_err(|f| *f)?, aaaa.as_ref().map_err(|f| *f)?);
        // Some servers answer NXDOMAIN for one type and NODATA for another; a name that has anything exists.
        Ok(match (&a.found, &aaaa.found) {
            (Found::NoSuchName, Found::NoSuchName) => Self::NoSuchDomain,
            _ => Self::NoMail,
        })
    }

    /// The hosts in the order of trying, as groups of equal preference; an implicit route has none.
    pub fn groups(&self) -> impl Iterator<Item = &[MxHost]> {
        let hosts: &[MxHost] = match self {
            Self::Hosts { hosts } => hosts,
            _ => &[],
        };
        hosts.chunk_by(|one, other| one.preference == other.preference)
    }

    /// Who runs it: the operator of the most preferred host that a known one runs.
    pub fn operator(&self) -> Option<Operator> {
        self.groups().flatten().find_map(|host| Operator::of_exchange(&host.exchange))
    }

    /// Whether every host accepts all names while asked and turns mail away afterwards, so that asking cannot settle anything.
    pub fn answers_after_data(&self) -> bool {
        let after_data = |host: &MxHost| Operator::of_exchange(&host.exchange).is_some_and(|one| one.answers == Answers::AfterData);
        let mut hosts = self.groups().flatten().peekable();
        hosts.peek().is_some() && hosts.all(after_data)
    }

    /// Whether mail has somewhere to go.
    pub fn works(&self) -> bool {
        matches!(self, Self::Hosts { .. } | Self::Implicit)
    }
}

/// Each exchange at its best preference.
fn without_repeats(sorted: Vec<MxHost>) -> Vec<MxHost> {
    let mut kept: Vec<MxHost> = Vec::with_capacity(sorted.len());
    for host in sorted {
        if !kept.iter().any(|earlier| earlier.exchange == host.exchange) {
            kept.push(host);
        }
    }
    kept
}
