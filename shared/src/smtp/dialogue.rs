//! The probe's dialogue as a state machine: bytes and `now` in, bytes and deadlines out.
//!
//! greeting → EHLO (HELO where EHLO is unknown) → MAIL → RCPT for each target → RCPT for the decoy if a target was accepted → QUIT.
//! Commands are grouped where PIPELINING is offered (RFC 2920) and only there. There is no DATA, and every session that still can ends
//! with QUIT. Times are durations since any fixed point of the driver's.

mod plan;
#[cfg(test)]
mod tests;

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

pub use plan::{Plan, Timeouts};

use super::command::Command;
use super::parser::{ReplyError, ReplyParser};
use super::reply::{Reply, Severity};
use super::stage::Stage;
use crate::evidence::{Observation, Recipient, SessionEnd, SessionFacts};
use crate::mailbox::Mailbox;

/// The most octets of a reply's text that are kept as evidence: the rules read no further, and reports stay small whatever a server says.
const MAX_KEPT: usize = 2048;

/// What the driver does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Send these bytes, then ask again.
    Send(String),
    /// Wait for bytes until this time, then ask again whatever came.
    Read {
        /// The stage whose reply is due.
        stage: Stage,
        /// The time at which waiting ends.
        until: Duration,
    },
    /// Close the connection: the dialogue is over.
    Close,
}

/// Whom a reply is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whom {
    Nobody,
    Target(usize),
    Decoy,
}

/// A reply that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Due {
    stage: Stage,
    whom: Whom,
}

/// A reply that came.
#[derive(Debug)]
struct Seen {
    due: Due,
    reply: Reply,
}

/// Where the dialogue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Greeting,
    Ehlo,
    Helo,
    /// MAIL and the targets' RCPT; the number of the next target that is not yet sent.
    Asking(usize),
    Decoy,
    /// QUIT is sent and its reply awaited.
    Leaving,
    /// Nothing more will be read.
    Over,
}

/// One session's dialogue.
#[derive(Debug)]
pub struct Dialogue {
    plan: Plan,
    parser: ReplyParser,
    phase: Phase,
    due: VecDeque<Due>,
    outbox: String,
    until: Duration,
    pipelining: bool,
    smtputf8: bool,
    mail_refused: bool,
    seen: Vec<Seen>,
    end: Option<SessionEnd>,
}

impl Dialogue {
    /// The dialogue of a connection that has just come about.
    pub fn new(plan: Plan, now: Duration) -> Self {
        let mut dialogue = Self {
            plan,
            parser: ReplyParser::new(),
            phase: Phase::Greeting,
            due: VecDeque::new(),
            outbox: String::new(),
            until: now,
            pipelining: false,
            smtputf8: false,
            mail_refused: false,
            seen: Vec::new(),
            end: None,
        };
        dialogue.await_reply(Stage::Greeting, Whom::Nobody);
        dialogue.restart_clock(now);
        dialogue
    }

