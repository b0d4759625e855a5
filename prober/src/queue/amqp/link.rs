//! One connection, made anew as often as it takes.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::time::Duration;

use lapin::protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError};
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties, Error, ErrorKind};
use tokio::sync::{Mutex, watch};
use tokio::time::{sleep, timeout};

/// How long a connection, or a channel with its queues, may take to come about.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// The pause after a first failure; it doubles with each further one,
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often each side is heard of, in seconds; a connection is given up when nothing is heard for twice as long.
const HEARTBEAT_S: u16 = 10;

/// What is said where the broker refuses us.
pub(super) const REFUSED: &str = "RabbitMQ refuses us: check user, password and virtual host of RCPT_QUEUE, that the user may configure, write and read \
    there, and that no queue of ours was made there by somebody else";

/// A connection to a broker.
pub(super) struct Link {
    uri: AMQPUri,
    connection: Mutex<Option<Arc<Connection>>>,
    /// Failures one after the other.
    failures: AtomicU32,
    /// Which links to this broker are down; the first and the last of them is said.
    down: Arc<AtomicU8>,
    bit: u8,
    /// Whether it refuses us.
    refuses: Arc<watch::Sender<bool>>,
    closing: AtomicBool,
}

impl Link {
    /// Two links to one broker.
    pub(super) fn two_to(uri: &AMQPUri) -> [Self; 2] {
        let mut uri = uri.clone();
        uri.query.heartbeat.get_or_insert(HEARTBEAT_S);
        let down = Arc::<AtomicU8>::default();
        let refuses = Arc::new(watch::Sender::new(false));
        [1, 2].map(|bit| Self {
            uri: uri.clone(),
            connection: Mutex::default(),
            failures: AtomicU32::new(0),
            down: Arc::clone(&down),
            bit,
            refuses: Arc::clone(&refuses),
            closing: AtomicBool::new(false),
        })
    }

    /// Whether nothing has failed since the last success.
    pub(super) fn is_there(&self) -> bool {
        self.down.load(Ordering::Relaxed) == 0
    }

    /// The connection, once there is one.
    pub(super) async fn connection(&self) -> Arc<Connection> {
        let mut known = self.connection.lock().await;
        if let Some(connection) = known.as_ref().filter(|connection| connection.status().connected()) {
            return Arc::clone(connection);
        }
        loop {
            let connecting = Connection::connect_uri(self.uri.clone(), properties());
            match in_time(PATIENCE, connecting).await {
                Ok(connection) => return Arc::clone(known.insert(Arc::new(connection))),
                Err(fault) => self.rest(&fault).await,
            }
        }
    }

    /// Letters go or come again.
    pub(super) fn is_back(&self) {
        self.failures.store(0, Ordering::Relaxed);
        if self.down.fetch_and(!self.bit, Ordering::Relaxed) == self.bit {
            self.refuses.send_replace(false);
            tracing::info!("the queue is back");
        }
    }

    /// Whether the broker refuses us.
    pub(super) fn is_refused(&self) -> bool {
        *self.refuses.borrow()
    }

    /// Waits until the broker refuses us.
    pub(super) async fn refusal(&self) {
        // The sender is ours, and stays.
        drop(self.refuses.subscribe().wait_for(|refuses| *refuses).await);
    }

    /// Something failed: that is said once, and the next try waits for a while.
    pub(super) async fn rest(&self, fault: &Error) {
        if !self.closing.load(Ordering::Relaxed) {
            let is_first = self.down.fetch_or(self.bit, Ordering::Relaxed) == 0;
            if is_refusal(fault) {
                if !self.refuses.send_replace(true) {
                    tracing::error!(fault = %Kind(fault), "{REFUSED}");
                }
            } else if is_first {
                tracing::warn!(fault = %Kind(fault), "the queue is gone: jobs wait until it is back");
            }
        }
        self.pause().await;
    }

    /// A while, longer each time until something succeeds.
    pub(super) async fn pause(&self) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).min(10);
        sleep((FIRST_PAUSE * (1 << failures)).min(LONGEST_PAUSE)).await;
    }

    /// Ends the connection in good order.
    pub(super) async fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        if let Some(connection) = self.connection.lock().await.take() {
            // One that is gone already is closed.
            let _ = timeout(PATIENCE, connection.close(200, "OK".into())).await;
        }
    }
}

/// What comes of `asking`; where nothing comes of it, that it took too long.
pub(super) async fn in_time<T>(limit: Duration, asking: impl Future<Output = lapin::Result<T>>) -> lapin::Result<T> {
    timeout(limit, asking).await.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
}

fn properties() -> ConnectionProperties {
    ConnectionProperties::default().with_connection_name("rcpt".into())
}

/// Whether the broker is there and will not have us, as who we are or as what we want.
fn is_refusal(fault: &Error) -> bool {
    let ErrorKind::ProtocolError(error) = fault.kind() else { return false };
    matches!(
        error.kind(),
        AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED | AMQPSoftError::PRECONDITIONFAILED)
            | AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED)
    )
}

/// Whether a name was not found: the standard library has no kind for that, only words.
fn is_lookup(error: &io::Error) -> bool {
    error.to_string().contains("failed to lookup address information")
}

/// What failed, without any text of the broker's: it may repeat names from the address.
struct Kind<'a>(&'a Error);

impl fmt::Display for Kind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            ErrorKind::IOError(error) if is_lookup(error) => f.write_str("its host, as RCPT_QUEUE names it, cannot be looked up"),
            ErrorKind::IOError(error) => write!(f, "{}", error.kind()),
            ErrorKind::ProtocolError(error) => write!(f, "{:?}", error.kind()),
            ErrorKind::MissingHeartbeatError => f.write_str("nothing is heard of it"),
            _ => f.write_str("the connection broke off"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::ToSocketAddrs as _;

    use super::*;

    #[test]
    fn ok_a_name_that_is_not_found_is_said() {
        // An empty label, which no resolver asks anybody about.
        let error = ("a..b", 1).to_socket_addrs().expect_err("no name");
        assert_eq!(Kind(&Error::from(error)).to_string(), "its host, as RCPT_QUEUE names it, cannot be looked up");
        let refused = Error::from(io::Error::from(io::ErrorKind::ConnectionRefused));
        assert_eq!(Kind(&refused).to_string(), "connection refused");
    }
}
