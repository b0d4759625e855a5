//! The limit: the dialogue and nothing else. Lines of standard input are a host's address and a mailbox; each host is asked in so many sessions,
//! with a hundred recipients a transaction in one write. Nothing is looked up, tried again, judged or doubted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufRead as _};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::task::JoinSet;

/// What every host takes in one transaction (RFC 5321 §4.5.3.1.8).
const RECIPIENTS: usize = 100;

type Recipients = Vec<(usize, String)>;
type Answers = Vec<(usize, char, Duration)>;

pub(crate) fn run(port: &str, sessions: &str) {
    let (port, sessions): (u16, usize) = (port.parse().expect("a port"), sessions.parse().expect("a number"));
    let mut hosts: BTreeMap<IpAddr, Vec<Recipients>> = BTreeMap::new();
    for (n, line) in io::stdin().lock().lines().enumerate() {
        let line = line.expect("UTF-8");
        let (ip, email) = line.split_once(' ').expect("a host and a mailbox");
        let dealt = hosts.entry(ip.parse().expect("an address")).or_insert_with(|| vec![Vec::new(); sessions]);
        dealt[n % sessions].push((n, email.to_owned()));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut answers: Answers = runtime.block_on(async {
        let mut visits = JoinSet::new();
        for (ip, dealt) in hosts {
            dealt.into_iter().filter(|recipients| !recipients.is_empty()).for_each(|recipients| {
                visits.spawn(visit(SocketAddr::new(ip, port), recipients));
            });
        }
        visits.join_all().await.into_iter().flatten().collect()
    });
    answers.sort_unstable();
    for (_, digit, took) in answers {
        println!("{digit} {}", took.as_micros());
    }
}

/// One session, and the first digit of each reply to RCPT.
async fn visit(host: SocketAddr, recipients: Recipients) -> Answers {
    let (began, mut answers) = (Instant::now(), Vec::new());
    let stream = TcpStream::connect(host).await.expect("a connection");
    let (replies, mut commands) = stream.into_split();
    let mut replies = BufReader::new(replies);
    reply(&mut replies).await;
    commands.write_all(b"EHLO prober.lab.example\r\n").await.expect("sent");
    reply(&mut replies).await;
    for (turn, chunk) in recipients.chunks(RECIPIENTS).enumerate() {
        let mut group = if turn == 0 { String::new() } else { "RSET\r\n".to_owned() };
        group.push_str("MAIL FROM:<probe@prober.lab.example>\r\n");
        for (_, email) in chunk {
            write!(group, "RCPT TO:<{email}>\r\n").expect("text");
        }
        commands.write_all(group.as_bytes()).await.expect("sent");
        for _ in 0..=usize::from(turn > 0) {
            reply(&mut replies).await;
        }
        for (n, _) in chunk {
            answers.push((*n, reply(&mut replies).await, began.elapsed()));
        }
    }
    commands.write_all(b"QUIT\r\n").await.expect("sent");
    reply(&mut replies).await;
    answers
}

/// Reads a reply of however many lines, and gives its first digit.
async fn reply(replies: &mut BufReader<OwnedReadHalf>) -> char {
    loop {
        let mut line = String::new();
        replies.read_line(&mut line).await.expect("a reply");
        if line.as_bytes().get(3) != Some(&b'-') {
            return line.chars().next().expect("a reply");
        }
    }
}
