//! A line to one address of one mail host: the mailboxes that wait to be asked there, and the sessions that ask them.
//!
//! Requests share sessions: whoever comes while one stands is asked on it, and it is kept for a moment for those who come next. A second
//! session is opened only where the first would keep people waiting and the host's pace allows it.

mod lessons;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::domain::host_name::HostName;
use shared::domain::operator::Operator;
use shared::evidence::{Outcome, SessionEnd, SessionFacts};
use shared::mailbox::Mailbox;
use shared::smtp::Stage;
use shared::smtp::dialogue::Limits;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::pace::Allowance;
pub use lessons::{Lesson, Lessons};

/// The most sessions one mailbox is taken to that answer nobody.
const MAX_TRIES: u8 = 3;
/// How long those who wait may have to before another session is worth the host's while. Senders of mail begin with more
/// (postconf(5): initial_destination_concurrency, five).
const PATIENCE: Duration = Duration::from_millis(500);
/// How long a session may answer nobody before another one is tried.
const SILENCE: Duration = Duration::from_secs(2);

/// A mailbox that waits for its answer.
#[derive(Debug)]
pub struct Waiting {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// When its answer is no longer wanted.
    pub deadline: Instant,
    /// When it is asked about.
    pub turn: Turn,
    tries: u8,
    answer: oneshot::Sender<Outcome>,
}

impl Waiting {
    /// Answers. Whoever asked may have gone, which is their right.
    pub fn tell(self, outcome: Outcome) {
        let _ = self.answer.send(outcome);
    }
}

/// When a mailbox that joins is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// After those who came before.
    Last,
    /// Before all others: a decoy, since many wait for what it tells.
    Next,
}

/// One line.
#[derive(Debug)]
pub struct Line {
    /// Where it leads.
    pub address: SocketAddr,
    /// The host's name.
    pub host: HostName,
    /// Whether everything that is said is kept, for one asker alone.
    pub recorded: bool,
    news: watch::Sender<u64>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    queue: VecDeque<Waiting>,
    sessions: usize,
    closed: bool,
    lessons: Lessons,
    /// When the first of the sessions that stand was wanted.
    opened_at: Instant,
    /// How long one answer takes, as far as that was seen: nothing at first.
    per_answer: Duration,
    transcript: Vec<String>,
}

