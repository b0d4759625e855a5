//! The lab from outside: the same DNS by every way, SMTP as a guest types it, and an end without traces.

use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{sleep, timeout};

use super::*;

mod names;
mod sessions;

async fn lab() -> Lab {
    let config = Config { smtp_port: 0, dns_port: 0, doh_port: 0, upstream: Vec::new(), crowd: 0 };
    start(config).await.expect("free ports")
}

fn query(name: &str, kind: RecordType) -> Vec<u8> {
    let mut message = Message::new(7, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(Name::from_ascii(name).expect("a name"), kind));
    message.to_vec().expect("wire bytes")
}

async fn by_udp(lab: &Lab, query: &[u8]) -> Option<Vec<u8>> {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    socket.send_to(query, lab.dns()).await.expect("sent");
    let mut buffer = vec![0; 4096];
    let length = timeout(Duration::from_millis(500), socket.recv(&mut buffer)).await.ok()?.expect("an answer");
    buffer.truncate(length);
    Some(buffer)
}

async fn by_tcp(lab: &Lab, query: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(lab.dns()).await.expect("a connection");
    let length = u16::try_from(query.len()).expect("short").to_be_bytes();
    stream.write_all(&[&length[..], query].concat()).await.expect("sent");
    let mut answer = vec![0; stream.read_u16().await.expect("a length").into()];
    stream.read_exact(&mut answer).await.expect("an answer");
    answer
}

