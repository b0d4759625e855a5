//! One connection to one mail host: drives the sans-I/O dialogue of `shared` over TCP and TLS, for whoever waits on its line.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use shared::evidence::{Outcome, Recipient, SessionEnd};
use shared::smtp::dialogue::{Dialogue, Errand, Next, Plan, Timeouts, Told};
use shared::smtp::{Reply, Stage};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::client::TlsStream;

use crate::identity::Identity;
use crate::line::{Lesson, Line, Turn, Waiting};
use crate::lines::House;
use crate::pace::is_complaint;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a session is kept for whoever comes next.
const LINGER: Duration = Duration::from_secs(2);
/// So many mailboxes a session may ask about while others wait for its place.
const TURN: u64 = 50;
/// How long a host may leave our commands unread.
const UNREAD: Duration = Duration::from_secs(2);
/// How long replies may take. RFC 5321 §4.5.3.2 would allow minutes; somebody waits.
const TIMEOUTS: Timeouts = Timeouts { greeting: Duration::from_secs(20), command: Duration::from_secs(20), quit: Duration::from_secs(2) };

/// The zero of a dialogue's clock.
#[derive(Debug, Clone, Copy)]
struct Epoch(Instant);

impl Epoch {
    fn at(self, instant: Instant) -> Duration {
        instant.saturating_duration_since(self.0)
    }

    fn now(self) -> Duration {
        self.0.elapsed()
    }

    fn instant(self, time: Duration) -> Instant {
        self.0 + time.min(Duration::from_hours(24))
    }
}

/// The connection, in plain text or not.
enum Wire {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
    Broken,
}

impl Wire {
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer).await,
            Self::Secure(stream) => stream.read(buffer).await,
            Self::Broken => Ok(0),
        }
    }

    async fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(octets).await,
            Self::Secure(stream) => {
                stream.write_all(octets).await?;
                stream.flush().await
            }
            Self::Broken => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    async fn close(&mut self) {
        // What cannot be closed in good order is closed by being dropped.
        let _ = match self {
            Self::Plain(stream) => stream.shutdown().await,
            Self::Secure(stream) => stream.shutdown().await,
            Self::Broken => Ok(()),
        };
    }
}

/// A session as it goes.
struct Session<'a> {
    line: &'a Arc<Line>,
    house: &'a Arc<House>,
    dialogue: Dialogue,
    epoch: Epoch,
    taken: HashMap<u64, Waiting>,
    tickets: u64,
    /// When the last answers came, or nobody had been asked; `None` before the first.
    heard_at: Option<Instant>,
    complaints: u32,
    /// How many answers were handed out.
    settled: usize,
    cut: bool,
    spend_at: Option<Instant>,
    news: watch::Receiver<u64>,
}

/// What a session came to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Conclusion {
    /// The host answered and was content.
    pub(crate) clean: bool,
    /// It complained of our pace.
    pub(crate) complained: bool,
}

/// Connects, asks about everybody who waits on `line`, and takes leave.
pub(crate) async fn hold(line: &Arc<Line>, house: &Arc<House>) -> Conclusion {
    // In boxes, here and for the handshake: they are large and soon over, and a session may wait for long.
    let stream = match timeout_at(Instant::now() + CONNECT, Box::pin(house.dialer.connect(line.address))).await {
        Ok(Ok(stream)) => stream,
        // Another session stands and will come to those who wait; the host has enough of us.
        _ if line.sessions() > 1 => return Conclusion { clean: false, complained: true },
        failed => {
            line.tell_all(&if failed.is_err() { Outcome::ConnectTimedOut } else { Outcome::ConnectFailed });
            return Conclusion::default();
        }
    };
    let Some(identity) = &house.identity else { return Conclusion::default() };
    let epoch = Epoch(Instant::now());
    let dialogue = Dialogue::new(plan(line, identity, epoch.0), Duration::ZERO);
    let mut session = Session {
        line,
        house,
        dialogue: if line.recorded { dialogue.recorded() } else { dialogue },
        epoch,
        taken: HashMap::new(),
        tickets: 0,
        heard_at: None,
        complaints: 0,
        settled: 0,
        cut: false,
        spend_at: None,
        news: line.news(),
    };
    let mut wire = Wire::Plain(stream);
    session.converse(&mut wire).await;
    wire.close().await;
    session.conclude()
}

/// What `identity` may do on `line`.
fn plan(line: &Line, identity: &Identity, now: Instant) -> Plan {
    line.lessons(|lessons| Plan {
        helo: identity.helo.clone(),
        mail_from: identity.mail_from.clone(),
        starttls: !lessons.avoids(Lesson::Tls, now),
        pipelining: !lessons.avoids(Lesson::Groups, now),
        second_ehlo: !lessons.avoids(Lesson::SecondEhlo, now),
        timeouts: TIMEOUTS,
        limits: lessons.limits(now),
    })
}