    /// What to do at `now`.
    pub fn next(&mut self, now: Duration) -> Next {
        if !self.outbox.is_empty() {
            return Next::Send(mem::take(&mut self.outbox));
        }
        let stage = match self.due.front() {
            Some(due) if self.phase != Phase::Over => due.stage,
            _ => return Next::Close,
        };
        if now < self.until {
            return Next::Read { stage, until: self.until };
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
    }

    /// The server closed the connection, or it broke.
    pub fn closed(&mut self) {
        let stage = self.stage();
        self.end.get_or_insert(SessionEnd::Closed { stage });
        self.outbox.clear();
        self.phase = Phase::Over;
    }

    /// What was observed so far, for each target in the plan's order. It is final once nothing but QUIT's reply is due.
    pub fn facts(&self, tls: bool) -> Vec<SessionFacts> {
        let end = self.end.unwrap_or(SessionEnd::Closed { stage: self.stage() });
        let facts = |target: usize| {
            let unsent = self.unsendable(target) && self.end == Some(SessionEnd::Quit) && !self.mail_refused;
            SessionFacts {
                tls,
                observations: self.seen.iter().filter_map(|seen| seen.observation_for(target)).collect(),
                end: if unsent { SessionEnd::Smtputf8NotOffered } else { end },
            }
        };
        (0..self.plan.targets.len()).map(facts).collect()
    }

    fn stage(&self) -> Stage {
        self.due.front().map_or(Stage::Quit, |due| due.stage)
    }

    fn await_reply(&mut self, stage: Stage, whom: Whom) {
        self.due.push_back(Due { stage, whom });
    }

    fn restart_clock(&mut self, now: Duration) {
        let limit = self.plan.timeouts.of(self.stage());
        // Taking leave may outlast the deadline a little: the verdict no longer waits for it.
        let deadline = if self.stage() == Stage::Quit { Duration::MAX } else { self.plan.deadline };
        self.until = now.saturating_add(limit).min(deadline);
    }

    /// One reply, for the oldest command that is still unanswered.
    fn take(&mut self, reply: Reply, now: Duration) {
        let Some(due) = self.due.pop_front() else { return };
        let (code, severity) = (reply.code.get(), reply.severity());
        // After a refused MAIL the pipelined RCPT replies only repeat it; they say nothing about any mailbox.
        if !(self.mail_refused && due.stage == Stage::Rcpt) {
            self.note_offers(due.stage, &reply);
            self.seen.push(Seen { due, reply: reply.shortened(MAX_KEPT) });
        }
        if code == 421 && self.phase != Phase::Leaving {
            self.abandon(SessionEnd::Quit);
        } else {
            self.advance(due, code, severity);
        }
        self.restart_clock(now);
    }

    fn advance(&mut self, due: Due, code: u16, severity: Severity) {
        let positive = severity == Severity::Positive;
        match (self.phase, due.stage) {
            (Phase::Greeting, _) if positive => self.greet(),
            // RFC 5321 §3.2: a server that does not know EHLO is asked by HELO. Other refusals are about us.
            (Phase::Ehlo, _) if (500..=504).contains(&code) => self.greet_plainly(),
            (Phase::Ehlo | Phase::Helo, _) if positive => self.ask(),
            (Phase::Asking(_), Stage::Mail) if !positive => {
                self.mail_refused = true;
                self.leave_when_answered();
            }
            (Phase::Asking(next), _) => self.ask_next(next),
            (Phase::Greeting | Phase::Ehlo | Phase::Helo | Phase::Decoy, _) => self.leave_when_answered(),
            (Phase::Leaving, Stage::Quit) => self.phase = Phase::Over,
            (Phase::Leaving | Phase::Over, _) => {}
        }
    }

    fn greet(&mut self) {
        self.phase = Phase::Ehlo;
        let helo = self.plan.helo.clone();
        self.send(&Command::Ehlo(&helo), Whom::Nobody);
    }

    fn greet_plainly(&mut self) {
        self.phase = Phase::Helo;
        let helo = self.plan.helo.clone();
        self.send(&Command::Helo(&helo), Whom::Nobody);
    }

    fn note_offers(&mut self, stage: Stage, reply: &Reply) {
        if stage == Stage::Ehlo && self.phase == Phase::Ehlo {
            let offers = |keyword: &str| {
                let first_words = reply.lines().skip(1).filter_map(|line| line.split(' ').next());
                first_words.into_iter().any(|word| word.eq_ignore_ascii_case(keyword))
            };
            (self.pipelining, self.smtputf8) = (offers("PIPELINING"), offers("SMTPUTF8"));
        }
    }

    fn unsendable(&self, target: usize) -> bool {
        !self.smtputf8 && self.plan.targets.get(target).is_some_and(Mailbox::needs_smtputf8)
    }

    /// MAIL, and with PIPELINING every RCPT behind it.
    fn ask(&mut self) {
        let sendable = |target: &usize| !self.unsendable(*target);
        let any = (0..self.plan.targets.len()).find(sendable);
        if any.is_none() {
            self.leave();
            return;
        }
        let smtputf8 = self.smtputf8 && self.plan.targets.iter().any(Mailbox::needs_smtputf8);
        let from = self.plan.mail_from.clone();
        self.phase = Phase::Asking(0);
        if self.send(&Command::Mail { from: &from, smtputf8 }, Whom::Nobody) && self.pipelining {
            self.ask_next(0);
        }
    }

    /// The next target's RCPT, or with PIPELINING all that are left; then what follows them.
    fn ask_next(&mut self, mut next: usize) {
        while next < self.plan.targets.len() && (self.pipelining || self.due.is_empty()) {
            if let Some(target) = self.plan.targets.get(next).filter(|_| !self.unsendable(next)).cloned()
                && !self.send(&Command::Rcpt(&target), Whom::Target(next))
            {
                return;
            }
            next += 1;
        }
        self.phase = Phase::Asking(next);
        if self.due.is_empty() {
            self.ask_decoy();
        }
    }

    /// The decoy, if it can teach anything: only where a target was accepted.
    fn ask_decoy(&mut self) {
        let accepted = |seen: &Seen| matches!(seen.due.whom, Whom::Target(_)) && seen.reply.severity() == Severity::Positive;
        let decoy = self.plan.decoy.clone().filter(|_| self.seen.iter().any(accepted));
        match decoy {
            Some(decoy) => {
                self.phase = Phase::Decoy;
                if self.send(&Command::Rcpt(&decoy), Whom::Decoy) && self.pipelining {
                    self.leave();
                }
            }
            None => self.leave(),
        }
    }

    fn leave_when_answered(&mut self) {
        if self.due.is_empty() {
            self.leave();
        }
    }

    fn leave(&mut self) {
        if self.due.is_empty() && self.was_told_too_much() {
            let error = ReplyError::OutOfStep;
            self.abandon(SessionEnd::Garbled { stage: Stage::Quit, error });
            return;
        }
        self.end.get_or_insert(SessionEnd::Quit);
        self.phase = Phase::Leaving;
        self.send(&Command::Quit, Whom::Nobody);
    }

    /// Whether there is a reply for which no command was sent: then those before it may belong to other commands than it seemed.
    /// A 421 alone may come at any time (RFC 5321 §3.8).
    fn was_told_too_much(&mut self) -> bool {
        self.parser.holds_bytes() && !matches!(self.parser.next_reply(), Ok(Some(reply)) if reply.code.get() == 421)
    }

    /// Says QUIT, unless it is said, and waits for nothing more.
    fn abandon(&mut self, end: SessionEnd) {
        if self.phase != Phase::Leaving {
            Command::Quit.write_to(&mut self.outbox);
        }
        self.end.get_or_insert(end);
        self.due.clear();
        self.phase = Phase::Over;
    }

    /// Sends a command and awaits its reply; `false` where the dialogue ended instead.
    fn send(&mut self, command: &Command<'_>, whom: Whom) -> bool {
        // A reply that is here before its command answers something else; taking it for an answer could condemn a mailbox.
        if self.due.is_empty() && self.parser.holds_bytes() && !matches!(command, Command::Quit) {
            let error = ReplyError::OutOfStep;
            self.abandon(SessionEnd::Garbled { stage: command.stage(), error });
            return false;
        }
        command.write_to(&mut self.outbox);
        self.await_reply(command.stage(), whom);
        true
    }
}

impl Seen {
    /// This reply as a fact about the target of this number; `None` where it is about another.
    fn observation_for(&self, target: usize) -> Option<Observation> {
        let recipient = match self.due.whom {
            Whom::Nobody => None,
            Whom::Decoy => Some(Recipient::Decoy),
            Whom::Target(n) if n == target => Some(Recipient::Target),
            Whom::Target(_) => return None,
        };
        Some(Observation { stage: self.due.stage, recipient, reply: self.reply.clone() })
    }
}