/// Status line and body of an HTTP request to the lab's DoH.
async fn by_http(lab: &Lab, request: &str, body: &[u8]) -> (String, Vec<u8>) {
    let url = lab.doh_url();
    let address = url.trim_start_matches("http://").split('/').next().expect("an address");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = format!("{request} HTTP/1.1\r\nhost: lab\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    stream.write_all(head.as_bytes()).await.expect("sent");
    let media = if request.starts_with("POST") { "content-type: application/dns-message\r\n\r\n" } else { "\r\n" };
    stream.write_all(&[media.as_bytes(), body].concat()).await.expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    let split = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let status = String::from_utf8_lossy(&answer[9..12]).into_owned();
    (status, answer[split + 4..].to_vec())
}

#[tokio::test]
async fn ok_the_same_answer_by_every_way() {
    let lab = lab().await;
    for (name, kind, code, answers) in [
        ("accepts.example.", RecordType::MX, ResponseCode::NoError, 1),
        ("ACCEPTS.example.", RecordType::MX, ResponseCode::NoError, 1),
        ("first-dead.example.", RecordType::MX, ResponseCode::NoError, 2),
        ("alias.example.", RecordType::MX, ResponseCode::NoError, 2),
        ("accepts.example.", RecordType::A, ResponseCode::NoError, 0),
        ("nowhere.example.", RecordType::MX, ResponseCode::NXDomain, 0),
        ("servfail.example.", RecordType::MX, ResponseCode::ServFail, 0),
        ("refused.example.", RecordType::MX, ResponseCode::Refused, 0),
        // Not its own, and nobody to ask.
        ("example.com.", RecordType::MX, ResponseCode::ServFail, 0),
    ] {
        let query = query(name, kind);
        let udp = by_udp(&lab, &query).await.expect("an answer");
        assert_eq!(by_tcp(&lab, &query).await, udp, "{name}");
        let text = data_encoding::BASE64URL_NOPAD.encode(&query);
        assert_eq!(by_http(&lab, &format!("GET /dns-query?dns={text}"), b"").await, ("200".into(), udp.clone()), "{name}");
        assert_eq!(by_http(&lab, "POST /dns-query", &query).await, ("200".into(), udp.clone()), "{name}");
        let message = Message::from_vec(&udp).expect("a message");
        assert_eq!((message.metadata.response_code, message.answers.len()), (code, answers), "{name}");
        let negative = code == ResponseCode::NXDomain || (code == ResponseCode::NoError && answers == 0);
        assert_eq!(message.authorities.len(), usize::from(negative), "{name}: an absence bears the SOA");
    }
    lab.stop().await;
}

#[tokio::test]
async fn err_what_is_no_query() {
    let lab = lab().await;
    assert_eq!(by_udp(&lab, b"").await, None);
    assert_eq!(by_udp(&lab, b"\0").await, None);
    let error = by_udp(&lab, b"\x12\x34\0\0garbage").await.expect("an answer");
    assert_eq!((&error[..2], error[3] & 0x0f), (&b"\x12\x34"[..], 1), "FORMERR with the id that came");
    // Answers are not answered, or two servers could talk for ever.
    assert_eq!(by_udp(&lab, b"\x12\x34\x80\0garbage").await, None);
    assert_eq!(by_udp(&lab, &query("dns-silence.example.", RecordType::MX)).await, None);
    for (request, status) in [("GET /dns-query", "400"), ("GET /dns-query?dns=***", "400"), ("PUT /dns-query", "405"), ("GET /", "404")] {
        assert_eq!(by_http(&lab, request, b"").await.0, status, "{request}");
    }
    assert_eq!(by_http(&lab, "POST /dns-query", &vec![0; 5000]).await.0, "413");
    lab.stop().await;
}

/// A connection to the first host of a domain.
async fn guest(lab: &Lab, domain: &str) -> TcpStream {
    let host = site::numbers_of(domain).map(host_address).next().expect("a host");
    TcpStream::connect((host, lab.smtp_port())).await.expect("a connection")
}

/// Types lines at a domain's host and gives what it says, reply by reply.
async fn typed(lab: &Lab, domain: &str, lines: &[&str]) -> Vec<String> {
    let mut stream = BufReader::new(guest(lab, domain).await);
    let mut said = vec![reply(&mut stream).await];
    for line in lines {
        stream.write_all(format!("{line}\r\n").as_bytes()).await.expect("sent");
        said.push(reply(&mut stream).await);
    }
    said
}

async fn reply(stream: &mut (impl AsyncBufRead + Unpin)) -> String {
    let mut line = String::new();
    while stream.read_line(&mut line).await.expect("text") > 0 {
        if line.lines().next_back().is_some_and(|last| last.as_bytes().get(3) == Some(&b' ')) {
            break;
        }
    }
    line.lines().next_back().unwrap_or_default().chars().take(9).collect()
}

/// The visits to a domain, as soon as so many have ended.
async fn visits(lab: &Lab, domain: &str, count: usize) -> Vec<Visit> {
    for _ in 0..100 {
        if lab.visits_to(domain).len() >= count {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    lab.visits_to(domain)
}

#[tokio::test]
async fn ok_a_host_keeps_the_order_of_commands() {
    let lab = lab().await;
    let said = typed(
        &lab,
        "accepts.example",
        &[
            "RCPT TO:<ada@accepts.example>",
            "MAIL FROM:<a@b.example>",
            "EHLO a.example",
            "MAIL FROM:a@b.example",
            "MAIL FROM:<a@b.example>",
            "RCPT TO:<Ada@accepts.example>",
            "RCPT TO:<ghost@accepts.example>",
            "DATA",
            "DANCE",
            "QUIT",
        ],
    )
    .await;
    let codes: Vec<_> = said.iter().map(|reply| reply.get(..3).unwrap_or_default()).collect();
    assert_eq!(codes, ["220", "503", "503", "250", "501", "250", "250", "550", "554", "502", "221"]);
    let visit = visits(&lab, "accepts.example", 1).await.pop();
    assert!(visit.is_some_and(|visit| visit.quit && visit.commands.len() == 10));
    lab.stop().await;
}

/// Whether a sender is due with the first host of a domain that greylists, after each of these seconds.
async fn due(domain: &str, asked: &[(&str, u64)]) -> Vec<bool> {
    let numbers: Vec<usize> = site::numbers_of(domain).collect();
    let rule =
        site::hosts().find_map(|(number, manner)| manner.greylists.filter(|_| numbers.contains(&number))).expect("a host that greylists");
    let greylist = greylist::Greylist::default();
    let mut due = Vec::new();
    for (sender, seconds) in asked {
        tokio::time::advance(Duration::from_secs(*seconds)).await;
        due.push(greylist.is_due(&rule, (IpAddr::from([127, 0, 0, 1]), (*sender).to_owned(), "ada@x.example".to_owned())));
    }
    due
}

#[tokio::test(start_paused = true)]
async fn ok_greylisting_is_by_triplet_and_by_time() {
    // Too early, and the time starts anew; another sender; in time; too late.
    let asked = [("a@b.example", 0), ("a@b.example", 10), ("c@b.example", 21), ("a@b.example", 0), ("c@b.example", 40)];
    assert_eq!(due("greylists.example", &asked).await, [false, false, false, true, false]);
    // Too early, and the time goes on; in time, twice; too late, and in time again.
    let asked = [0, 1, 1, 50, 20, 2].map(|seconds| ("a@b.example", seconds));
    for domain in ["greylists-briefly.example", "greylists-silently.example"] {
        assert_eq!(due(domain, &asked).await, [false, false, true, true, false, true]);
    }
}

#[tokio::test]
async fn ok_a_stopped_lab_gives_its_ports_back() {
    let first = lab().await;
    let (dns, smtp) = (first.dns(), first.smtp_port());
    first.stop().await;
    let config = Config { smtp_port: smtp, dns_port: dns.port(), doh_port: 0, upstream: Vec::new(), crowd: 0 };
    let again = start(config.clone()).await.expect("the ports are free again");
    let taken = start(config).await.expect_err("the ports are taken");
    assert!(taken.to_string().contains("127.77."), "{taken}");
    again.stop().await;
}

/// Sites that no row names: one has its row in U-labels, one is for a prober that speaks TLS, and of one two verdicts are honest.
const WITHOUT_ROW: [&str; 4] = ["xn--bcher-kva.example", "rebinds.example", "greylists-briefly.example", "greylists-silently.example"];

#[test]
fn ok_every_row_has_its_site() {
    assert!(WITHOUT_ROW.iter().all(|domain| sites::SITES.iter().any(|site| site.domain == *domain)));
    for row in table() {
        let domain = row.address.rsplit_once('@').map_or("", |(_, domain)| domain).to_lowercase();
        let owned = domain.ends_with(".example") && !["nowhere.example", "bücher.example"].contains(&domain.as_str());
        assert!(!owned || sites::SITES.iter().any(|site| site.domain == domain), "{domain}");
    }
    for site in sites::SITES.iter().filter(|site| !WITHOUT_ROW.contains(&site.domain)) {
        assert!(
            table().iter().any(|row| row.address.to_lowercase().ends_with(&format!("@{}", site.domain))),
            "{} is on no row",
            site.domain
        );
    }
}
