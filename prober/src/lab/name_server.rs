//! The lab's name server, by UDP and TCP (RFC 1035 §4.2).

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::RecordType;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::host;
use super::upstream::Upstream;
use super::zone::{Node, Zone};

/// Octets that are no DNS message.
const GARBAGE: &[u8] = b"this is not what you are looking for";
/// The largest datagram for guests that do not name one (RFC 1035 §4.2.1).
const PLAIN_PAYLOAD: u16 = 512;

/// How true a name server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Honesty {
    /// It says what is.
    Honest,
    /// It gives an address to every name that does not exist, as some access providers do.
    Hijacks,
    /// It is cut off from the network, and denies every name without an SOA.
    CutOff,
}

/// Answers questions, whichever way they came.
#[derive(Debug)]
pub(super) struct NameServer {
    zone: Arc<Zone>,
    upstream: Arc<Upstream>,
    honesty: Honesty,
}

impl NameServer {
    pub(super) fn new(zone: Arc<Zone>, upstream: Arc<Upstream>, honesty: Honesty) -> Self {
        Self { zone, upstream, honesty }
    }

    /// The answer to a query, as octets; `None` where the lab keeps silent.
    pub(super) async fn answer(&self, query: &[u8]) -> Option<Vec<u8>> {
        self.zone.questions.fetch_add(1, Ordering::Relaxed);
        let Ok(asked) = Message::from_vec(query) else { return format_error(query) };
        let [question] = asked.queries.as_slice() else { return wire(&reply(&asked, ResponseCode::FormErr)) };
        if asked.metadata.message_type != MessageType::Query || asked.metadata.op_code != OpCode::Query {
            return wire(&reply(&asked, ResponseCode::NotImp));
        }
        if self.honesty == Honesty::CutOff {
            return wire(&reply(&asked, ResponseCode::NXDomain));
        }
        if !self.zone.owns(question.name()) {
            let answer = self.upstream.ask(query).await;
            return answer.or_else(|| wire(&reply(&asked, ResponseCode::ServFail)));
        }
        match self.zone.node(question.name()) {
            Some(Node::ServerFailure) => wire(&reply(&asked, ResponseCode::ServFail)),
            Some(Node::Refused) => wire(&reply(&asked, ResponseCode::Refused)),
            Some(Node::Denied) => wire(&reply(&asked, ResponseCode::NXDomain)),
            Some(Node::Silence) => None,
            Some(Node::Garbage) => Some(GARBAGE.to_vec()),
            Some(Node::Records(_) | Node::Rebinds(..)) | None => wire(&self.zone_answer(&asked)),
        }
    }

    fn zone_answer(&self, asked: &Message) -> Message {
        let mut answer = reply(asked, ResponseCode::NoError);
        answer.metadata.authoritative = true;
        let Some(question) = asked.queries.first() else { return answer };
        let (records, exists) = self.zone.answers(question.name(), question.query_type());
        answer.metadata.authentic_data = self.zone.is_signed(question.name());
        if !records.iter().any(|record| record.record_type() == question.query_type()) {
            answer.authorities = Zone::soa(question.name()).into_iter().collect();
        }
        if !exists && self.honesty == Honesty::Hijacks {
            answer.authorities.clear();
            let is_address = question.query_type() == RecordType::A;
            answer.answers = is_address.then(|| Zone::made_up(question.name())).into_iter().collect();
            return answer;
        }
        if !exists {
            answer.metadata.response_code = ResponseCode::NXDomain;
        }
        answer.answers = records;
        answer
    }
}

fn reply(asked: &Message, code: ResponseCode) -> Message {
    let mut answer = Message::new(asked.metadata.id, MessageType::Response, asked.metadata.op_code);
    answer.metadata.recursion_desired = asked.metadata.recursion_desired;
    answer.metadata.recursion_available = true;
    answer.metadata.response_code = code;
    answer.queries.clone_from(&asked.queries);
    if asked.edns.is_some() {
        let mut edns = Edns::new();
        edns.set_max_payload(1232).set_version(0);
        answer.set_edns(edns);
    }
    answer
}

