//! A server that stands in for another and fails as it is told: for failures that a healthy one does not show.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// What it does with a request.
#[derive(Debug, Clone)]
pub enum Play {
    /// Answers with these octets, a whole HTTP response.
    Answer(Vec<u8>),
    /// Answers with these octets after a while.
    AnswerAfter(Duration, Vec<u8>),
    /// Reads and never answers.
    Silence,
    /// Closes the connection.
    Close,
    /// Sends these octets again and again, without end.
    Endless(Vec<u8>),
}

/// A running stand-in.
#[derive(Debug)]
pub struct StandIn {
    address: SocketAddr,
    seen: Arc<Seen>,
}

/// What it saw, and whether it is to end.
#[derive(Debug, Default)]
struct Seen {
    asked: AtomicUsize,
    left: AtomicUsize,
    over: AtomicBool,
}

/// An HTTP response of this status, type and body.
pub fn response(status: &str, media_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

impl StandIn {
    /// Starts one on a free port that does the same with each request.
    ///
    /// # Errors
    /// Where no port can be had.
    pub fn start(play: Play) -> io::Result<Self> {
        Self::start_with(move |_| play.clone())
    }

    /// Starts one on a free port that looks at each request.
    ///
    /// # Errors
    /// Where no port can be had.
    pub fn start_with(choose: impl Fn(&str) -> Play + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let this = Self { address: listener.local_addr()?, seen: Arc::default() };
        let (seen, choose) = (Arc::clone(&this.seen), Arc::new(choose));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if seen.over.load(Ordering::SeqCst) {
                    return;
                }
                let (seen, choose) = (Arc::clone(&seen), Arc::clone(&choose));
                thread::spawn(move || serve(stream, &*choose, &seen));
            }
        });
        Ok(this)
    }

    /// Its address, without path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests came.
    pub fn asked(&self) -> usize {
        self.seen.asked.load(Ordering::SeqCst)
    }

    /// How many hung up while it was silent.
    pub fn left(&self) -> usize {
        self.seen.left.load(Ordering::SeqCst)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.seen.over.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(mut stream: TcpStream, choose: &dyn Fn(&str) -> Play, seen: &Seen) {
    let Some(request) = read(&mut stream) else { return };
    seen.asked.fetch_add(1, Ordering::SeqCst);
    // Whoever asked may have gone; then there is nobody to answer.
    let _ = match choose(&request) {
        Play::Answer(bytes) => stream.write_all(&bytes),
        Play::AnswerAfter(delay, bytes) => {
            thread::sleep(delay);
            stream.write_all(&bytes)
        }
        Play::Silence => keep_silent(&mut stream, seen),
        Play::Close => Ok(()),
        Play::Endless(bytes) => loop {
            if seen.over.load(Ordering::SeqCst) || stream.write_all(&bytes).is_err() {
                break Ok(());
            }
        },
    };
}

/// Says nothing until it is over or the other side hangs up.
fn keep_silent(stream: &mut TcpStream, seen: &Seen) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_millis(50)))?;
    while !seen.over.load(Ordering::SeqCst) {
        match stream.read(&mut [0; 4096]) {
            Ok(1..) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Ok(0) | Err(_) => {
                seen.left.fetch_add(1, Ordering::SeqCst);
                break;
            }
        }
    }
    Ok(())
}

/// A request: its head, and as much of a body as it announces.
fn read(stream: &mut TcpStream) -> Option<String> {
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let length = stream.read(&mut buffer).ok().filter(|length| *length > 0)?;
        request.extend_from_slice(buffer.get(..length)?);
        let text = String::from_utf8_lossy(&request).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let lower = head.to_ascii_lowercase();
        let announced = lower.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        if text.len() > head.len() && body.len() >= announced.unwrap_or_default() {
            return Some(text);
        }
    }
}
