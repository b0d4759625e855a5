//! The lab: a small internet on loopback, with DNS, DNS over HTTPS and mail servers of many temperaments.

use std::net::SocketAddr;

use crate::dial_policy::DialPolicy;
use crate::probe::Identity;

/// Where the lab listens.
#[derive(Debug, Clone)]
pub struct Config {
    /// The port of every mail host; 0 for a free one.
    pub smtp_port: u16,
}

impl Default for Config {
    fn default() -> Self {
        Self { smtp_port: 2525 }
    }
}

impl Config {
    /// The lab's name server.
    pub fn dns(&self) -> SocketAddr {
        SocketAddr::from(([127, 77, 0, 53], 5300))
    }
}

/// What a prober in the lab may dial.
pub fn policy() -> DialPolicy {
    DialPolicy::Only(Vec::new())
}

/// Who a prober in the lab says it is.
pub fn identity() -> Option<Identity> {
    None
}
