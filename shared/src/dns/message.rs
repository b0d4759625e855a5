//! Responses read from wire bytes (RFC 1035 §4.1), as far as mail needs them.
//!
//! Names, header and question are the library's to read; its reader of whole messages knows every type of record, and would weigh 18 KB more in
//! the Worker. Records of other types are passed over by their length.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hickory_proto::op::{Header, Query};
use hickory_proto::rr::{Name, RData, Record};
use hickory_proto::serialize::binary::{BinDecodable as _, BinDecoder, Restrict};

use super::mx_host::MxHost;
use crate::domain::host_name::HostName;

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) header: Header,
    pub(super) questions: Vec<Query>,
    pub(super) answers: Vec<Entry>,
    pub(super) authorities: Vec<Entry>,
    /// The upper bits of an extended response code (RFC 6891 §6.1.3).
    pub(super) extended_code: u8,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) owner: Name,
    pub(super) ttl_s: u32,
    pub(super) data: EntryData,
}

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EntryData {
    Mx(MxHost),
    Address(IpAddr),
    Alias(Name),
    /// An SOA's last field: how long an absence may be kept (RFC 2308 §4).
    Authority {
        minimum_s: u32,
    },
    /// EDNS: what stands in the place of the TTL (RFC 6891 §6.1.3).
    Edns,
    Other,
}

impl Response {
    /// Reads a whole message; `None` where it is none.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut decoder = BinDecoder::new(bytes);
        let header = Header::read(&mut decoder).ok()?;
        let counts = header.counts;
        let questions: Option<_> = (0..counts.queries).map(|_| Query::read(&mut decoder).ok()).collect();
        let mut section = |count: u16| -> Option<Vec<Entry>> { (0..count).map(|_| Entry::read(&mut decoder)).collect() };
        let (answers, authorities, additionals) = (section(counts.answers)?, section(counts.authorities)?, section(counts.additionals)?);
        let [extended_code, ..] = additionals.iter().find(|entry| entry.data == EntryData::Edns).map_or(0, |edns| edns.ttl_s).to_be_bytes();
        Some(Self { header, questions: questions?, answers, authorities, extended_code })
    }
}

impl Entry {
    fn read(decoder: &mut BinDecoder<'_>) -> Option<Self> {
        let owner = Name::read(decoder).ok()?;
        let mut number = || decoder.read_u16().ok().map(Restrict::unverified);
        let (kind, class) = (number()?, number()?);
        let ttl_s = read_u32(decoder)?;
        let length = usize::from(decoder.read_u16().ok()?.unverified());
        let end = decoder.index().checked_add(length)?;
        let data = EntryData::read(decoder, kind, class, length)?;
        // What was not looked at; data that is longer than it says is none.
        decoder.read_slice(end.checked_sub(decoder.index())?).ok()?;
        Some(Self { owner, ttl_s, data })
    }

    /// A record that a resolver has read.
    pub(super) fn of(record: &Record) -> Self {
        let data = match &record.data {
            RData::MX(mx) => EntryData::mx(mx.preference, &mx.exchange),
            RData::A(a) => EntryData::Address(IpAddr::V4(a.0)),
            RData::AAAA(aaaa) => EntryData::Address(IpAddr::V6(aaaa.0)),
            RData::CNAME(target) => EntryData::Alias(target.0.clone()),
            _ => EntryData::Other,
        };
        Self { owner: record.name.clone(), ttl_s: record.ttl, data }
    }
}

impl EntryData {
    /// Numbers of types are those of IANA's registry; class 1 is the internet's.
    fn read(decoder: &mut BinDecoder<'_>, kind: u16, class: u16, length: usize) -> Option<Self> {
        Some(match (kind, class, length) {
            (1, 1, 4) => Self::Address(IpAddr::V4(Ipv4Addr::from_bits(read_u32(decoder)?))),
            (28, 1, 16) => {
                let octets: [u8; 16] = decoder.read_slice(16).ok()?.unverified().try_into().ok()?;
                Self::Address(IpAddr::V6(Ipv6Addr::from(octets)))
            }
            (5, 1, _) => Self::Alias(Name::read(decoder).ok()?),
            (15, 1, _) => {
                let preference = decoder.read_u16().ok()?.unverified();
                Self::mx(preference, &Name::read(decoder).ok()?)
            }
            (6, 1, _) => {
                // Server, mailbox, and of five numbers the last.
                let _ = (Name::read(decoder).ok()?, Name::read(decoder).ok()?);
                let numbers: Option<Vec<u32>> = (0..5).map(|_| read_u32(decoder)).collect();
                Self::Authority { minimum_s: numbers?.last().copied()? }
            }
            (1 | 28, 1, _) => return None,
            (41, ..) => Self::Edns,
            _ => Self::Other,
        })
    }

    fn mx(preference: u16, exchange: &Name) -> Self {
        Self::Mx(MxHost { preference, exchange: HostName::new(&exchange.to_ascii()) })
    }
}

fn read_u32(decoder: &mut BinDecoder<'_>) -> Option<u32> {
    decoder.read_u32().ok().map(Restrict::unverified)
}
