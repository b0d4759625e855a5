//! DNS over HTTPS as a stand-in plays it: answers to the question in the request's line, right and wrong in every way.

use std::net::Ipv4Addr;

use data_encoding::BASE64URL_NOPAD;
use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::{A, MX, SOA};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use crate::stand_in::{Play, response};

const MEDIA_TYPE: &str = "application/dns-message";

/// What is said to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// An MX record, to every name.
    Data,
    /// As many MX records as a message holds, to every name.
    ManyHosts,
    /// An address and no MX, to every name.
    Implicit,
    /// NXDOMAIN, with the SOA of its zone.
    NoSuchName,
    /// NXDOMAIN, by nobody's authority.
    Unfounded,
    /// NODATA, with the SOA of its zone.
    NoData,
    /// SERVFAIL.
    ServerFailure,
    /// REFUSED.
    Refused,
    /// The right answer, cut off.
    Truncated,
    /// The right answer to another question.
    OtherName,
    /// The right answer with another id.
    OtherId,
    /// Octets.
    Garbage,
    /// The right answer as another type.
    OtherType,
    /// A redirect.
    Elsewhere,
    /// Nothing.
    Nothing,
}

/// The domain that a DoH request by GET asks about, without final dot.
pub fn domain_of(request: &str) -> Option<String> {
    Some(query_of(request)?.queries.first()?.name().to_ascii().trim_end_matches('.').to_ascii_lowercase())
}

fn query_of(request: &str) -> Option<Message> {
    let text = request.split("dns=").nth(1)?.split([' ', '&']).next()?;
    Message::from_vec(&BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()
}

/// What a resolver that `says` so does with a request.
pub fn play(says: Says, request: &str) -> Play {
    let Some(query) = query_of(request) else { return Play::Close };
    match says {
        Says::Nothing => Play::Silence,
        Says::Garbage => Play::Answer(response("200 OK", MEDIA_TYPE, b"\xff\xff this is no message")),
        Says::Elsewhere => Play::Answer(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n".to_vec()),
        Says::OtherType => Play::Answer(response("200 OK", "text/html", &answer(Says::Data, &query).unwrap_or_default())),
        _ => answer(says, &query).map_or(Play::Close, |bytes| Play::Answer(response("200 OK", MEDIA_TYPE, &bytes))),
    }
}

fn answer(says: Says, query: &Message) -> Option<Vec<u8>> {
    let mut question = query.queries.first()?.clone();
    let (name, kind) = (question.name().clone(), question.query_type());
    let id = if says == Says::OtherId { 7 } else { query.metadata.id };
    let mut message = Message::new(id, MessageType::Response, query.metadata.op_code);
    message.metadata.response_code = match says {
        Says::NoSuchName | Says::Unfounded => ResponseCode::NXDomain,
        Says::ServerFailure => ResponseCode::ServFail,
        Says::Refused => ResponseCode::Refused,
        _ => ResponseCode::NoError,
    };
    message.metadata.truncation = says == Says::Truncated;
    let data = match (says, kind) {
        (Says::Data | Says::OtherId | Says::OtherName, RecordType::MX) => {
            Some(RData::MX(MX::new(10, Name::from_ascii("mx.elsewhere.example.").ok()?)))
        }
        (Says::Implicit, RecordType::A) => Some(RData::A(A(Ipv4Addr::LOCALHOST))),
        _ => None,
    };
    message.answers.extend(data.map(|data| Record::from_rdata(name.clone(), 60, data)));
    if message.answers.is_empty() && says != Says::Unfounded {
        let soa = SOA::new(name.clone(), name.clone(), 1, 1, 1, 1, 60);
        message.authorities.push(Record::from_rdata(name, 60, RData::SOA(soa)));
    }
    if says == Says::OtherName {
        question.set_name(Name::from_ascii("other.example.").ok()?);
    }
    if (says, kind) == (Says::ManyHosts, RecordType::MX) {
        message.authorities.clear();
        message.add_query(question);
        return message.to_vec().ok().map(many_hosts);
    }
    message.add_query(question);
    message.to_vec().ok()
}

/// The answer to a question about MX: names that are as long as may be, and differ in their first label, so that the rest of them stands there once
/// (RFC 1035 §4.1.4). The library's writer would give up half-way.
fn many_hosts(question: Vec<u8>) -> Vec<u8> {
    let rest: Vec<u8> = [[63].as_slice(), &[b'x'; 63]].concat().repeat(3);
    let mut wire = question;
    let rest_at = wire.len() + 14 + 5;
    for n in 0_u16..3_000 {
        let label = format!("\u{4}{n:04}");
        let name = if n == 0 { [label.as_bytes(), &rest, &[0]].concat() } else { [label.as_bytes(), &pointer(rest_at)].concat() };
        let length = u16::try_from(name.len() + 2).unwrap_or_default();
        // Its owner is the question's name; MX, IN, a minute.
        wire.extend([&[0xc0, 12, 0, 15, 0, 1, 0, 0, 0, 60], &length.to_be_bytes()[..], &n.to_be_bytes(), &name].concat());
    }
    wire.splice(6..8, 3_000_u16.to_be_bytes());
    wire
}

fn pointer(at: usize) -> [u8; 2] {
    (0xc000 | u16::try_from(at).unwrap_or_default()).to_be_bytes()
}
