//! Wire answers made by hand, and what they mean for mail.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, SOA, TXT};
use hickory_proto::rr::{Name, RData, Record};

use super::answer::{Answer, Found};
use super::*;

fn name(text: &str) -> Name {
    Name::from_ascii(text).expect("a name")
}

fn mx(preference: u16, exchange: &str) -> Record {
    Record::from_rdata(name("a.example."), 300, RData::MX(MX::new(preference, name(exchange))))
}

fn cname(owner: &str, target: &str) -> Record {
    Record::from_rdata(name(owner), 30, RData::CNAME(CNAME(name(target))))
}

fn response(code: ResponseCode, answers: Vec<Record>) -> Message {
    let mut message = Message::new(0, MessageType::Response, OpCode::Query);
    message.metadata.response_code = code;
    message.add_query(Query::query(name("a.example."), Question::Mx.record_type()));
    message.answers = answers;
    message
}

fn decode(message: &Message) -> Result<Answer, DnsFailure> {
    Answer::decode(&message.to_vec().expect("wire bytes"), "a.example", Question::Mx)
}

fn decode_wire(wire: &[u8]) -> Result<Answer, DnsFailure> {
    Answer::decode(wire, "a.example", Question::Mx)
}

fn route(answers: Vec<Record>) -> Option<MailRoute> {
    MailRoute::from_mx(&decode(&response(ResponseCode::NoError, answers)).expect("an answer"))
}

fn exchanges(route: &MailRoute) -> Vec<Vec<&str>> {
    route.groups().map(|group| group.iter().map(|host| host.exchange.as_str()).collect()).collect()
}

#[test]
fn ok_the_query_is_the_one_of_rfc_8484() {
    // RFC 8484 §4.1.1 shows the query for www.example.com A without EDNS; header and question are the same but for AD and ARCOUNT.
    let wire = Question::A.encode("www.example.com").expect("a query");
    let shown = b"\x00\x00\x01\x20\x00\x01\x00\x00\x00\x00\x00\x01\x03www\x07example\x03com\x00\x00\x01\x00\x01";
    assert_eq!(wire.get(..shown.len()), Some(shown.as_slice()));
    assert_eq!(wire.get(shown.len()..shown.len() + 5), Some(b"\x00\x00\x29\x04\xd0".as_slice()), "OPT with 1232 octets");
    assert_eq!(Question::Mx.encode(&"a".repeat(64)), Err(DnsFailure::Malformed));
}

#[test]
fn ok_hosts_by_preference_equals_together() {
    let route = route(vec![mx(20, "c.example."), mx(10, "B.example."), mx(10, "a.example."), mx(30, "a.example.")]).expect("a route");
    assert_eq!(exchanges(&route), [vec!["a.example", "b.example"], vec!["c.example"]]);
    assert!(route.works());
}

#[test]
fn ok_of_too_many_hosts_the_most_preferred() {
    let hosts = (0..150).rev().map(|n| mx(n / 3 * 3, &format!("mx{}.example.", n % 120))).collect();
    let route = route(hosts).expect("a route");
    let MailRoute::Hosts { hosts } = &route else { panic!("{route:?}") };
    assert_eq!(
        (hosts.len(), hosts.first().map(|host| host.preference), hosts.last().map(|host| host.preference)),
        (100, Some(0), Some(99))
    );
}

#[test]
fn ok_null_mx_stands_alone() {
    assert_eq!(route(vec![mx(0, ".")]), Some(MailRoute::Null));
    // Beside others it names no host (RFC 7505 §3), and mail goes to the others.
    assert_eq!(exchanges(&route(vec![mx(0, "."), mx(10, "b.example.")]).expect("a route")), [vec!["b.example"]]);
}

#[test]
fn ok_cname_chains_are_followed() {
    let end = Record::from_rdata(name("c.example."), 300, RData::MX(MX::new(10, name("mx.example."))));
    let answer = decode(&response(ResponseCode::NoError, vec![cname("a.example.", "b.example."), end, cname("B.example.", "c.example.")]));
    let answer = answer.expect("an answer");
    assert_eq!(answer.mx_hosts().count(), 1);
    assert_eq!(answer.ttl_s, 30);
    // Records of a name that nobody asked about are not taken.
    let stray = Record::from_rdata(name("other.example."), 300, RData::MX(MX::new(10, name("mx.example."))));
    assert_eq!(route(vec![stray]), None);
}

