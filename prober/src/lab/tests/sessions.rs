//! Mail hosts with limits, delays and TLS, as a guest meets them.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;

const HELLO: [&str; 2] = ["EHLO a.example", "MAIL FROM:<a@b.example>"];

/// HELLO, and RCPT for these.
fn to<'a>(local_parts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let rcpts = local_parts.into_iter().map(|local_part| format!("RCPT TO:<{local_part}@x.example>"));
    HELLO.map(str::to_owned).into_iter().chain(rcpts).collect()
}

/// The codes of the replies to `lines`, the greeting's first.
async fn codes(lab: &Lab, domain: &str, lines: &[String]) -> Vec<String> {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    typed(lab, domain, &lines).await.into_iter().map(|reply| reply.get(..3).unwrap_or_default().to_owned()).collect()
}

async fn handshake(lab: &Lab, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(lab.certificate().to_vec().into()).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("mx.lab.example").expect("a name");
    let connected = timeout(Duration::from_secs(10), TlsConnector::from(Arc::new(config)).connect(name, stream)).await;
    connected.expect("in time")
}

/// Whether EHLO's answer on this connection names an extension.
async fn offers(stream: &mut (impl AsyncBufRead + tokio::io::AsyncWrite + Unpin), extension: &str) -> bool {
    stream.write_all(b"EHLO a.example\r\n").await.expect("sent");
    let mut offered = false;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.expect("text");
        offered |= line.get(4..).is_some_and(|text| text.trim_end() == extension);
        if line.as_bytes().get(3) != Some(&b'-') {
            return offered;
        }
    }
}

/// A connection on which STARTTLS was answered.
async fn after_starttls(lab: &Lab, domain: &str, lines: &[u8]) -> (TcpStream, String) {
    let mut stream = BufReader::new(guest(lab, domain).await);
    reply(&mut stream).await;
    assert!(offers(&mut stream, "STARTTLS").await, "{domain}");
    stream.write_all(lines).await.expect("sent");
    let said = reply(&mut stream).await;
    (stream.into_inner(), said)
}

#[tokio::test]
async fn ok_starttls_begins_anew() {
    let lab = lab().await;
    // What is smuggled in before the handshake is no command.
    let (stream, said) = after_starttls(&lab, "wants-tls.example", b"STARTTLS\r\nMAIL FROM:<smuggled@b.example>\r\n").await;
    assert_eq!(said, "220 2.0.0");
    let mut stream = BufReader::new(handshake(&lab, stream).await.expect("TLS"));
    for (line, expected) in [("MAIL FROM:<a@b.example>", "503 5.5.1"), ("STARTTLS", "554 5.5.1")] {
        stream.write_all(format!("{line}\r\n").as_bytes()).await.expect("sent");
        assert_eq!(reply(&mut stream).await, expected, "{line}");
    }
    assert!(!offers(&mut stream, "STARTTLS").await);
    for (line, expected) in
        [("MAIL FROM:<a@b.example>", "250 2.1.0"), ("RCPT TO:<ada@wants-tls.example>", "250 2.1.5"), ("QUIT", "221 2.0.0")]
    {
        stream.write_all(format!("{line}\r\n").as_bytes()).await.expect("sent");
        assert_eq!(reply(&mut stream).await, expected, "{line}");
    }
    let mut rest = Vec::new();
    assert_eq!(stream.read_to_end(&mut rest).await.expect("an orderly end"), 0);
    let visit = visits(&lab, "wants-tls.example", 1).await.pop().expect("a visit");
    assert!(visit.tls && visit.quit && visit.guest.ip().is_loopback() && visit.opened_ms <= visit.closed_ms);
    let verbs: Vec<_> = visit.commands.iter().map(|line| line.get(..4).unwrap_or_default()).collect();
    assert_eq!(verbs, ["EHLO", "STAR", "MAIL", "STAR", "EHLO", "MAIL", "RCPT", "QUIT"]);
    lab.stop().await;
}

#[tokio::test]
async fn err_starttls_in_every_way_that_it_fails() {
    let lab = lab().await;
    assert_eq!(typed(&lab, "wants-tls.example", &HELLO).await[2], "530 5.7.0");
    assert_eq!(typed(&lab, "accepts.example", &["STARTTLS"]).await[1], "502 5.5.2");
    let said = typed(&lab, "refuses-tls.example", &["EHLO a.example", "STARTTLS", "MAIL FROM:<a@b.example>"]).await;
    assert_eq!(said[2..], ["454 4.7.0", "250 2.1.0"], "the session goes on");
    for domain in ["broken-tls.example", "drops-at-tls.example"] {
        let (stream, said) = after_starttls(&lab, domain, b"STARTTLS\r\n").await;
        assert_eq!(said, "220 2.0.0", "{domain}");
        let error = handshake(&lab, stream).await.expect_err("no TLS");
        assert_eq!(error.kind() == io::ErrorKind::InvalidData, domain == "broken-tls.example", "{domain}: {error}");
        assert!(visits(&lab, domain, 1).await.iter().all(|visit| !visit.tls));
    }
    lab.stop().await;
}

