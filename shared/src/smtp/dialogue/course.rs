//! The course of a dialogue: what follows from each reply, and what is sent next.

use alloc::format;
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

use super::{Asked, Command, Dialogue, Due, Limits, MAX_KEPT, Offers, Phase, Reply, ReplyError, SessionEnd, Severity, Stage, Transaction};
use crate::evidence::Observation;

impl Dialogue {
    /// One reply, for the oldest command that is still unanswered.
    pub(super) fn take(&mut self, reply: Reply, now: Duration) {
        let Some(due) = self.due.pop_front() else { return };
        self.unproven.look_at(now);
        if let Some(transcript) = &mut self.transcript {
            transcript.heard(&reply);
        }
        match due {
            Due::Rcpt(asked) => self.take_recipient(asked, reply, now),
            Due::Ehlo if self.phase == Phase::Proving => self.take_proof(&reply),
            Due::Quit => self.take_leave(&reply),
            step => self.take_step(&step, reply),
        }
        self.restart_clock(now);
    }

    /// The reply to a command that is about no mailbox.
    fn take_step(&mut self, due: &Due, reply: Reply) {
        let (code, positive) = (reply.code.get(), reply.severity() == Severity::Positive);
        if matches!(due, Due::Ehlo) && positive {
            self.offers = Offers::of(&reply);
        }
        self.keep(due.stage(), reply);
        if code == 421 {
            self.abandon(SessionEnd::Quit);
            return;
        }
        match due {
            Due::Greeting if positive => self.greet(),
            // RFC 5321 §3.2: a server that does not know EHLO is asked by HELO. Other refusals are about us.
            Due::Ehlo if (500..=504).contains(&code) => self.greet_plainly(),
            Due::Ehlo if positive && self.offers.starttls && self.plan.starttls && !self.tls => {
                self.send(&Command::Starttls, Due::Starttls);
            }
            Due::Starttls if code == 220 => self.secure(),
            // It was offered and is refused: mail goes on without it (RFC 3207 §4.1 leaves that to the client).
            Due::Ehlo | Due::Helo if positive => self.begin(),
            Due::Starttls => self.begin(),
            Due::Mail if !positive => self.be_refused(),
            Due::Rset if !positive => self.abandon(SessionEnd::Quit),
            Due::Mail | Due::Rset => self.proceed(),
            _ if self.due.is_empty() => self.part(),
            _ => {}
        }
    }

    /// The reply to an errand's own RCPT.
    fn take_recipient(&mut self, asked: Asked, reply: Reply, now: Duration) {
        let (ends, full) = (reply.code.get() == 421, is_full(&reply));
        if self.phase == Phase::Refused {
            // After a refused MAIL it only repeats that; it says nothing about any mailbox.
            self.tell(&asked, None, SessionEnd::Quit, self.answered > 0);
            if self.due.is_empty() {
                self.part();
            }
        } else if full && !asked.deferred && self.transaction.as_ref().is_some_and(|open| open.accepted > 0) {
            self.start_over(asked);
        } else if (ends || full) && self.answered > 0 {
            // The session has had enough of us, not of this mailbox.
            self.tell(&asked, Some(reply.shortened(MAX_KEPT)), SessionEnd::Quit, true);
            self.plan.limits.refusals = 0;
        } else {
            if self.names_another(&asked, &reply) {
                self.fall_out_of_step(Some(asked));
                return;
            }
            match reply.severity() {
                Severity::Positive => self.transaction.iter_mut().for_each(|open| open.accepted += 1),
                _ => self.refusals += 1,
            }
            self.answered += 1;
            self.answer(asked, reply, now);
        }
        if ends {
            self.abandon(SessionEnd::Quit);
        } else {
            self.proceed();
        }
    }

    /// Whether a refusal names somebody else whom this session asked about, and not the mailbox that it should answer: then replies and
    /// commands are out of step, whatever their count says (a host that replies twice to one RCPT).
    fn names_another(&self, asked: &Asked, reply: &Reply) -> bool {
        if reply.severity() == Severity::Positive {
            return false;
        }
        let text = reply.text.to_lowercase();
        let names = |address: &str| text.contains(&format!("<{}>", address.to_lowercase()));
        !names(&asked.errand.mailbox.wire()) && self.addressed.iter().any(|address| names(address))
    }

    /// A transaction is full: those it has no room for go into another one.
    fn start_over(&mut self, mut asked: Asked) {
        if let Some(open) = &self.transaction {
            self.plan.limits.recipients = self.plan.limits.recipients.min(open.accepted.max(1));
        }
        (asked.deferred, self.draining) = (true, true);
        self.waiting.push_front(asked);
        self.proceed();
    }

