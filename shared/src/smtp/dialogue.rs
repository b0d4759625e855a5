//! The probe's dialogue as a state machine: bytes and `now` in, bytes and deadlines out.
//!
//! greeting → EHLO (HELO where EHLO is unknown) → STARTTLS where offered, and EHLO again → MAIL → RCPT for each errand as it comes, RSET and
//! another MAIL where a transaction is full → QUIT. Commands are grouped where PIPELINING is offered (RFC 2920) and only there, and then
//! refusals wait for proof that replies are in step. There is no DATA, and every session that still can ends with QUIT. Times are durations
//! since any fixed point of the driver's.

mod course;
mod mask;
mod plan;
mod proof;
#[cfg(test)]
mod tests;
mod transcript;

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

pub use mask::mask_reply;
pub use plan::{Errand, Limits, Plan, Timeouts, Told};
pub use transcript::Transcript;

use proof::Unproven;

use super::command::Command;
use super::parser::{ReplyError, ReplyParser};
use super::reply::{Reply, Severity};
use super::stage::Stage;
use crate::evidence::{CertificateFault, Observation, Recipient, SessionEnd, SessionFacts};

/// The most octets of a reply's text that are kept as evidence: the rules read no further, and reports stay small whatever a server says.
pub const MAX_KEPT: usize = 2048;

/// What the driver does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Send these bytes, then ask again.
    Send(String),
    /// Do the TLS handshake, then say [`Dialogue::secured`] or [`Dialogue::not_secured`].
    Secure {
        /// The time at which waiting for it ends.
        until: Duration,
    },
    /// Wait for bytes until this time, then ask again whatever came.
    Read {
        /// The stage whose reply is due.
        stage: Stage,
        /// The time at which waiting ends.
        until: Duration,
    },
    /// Nothing is due: ask more, or leave.
    Idle,
    /// Close the connection: the dialogue is over.
    Close,
}

/// A command whose reply is due; an errand by its place in the order of coming.
#[derive(Debug, Clone)]
enum Due {
    Greeting,
    Ehlo,
    Helo,
    Starttls,
    Mail,
    Rset,
    Rcpt(Asked),
    Quit,
}

/// An errand on its way.
#[derive(Debug, Clone)]
struct Asked {
    errand: Errand,
    /// It was told already, since its time was over.
    expired: bool,
    /// A transaction was too full for it once.
    deferred: bool,
    /// Its RCPT is the first of the session, and was sent while nothing else was due.
    alone: bool,
}

/// Where the dialogue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Greeting, EHLO, STARTTLS.
    Opening,
    /// The TLS handshake.
    Securing,
    /// Mailboxes may be asked about.
    Ready,
    /// EHLO is given again, to see whether replies are in step.
    Proving,
    /// MAIL was refused; what is due only repeats it.
    Refused,
    /// QUIT is sent and its reply awaited.
    Leaving,
    /// Nothing more will be read.
    Over,
}

/// A mail transaction: MAIL and the RCPTs behind it.
#[derive(Debug, Clone)]
struct Transaction {
    smtputf8: bool,
    /// Hosts of many domains may take one domain at a time (Google: 451 4.3.0 Multiple destination domains per transaction is unsupported).
    domain: String,
    sent: usize,
    accepted: usize,
}

/// What the host offers in its answer to EHLO.
#[derive(Debug, Clone, Copy, Default)]
struct Offers {
    pipelining: bool,
    smtputf8: bool,
    starttls: bool,
}

/// One session's dialogue.
#[derive(Debug)]
pub struct Dialogue {
    plan: Plan,
    parser: ReplyParser,
    phase: Phase,
    due: VecDeque<Due>,
    waiting: VecDeque<Asked>,
    outbox: String,
    until: Duration,
    offers: Offers,
    transaction: Option<Transaction>,
    /// A transaction is full; what was sent in it is to be answered before another one begins.
    draining: bool,
    unproven: Unproven,
    refusals: usize,
    answered: usize,
    /// Everybody whom it asked about lately.
    addressed: VecDeque<String>,
    tls: bool,
    certificate: Option<CertificateFault>,
    seen: Vec<Observation>,
    told: Vec<Told>,
    end: Option<SessionEnd>,
    transcript: Option<Transcript>,
}

