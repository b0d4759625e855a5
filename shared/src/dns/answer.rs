//! Answers, decoded from wire bytes or from a resolver's records.

use alloc::vec::Vec;
use core::net::IpAddr;
use core::str::FromStr;

use hickory_proto::op::{MessageType, ResponseCode};
use hickory_proto::rr::{Name, Record};

use super::message::{Entry, EntryData, Response};
use super::mx_host::MxHost;
use super::{DnsFailure, Question};

/// The longest chain of CNAME records followed inside one answer.
const MAX_CHAIN: usize = 16;

/// What the DNS said about one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The records, or their observed absence.
    pub found: Found,
    /// The AD bit: the resolver validated it with DNSSEC (RFC 4035 §3.2.3).
    pub authenticated: bool,
    /// How long it may be kept, in seconds: the lowest TTL on the way, or for an absence the SOA's (RFC 2308 §5).
    pub ttl_s: u32,
}

/// Records, or which kind of absence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// At least one record of the asked type, at the end of the CNAME chain.
    Records(Vec<Data>),
    /// The name exists and has no such record (NODATA, RFC 2308 §2.2).
    NoData,
    /// The name does not exist (NXDOMAIN).
    NoSuchName,
}

/// The data of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// A mail exchanger.
    Mx(MxHost),
    /// An address of either family.
    Address(IpAddr),
}

impl Answer {
    /// Decodes the response to `question` about `name` from wire bytes.
    ///
    /// # Errors
    /// [`DnsFailure`] where the bytes are no response to that question, or the response says that the resolver failed.
    pub fn decode(bytes: &[u8], name: &str, question: Question) -> Result<Self, DnsFailure> {
        let message = Response::read(bytes).ok_or(DnsFailure::Malformed)?;
        let (asked, metadata) = (wire_name(name)?, &message.header.metadata);
        let echoed = matches!(message.questions.as_slice(),
            [query] if query.name() == &asked && query.query_type() == question.record_type());
        // The id is that of the query: 0 (RFC 8484 §4.1).
        if !echoed || metadata.id != 0 || metadata.message_type != MessageType::Response || metadata.truncation {
            return Err(DnsFailure::Malformed);
        }
        let exists = match metadata.response_code {
            _ if message.extended_code != 0 => return Err(DnsFailure::Other),
            ResponseCode::NoError => true,
            ResponseCode::NXDomain => false,
            ResponseCode::ServFail => return Err(DnsFailure::ServerFailure),
            ResponseCode::Refused => return Err(DnsFailure::Refused),
            _ => return Err(DnsFailure::Other),
        };
        let mut ttl_s = u32::MAX;
        let owner = follow_chain(&message.answers, asked, &mut ttl_s)?;
        let data = collect(&message.answers, &owner, question, &mut ttl_s);
        let found = match (data.is_empty(), exists) {
            (false, _) => Found::Records(data),
            (true, true) => Found::NoData,
            (true, false) => Found::NoSuchName,
        };
        let absent_for_s = negative_ttl(&message.authorities);
        if found == Found::NoSuchName && absent_for_s.is_none() {
            return Err(DnsFailure::Unfounded);
        }
        if !matches!(found, Found::Records(_)) {
            ttl_s = ttl_s.min(absent_for_s.unwrap_or(0));
        }
        Ok(Self { found, authenticated: metadata.authentic_data, ttl_s })
    }

    /// The records that a resolver found for `name`, through any CNAME chain.
    ///
    /// # Errors
    /// [`DnsFailure::Malformed`] where the name has no wire form or the chain does not end.
    pub fn of_records(records: &[Record], name: &str, question: Question, authenticated: bool) -> Result<Self, DnsFailure> {
        let (owner, mut ttl_s) = (wire_name(name)?, u32::MAX);
        let records: Vec<Entry> = records.iter().map(Entry::of).collect();
        let owner = follow_chain(&records, owner, &mut ttl_s)?;
        let data = collect(&records, &owner, question, &mut ttl_s);
        let found = if data.is_empty() { Found::NoData } else { Found::Records(data) };
        Ok(Self { found, authenticated, ttl_s })
    }

    /// The absence of records, as a resolver's own type reports it.
    pub fn absent(exists: bool, authenticated: bool, ttl_s: u32) -> Self {
        let found = if exists { Found::NoData } else { Found::NoSuchName };
        Self { found, authenticated, ttl_s }
    }

    /// The mail exchangers among the records, in the order of the answer.
    pub fn mx_hosts(&self) -> impl Iterator<Item = &MxHost> {
        self.data().iter().filter_map(|data| match data {
            Data::Mx(host) => Some(host),
            Data::Address(_) => None,
        })
    }

    /// The addresses among the records, in the order of the answer.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.data().iter().filter_map(|data| match data {
            Data::Address(address) => Some(*address),
            Data::Mx(_) => None,
        })
    }

    fn data(&self) -> &[Data] {
        match &self.found {
            Found::Records(data) => data,
            Found::NoData | Found::NoSuchName => &[],
        }
    }
}

fn wire_name(name: &str) -> Result<Name, DnsFailure> {
    let mut name = Name::from_str(name).map_err(|_| DnsFailure::Malformed)?;
    name.set_fqdn(true);
    Ok(name)
}

/// The name at the end of the CNAME chain that starts at `owner`.
fn follow_chain(answers: &[Entry], mut owner: Name, ttl_s: &mut u32) -> Result<Name, DnsFailure> {
    for _ in 0..MAX_CHAIN {
        let next = answers.iter().find_map(|entry| match &entry.data {
            EntryData::Alias(target) if entry.owner == owner => Some((target, entry.ttl_s)),
            _ => None,
        });
        let Some((target, ttl)) = next else { return Ok(owner) };
        *ttl_s = (*ttl_s).min(ttl);
        owner = target.clone();
    }
    Err(DnsFailure::Malformed)
}

fn collect(answers: &[Entry], owner: &Name, question: Question, ttl_s: &mut u32) -> Vec<Data> {
    let of_owner = answers.iter().filter(|entry| &entry.owner == owner);
    let data = of_owner.filter_map(|entry| {
        let data = match (&entry.data, question) {
            (EntryData::Mx(host), Question::Mx) => Data::Mx(host.clone()),
            (EntryData::Address(address), Question::A) if address.is_ipv4() => Data::Address(*address),
            (EntryData::Address(address), Question::Aaaa) if address.is_ipv6() => Data::Address(*address),
            _ => return None,
        };
        *ttl_s = (*ttl_s).min(entry.ttl_s);
        Some(data)
    });
    data.collect()
}

/// How long an absence may be kept (RFC 2308 §5), as the zone's SOA says; `None` without one.
fn negative_ttl(authorities: &[Entry]) -> Option<u32> {
    authorities.iter().find_map(|entry| match entry.data {
        EntryData::Authority { minimum_s } => Some(entry.ttl_s.min(minimum_s)),
        _ => None,
    })
}