fn wire(message: &Message) -> Option<Vec<u8>> {
    message.to_vec().ok()
}

/// FORMERR with the id that the octets begin with, where they have one and do not claim to be a response.
fn format_error(query: &[u8]) -> Option<Vec<u8>> {
    let (id, rest) = query.split_first_chunk::<2>()?;
    let is_query = rest.first().is_some_and(|flags| flags & 0x80 == 0);
    let answer = Message::error_msg(u16::from_be_bytes(*id), OpCode::Query, ResponseCode::FormErr);
    is_query.then(|| wire(&answer)).flatten()
}

/// The answer as it fits into a datagram that the guest can take (RFC 6891 §6.2.5): whole, or truncated to nothing.
fn fitting(query: &[u8], answer: Vec<u8>) -> Option<Vec<u8>> {
    let offered = Message::from_vec(query).ok().and_then(|query| query.edns.map(|edns| edns.max_payload()));
    if answer.len() <= offered.unwrap_or(0).max(PLAIN_PAYLOAD).into() {
        return Some(answer);
    }
    let mut answer = Message::from_vec(&answer).ok()?;
    answer.metadata.truncation = true;
    answer.answers.clear();
    answer.authorities.clear();
    wire(&answer)
}

/// Binds an address by UDP.
pub(super) async fn bind_udp(address: SocketAddr) -> io::Result<UdpSocket> {
    UdpSocket::bind(address).await.map_err(|error| host::named(&error, address))
}

/// Binds one port by UDP and TCP.
pub(super) async fn bind(address: Ipv4Addr, port: u16) -> io::Result<(UdpSocket, TcpListener)> {
    let udp = bind_udp(SocketAddr::from((address, port))).await?;
    let tcp = host::bind(udp.local_addr()?).await?;
    Ok((udp, tcp))
}

pub(super) async fn serve_udp(socket: UdpSocket, names: Arc<NameServer>) {
    let socket = Arc::new(socket);
    let mut tasks = JoinSet::new();
    let mut buffer = vec![0; 4096];
    loop {
        while tasks.try_join_next().is_some() {}
        // An error here is about one earlier datagram (ICMP), not about the socket.
        let Ok((length, guest)) = socket.recv_from(&mut buffer).await else { continue };
        let query = buffer.get(..length).unwrap_or_default().to_vec();
        let (socket, names) = (Arc::clone(&socket), Arc::clone(&names));
        tasks.spawn(async move {
            if let Some(answer) = names.answer(&query).await.and_then(|answer| fitting(&query, answer)) {
                let _ = socket.send_to(&answer, guest).await;
            }
        });
    }
}

pub(super) async fn serve_tcp(listener: TcpListener, names: Arc<NameServer>) {
    let mut tasks = JoinSet::new();
    loop {
        while tasks.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => drop(tasks.spawn(converse(stream, Arc::clone(&names)))),
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn converse(stream: TcpStream, names: Arc<NameServer>) {
    let (mut questions, answers) = stream.into_split();
    let (answers, mut tasks) = (Arc::new(Mutex::new(answers)), JoinSet::new());
    while let Ok(Ok(query)) = timeout(Duration::from_secs(10), read_query(&mut questions)).await {
        let (answers, names) = (Arc::clone(&answers), Arc::clone(&names));
        // Answers go out as they are found: none waits for another (RFC 7766 §6.2.1.1).
        tasks.spawn(async move {
            let Some(answer) = names.answer(&query).await else { return };
            let length = u16::try_from(answer.len()).unwrap_or(0);
            // Who hangs up before the answer wants none.
            let _ = answers.lock().await.write_all(&[&length.to_be_bytes()[..], &answer].concat()).await;
        });
    }
    while tasks.join_next().await.is_some() {}
}

async fn read_query(stream: &mut OwnedReadHalf) -> io::Result<Vec<u8>> {
    let mut query = vec![0; stream.read_u16().await?.into()];
    stream.read_exact(&mut query).await?;
    Ok(query)
}
