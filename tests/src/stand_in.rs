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
    asked: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

/// An HTTP response of this status, type and body.
pub fn response(status: &str, media_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

impl StandIn {
    /// Starts one on a free port.
    ///
    /// # Errors
    /// Where no port can be had.
    pub fn start(play: Play) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let this = Self { address: listener.local_addr()?, asked: Arc::default(), over: Arc::default() };
        let (asked, over) = (Arc::clone(&this.asked), Arc::clone(&this.over));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (play, asked, over) = (play.clone(), Arc::clone(&asked), Arc::clone(&over));
                thread::spawn(move || serve(stream, &play, &asked, &over));
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
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(mut stream: TcpStream, play: &Play, asked: &AtomicUsize, over: &AtomicBool) {
    let mut buffer = [0; 4096];
    if !matches!(stream.read(&mut buffer), Ok(1..)) {
        return;
    }
    asked.fetch_add(1, Ordering::SeqCst);
    // Whoever asked may have gone; then there is nobody to answer.
    let _ = match play {
        Play::Answer(bytes) => stream.write_all(bytes),
        Play::AnswerAfter(delay, bytes) => {
            thread::sleep(*delay);
            stream.write_all(bytes)
        }
        Play::Silence => {
            while !over.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(50));
            }
            Ok(())
        }
        Play::Close => Ok(()),
        Play::Endless(bytes) => loop {
            if over.load(Ordering::SeqCst) || stream.write_all(bytes).is_err() {
                break Ok(());
            }
        },
    };
}
