//! One connection to one mail host: drives the sans-I/O dialogue of `shared` over TCP.

use std::net::SocketAddr;
use std::time::Duration;

use shared::evidence::Outcome;
use shared::smtp::Stage;
use shared::smtp::dialogue::{Dialogue, Next, Plan};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use crate::farewell::Farewells;

/// How long a connection may take to come about.
pub const CONNECT: Duration = Duration::from_secs(5);

/// The zero of the dialogue's clock.
#[derive(Debug, Clone, Copy)]
pub struct Epoch(Instant);

impl Epoch {
    /// Time starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The dialogue's time of `instant`.
    pub fn at(self, instant: Instant) -> Duration {
        instant.saturating_duration_since(self.0)
    }

    fn now(self) -> Duration {
        self.0.elapsed()
    }

    fn instant(self, time: Duration) -> Instant {
        self.0 + time.min(Duration::from_hours(24))
    }
}

/// Connects to `address` and holds the dialogue of `plan` by its deadline; what is left of QUIT is done behind the caller's back.
pub async fn hold(address: SocketAddr, plan: Plan, epoch: Epoch, farewells: &Farewells) -> Outcome {
    let by = epoch.instant(plan.deadline).min(Instant::now() + CONNECT);
    let mut stream = match timeout_at(by, TcpStream::connect(address)).await {
        Err(_) => return Outcome::ConnectTimedOut,
        Ok(Err(_)) => return Outcome::ConnectFailed,
        Ok(Ok(stream)) => stream,
    };
    // Commands are small and each waits for its reply: Nagle's delay would only slow them.
    let _ = stream.set_nodelay(true);
    let mut dialogue = Dialogue::new(plan, epoch.now());
    converse(&mut stream, &mut dialogue, epoch, false).await;
    let facts = dialogue.facts(false).into_iter().next();
    farewells.spawn(async move {
        converse(&mut stream, &mut dialogue, epoch, true).await;
        let _ = stream.shutdown().await;
    });
    facts.map_or(Outcome::ConnectFailed, Outcome::Session)
}

/// Runs the dialogue until only QUIT's reply is due, or with `farewell` to its end.
async fn converse(stream: &mut TcpStream, dialogue: &mut Dialogue, epoch: Epoch, farewell: bool) {
    let mut buffer = [0; 2048];
    loop {
        match dialogue.next(epoch.now()) {
            Next::Close => return,
            Next::Read { stage: Stage::Quit, .. } if !farewell => return,
            Next::Send(bytes) => {
                // A host that does not read must not hold us: a full buffer of commands never waits this long.
                let by = Instant::now() + Duration::from_secs(2);
                if !matches!(timeout_at(by, stream.write_all(bytes.as_bytes())).await, Ok(Ok(()))) {
                    dialogue.closed();
                }
            }
            Next::Read { until, .. } => match timeout_at(epoch.instant(until), stream.read(&mut buffer)).await {
                Err(_) => {}
                Ok(Ok(0) | Err(_)) => dialogue.closed(),
                Ok(Ok(length)) => dialogue.receive(buffer.get(..length).unwrap_or_default(), epoch.now()),
            },
        }
    }
}
