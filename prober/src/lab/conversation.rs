//! Lines in, replies out: what goes over a connection, plain or within TLS.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};

use super::host::PATIENCE;
use super::manner::{Act, Pipelining};
use super::session::{Answer, Session};

/// The longest command line; RFC 5321 §4.5.3.1.4 asks for 512.
const MAX_LINE: usize = 4096;

/// How a conversation ends.
pub(super) enum End {
    /// For good.
    Over,
    /// With a TLS handshake to come.
    Handshake,
    /// With the promise of one, which is not kept.
    Garbage,
}

/// Either end of TCP, or of TLS.
pub(super) trait Line: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Line for T {}

/// Greets; whether the session goes on.
pub(super) async fn greet(line: &mut impl Line, session: &Session) -> io::Result<bool> {
    sleep(session.manner().delays.greeting).await;
    match session.turned_away() {
        Some(text) => say(line, text.as_bytes()).await.map(|()| false),
        None => act(line, session.manner().greeting).await,
    }
}

/// Answers commands to the end.
pub(super) async fn hold(line: &mut impl Line, session: &mut Session) -> io::Result<End> {
    let end = answer_all(line, session).await?;
    if matches!(end, End::Over) {
        // Within TLS this says that nothing was cut off.
        line.shutdown().await?;
    }
    Ok(end)
}

async fn answer_all(line: &mut impl Line, session: &mut Session) -> io::Result<End> {
    let mut held: Vec<u8> = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        let Some(end) = held.iter().position(|octet| *octet == b'\n') else {
            if held.len() > MAX_LINE {
                return over(line, "500 5.5.2 Line too long").await;
            }
            match timeout(PATIENCE, line.read(&mut buffer)).await {
                Ok(Ok(length @ 1..)) => held.extend_from_slice(buffer.get(..length).unwrap_or_default()),
                Ok(Ok(0) | Err(_)) => return Ok(End::Over),
                _ => return over(line, "421 4.4.2 Timeout").await,
            }
            continue;
        };
        let command: Vec<u8> = held.drain(..=end).collect();
        let command = String::from_utf8_lossy(&command).trim_end().to_owned();
        if session.manner().pipelining == Pipelining::Punished && !held.is_empty() {
            session.commands.push(command);
            return over(line, "554 5.5.0 SMTP synchronization error").await;
        }
        let wait = session.wait(&command);
        sleep(wait).await;
        let answer = session.take(command);
        if let Some(first) = session.stutters(&answer) {
            say(line, first.as_bytes()).await?;
            sleep(wait).await;
        }
        match answer {
            Answer::Act(chosen) => {
                if !act(line, chosen).await? {
                    return Ok(End::Over);
                }
            }
            Answer::Text(text) => say(line, text.as_bytes()).await?,
            Answer::Last(text) => return over(line, text).await,
            Answer::Then(text, end) => return say(line, text.as_bytes()).await.map(|()| end),
        }
        if let Some(text) = session.worn_out() {
            sleep(session.wait("")).await;
            return over(line, text).await;
        }
    }
}

async fn over(line: &mut impl Line, text: &str) -> io::Result<End> {
    say(line, text.as_bytes()).await.map(|()| End::Over)
}

/// Lets the guest begin a handshake and answers with what is none.
pub(super) async fn garbage(line: &mut impl Line) -> io::Result<()> {
    let mut buffer = [0; 1024];
    if timeout(PATIENCE, line.read(&mut buffer)).await?? > 0 {
        say(line, b"this is not what you are looking for").await?;
    }
    Ok(())
}

/// Does what the manner says; whether the session goes on.
async fn act(line: &mut impl Line, act: Act) -> io::Result<bool> {
    match act {
        Act::Say(text) => say(line, text.as_bytes()).await.map(|()| true),
        Act::Bytes(octets) => say(line, octets).await.map(|()| true),
        Act::SayAndClose(text) => say(line, text.as_bytes()).await.map(|()| false),
        Act::Close => Ok(false),
        Act::Silence => wait_for_end(line).await.map(|()| false),
        Act::Flood => say(line, format!("550 {}", "x".repeat(100_000)).as_bytes()).await.map(|()| true),
        Act::LongBanner => {
            let lines: Vec<String> = (1..100).map(|n| format!("220-Rule {n} of this house is to be read in full")).collect();
            say(line, format!("{}\n220 Welcome", lines.join("\n")).as_bytes()).await.map(|()| true)
        }
        Act::Drip => loop {
            for octet in b"250-" {
                line.write_all(&[*octet]).await?;
                line.flush().await?;
                sleep(Duration::from_millis(300)).await;
            }
        },
    }
}

async fn wait_for_end(line: &mut impl Line) -> io::Result<()> {
    let mut buffer = [0; 256];
    while line.read(&mut buffer).await? > 0 {}
    Ok(())
}

/// Sends lines, each with its CR LF.
async fn say(line: &mut impl Line, lines: &[u8]) -> io::Result<()> {
    let mut octets = Vec::with_capacity(lines.len() + 2);
    for text in lines.split(|octet| *octet == b'\n') {
        octets.extend_from_slice(text);
        octets.extend_from_slice(b"\r\n");
    }
    line.write_all(&octets).await?;
    line.flush().await
}