#[tokio::test]
async fn ok_a_certificate_is_made_for_each_lab() {
    let (one, other) = (lab().await, lab().await);
    assert_ne!(one.certificate(), other.certificate());
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn ok_errors_slow_a_guest_and_then_end_the_session() {
    let lab = lab().await;
    let started = Instant::now();
    let said = codes(&lab, "postfix-like.example", &to(["user1"].into_iter().chain(["ghost"; 10]))).await;
    assert!(started.elapsed() < Duration::from_millis(900), "{:?}", started.elapsed());
    assert_eq!((said[3].as_str(), said[4..].iter().all(|code| code == "550")), ("250", true));
    let said = codes(&lab, "postfix-like.example", &to(["ghost"; 21])).await;
    // The tenth reply is the last at once; 10 more wait, and what ends the session.
    assert!(started.elapsed() >= Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!((said[22].as_str(), said[23].as_str()), ("550", "421"));
    lab.stop().await;
}

#[tokio::test]
async fn ok_recipients_are_limited_by_transaction_and_by_session() {
    let lab = lab().await;
    let users = ["user1", "user2", "ghost", "user3", "user4", "ada", "user6", "ghost"];
    let mut lines = to(users);
    lines.extend(["RSET", "MAIL FROM:<a@b.example>", "RCPT TO:<user6@x.example>"].map(str::to_owned));
    let said = codes(&lab, "few-recipients.example", &lines).await;
    assert_eq!(said[3..], ["250", "250", "550", "250", "250", "250", "452", "452", "250", "250", "250"]);
    let said = codes(&lab, "421-after-three.example", &to(["user1", "ghost", "user2", "user3"])).await;
    assert_eq!(said[3..], ["250", "550", "250", "421"]);
    lab.stop().await;
}

#[tokio::test]
async fn ok_a_second_recipient_may_mislead() {
    let lab = lab().await;
    let said = codes(&lab, "regions.example", &to(["ghost", "ada", "ghost", "ada"])).await;
    assert_eq!(said[3..], ["550", "250", "452", "452"]);
    assert_eq!(codes(&lab, "regions.example", &to(["ghost"])).await[3..], ["550"], "a new session");
    lab.stop().await;
}

#[tokio::test]
async fn ok_greylisting_over_a_session() {
    let lab = lab().await;
    for (domain, told) in [("greylists-briefly.example", "450 4.2.0"), ("greylists-silently.example", "451 4.7.1")] {
        let lines = to(["ada", "ghost"]);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(typed(&lab, domain, &lines).await[3..], [told, "550 5.1.1"], "{domain}");
        sleep(Duration::from_millis(2100)).await;
        assert_eq!(typed(&lab, domain, &lines).await[3..], ["250 2.1.5", "550 5.1.1"], "{domain}");
    }
    lab.stop().await;
}

#[tokio::test]
async fn ok_connections_are_limited_by_guest() {
    let lab = lab().await;
    let domain = "one-at-a-time.example";
    let mut first = BufReader::new(guest(&lab, domain).await);
    assert_eq!(reply(&mut first).await, "220 mx.la");
    assert_eq!(typed(&lab, domain, &[]).await, ["421 4.7.0"]);
    first.write_all(b"QUIT\r\n").await.expect("sent");
    assert_eq!(reply(&mut first).await, "221 2.0.0");
    assert_eq!(typed(&lab, domain, &["QUIT"]).await, ["220 mx.la", "221 2.0.0"]);
    assert_eq!(visits(&lab, domain, 3).await.iter().filter(|visit| visit.quit).count(), 2);
    let mut ten = Vec::new();
    for _ in 0..10 {
        let mut stream = BufReader::new(guest(&lab, "postfix-like.example").await);
        assert_eq!(reply(&mut stream).await, "220 mx.la");
        ten.push(stream);
    }
    assert_eq!(typed(&lab, "postfix-like.example", &[]).await, ["421 4.7.0"]);
    lab.stop().await;
}

#[tokio::test]
async fn ok_replies_take_their_time() {
    let lab = lab().await;
    for (domain, count, from, to) in [
        ("slow-replies.example", 6, Duration::from_millis(300), Duration::from_secs(3)),
        ("slow-rcpt.example", 3, Duration::from_secs(3), Duration::from_secs(6)),
        ("slow-banner.example", 0, Duration::from_secs(6), Duration::from_secs(10)),
    ] {
        let mut stream = BufReader::new(guest(&lab, domain).await);
        let started = Instant::now();
        let group = ["EHLO a.example", "MAIL FROM:<a@b.example>", "RCPT TO:<ada@x.example>", "NOOP", "NOOP", "QUIT"];
        stream.write_all(format!("{}\r\n", group[..count].join("\r\n")).as_bytes()).await.expect("sent");
        for _ in 0..=count {
            reply(&mut stream).await;
        }
        assert!((from..to).contains(&started.elapsed()), "{domain}: {:?}", started.elapsed());
    }
    lab.stop().await;
}