    /// What is kept of a session is the last reply at each stage, in order; a STARTTLS that is refused hinders nothing.
    fn keep(&mut self, stage: Stage, reply: Reply) {
        if !matches!(stage, Stage::Quit | Stage::Starttls) {
            self.seen.retain(|seen| seen.stage != stage);
            self.seen.push(Observation { stage, recipient: None, reply: reply.shortened(MAX_KEPT) });
        }
    }

    pub(super) fn greet(&mut self) {
        let helo = self.plan.helo.clone();
        self.send(&Command::Ehlo(&helo), Due::Ehlo);
    }

    fn greet_plainly(&mut self) {
        let helo = self.plan.helo.clone();
        self.send(&Command::Helo(&helo), Due::Helo);
    }

    /// The handshake begins; what came in plain text behind the reply was not said by whom it will be said from now on.
    fn secure(&mut self) {
        if self.parser.holds_bytes() {
            let error = ReplyError::OutOfStep;
            self.abandon(SessionEnd::Garbled { stage: Stage::Starttls, error });
        } else {
            self.phase = Phase::Securing;
        }
    }

    pub(super) fn begin(&mut self) {
        self.phase = Phase::Ready;
        self.proceed();
    }

    /// Sends what may be sent now.
    pub(super) fn proceed(&mut self) {
        while self.may_ask() {
            let Some(asked) = self.waiting.pop_front() else { break };
            self.send_recipient(asked);
        }
        if self.phase == Phase::Ready && self.is_spent() && self.due.is_empty() {
            self.part();
        }
    }

    /// Whether there is room for another RCPT, or for what must come before it.
    fn may_ask(&mut self) -> bool {
        let in_flight = self.in_flight();
        self.draining &= in_flight > 0;
        let Limits { refusals, session, in_flight: most, .. } = self.plan.limits;
        let bears = self.refusals + in_flight < refusals && self.answered + in_flight < session && in_flight < most;
        let open = self.phase == Phase::Ready && (self.groups() || self.due.is_empty());
        open && bears && !self.draining && !self.unproven.is_overdue()
    }

    /// RCPT for an errand, or the MAIL or RSET that must come first; then the errand waits in front.
    fn send_recipient(&mut self, mut asked: Asked) {
        let utf8 = asked.errand.mailbox.needs_smtputf8();
        if utf8 && !self.offers.smtputf8 {
            // Where TLS was to be had and did not come about, the host might have offered more within it.
            let unheard = self.offers.starttls && !self.tls;
            let end = if unheard { SessionEnd::TlsFailed } else { SessionEnd::Smtputf8NotOffered };
            self.tell(&asked, None, end, false);
            return;
        }
        let domain = asked.errand.mailbox.domain_text();
        match &self.transaction {
            None => {
                let from = self.plan.mail_from.clone();
                self.send(&Command::Mail { from: &from, smtputf8: utf8 }, Due::Mail);
                self.transaction = Some(Transaction { smtputf8: utf8, domain, sent: 0, accepted: 0 });
                self.waiting.push_front(asked);
            }
            Some(open) if open.sent >= self.plan.limits.recipients || open.domain != domain || (utf8 && !open.smtputf8) => {
                self.send(&Command::Rset, Due::Rset);
                self.transaction = None;
                self.waiting.push_front(asked);
            }
            Some(_) => {
                self.transaction.iter_mut().for_each(|open| open.sent += 1);
                let mailbox = asked.errand.mailbox.clone();
                asked.alone = self.unproven.is_first() && self.due.is_empty();
                self.addressed.push_back(mailbox.wire());
                if self.addressed.len() > 2 * self.plan.limits.in_flight {
                    self.addressed.pop_front();
                }
                self.send(&Command::Rcpt(&mailbox), Due::Rcpt(asked));
            }
        }
    }

    fn be_refused(&mut self) {
        self.phase = Phase::Refused;
        if self.due.is_empty() {
            self.part();
        }
    }

    /// Says QUIT and waits for its reply; errands that were not asked are passed on.
    pub(super) fn part(&mut self) {
        self.end.get_or_insert(SessionEnd::Quit);
        self.pass_on();
        self.phase = Phase::Leaving;
        self.send(&Command::Quit, Due::Quit);
    }

    /// Says QUIT and waits for nothing more.
    pub(super) fn abandon(&mut self, end: SessionEnd) {
        self.end.get_or_insert(end);
        // Nobody speaks before the greeting (RFC 5321 §3.1): hosts take that for a sign of spam.
        let greeted = !matches!(self.due.front(), Some(Due::Greeting));
        if greeted && !matches!(self.phase, Phase::Leaving | Phase::Securing) {
            self.write(&Command::Quit);
        }
        self.phase = Phase::Over;
        self.disown();
        self.pass_on();
    }