impl Line {
    /// A line on which nothing was said yet.
    pub fn new(address: SocketAddr, host: HostName, limits: Limits, recorded: bool) -> Self {
        let state = State {
            queue: VecDeque::new(),
            sessions: 0,
            closed: false,
            lessons: Lessons::new(limits),
            opened_at: Instant::now(),
            per_answer: Duration::ZERO,
            transcript: Vec::new(),
        };
        Self { address, host, recorded, news: watch::channel(0).0, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who runs the host.
    pub fn operator(&self) -> Option<Operator> {
        Operator::of_exchange(&self.host)
    }

    /// Whose pace it keeps to: its operator's, or where that is nobody in particular its own.
    pub fn pace_key(&self) -> String {
        self.operator().map_or_else(|| self.ip().to_string(), |operator| operator.id.to_owned())
    }

    /// How much may be asked on it.
    pub fn allowance(&self) -> Allowance {
        Allowance::of(self.operator())
    }

    /// The address alone.
    pub fn ip(&self) -> IpAddr {
        self.address.ip()
    }

    /// Changes whenever there is something to ask, or nothing any more.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    fn announce(&self) {
        self.news.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Puts a mailbox into the queue; its answer comes by the receiver.
    pub fn join(&self, mailbox: Mailbox, deadline: Instant, turn: Turn) -> oneshot::Receiver<Outcome> {
        let (answer, receiver) = oneshot::channel();
        let waiting = Waiting { mailbox, deadline, turn, tries: 0, answer };
        match turn {
            Turn::Last => self.state().queue.push_back(waiting),
            Turn::Next => self.state().queue.push_front(waiting),
        }
        self.announce();
        receiver
    }

    /// Whether another session should be opened now, where `most` may stand; if so it is counted from here on.
    pub fn wants_session(&self, most: usize) -> bool {
        let mut state = self.state();
        let backlog = state.per_answer.saturating_mul(u32::try_from(state.queue.len()).unwrap_or(u32::MAX));
        let silent = state.per_answer.is_zero() && state.opened_at.elapsed() > SILENCE;
        let busy = silent || backlog > PATIENCE.saturating_mul(u32::try_from(state.sessions).unwrap_or(u32::MAX));
        let wanted = !state.queue.is_empty() && (state.sessions == 0 || (state.sessions < most && busy));
        if wanted && state.sessions == 0 {
            state.opened_at = Instant::now();
        }
        state.sessions += usize::from(wanted);
        wanted
    }

    /// How many sessions stand or are being opened.
    pub fn sessions(&self) -> usize {
        self.state().sessions
    }

    /// A session is over.
    pub fn session_ended(&self) {
        let mut state = self.state();
        state.sessions = state.sessions.saturating_sub(1);
    }

    /// The next mailbox to ask about. Those whose time is over by `now` are told so.
    pub fn take(&self, now: Instant) -> Option<Waiting> {
        let mut state = self.state();
        loop {
            let next = state.queue.pop_front()?;
            if next.answer.is_closed() {
                continue;
            }
            if next.deadline > now {
                return Some(next);
            }
            next.tell(too_late());
        }
    }

    /// Whether anybody waits.
    pub fn is_wanted(&self) -> bool {
        !self.state().queue.is_empty()
    }

    /// Puts a mailbox that was not answered back in front, for another session, or tells it `facts` where there is no more use in that. Sessions
    /// that answered others were `fruitful`: each is a step, and there are as many of them as there must be.
    pub fn put_back(&self, mut waiting: Waiting, facts: SessionFacts, fruitful: bool) {
        waiting.tries += u8::from(!fruitful);
        if waiting.tries >= MAX_TRIES || waiting.deadline <= Instant::now() {
            waiting.tell(Outcome::Session(facts));
        } else {
            self.state().queue.push_front(waiting);
        }
    }

    /// Tells everybody who waits the same.
    pub fn tell_all(&self, outcome: &Outcome) {
        let queue = std::mem::take(&mut self.state().queue);
        for waiting in queue {
            waiting.tell(outcome.clone());
        }
    }

    /// Tells those who cannot wait until `then` that there is no room for them.
    pub fn turn_away_before(&self, then: Instant) {
        let retry_after_s = u32::try_from(then.saturating_duration_since(Instant::now()).as_secs() + 1).unwrap_or(u32::MAX);
        let mut state = self.state();
        let (early, patient): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut state.queue).into_iter().partition(|waiting| waiting.deadline < then);
        state.queue = patient;
        drop(state);
        for waiting in early {
            waiting.tell(Outcome::NotPaced { retry_after_s });
        }
    }

    /// What the host's manners are, as far as they are known.
    pub fn lessons<T>(&self, look: impl FnOnce(&mut Lessons) -> T) -> T {
        look(&mut self.state().lessons)
    }

    /// An answer took this long.
    pub fn learn_pace(&self, per_answer: Duration) {
        let mut state = self.state();
        state.per_answer = (state.per_answer * 7 + per_answer) / 8;
    }

    /// No more will be asked; the session takes its leave.
    pub fn close(&self) {
        self.state().closed = true;
        self.announce();
    }

    /// Whether no more will be asked.
    pub fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Whether nobody waits and no session stands.
    pub fn is_idle(&self) -> bool {
        let state = self.state();
        state.queue.is_empty() && state.sessions == 0
    }

    /// Keeps what was said so far.
    pub fn record(&self, lines: Vec<String>) {
        self.state().transcript = lines;
    }

    /// What was said.
    pub fn transcript(&self) -> Vec<String> {
        self.state().transcript.clone()
    }
}

/// Nobody had time for it.
fn too_late() -> Outcome {
    let end = SessionEnd::TimedOut { stage: Stage::Connect };
    Outcome::Session(SessionFacts { tls: false, certificate: None, observations: Vec::new(), end })
}