#[test]
fn err_a_chain_without_end() {
    let around = vec![cname("a.example.", "b.example."), cname("b.example.", "a.example.")];
    assert_eq!(decode(&response(ResponseCode::NoError, around)), Err(DnsFailure::Malformed));
}

#[test]
fn ok_absence_is_an_answer_and_failure_is_not() {
    let absent = |code| decode(&response(code, vec![])).map(|answer| answer.found);
    assert_eq!(absent(ResponseCode::NoError), Ok(Found::NoData));
    // NXDOMAIN counts where a zone's SOA vouches for it.
    assert_eq!(absent(ResponseCode::NXDomain), Err(DnsFailure::Unfounded));
    assert_eq!(decode(&denied()).map(|answer| answer.found), Ok(Found::NoSuchName));
    assert_eq!(absent(ResponseCode::ServFail), Err(DnsFailure::ServerFailure));
    assert_eq!(absent(ResponseCode::Refused), Err(DnsFailure::Refused));
    assert_eq!(absent(ResponseCode::NotImp), Err(DnsFailure::Other));
}

/// NXDOMAIN as the zone's servers say it.
fn denied() -> Message {
    let mut message = response(ResponseCode::NXDomain, vec![]);
    let soa = SOA::new(name("ns.example."), name("root.example."), 1, 1, 1, 1, 60);
    message.authorities = vec![Record::from_rdata(name("example."), 3600, RData::SOA(soa))];
    message
}

#[test]
fn ok_an_absence_is_kept_as_long_as_the_soa_says() {
    assert_eq!(decode(&denied()).map(|answer| answer.ttl_s), Ok(60));
    assert_eq!(decode(&response(ResponseCode::NoError, vec![])).map(|answer| answer.ttl_s), Ok(0));
}

#[test]
fn err_answers_to_something_else() {
    let good = response(ResponseCode::NoError, vec![mx(10, "b.example.")]);
    let wire = good.to_vec().expect("wire bytes");
    assert!(Answer::decode(&wire, "A.Example", Question::Mx).is_ok());
    assert_eq!(Answer::decode(&wire, "b.example", Question::Mx), Err(DnsFailure::Malformed));
    assert_eq!(Answer::decode(&wire, "a.example", Question::A), Err(DnsFailure::Malformed));
    let mut query = good.clone();
    query.metadata.message_type = MessageType::Query;
    assert_eq!(decode(&query), Err(DnsFailure::Malformed));
    let mut of_another = good.clone();
    of_another.metadata.id = 7;
    assert_eq!(decode(&of_another), Err(DnsFailure::Malformed));
    let mut cut = good.clone();
    cut.metadata.truncation = true;
    assert_eq!(decode(&cut), Err(DnsFailure::Malformed));
    let mut mute = good;
    mute.queries.clear();
    assert_eq!(decode(&mute), Err(DnsFailure::Malformed));
}

#[test]
fn ok_records_of_every_kind_beside_one_another() {
    let apex = || name("a.example.");
    let mut message = response(ResponseCode::NoError, vec![mx(10, "b.a.example."), mx(20, "c.elsewhere.example.")]);
    message.answers.push(Record::from_rdata(apex(), 60, RData::TXT(TXT::new(vec!["v=spf1 -all".into()]))));
    message.answers.push(Record::from_rdata(apex(), 60, RData::A(A(Ipv4Addr::LOCALHOST))));
    message.additionals.push(Record::from_rdata(name("b.a.example."), 60, RData::AAAA(AAAA(Ipv6Addr::LOCALHOST))));
    let mut edns = Edns::new();
    edns.set_max_payload(1232);
    message.set_edns(edns);
    let answer = decode(&message).expect("an answer");
    assert_eq!(answer.mx_hosts().map(|host| host.exchange.as_str()).collect::<Vec<_>>(), ["b.a.example", "c.elsewhere.example"]);
    assert_eq!((answer.addresses().count(), answer.ttl_s), (0, 300), "only what was asked for");
    for (question, data, count) in [
        (Question::A, RData::A(A(Ipv4Addr::LOCALHOST)), 1),
        (Question::Aaaa, RData::AAAA(AAAA(Ipv6Addr::LOCALHOST)), 1),
        (Question::A, RData::AAAA(AAAA(Ipv6Addr::LOCALHOST)), 0),
    ] {
        let mut message = Message::new(0, MessageType::Response, OpCode::Query);
        message.add_query(Query::query(apex(), question.record_type()));
        message.answers = vec![Record::from_rdata(apex(), 60, data)];
        let answer = Answer::decode(&message.to_vec().expect("wire bytes"), "a.example", question).expect("an answer");
        assert_eq!(answer.addresses().count(), count, "{question:?}");
    }
}

