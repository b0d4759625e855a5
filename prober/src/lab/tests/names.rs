//! Names beyond the ordinary: answers too large for a datagram, addresses that lead astray, a name beyond the lab's own zone.

use hickory_proto::op::Edns;
use hickory_proto::rr::RData;
use tokio::time::Instant;

use super::*;

/// The answer over TCP, where nothing is truncated.
async fn asked(lab: &Lab, name: &str, kind: RecordType) -> Message {
    Message::from_vec(&by_tcp(lab, &query(name, kind)).await).expect("a message")
}

/// The first IPv4 or IPv6 address of a host, and how long it may be kept.
async fn first_address(lab: &Lab, name: &str, kind: RecordType) -> Option<(IpAddr, u32)> {
    asked(lab, name, kind).await.answers.iter().find_map(|record| match &record.data {
        RData::A(ip) => Some((IpAddr::V4(ip.0), record.ttl)),
        RData::AAAA(ip) => Some((IpAddr::V6(ip.0), record.ttl)),
        _ => None,
    })
}

#[tokio::test]
async fn ok_what_a_datagram_cannot_hold_is_truncated() {
    let lab = lab().await;
    let whole = asked(&lab, "crowded.example.", RecordType::MX).await;
    assert_eq!((whole.answers.len(), whole.metadata.truncation), (100, false));
    for (payload, is_whole) in [(None, false), (Some(1232), false), (Some(4096), true)] {
        let mut question = Message::from_vec(&query("crowded.example.", RecordType::MX)).expect("a message");
        if let Some(payload) = payload {
            let mut edns = Edns::new();
            edns.set_max_payload(payload);
            question.set_edns(edns);
        }
        let answer = by_udp(&lab, &question.to_vec().expect("wire bytes")).await.expect("an answer");
        let answer = Message::from_vec(&answer).expect("a message");
        assert_eq!((answer.metadata.truncation, answer.answers.len()), (!is_whole, if is_whole { 100 } else { 0 }), "{payload:?}");
    }
    lab.stop().await;
}

#[tokio::test]
async fn ok_silence_holds_up_nobody_else() {
    let lab = lab().await;
    let mut stream = TcpStream::connect(lab.dns()).await.expect("a connection");
    for name in ["dns-silence.example.", "accepts.example."] {
        let query = query(name, RecordType::MX);
        let length = u16::try_from(query.len()).expect("short").to_be_bytes();
        stream.write_all(&[&length[..], &query].concat()).await.expect("sent");
    }
    let length = timeout(Duration::from_secs(5), stream.read_u16()).await.expect("in time").expect("a length");
    let mut answer = vec![0; length.into()];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(Message::from_vec(&answer).expect("a message").answers.len(), 1);
    lab.stop().await;
}

#[tokio::test]
async fn ok_only_one_domain_claims_to_be_authenticated() {
    let lab = lab().await;
    for (name, kind, signed) in [
        ("signed.example.", RecordType::MX, true),
        ("mx1.signed.example.", RecordType::A, true),
        ("mx1.signed.example.", RecordType::AAAA, true),
        ("accepts.example.", RecordType::MX, false),
    ] {
        assert_eq!(asked(&lab, name, kind).await.metadata.authentic_data, signed, "{name}");
    }
    lab.stop().await;
}

#[tokio::test]
async fn ok_a_name_beyond_the_zone_is_owned_alone() {
    let lab = lab().await;
    let name = "regions-example.olc.protection.outlook.com.";
    assert!(first_address(&lab, name, RecordType::A).await.is_some_and(|(ip, _)| ip.is_loopback()));
    let absent = asked(&lab, name, RecordType::AAAA).await;
    assert_eq!(
        (absent.metadata.response_code, absent.authorities.first().map(|soa| soa.name.to_string())),
        (ResponseCode::NoError, Some(name.to_owned()))
    );
    for other in ["olc.protection.outlook.com.", "outlook.com.", "a.regions-example.olc.protection.outlook.com."] {
        assert_eq!(asked(&lab, other, RecordType::A).await.metadata.response_code, ResponseCode::ServFail, "{other} is asked elsewhere");
    }
    lab.stop().await;
}

#[tokio::test]
async fn ok_names_lead_astray_as_their_sites_say() {
    let lab = lab().await;
    for (name, kind, ip) in [
        ("mx1.to-metadata.example.", RecordType::A, "169.254.169.254"),
        ("mx1.to-nothing.example.", RecordType::A, "0.0.0.0"),
        ("mx1.to-documentation-v6.example.", RecordType::AAAA, "2001:db8::1"),
        ("mx1.to-nothing-v6.example.", RecordType::AAAA, "::"),
        ("mx1.to-loopback-v6.example.", RecordType::AAAA, "::1"),
        ("mx1.to-link-local-v6.example.", RecordType::AAAA, "fe80::1"),
        ("mx1.to-private-v6.example.", RecordType::AAAA, "fd00::1"),
        ("mx1.to-mapped-v6.example.", RecordType::AAAA, "::ffff:127.77.1.1"),
        ("mx1.to-nat64.example.", RecordType::AAAA, "64:ff9b::7f4d:101"),
        ("mx1.to-6to4.example.", RecordType::AAAA, "2002:7f4d:101::"),
        ("implicit-loopback.example.", RecordType::A, "127.0.0.1"),
        ("127.0.0.1.", RecordType::A, "127.0.0.1"),
    ] {
        let found = first_address(&lab, name, kind).await.map(|(ip, _)| ip);
        assert_eq!(found, Some(ip.parse().expect("an address")), "{name}");
    }
    let listening: Vec<usize> = site::hosts().map(|(number, _)| number).collect();
    let astray = sites::SITES.iter().filter(|site| site.domain.starts_with("to-"));
    assert!(astray.flat_map(|site| site::numbers_of(site.domain)).all(|number| !listening.contains(&number)));
    lab.stop().await;
}

#[tokio::test]
async fn ok_an_address_that_changes_from_one_question_to_the_next() {
    let lab = lab().await;
    let here = site::numbers_of("rebinds.example").map(host_address).next().expect("a host");
    let mut found = Vec::new();
    for _ in 0..4 {
        found.extend(first_address(&lab, "mx1.rebinds.example.", RecordType::A).await);
        // A question of another type does not count.
        assert_eq!(first_address(&lab, "mx1.rebinds.example.", RecordType::AAAA).await, None);
    }
    let elsewhere = IpAddr::from([127, 0, 0, 1]);
    assert_eq!(found, [(here, 0), (elsewhere, 0), (here, 0), (elsewhere, 0)]);
    lab.stop().await;
}

#[tokio::test]
async fn ok_a_lab_is_up_within_a_second() {
    let started = Instant::now();
    let lab = lab().await;
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    lab.stop().await;
}
