//! All lines to mail hosts, and who opens sessions on them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared::domain::host_name::HostName;
use shared::domain::operator::Operator;
use shared::evidence::Outcome;
use shared::mailbox::Mailbox;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::Instrument as _;

use crate::clock;
use crate::dial::Dialer;
use crate::farewell::Farewells;
use crate::identity::Identity;
use crate::kept::{Kept, Kind, Reach};
use crate::line::{Line, Turn};
use crate::metrics::Metrics;
use crate::pace::{Allowance, Pace, PaceFact};
use crate::session;
use crate::tls::Tls;

/// The most lines kept while nobody talks on them.
const CAPACITY: usize = 10_000;
/// What an answer may come late by: the session tells at the deadline itself.
const GRACE: Duration = Duration::from_millis(100);

/// What all sessions share.
#[derive(Debug)]
pub struct House {
    /// Who we are; `None` where it is not configured, and then nobody is asked.
    pub identity: Option<Identity>,
    /// How connections are made.
    pub dialer: Dialer,
    /// How they are secured.
    pub tls: Tls,
    /// How much is asked of whom.
    pub pace: Pace,
    /// What is kept, and shared with other probers.
    pub kept: Arc<Kept>,
    /// Sessions, seen through to their end.
    pub farewells: Farewells,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

impl House {
    /// Opens a session where one is wanted.
    pub(crate) fn staff(self: &Arc<Self>, line: &Arc<Line>) {
        let most = self.pace.sessions(&line.pace_key(), line.allowance(), Instant::now());
        if line.wants_session(most) {
            let (house, line) = (Arc::clone(self), Arc::clone(line));
            // Many probes share it, so it is part of none.
            let span = tracing::info_span!(parent: None, "session", host = line.host.as_str(), ip = %line.ip());
            self.farewells.spawn(async move { house.attend(&line).await }.instrument(span));
        }
    }

    /// One session from its permit to its end; whoever is left afterwards gets another one.
    async fn attend(self: Arc<Self>, line: &Arc<Line>) {
        let (key, allowance) = (line.pace_key(), line.allowance());
        if self.is_admitted(line, &key, allowance).await {
            let conclusion = session::hold(line, &self).await;
            self.pace.close(&key, allowance, conclusion.clean, Instant::now());
            if conclusion.complained {
                self.slow_down(&key, allowance).await;
            }
        }
        line.session_ended();
        self.staff(line);
    }

    /// A host complained: this prober slows down, and so do those that share its knowledge.
    async fn slow_down(&self, key: &str, allowance: Allowance) {
        let now = Instant::now();
        let (quiet_until, strikes) = self.pace.complain(key, allowance, now);
        let pause = quiet_until.saturating_duration_since(now);
        let wall = clock::now();
        let quiet_until_ms = wall.0.saturating_add(u64::try_from(pause.as_millis()).unwrap_or(u64::MAX));
        let fact = PaceFact { quiet_until_ms, strikes };
        self.kept.put(Kind::Pace, &[key], &fact, pause, Reach::Shared, wall).await;
    }

    /// Heeds what other probers were told.
    async fn heed_others(&self, key: &str, allowance: Allowance) {
        let (now, wall) = (Instant::now(), clock::now());
        if let Some(fact) = self.kept.get_from_afar::<PaceFact>(Kind::Pace, &[key], wall).await {
            let until = now + Duration::from_millis(fact.quiet_until_ms.saturating_sub(wall.0));
            self.pace.heed(key, allowance, until, fact.strikes, now);
        }
    }

    /// Waits for the host's pace; those who cannot wait so long are told. `false` where nobody is left.
    async fn is_admitted(&self, line: &Line, key: &str, allowance: Allowance) -> bool {
        self.heed_others(key, allowance).await;
        let mut news = line.news();
        while line.is_wanted() {
            match self.pace.open(key, allowance, Instant::now()) {
                Ok(()) => return true,
                Err(then) => {
                    line.turn_away_before(then);
                    tokio::select! {
                        () = sleep_until(then) => {}
                        // Whoever comes meanwhile is told too.
                        _ = news.changed() => {}
                        () = self.farewells.called() => return false,
                    }
                }
            }
        }
        false
    }
}

/// An address, and the operator of the host there.
type Key = (SocketAddr, Option<&'static str>);

/// All lines.
#[derive(Debug)]
pub struct Lines {
    /// What they share.
    pub house: Arc<House>,
    /// By address and operator: whoever names an operator's address as its own must not set the manners for its hosts.
    lines: Mutex<HashMap<Key, Arc<Line>>>,
}

impl Lines {
    /// No lines yet.
    pub fn new(house: House) -> Self {
        Self { house: Arc::new(house), lines: Mutex::default() }
    }

    /// The line to `address`, where `host` listens.
    pub fn to(&self, address: SocketAddr, host: &HostName) -> Arc<Line> {
        let key = (address, Operator::of_exchange(host).map(|operator| operator.id));
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= CAPACITY {
            lines.retain(|_, line| !line.is_idle());
        }
        let line = lines.entry(key).or_insert_with(|| Arc::new(new_line(address, host, false)));
        Arc::clone(line)
    }

    /// A line for one asker alone, on which everything is written down.
    pub fn apart(&self, address: SocketAddr, host: &HostName) -> Arc<Line> {
        Arc::new(new_line(address, host, true))
    }

    /// Asks about a mailbox on a line.
    pub async fn ask(&self, line: &Arc<Line>, mailbox: &Mailbox, deadline: Instant, turn: Turn) -> Outcome {
        let answer = line.join(mailbox.clone(), deadline, turn);
        self.house.staff(line);
        match timeout_at(deadline + GRACE, answer).await {
            Ok(Ok(outcome)) => outcome,
            // Nobody had come to it by its deadline, or the process is ending.
            Ok(Err(_)) | Err(_) => Outcome::ConnectTimedOut,
        }
    }
}

fn new_line(address: SocketAddr, host: &HostName, recorded: bool) -> Line {
    let allowance = Allowance::of(Operator::of_exchange(host));
    Line::new(address, host.clone(), allowance.limits, recorded)
}