impl Dialogue {
    /// The dialogue of a connection that has just come about.
    pub fn new(plan: Plan, now: Duration) -> Self {
        let mut dialogue = Self {
            plan,
            parser: ReplyParser::new(),
            phase: Phase::Opening,
            due: VecDeque::from([Due::Greeting]),
            waiting: VecDeque::new(),
            outbox: String::new(),
            until: now,
            offers: Offers::default(),
            transaction: None,
            draining: false,
            unproven: Unproven::default(),
            refusals: 0,
            answered: 0,
            addressed: VecDeque::new(),
            tls: false,
            certificate: None,
            seen: Vec::new(),
            told: Vec::new(),
            end: None,
            transcript: None,
        };
        dialogue.restart_clock(now);
        dialogue
    }

    /// Keeps what is said, from now on.
    #[must_use]
    pub fn recorded(mut self) -> Self {
        self.transcript = Some(Transcript::default());
        self
    }

    /// What was said, where it is kept.
    pub fn transcript(&self) -> Option<&Transcript> {
        self.transcript.as_ref()
    }

    /// How many more errands the session takes at this moment.
    pub fn room(&self) -> usize {
        let open = match self.phase {
            Phase::Opening | Phase::Securing | Phase::Proving => self.plan.limits.in_flight,
            Phase::Ready if self.groups() => self.plan.limits.in_flight,
            Phase::Ready => 1,
            Phase::Refused | Phase::Leaving | Phase::Over => 0,
        };
        let patience = self.plan.limits.refusals.saturating_sub(self.refusals).min(self.plan.limits.session.saturating_sub(self.answered));
        open.min(patience).saturating_sub(self.waiting.len() + self.in_flight())
    }

    /// Takes an errand. Where there is no room for it, it is told to be asked again elsewhere.
    pub fn ask(&mut self, errand: Errand, now: Duration) {
        self.waiting.push_back(Asked { errand, expired: false, deferred: false, alone: false });
        self.unproven.look_at(now);
        let idle = self.due.is_empty();
        match self.phase {
            Phase::Opening | Phase::Securing | Phase::Proving => {}
            Phase::Ready => self.proceed(),
            Phase::Refused | Phase::Leaving | Phase::Over => self.pass_on(),
        }
        if idle {
            self.restart_clock(now);
        }
    }

    /// What became of errands since the last call.
    pub fn told(&mut self) -> Vec<Told> {
        mem::take(&mut self.told)
    }

    /// How many recipients one transaction takes, as far as the host has shown.
    pub fn recipients_ceiling(&self) -> usize {
        self.plan.limits.recipients
    }

    /// How many recipients were refused or accepted.
    pub fn answered(&self) -> usize {
        self.answered
    }

    /// How it ended, once it has.
    pub fn end(&self) -> Option<SessionEnd> {
        self.end
    }

    /// Says goodbye as soon as what is due has come.
    pub fn leave(&mut self, now: Duration) {
        if matches!(self.phase, Phase::Ready) && self.due.is_empty() {
            self.part();
            self.restart_clock(now);
        } else if !matches!(self.phase, Phase::Leaving | Phase::Over) {
            self.abandon(SessionEnd::Quit);
        }
    }

    /// What to do at `now`.
    pub fn next(&mut self, now: Duration) -> Next {
        self.expire(now);
        if !self.outbox.is_empty() {
            return Next::Send(mem::take(&mut self.outbox));
        }
        let deadlines = self.errands().map(|asked| asked.errand.deadline);
        let until = deadlines.min().map_or(self.until, |first| first.min(self.until));
        let stage = self.stage();
        match self.phase {
            Phase::Over => return Next::Close,
            Phase::Ready if self.due.is_empty() && self.unproven.is_empty() => return Next::Idle,
            Phase::Ready if self.due.is_empty() => {
                self.seek_proof();
                self.restart_clock(now);
                return self.next(now);
            }
            _ if now >= self.until => {}
            // Not until the first errand's deadline: a handshake that is broken off would look like a host whose TLS does not work.
            Phase::Securing => return Next::Secure { until: self.until },
            _ => return Next::Read { stage, until },
        }
        self.abandon(SessionEnd::TimedOut { stage });
        self.next(now)
    }