impl Session<'_> {
    async fn converse(&mut self, wire: &mut Wire) {
        let mut buffer = [0; 512];
        loop {
            self.take_errands();
            let next = self.dialogue.next(self.epoch.now());
            self.deliver();
            match next {
                Next::Close => return,
                Next::Send(text) => {
                    if !matches!(timeout_at(Instant::now() + UNREAD, wire.write(text.as_bytes())).await, Ok(Ok(()))) {
                        self.dialogue.closed();
                    }
                }
                Next::Secure { until } => Box::pin(self.secure(wire, until)).await,
                Next::Read { until, .. } => self.listen(wire, &mut buffer, until).await,
                Next::Idle => self.linger(wire, &mut buffer).await,
            }
            self.deliver();
        }
    }

    /// Takes whom the session has room for, at the host's pace.
    fn take_errands(&mut self) {
        let now = Instant::now();
        self.spend_at = None;
        self.news.mark_unchanged();
        while self.dialogue.room() > 0 && self.line.is_wanted() && !self.is_to_make_way() {
            if let Err(then) = self.house.pace.spend(&self.line.pace_key(), self.line.allowance(), now) {
                self.line.turn_away_before(then);
                self.spend_at = Some(then);
                return;
            }
            let Some(waiting) = self.line.take(now) else { return };
            if self.taken.is_empty() && self.heard_at.is_some() {
                self.heard_at = Some(now);
            }
            self.tickets += 1;
            let errand = Errand {
                ticket: self.tickets,
                mailbox: waiting.mailbox.clone(),
                deadline: self.epoch.at(waiting.deadline),
                decoy: waiting.turn == Turn::Next,
            };
            self.taken.insert(self.tickets, waiting);
            self.dialogue.ask(errand, self.epoch.now());
        }
    }

    /// Whether others wait for this session's place, which it has had for long enough.
    fn is_to_make_way(&self) -> bool {
        self.tickets >= TURN && self.house.pace.is_crowded(&self.line.pace_key())
    }

    async fn listen(&mut self, wire: &mut Wire, buffer: &mut [u8], until: Duration) {
        let until = self.epoch.instant(until).min(self.spend_at.unwrap_or_else(|| self.epoch.instant(Duration::MAX)));
        tokio::select! {
            read = wire.read(buffer) => self.hear(read.unwrap_or(0), buffer),
            () = tokio::time::sleep_until(until) => {}
            _ = self.news.changed(), if self.dialogue.room() > 0 && !self.line.is_closed() => {}
        }
    }

    /// Nothing is due: waits a moment for whoever comes next, unless others wait for the place.
    async fn linger(&mut self, wire: &mut Wire, buffer: &mut [u8]) {
        let mut crowding = self.house.crowding.subscribe();
        let until = self.spend_at.unwrap_or(Instant::now() + LINGER);
        loop {
            if self.line.is_closed() || self.is_in_the_way() {
                return self.dialogue.leave(self.epoch.now());
            }
            tokio::select! {
                read = wire.read(buffer) => return self.hear(read.unwrap_or(0), buffer),
                () = tokio::time::sleep_until(until) => {
                    if self.spend_at.is_none() {
                        self.dialogue.leave(self.epoch.now());
                    }
                    return;
                }
                _ = self.news.changed() => return,
                _ = crowding.changed() => {}
                () = self.house.farewells.called() => return self.dialogue.leave(self.epoch.now()),
            }
        }
    }

    /// Whether others wait for the place of this session, which has done something for its line, or has nothing to do.
    fn is_in_the_way(&self) -> bool {
        (self.dialogue.answered() > 0 || !self.line.is_wanted()) && self.house.pace.is_crowded(&self.line.pace_key())
    }

    /// Octets came; none mean that the connection is closed or broken.
    fn hear(&mut self, length: usize, buffer: &[u8]) {
        match length {
            0 => self.dialogue.closed(),
            _ => self.dialogue.receive(buffer.get(..length).unwrap_or_default(), self.epoch.now()),
        }
    }

    async fn secure(&mut self, wire: &mut Wire, until: Duration) {
        let Wire::Plain(stream) = std::mem::replace(wire, Wire::Broken) else { return self.dialogue.not_secured() };
        let hands = timeout_at(self.epoch.instant(until), self.house.tls.shake_hands(stream, &self.line.host)).await;
        if let Ok(Ok((stream, fault))) = hands {
            *wire = Wire::Secure(Box::new(stream));
            self.dialogue.secured(fault, self.epoch.now());
        } else {
            // Those whose time is over are told that first.
            let _ = self.dialogue.next(self.epoch.now());
            self.deliver();
            self.dialogue.not_secured();
        }
    }

    /// Hands out what became of errands.
    fn deliver(&mut self) {
        let told = self.dialogue.told();
        let answers = u32::try_from(told.len()).unwrap_or(u32::MAX);
        if answers == 0 {
            return;
        }
        // The first answers took the greeting and all that too.
        if let Some(before) = self.heard_at.replace(Instant::now()) {
            self.line.learn_pace(before.elapsed() / answers);
            self.house.staff(self.line);
        }
        for one in told {
            self.hand_out(one);
        }
    }

    fn hand_out(&mut self, told: Told) {
        let Some(waiting) = self.taken.remove(&told.ticket) else { return };
        if let Some(seen) = told.facts.decisive() {
            let finding = seen.finding().kind;
            self.house.metrics.replied(self.line.operator(), seen.stage, finding);
            tracing::debug!(stage = seen.stage.as_str(), code = seen.reply.code.get(), finding = finding.as_str(), "replied");
            self.complaints += u32::from(is_complaint(&seen.reply, finding));
        }
        if let Some(transcript) = self.dialogue.transcript().filter(|_| self.line.recorded) {
            self.line.record(transcript.masked());
        }
        if self.dialogue.end() == Some(SessionEnd::TlsFailed) && told.facts.end == SessionEnd::TlsFailed {
            self.line.lessons(|lessons| lessons.avoid(Lesson::Tls, Instant::now()));
            self.line.put_back(waiting, told.facts, false);
        } else if self.is_turned_away(&told) {
            self.line.put_back(waiting, told.facts, true);
        } else if told.again {
            self.cut |= shows_a_ceiling(&told);
            self.line.put_back(waiting, told.facts, self.settled > 0);
        } else {
            self.settled += usize::from(told.facts.about(Recipient::Target).is_some());
            waiting.tell(Outcome::Session(told.facts));
        }
    }

    /// Whether the host had one session of ours too many: another one stands and will come to those who wait.
    fn is_turned_away(&self, told: &Told) -> bool {
        let goes = told.facts.decisive().is_some_and(|seen| seen.stage != Stage::Rcpt && seen.reply.code.get() == 421);
        goes && self.settled == 0 && self.line.sessions() > 1
    }

    /// What the session taught.
    fn conclude(mut self) -> Conclusion {
        self.deliver();
        let answered = self.dialogue.answered();
        let complained = self.complaints > 0;
        let clean = answered > 0 && !complained && !self.cut;
        self.teach(answered, clean);
        if let Some(transcript) = self.dialogue.transcript().filter(|_| self.line.recorded) {
            self.line.record(transcript.masked());
        }
        self.house.metrics.session_ended(self.line.operator(), self.dialogue.end());
        tracing::debug!(end = ?self.dialogue.end(), answered, complaints = self.complaints, "session ended");
        Conclusion { clean, complained }
    }

    fn teach(&self, answered: usize, clean: bool) {
        let now = Instant::now();
        self.line.lessons(|lessons| {
            lessons.took_recipients(self.dialogue.recipients_ceiling(), now);
            if self.cut {
                lessons.cut_after(answered, now);
            } else if clean {
                lessons.ended_well(answered, now);
            }
            // A host that ends sessions early leaves refusals unproven, too, until its ceiling is known.
            if self.dialogue.is_doubted() && !self.cut {
                lessons.avoid(Lesson::Groups, now);
            }
            if self.dialogue.refuses_second_ehlo() {
                lessons.avoid(Lesson::SecondEhlo, now);
            }
        });
    }
}

