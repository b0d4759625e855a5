//! What answers come to: a verdict, a task that is put once more, or nothing.

use std::time::Duration;

use shared::evidence::{Evidence, ProbeReport, Probing, UnixMillis};
use shared::mailbox::Mailbox;
use shared::verdict::judge;
use tokio::time::Instant;

use super::super::Trouble;
use super::super::store::{Asked, Waiting};
use super::{Asking, Misfit, again, fit};
use crate::clock;
use crate::probe::nothing_in_time;
use crate::queue::{Answer, Fate, GRACE, Heard, Seldom};

/// How many answers are kept at once at the most.
const BATCH: usize = 500;
/// That answers do not fit, that a clock is ahead, that a mailbox is given up, and that nobody answers.
static MISFITS: Seldom = Seldom::new();
static AHEAD: Seldom = Seldom::new();
static GIVEN_UP: Seldom = Seldom::new();
static SILENT: Seldom = Seldom::new();

impl Asking<'_> {
    /// Keeps what has come; the letters are done with once it is kept.
    pub(super) fn take(&mut self, first: Heard) -> Result<(), Trouble> {
        let mut letters = vec![first];
        let mut count = 0;
        while let Some(next) = self.inquiry.try_heard().filter(|_| count < BATCH) {
            count += next.answers.len();
            letters.push(next);
        }
        let mut asked = Vec::with_capacity(count);
        for answer in letters.iter_mut().flat_map(|letter| std::mem::take(&mut letter.answers)) {
            asked.extend(self.settle(answer)?);
        }
        self.keep(&asked)
    }

    pub(super) fn keep(&mut self, asked: &[Asked]) -> Result<(), Trouble> {
        if asked.is_empty() {
            return Ok(());
        }
        let kept = self.store.keep_answers(asked)?;
        self.tell(asked.iter().zip(kept).filter(|(_, kept)| *kept).map(|(asked, _)| asked))
    }

    /// What an answer comes to; `None` where its mailbox has one already, or is to be asked about once more. Those to a question of an earlier life
    /// count as well; those to no question of ours count for nothing.
    fn settle(&mut self, answer: Answer) -> Result<Option<Asked>, Trouble> {
        let waiting = match self.under_way.asked(&answer) {
            Some(waiting) => Some(waiting.clone()),
            None => self.store.open_mailbox(answer.id, answer.tries)?,
        };
        let Some(waiting) = waiting.filter(|waiting| waiting.tries == answer.tries) else { return Ok(None) };
        let Some(deaths) = self.under_way.is_of(&waiting, &answer) else {
            self.misfit(Misfit::Unasked);
            return Ok(None);
        };
        self.under_way.heard(&answer.fate, Instant::now());
        // A death that is told twice, or by two copies of a task, is one.
        if answer.fate == Fate::Lost && deaths < self.under_way.deaths(waiting.id) {
            return Ok(None);
        }
        self.believe(&waiting, answer)
    }

    /// What an answer to a question of ours comes to.
    fn believe(&mut self, waiting: &Waiting, answer: Answer) -> Result<Option<Asked>, Trouble> {
        let (id, took) = (waiting.id, Duration::from_millis(answer.took_ms));
        Ok(match answer.fate {
            Fate::Asked { report } => match fits(waiting, &report) {
                Ok(()) => {
                    self.end(id, took);
                    Some(asked(waiting, *report))
                }
                Err(misfit) => {
                    self.misfit(misfit);
                    let goes_on = self.under_way.misfitted(id);
                    self.once_more(id, goes_on)
                }
            },
            Fate::Unasked => {
                self.end(id, took);
                None
            }
            Fate::Late { expires } => {
                self.late(id, expires);
                None
            }
            Fate::Lost => {
                self.store.add_death(id)?;
                let goes_on = self.under_way.died(id);
                self.once_more(id, goes_on)
            }
        })
    }

    /// A mailbox is under way no more.
    fn end(&mut self, id: i64, took: Duration) {
        let Some((waiting, is_returning)) = self.under_way.end(id) else { return };
        self.throttle.answered();
        if !is_returning {
            self.host_answered(&waiting.hosts, took);
        }
    }

    /// The task of a mailbox came to nothing: it is put anew, or given up.
    fn once_more(&mut self, id: i64, goes_on: bool) -> Option<Asked> {
        if !goes_on {
            return self.give_up(id);
        }
        let again = self.under_way.again(id);
        self.put(again);
        None
    }

    /// No worker lives to answer: that nobody did in time is all that can be said of the mailbox.
    pub(super) fn give_up(&mut self, id: i64) -> Option<Asked> {
        let (waiting, is_returning) = self.under_way.end(id)?;
        if !is_returning {
            self.host_answered(&waiting.hosts, Duration::ZERO);
        }
        self.inquiry.metrics().gave_up();
        if GIVEN_UP.is_due(clock::now()) {
            tracing::error!(
                mailbox = id,
                "a mailbox ends without an answer: whoever asks about it does not live to tell, or says what cannot be; all are counted as \
                 rcpt_queue_lost_total"
            );
        }
        Some(asked(&waiting, nothing_in_time()))
    }

    /// A worker says that a task came after its time. Where it did not by our clock, the worker's is ahead, and the task is put without a date; else
    /// it has been put anew already.
    fn late(&mut self, id: i64, expires: UnixMillis) {
        let now = clock::now();
        if !self.inquiry.can_lose() {
            // In this process there is one clock, and it jumped: the machine slept.
            let again = self.under_way.again(id);
            return self.put(again);
        }
        // What is over in a moment is put anew by then.
        if expires.0 <= now.0.saturating_add(ms(GRACE)) || expires.0 == u64::MAX {
            return;
        }
        self.under_way.undate();
        if AHEAD.is_due(now) {
            tracing::error!("a worker's clock is minutes ahead of this machine's, or this one's behind: tasks have no date from now on");
        }
        let again = self.under_way.again(id);
        self.put(again);
    }

    /// No worker may be there, which fails nowhere. A queue that cannot be reached has been told of already.
    pub(super) fn tell_silence(&mut self) {
        let is_silent = self.inquiry.is_unheard(self.under_way.count() > 0, Instant::now());
        if is_silent && self.inquiry.is_there() && SILENT.is_due(clock::now()) {
            tracing::warn!("questions wait at the queue and nobody answers: is a `rcpt work` running with the same RCPT_QUEUE?");
        }
    }

    fn misfit(&self, misfit: Misfit) {
        self.inquiry.metrics().misfit(misfit.as_str());
        if MISFITS.is_due(clock::now()) {
            let fault = misfit.as_str();
            tracing::error!(
                fault,
                "an answer does not fit its question and counts for nothing: a worker has a fault, or somebody else answers"
            );
        }
    }

    fn tell<'b>(&mut self, answers: impl Iterator<Item = &'b Asked>) -> Result<(), Trouble> {
        for answer in answers {
            // A second try means that it had been put off.
            self.put_off = self.put_off.saturating_sub(u64::from(answer.tries > 1));
            if answer.due_ms.is_some() {
                self.put_off += 1;
            } else {
                self.work.tally.advance(1);
                self.work.tally.answered(answer.verdict.status());
            }
        }
        self.work.tally.set_put_off(self.put_off);
        self.next_due = self.store.next_due()?;
        Ok(())
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Whether a report can be what the mailbox's hosts said.
fn fits(waiting: &Waiting, report: &ProbeReport) -> Result<(), Misfit> {
    let mailbox = Mailbox::parse(&waiting.address).map_err(|_| Misfit::Impossible)?;
    fit::check(&mailbox, &waiting.dns.as_deref().ok_or(Misfit::Impossible)?.evidence, report)
}

/// What a report comes to for the mailbox that was asked about.
fn asked(waiting: &Waiting, report: ProbeReport) -> Asked {
    let now = clock::now();
    let mut evidence = Evidence::of_text(&waiting.address, now);
    evidence.dns = waiting.dns.as_deref().map(|dns| dns.evidence.clone());
    evidence.probing = Probing::Reported(report.clone());
    let (verdict, tries) = (judge(&evidence), waiting.tries + 1);
    let due_ms = again::due_ms(&report, verdict, tries, now);
    Asked { id: waiting.id, report, verdict, tries, due_ms }
}
