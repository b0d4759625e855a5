//! The lab: a small internet on loopback, with DNS, DNS over HTTPS and mail servers of many temperaments.

use std::net::SocketAddr;

use crate::dial_policy::DialPolicy;
use crate::probe::Identity;

/// Where the lab listens.
#[derive(Debug, Clone)]
pub struct Config {
    /// The port of every mail host; 0 for a free one.
    pub smtp_port: u16,
    /// The name server's.
    pub dns_port: u16,
    /// DoH's.
    pub doh_port: u16,
}

impl Default for Config {
    fn default() -> Self {
        Self { smtp_port: 2525, dns_port: 5300, doh_port: 8789 }
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

/// Starts the lab.
///
/// # Errors
/// Where an address cannot be bound.
#[expect(clippy::unused_async, reason = "it binds once there is something to bind")]
pub async fn start(_config: Config) -> std::io::Result<Lab> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// The table for people.
pub fn list_human() -> String {
    String::new()
}

/// The table, one JSON object a line.
pub fn list_jsonl() -> String {
    String::new()
}

/// A running lab.
#[derive(Debug)]
pub struct Lab;

impl Lab {
    /// The port of the mail hosts.
    pub fn smtp_port(&self) -> u16 {
        0
    }

    /// The name server.
    pub fn dns(&self) -> SocketAddr {
        Config::default().dns()
    }

    /// The DoH address.
    pub fn doh_url(&self) -> String {
        String::new()
    }

    /// Ends it.
    #[expect(clippy::unused_async, reason = "it waits once there is something to wait for")]
    pub async fn stop(self) {}
}

/// What the lab plays.
pub fn table() -> &'static [()] {
    &[]
}