/// Whether the host had enough of a session, rather than being about to close for all (RFC 3463 §3.4, X.3.2).
fn shows_a_ceiling(told: &Told) -> bool {
    let closes = |reply: &Reply| reply.enhanced.is_some_and(|status| (status.subject, status.detail) == (3, 2));
    told.facts.end == SessionEnd::Quit && told.facts.about(Recipient::Target).is_some_and(|seen| !closes(&seen.reply))
}

#[cfg(test)]
mod tests {
    use shared::evidence::{Observation, SessionFacts};

    use super::*;

    #[test]
    fn ok_a_host_that_closes_for_all_shows_no_ceiling() {
        let told = |raw: &str, end| {
            let reply = Reply::parse(raw).expect(raw);
            let observations = vec![Observation { stage: Stage::Rcpt, recipient: Some(Recipient::Target), reply }];
            Told { ticket: 1, facts: SessionFacts { tls: false, certificate: None, observations, end }, again: true }
        };
        for raw in ["421 too many errors", "421 4.7.0 too many errors", "452 4.5.3 too many recipients"] {
            assert!(shows_a_ceiling(&told(raw, SessionEnd::Quit)), "{raw}");
            assert!(!shows_a_ceiling(&told(raw, SessionEnd::Closed { stage: Stage::Rcpt })), "{raw}");
        }
        assert!(!shows_a_ceiling(&told("421 4.3.2 shutting down", SessionEnd::Quit)), "RFC 3463 §3.4: it closes for all");
    }
}
