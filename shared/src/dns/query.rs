//! Questions, and their wire form.

use alloc::vec::Vec;
use core::str::FromStr;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RecordType};

use super::DnsFailure;

/// What is asked of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Question {
    /// Its mail exchangers.
    Mx,
    /// Its IPv4 addresses.
    A,
    /// Its IPv6 addresses.
    Aaaa,
}

impl Question {
    /// The record type on the wire.
    pub fn record_type(self) -> RecordType {
        match self {
            Self::Mx => RecordType::MX,
            Self::A => RecordType::A,
            Self::Aaaa => RecordType::AAAA,
        }
    }

    /// The query for `name` (ASCII, without final dot) as wire bytes.
    ///
    /// The id is 0, so that caches see equal queries as equal (RFC 8484 §4.1). AD is set: tell us whether it is authenticated
    /// (RFC 6840 §5.7).
    ///
    /// # Errors
    /// [`DnsFailure::Malformed`] where the name has no wire form.
    pub fn encode(self, name: &str) -> Result<Vec<u8>, DnsFailure> {
        let mut name = Name::from_str(name).map_err(|_| DnsFailure::Malformed)?;
        name.set_fqdn(true);
        let mut message = Message::new(0, MessageType::Query, OpCode::Query);
        message.metadata.recursion_desired = true;
        message.metadata.authentic_data = true;
        message.add_query(Query::query(name, self.record_type()));
        let mut edns = Edns::new();
        edns.set_max_payload(1232).set_version(0);
        message.set_edns(edns);
        message.to_vec().map_err(|_| DnsFailure::Malformed)
    }
}
