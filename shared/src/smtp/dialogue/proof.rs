//! Proof that replies are in step with commands. Without it no refusal counts.
//!
//! A host that replies twice to a command shifts every reply behind it, and a refusal that is shifted would condemn somebody else. Replies to
//! MAIL, RCPT and RSET may be the same, so that none of them tells. Two do: 221, which answers QUIT alone (RFC 5321 §4.2.3), and the keywords
//! of EHLO, which may be given again in a session (§4.1.4). A host that leaves no command unanswered was in step up to there.
//!
//! So from the first refusal on answers are held until one of the two has come where it is due. Two are believed without: the answer to
//! the first RCPT of a session, sent while nothing else was due; and that about a decoy, which condemns nobody.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

use super::{Asked, Dialogue, MAX_KEPT, Phase, Reply, ReplyError, SessionEnd, Severity, Stage};

/// How long an answer may wait while others are asked.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often EHLO is given again. Exim bears ten commands that are not mail (smtp_accept_max_nonmail), and RSET may be among them.
const MAX_REPEATS: usize = 6;

/// What waits for proof, and what was seen of the host meanwhile.
#[derive(Debug, Default)]
pub(super) struct Unproven {
    /// RCPT was sent before in this session.
    asked: bool,
    /// The answers from the first refusal on.
    held: Vec<(Asked, Reply)>,
    wait: Wait,
    /// How often EHLO was given again.
    repeats: usize,
    /// Answers had to be dropped for want of proof.
    doubted: bool,
    /// The host knows no second EHLO.
    refused: bool,
}

/// How long answers wait while others are asked.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// None waits.
    #[default]
    None,
    /// Until then.
    Until(Duration),
    /// Long enough: nobody else is asked before there is proof.
    Over,
}

impl Unproven {
    /// RCPT is sent; whether for the first time.
    pub(super) fn is_first(&mut self) -> bool {
        !mem::replace(&mut self.asked, true)
    }

    /// Whether no answer waits.
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Whether nobody is asked before there is proof.
    pub(super) fn is_overdue(&self) -> bool {
        self.wait == Wait::Over
    }

    /// Time went on.
    pub(super) fn look_at(&mut self, now: Duration) {
        if matches!(self.wait, Wait::Until(until) if until <= now) {
            self.wait = Wait::Over;
        }
    }

    /// Those whose answers wait.
    pub(super) fn held(&self) -> impl Iterator<Item = &Asked> {
        self.held.iter().map(|(asked, _)| asked)
    }

    /// The same, to be told that their time is over.
    pub(super) fn held_mut(&mut self) -> impl Iterator<Item = &mut Asked> {
        self.held.iter_mut().map(|(asked, _)| asked)
    }

    fn hold(&mut self, asked: Asked, reply: Reply, now: Duration) {
        let left = asked.errand.deadline.saturating_sub(now) / 2;
        let until = now.saturating_add(left.min(PATIENCE));
        self.wait = match self.wait {
            Wait::None => Wait::Until(until),
            Wait::Until(before) => Wait::Until(before.min(until)),
            Wait::Over => Wait::Over,
        };
        self.held.push((asked, reply));
    }

    /// What was held.
    fn release(&mut self) -> Vec<(Asked, Reply)> {
        self.wait = Wait::None;
        mem::take(&mut self.held)
    }
}

impl Dialogue {
    /// Whether answers had to be dropped for want of proof: this host is to be asked step by step.
    pub fn is_doubted(&self) -> bool {
        self.unproven.doubted
    }

    /// Whether the host knows no second EHLO.
    pub fn refuses_second_ehlo(&self) -> bool {
        self.unproven.refused
    }

    /// An answer: told where nothing can be wrong with it, and held otherwise.
    pub(super) fn answer(&mut self, asked: Asked, reply: Reply, now: Duration) {
        let reply = reply.shortened(MAX_KEPT);
        // 421 is about no mailbox, whomever it answers.
        let believed = reply.severity() == Severity::Positive || asked.alone || asked.errand.decoy || reply.code.get() == 421;
        if believed && self.unproven.is_empty() {
            self.tell(&asked, Some(reply), SessionEnd::Quit, false);
        } else {
            self.unproven.hold(asked, reply, now);
        }
    }

    /// Nothing is due and answers wait: asks for what only a host in step can say.
    pub(super) fn seek_proof(&mut self) {
        if self.plan.second_ehlo && self.unproven.repeats < MAX_REPEATS && !self.keywords().is_empty() {
            self.unproven.repeats += 1;
            self.phase = Phase::Proving;
            self.greet();
        } else {
            self.part();
        }
    }

    /// The reply to EHLO given again. Where it is not EHLO's, the reply to QUIT may still be QUIT's.
    pub(super) fn take_proof(&mut self, reply: &Reply) {
        if keywords_of(reply) == self.keywords() {
            self.prove();
            // RFC 5321 §4.1.4: it ends a transaction as RSET does.
            self.transaction = None;
            self.begin();
        } else if reply.code.get() == 421 {
            self.abandon(SessionEnd::Quit);
        } else {
            self.unproven.refused = true;
            self.part();
        }
    }

    /// The reply to QUIT.
    pub(super) fn take_leave(&mut self, reply: &Reply) {
        if reply.code.get() == 221 {
            self.prove();
        } else if !self.unproven.is_empty() {
            self.end = Some(SessionEnd::Garbled { stage: Stage::Quit, error: ReplyError::OutOfStep });
        }
        self.phase = Phase::Over;
        self.disown();
    }

    /// Replies are in step: what was held is told.
    fn prove(&mut self) {
        for (asked, reply) in self.unproven.release() {
            self.tell(&asked, Some(reply), SessionEnd::Quit, false);
        }
    }

    /// There will be no proof: what was held is asked again elsewhere.
    pub(super) fn disown(&mut self) {
        let end = self.end.unwrap_or(SessionEnd::Quit);
        for (asked, _) in self.unproven.release() {
            self.unproven.doubted = true;
            self.tell(&asked, None, end, true);
        }
    }

    /// What was told just now, and what is due, proves nothing any more. Where commands were grouped, all of it is asked again elsewhere.
    pub(super) fn fall_out_of_step(&mut self, asked: Option<Asked>) {
        let end = SessionEnd::Garbled { stage: Stage::Rcpt, error: ReplyError::OutOfStep };
        let again = self.groups();
        for told in &mut self.told {
            told.facts.end = end;
            told.again |= again;
        }
        if let Some(asked) = asked {
            self.tell(&asked, None, end, again);
        }
        self.unproven.doubted = true;
        self.abandon(end);
    }

    /// What the host said that it can do.
    fn keywords(&self) -> Vec<String> {
        let said = self.seen.iter().find(|seen| seen.stage == Stage::Ehlo);
        said.map(|seen| keywords_of(&seen.reply)).unwrap_or_default()
    }
}

/// The lines of EHLO's answer behind the first (RFC 5321 §4.1.1.1); none of any other reply.
fn keywords_of(reply: &Reply) -> Vec<String> {
    let positive = reply.severity() == Severity::Positive;
    let shown = reply.clone().shortened(MAX_KEPT);
    shown.lines().skip(1).filter(|_| positive).map(String::from).collect()
}