    /// Takes bytes from the server.
    pub fn receive(&mut self, bytes: &[u8], now: Duration) {
        self.parser.push(bytes);
        while self.phase != Phase::Over && !self.due.is_empty() {
            match self.parser.next_reply() {
                Ok(None) => return,
                Ok(Some(reply)) => self.take(reply, now),
                Err(error) => {
                    let stage = self.stage();
                    self.abandon(SessionEnd::Garbled { stage, error });
                }
            }
        }
        if self.phase == Phase::Ready && self.parser.holds_bytes() {
            self.hear_unasked();
        }
    }

    /// The TLS handshake succeeded; what is wrong with the certificate, if anything.
    pub fn secured(&mut self, fault: Option<CertificateFault>, now: Duration) {
        if self.phase == Phase::Securing {
            (self.tls, self.certificate) = (true, fault);
            self.phase = Phase::Opening;
            // RFC 3207 §4.2: what was known of the host is forgotten.
            self.offers = Offers::default();
            self.greet();
            self.restart_clock(now);
        }
    }

    /// The TLS handshake failed; the connection is of no more use.
    pub fn not_secured(&mut self) {
        self.end.get_or_insert(SessionEnd::TlsFailed);
        self.closed();
    }

    /// The server closed the connection, or it broke.
    pub fn closed(&mut self) {
        let stage = self.stage();
        self.end.get_or_insert(SessionEnd::Closed { stage });
        self.outbox.clear();
        self.phase = Phase::Over;
        self.disown();
        self.pass_on();
    }

    /// Whether commands are grouped.
    fn groups(&self) -> bool {
        self.plan.pipelining && self.offers.pipelining
    }

    /// Whether the host's patience is used up.
    fn is_spent(&self) -> bool {
        self.refusals >= self.plan.limits.refusals || self.answered >= self.plan.limits.session
    }

    fn in_flight(&self) -> usize {
        self.due.iter().filter(|due| matches!(due, Due::Rcpt(_))).count()
    }

    /// Every errand that is not told yet.
    fn errands(&self) -> impl Iterator<Item = &Asked> {
        let sent = self.due.iter().filter_map(|due| if let Due::Rcpt(asked) = due { Some(asked) } else { None });
        sent.chain(&self.waiting).chain(self.unproven.held()).filter(|asked| !asked.expired)
    }

    fn stage(&self) -> Stage {
        match self.phase {
            Phase::Securing => Stage::Starttls,
            _ => self.due.front().map_or(Stage::Quit, Due::stage),
        }
    }

    fn restart_clock(&mut self, now: Duration) {
        self.until = now.saturating_add(self.plan.timeouts.of(self.stage()));
    }

    /// The facts of an errand, with the reply to its own RCPT where one came.
    fn facts(&self, reply: Option<Reply>, end: SessionEnd) -> SessionFacts {
        let observations = match reply {
            Some(reply) => Vec::from([Observation { stage: Stage::Rcpt, recipient: Some(Recipient::Target), reply }]),
            None => self.seen.clone(),
        };
        SessionFacts { tls: self.tls, certificate: self.certificate, observations, end }
    }

    fn tell(&mut self, asked: &Asked, reply: Option<Reply>, end: SessionEnd, again: bool) {
        if !asked.expired {
            let facts = self.facts(reply, end);
            self.told.push(Told { ticket: asked.errand.ticket, facts, again });
        }
    }
}

impl Due {
    fn stage(&self) -> Stage {
        match self {
            Self::Greeting => Stage::Greeting,
            Self::Ehlo | Self::Helo => Stage::Ehlo,
            Self::Starttls => Stage::Starttls,
            Self::Mail | Self::Rset => Stage::Mail,
            Self::Rcpt(_) => Stage::Rcpt,
            Self::Quit => Stage::Quit,
        }
    }
}
