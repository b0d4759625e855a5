//! Questions, and their wire form.

use alloc::vec::Vec;
use core::str::FromStr;

use hickory_proto::op::{Header, HeaderCounts, MessageType, Metadata, OpCode, Query};
use hickory_proto::rr::{Name, RecordType};
use hickory_proto::serialize::binary::{BinEncodable as _, BinEncoder};

use super::DnsFailure;

/// EDNS version 0 with 1232 octets for a datagram and no options (RFC 6891 §6.1.2): the root, type 41, the size, and zeros.
///
/// By hand, and the parts of the message one by one: the writer of whole messages knows every type of record, which weighs in the Worker.
const OPT: [u8; 11] = [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0];

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
    /// The record type's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mx => "MX",
            Self::A => "A",
            Self::Aaaa => "AAAA",
        }
    }

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
        let mut metadata = Metadata::new(0, MessageType::Query, OpCode::Query);
        metadata.recursion_desired = true;
        metadata.authentic_data = true;
        let header = Header { metadata, counts: HeaderCounts { queries: 1, answers: 0, authorities: 0, additionals: 1 } };
        let mut wire = Vec::new();
        let mut encoder = BinEncoder::new(&mut wire);
        let emitted = header.emit(&mut encoder).and_then(|()| Query::query(name, self.record_type()).emit(&mut encoder));
        emitted.map_err(|_| DnsFailure::Malformed)?;
        wire.extend_from_slice(&OPT);
        Ok(wire)
    }
}
