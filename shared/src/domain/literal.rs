//! Address literals (RFC 5321 §4.1.3).

use core::net::IpAddr;

/// What stands between square brackets in place of a domain.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, Hash)]
pub struct AddressLiteral {
    /// The address.
    pub ip: IpAddr,
}