    /// Tells every errand that is left. Where the session answered others before, it is no statement about those behind the one whose reply
    /// was due; where it answered nobody, it would do the same to each.
    pub(super) fn pass_on(&mut self) {
        let end = self.end.unwrap_or(SessionEnd::Closed { stage: self.stage() });
        let turned_away = self.answered == 0 && !self.due.iter().any(|due| matches!(due, Due::Rcpt(_)));
        let due: Vec<Due> = mem::take(&mut self.due).into();
        let sent = due.into_iter().filter_map(|due| if let Due::Rcpt(asked) = due { Some(asked) } else { None });
        for (n, asked) in sent.enumerate() {
            // Where we took our leave, it was not for the sake of the one whose reply was due. A host that hangs up on others' account may do
            // so before its 421 is read; in another session the mailbox comes first, and then it bears the end.
            let again = match end {
                SessionEnd::Quit => self.answered > 0,
                SessionEnd::Closed { .. } => n > 0 || self.answered > 0,
                // It is not known whom the replies answered.
                SessionEnd::Garbled { error: ReplyError::OutOfStep, .. } => n > 0 || self.answered > 0 || self.groups(),
                _ => n > 0,
            };
            self.tell(&asked, None, end, again);
        }
        for asked in mem::take(&mut self.waiting) {
            self.tell(&asked, None, end, !turned_away);
        }
    }

    /// Errands whose time is over are told how far it came; a session in which nobody waits any more is left.
    pub(super) fn expire(&mut self, now: Duration) {
        let end = SessionEnd::TimedOut { stage: self.stage() };
        let is_late = |asked: &Asked| !asked.expired && asked.errand.deadline <= now;
        if self.phase == Phase::Over || !self.errands().any(is_late) {
            return;
        }
        let mut late = Vec::new();
        self.waiting.retain(|asked| {
            !is_late(asked) || {
                late.push(asked.clone());
                false
            }
        });
        let due = self.due.iter_mut().filter_map(|due| if let Due::Rcpt(asked) = due { Some(asked) } else { None });
        for asked in due.chain(self.unproven.held_mut()).filter(|asked| is_late(asked)) {
            late.push(asked.clone());
            asked.expired = true;
        }
        for asked in &late {
            self.tell(asked, None, end, false);
        }
        if !self.due.is_empty() && self.phase != Phase::Leaving && self.errands().next().is_none() {
            self.abandon(end);
        }
    }

    /// Bytes that no command asked for. A 421 may come at any time (RFC 5321 §3.8); everything else shows that replies and commands are out
    /// of step, and then those told just now prove nothing.
    pub(super) fn hear_unasked(&mut self) {
        match self.parser.next_reply() {
            Ok(Some(reply)) if reply.code.get() == 421 => self.abandon(SessionEnd::Quit),
            _ => self.fall_out_of_step(None),
        }
    }

    /// Sends a command and awaits its reply.
    fn send(&mut self, command: &Command<'_>, due: Due) {
        // A reply that is here before its command answers something else; taking it for an answer could condemn a mailbox.
        if self.due.is_empty() && self.parser.holds_bytes() && !matches!(command, Command::Quit) {
            let (stage, error) = (command.stage(), ReplyError::OutOfStep);
            if let Due::Rcpt(asked) = due {
                self.waiting.push_front(asked);
            }
            self.abandon(SessionEnd::Garbled { stage, error });
            return;
        }
        self.write(command);
        self.due.push_back(due);
    }

    fn write(&mut self, command: &Command<'_>) {
        command.write_to(&mut self.outbox);
        if let Some(transcript) = &mut self.transcript {
            transcript.said(command);
        }
    }
}

/// Whether a transaction has no room for this recipient (RFC 5321 §4.5.3.1.10, RFC 3463 §3.6 X.5.3): no word about the mailbox.
fn is_full(reply: &Reply) -> bool {
    let status = reply.enhanced.map(|status| (status.subject, status.detail));
    reply.code.get() == 452 && (status == Some((5, 3)) || status.is_none() && reply.text.to_ascii_lowercase().contains("recipients"))
}

impl Offers {
    fn of(reply: &Reply) -> Self {
        let offers = |keyword: &str| {
            let first_words = reply.lines().skip(1).filter_map(|line| line.split(' ').next());
            first_words.into_iter().any(|word| word.eq_ignore_ascii_case(keyword))
        };
        Self { pipelining: offers("PIPELINING"), smtputf8: offers("SMTPUTF8"), starttls: offers("STARTTLS") }
    }
}