#[test]
fn err_an_extended_code_is_no_success() {
    let mut message = response(ResponseCode::BADVERS, vec![]);
    message.set_edns(Edns::new());
    assert_eq!(decode(&message), Err(DnsFailure::Other));
}

#[test]
fn err_data_that_is_longer_or_shorter_than_it_says() {
    let wire = response(ResponseCode::NoError, vec![mx(10, "b.example.")]).to_vec().expect("wire bytes");
    // The length of the last record's data: a preference and a name.
    let at = wire.len() - 2 - b"\x01b".len() - 2 - 2;
    assert!(decode_wire(&wire).is_ok());
    for length in [0, 1, 3, 5, 7, 200] {
        let mut changed = wire.clone();
        changed[at + 1] = length;
        assert_eq!(decode_wire(&changed), Err(DnsFailure::Malformed), "{length}");
    }
}

#[test]
fn ok_authenticated_is_the_ad_bit() {
    let mut message = response(ResponseCode::NoError, vec![mx(10, "b.example.")]);
    assert_eq!(decode(&message).map(|answer| answer.authenticated), Ok(false));
    message.metadata.authentic_data = true;
    assert_eq!(decode(&message).map(|answer| answer.authenticated), Ok(true));
}

#[test]
fn err_any_bytes_are_malformed_at_worst() {
    let wire = response(ResponseCode::NoError, vec![mx(10, "b.example."), cname("a.example.", "c.example.")]).to_vec().expect("wire bytes");
    for end in 0..wire.len() {
        let _ = Answer::decode(wire.get(..end).unwrap_or_default(), "a.example", Question::Mx);
    }
    for at in 0..wire.len() {
        for value in [0, 1, 0x3f, 0x40, 0xc0, 0xff] {
            let mut changed = wire.clone();
            changed[at] = value;
            let _ = Answer::decode(&changed, "a.example", Question::Mx);
        }
    }
    assert_eq!(Answer::decode(b"", "a.example", Question::Mx), Err(DnsFailure::Malformed));
    assert_eq!(Answer::decode(b"<html>", "a.example", Question::Mx), Err(DnsFailure::Malformed));
}

#[test]
fn ok_routes_without_mx() {
    let with = |found: &[RData]| {
        let records: Vec<_> = found.iter().map(|data| Record::from_rdata(name("a.example."), 60, data.clone())).collect();
        Answer::of_records(&records, "a.example", Question::A, false)
    };
    let aaaa = |found: &[RData]| {
        let records: Vec<_> = found.iter().map(|data| Record::from_rdata(name("a.example."), 60, data.clone())).collect();
        Answer::of_records(&records, "a.example", Question::Aaaa, false)
    };
    let v4 = RData::A(A(Ipv4Addr::LOCALHOST));
    let v6 = RData::AAAA(AAAA(Ipv6Addr::LOCALHOST));
    let (nodata, nxdomain) = (Ok(Answer::absent(true, false, 0)), Ok(Answer::absent(false, false, 0)));
    let failed = Err(DnsFailure::ServerFailure);
    let route = MailRoute::from_addresses;
    assert_eq!(route(&with(core::slice::from_ref(&v4)), &nodata), Ok(MailRoute::Implicit));
    assert_eq!(route(&nodata, &aaaa(&[v6])), Ok(MailRoute::Implicit));
    // One address is enough to know, whatever became of the other question.
    assert_eq!(route(&with(&[v4]), &failed), Ok(MailRoute::Implicit));
    assert_eq!(route(&nodata, &nodata), Ok(MailRoute::NoMail));
    assert_eq!(route(&nodata, &nxdomain), Ok(MailRoute::NoMail));
    assert_eq!(route(&nxdomain, &nxdomain), Ok(MailRoute::NoSuchDomain));
    assert_eq!(route(&nodata, &failed), Err(DnsFailure::ServerFailure));
    assert_eq!(route(&failed, &nxdomain), Err(DnsFailure::ServerFailure));
}

#[test]
fn ok_only_a_positive_word_says_that_there_is_no_mx() {
    assert_eq!(MailRoute::from_mx(&Answer::absent(true, false, 0)), None);
    assert_eq!(MailRoute::from_mx(&Answer::absent(false, false, 0)), Some(MailRoute::NoSuchDomain));
}
