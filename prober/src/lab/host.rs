//! A mail host: a small SMTP server (RFC 5321) that behaves as its manner says.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::guest_book::{GuestBook, Visit};
use super::manner::{Act, Manner, Pipelining};
use super::{host_address, site};

/// How long a guest may be quiet.
const PATIENCE: Duration = Duration::from_mins(1);
/// The longest command line; RFC 5321 §4.5.3.1.4 asks for 512.
const MAX_LINE: usize = 4096;
/// When a greylisted guest may come back: not before the first, not after the second.
const COME_BACK: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(30));

/// An error that names the address it is about.
pub(super) fn named(error: &io::Error, address: SocketAddr) -> io::Error {
    io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
}

/// Listens on an address.
pub(super) async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| named(&error, address))
}

type Listeners = Vec<(TcpListener, &'static Manner)>;

/// Listens for every host on one port.
pub(super) async fn bind_all(port: u16) -> io::Result<Listeners> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    // A port that is free at the first address may be taken at the last; another one is tried then.
    for _ in 0..16 {
        match try_bind_all(port).await {
            Ok(listeners) => return Ok(listeners),
            Err(error) if port == 0 => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

async fn try_bind_all(mut port: u16) -> io::Result<Listeners> {
    let mut listeners = Vec::new();
    for (number, manner) in site::hosts() {
        let listener = bind(SocketAddr::new(host_address(number), port)).await?;
        port = listener.local_addr()?.port();
        listeners.push((listener, manner));
    }
    Ok(listeners)
}

/// The port that they share.
pub(super) fn port_of(listeners: &Listeners) -> io::Result<u16> {
    let first = listeners.first().ok_or_else(|| io::Error::other("the lab has no mail hosts"))?;
    Ok(first.0.local_addr()?.port())
}

/// When each greylisted triplet was first seen: guest, sender, recipient.
pub(super) type Greylist = Arc<Mutex<HashMap<(IpAddr, String, String), Instant>>>;

/// Serves guests until it is called off.
pub(super) async fn serve(listener: TcpListener, manner: &'static Manner, guests: Arc<GuestBook>) {
    let greylist = Greylist::default();
    let mut visits = JoinSet::new();
    loop {
        while visits.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, guest)) => {
                let session = Session::new(manner, guest.ip(), Arc::clone(&greylist));
                visits.spawn(receive(stream, session, Arc::clone(&guests)));
            }
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn receive(mut stream: TcpStream, mut session: Session, guests: Arc<GuestBook>) {
    let host = stream.local_addr();
    // Replies to grouped commands go out one by one; without this each would wait for the last one's acknowledgement.
    let _ = stream.set_nodelay(true);
    // However it ends, the visit is over then.
    let _ = converse(&mut stream, &mut session).await;
    if let Ok(host) = host {
        guests.sign(Visit { host, commands: session.commands, quit: session.quit });
    }
}

async fn converse(stream: &mut TcpStream, session: &mut Session) -> io::Result<()> {
    let mut held: Vec<u8> = Vec::new();
    let mut buffer = [0; 1024];
    let mut goes_on = act(stream, session.manner.greeting).await?;
    while goes_on {
        let Some(end) = held.iter().position(|octet| *octet == b'\n') else {
            if held.len() > MAX_LINE {
                return say(stream, b"500 5.5.2 Line too long").await;
            }
            match timeout(PATIENCE, stream.read(&mut buffer)).await {
                Ok(Ok(length @ 1..)) => held.extend_from_slice(buffer.get(..length).unwrap_or_default()),
                Ok(Ok(0) | Err(_)) => return Ok(()),
                _ => return say(stream, b"421 4.4.2 Timeout").await,
            }
            continue;
        };
        let line: Vec<u8> = held.drain(..=end).collect();
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        if session.manner.pipelining == Pipelining::Punished && !held.is_empty() {
            session.commands.push(line);
            return say(stream, b"554 5.5.0 SMTP synchronization error").await;
        }
        goes_on = match session.take(line) {
            Answer::Act(chosen) => act(stream, chosen).await?,
            Answer::Text(text) => say(stream, text.as_bytes()).await.map(|()| true)?,
            Answer::Farewell => say(stream, b"221 2.0.0 Bye").await.map(|()| false)?,
        };
    }
    Ok(())
}

/// Does what the manner says; whether the session goes on.
async fn act(stream: &mut TcpStream, act: Act) -> io::Result<bool> {
    match act {
        Act::Say(text) => say(stream, text.as_bytes()).await.map(|()| true),
        Act::Bytes(octets) => say(stream, octets).await.map(|()| true),
        Act::SayAndClose(text) => say(stream, text.as_bytes()).await.map(|()| false),
        Act::Close => Ok(false),
        Act::Silence => wait_for_end(stream).await.map(|()| false),
        Act::Flood => say(stream, format!("550 {}", "x".repeat(100_000)).as_bytes()).await.map(|()| true),
        Act::LongBanner => {
            let lines: Vec<String> = (1..100).map(|n| format!("220-Rule {n} of this house is to be read in full")).collect();
            say(stream, format!("{}\n220 Welcome", lines.join("\n")).as_bytes()).await.map(|()| true)
        }
        Act::Drip => loop {
            for octet in b"250-" {
                stream.write_all(&[*octet]).await?;
                sleep(Duration::from_millis(300)).await;
            }
        },
    }
}

async fn wait_for_end(stream: &mut TcpStream) -> io::Result<()> {
    let mut buffer = [0; 256];
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}

/// Sends lines, each with its CR LF.
async fn say(stream: &mut TcpStream, lines: &[u8]) -> io::Result<()> {
    let mut octets = Vec::with_capacity(lines.len() + 2);
    for line in lines.split(|octet| *octet == b'\n') {
        octets.extend_from_slice(line);
        octets.extend_from_slice(b"\r\n");
    }
    stream.write_all(&octets).await
}

/// What a command is answered with.
enum Answer {
    Act(Act),
    Text(String),
    Farewell,
}

/// What a host knows of its guest.
struct Session {
    manner: &'static Manner,
    guest: IpAddr,
    greylist: Greylist,
    commands: Vec<String>,
    greeted: bool,
    sender: Option<String>,
    quit: bool,
}

impl Session {
    fn new(manner: &'static Manner, guest: IpAddr, greylist: Greylist) -> Self {
        Self { manner, guest, greylist, commands: Vec::new(), greeted: false, sender: None, quit: false }
    }

    fn take(&mut self, line: String) -> Answer {
        let upper = line.to_ascii_uppercase();
        let answer = match upper.split_ascii_whitespace().next().unwrap_or_default() {
            "EHLO" => self.ehlo(),
            "HELO" => {
                self.greeted = true;
                Answer::Text("250 mx.lab.example".into())
            }
            "MAIL" => self.mail(&line),
            "RCPT" => self.rcpt(&line),
            "RSET" => {
                self.sender = None;
                Answer::Text("250 2.0.0 Ok".into())
            }
            "NOOP" => Answer::Text("250 2.0.0 Ok".into()),
            "VRFY" => Answer::Text("252 2.0.0 Try it and see".into()),
            "DATA" => Answer::Text("554 5.5.1 No mail is taken here".into()),
            "QUIT" => {
                self.quit = true;
                Answer::Farewell
            }
            _ => Answer::Text("502 5.5.2 Command not recognized".into()),
        };
        self.commands.push(line);
        answer
    }

    fn ehlo(&mut self) -> Answer {
        if let Some(act) = self.manner.ehlo {
            return Answer::Act(act);
        }
        self.greeted = true;
        let mut text = String::from("250-mx.lab.example\n250-SIZE 10485760\n");
        if self.manner.pipelining == Pipelining::Offered {
            text.push_str("250-PIPELINING\n");
        }
        if self.manner.smtputf8 {
            text.push_str("250-SMTPUTF8\n");
        }
        text.push_str("250-8BITMIME\n250 ENHANCEDSTATUSCODES");
        Answer::Text(text)
    }

    fn mail(&mut self, line: &str) -> Answer {
        match (self.greeted, path(line, "MAIL FROM:")) {
            (false, _) => Answer::Text("503 5.5.1 EHLO or HELO first".into()),
            (true, None) => Answer::Text("501 5.5.4 Expected MAIL FROM:<address>".into()),
            (true, Some(sender)) => {
                if matches!(self.manner.mail, Act::Say(text) if text.starts_with('2')) {
                    self.sender = Some(sender.to_owned());
                }
                Answer::Act(self.manner.mail)
            }
        }
    }

    fn rcpt(&mut self, line: &str) -> Answer {
        let Some(sender) = self.sender.clone() else { return Answer::Text("503 5.5.1 MAIL first".into()) };
        let Some(recipient) = path(line, "RCPT TO:") else { return Answer::Text("501 5.5.4 Expected RCPT TO:<address>".into()) };
        if !recipient.is_ascii() && !self.manner.smtputf8 {
            return Answer::Text("553 5.6.7 Internationalised addresses are not supported".into());
        }
        let local_part = recipient.rsplit_once('@').map_or(recipient, |(local_part, _)| local_part).to_lowercase();
        if !self.manner.known.contains(&local_part.as_str()) {
            return Answer::Act(self.manner.others);
        }
        if self.manner.greylists && !self.is_due(sender, recipient.to_owned()) {
            return Answer::Text("451 4.7.1 Greylisted, please try again in 20 seconds".into());
        }
        Answer::Text("250 2.1.5 Ok".into())
    }

    /// Whether the triplet came back in time; otherwise its time starts now.
    fn is_due(&self, sender: String, recipient: String) -> bool {
        let mut seen = self.greylist.lock().unwrap_or_else(PoisonError::into_inner);
        let triplet = (self.guest, sender, recipient);
        let waited = seen.get(&triplet).map(Instant::elapsed);
        if waited.is_some_and(|waited| (COME_BACK.0..=COME_BACK.1).contains(&waited)) {
            return true;
        }
        seen.insert(triplet, Instant::now());
        false
    }
}

/// What a host of this manner says to a triplet from loopback: whether it is due.
#[cfg(test)]
pub(super) fn greylist_says(manner: &'static Manner, greylist: &Greylist, sender: &str, recipient: &str) -> bool {
    let session = Session::new(manner, IpAddr::from([127, 0, 0, 1]), Arc::clone(greylist));
    session.is_due(sender.to_owned(), recipient.to_owned())
}

/// What stands between the angle brackets.
fn path<'a>(line: &'a str, verb: &str) -> Option<&'a str> {
    let (given, rest) = line.split_at_checked(verb.len())?;
    let inner = rest.trim_start().strip_prefix('<')?;
    let end = inner.rfind('>')?;
    given.eq_ignore_ascii_case(verb).then(|| inner.get(..end)).flatten()
}
