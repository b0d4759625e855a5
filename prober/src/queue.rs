//! The queue between those who own jobs and those who ask mail hosts, in one process or on many machines.
//!
//! Whoever owns a job puts *tasks* into the queue, a few mailboxes of one host each; a worker takes a task, asks, and sends *answers* to the
//! one who asked. The owner's store stays the source of truth: a task that is lost is put again, and an answer that comes twice counts once.
//! So a queue need only promise that it forgets nothing that it confirmed, and may hand out anything more than once.

mod address;
mod amqp;
mod desk;
mod embedded;
mod inbox;
mod inquiry;
pub mod kafka;
mod message;
mod seal;
mod seldom;
mod silence;
mod worker;

use std::fmt;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};

pub use address::Address;
pub use amqp::Amqp;
pub use desk::{Desk, Heard};
pub use embedded::Embedded;
pub use inbox::Inbox;
pub use inquiry::{FIRST_WAIT, GRACE, Inquiry, News};
pub use message::{Answer, Answers, Fate, MOST_DELIVERIES, MOST_OCTETS, MOST_QUESTIONS, Message, Question, Task, Unfit};
pub use seal::Seal;
pub(crate) use seldom::Seldom;
pub use worker::{TASKS_AT_ONCE, Worker};

/// Where letters wait.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Tasks, for any worker.
    Tasks,
    /// Answers, for the `rcpt serve` of this name alone.
    Answers(String),
    /// What nobody could read or work on. Nobody takes it but a person.
    SetAside,
}

impl Place {
    /// Its name in a broker where all of ours begin like this.
    pub fn name(&self, prefix: &str) -> String {
        match self {
            Self::Tasks => format!("{prefix}.tasks"),
            Self::Answers(of) => format!("{prefix}.answers.{of}"),
            Self::SetAside => format!("{prefix}.set-aside"),
        }
    }

    /// Its kind, for logs and metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::Answers(_) => "answers",
            Self::SetAside => "set_aside",
        }
    }
}

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// The broker has it, and will have it after a restart too.
    Confirmed,
    /// There is no such place: whoever it was for is gone. Not every broker can tell.
    NoSuchPlace,
}

/// How a broker stands with us, as far as was seen last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It can be reached.
    There,
    /// It cannot, and is waited for.
    Away,
    /// It can, and will not have us: that takes other settings, here or there.
    Refusing,
    /// Another `rcpt serve` of the same name takes our answers.
    Taken,
}

impl Standing {
    /// Its name in `/readyz`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Away => "away",
            Self::Refusing => "refusing",
            Self::Taken => "taken",
        }
    }
}

/// What every kind of queue does. A broker that is away is waited for; its going and coming back are logged once each, and reconnecting is
/// its own affair.
pub trait Broker: Send + Sync + fmt::Debug {
    /// Puts a letter, and returns once the broker has it for good; what it did not confirm is put again, so that it may be there twice.
    /// Letters of one `lane` that are put one after the other are handed out in that order. Dropping the future gives up.
    fn put<'a>(&'a self, place: &'a Place, lane: &'a str, body: Vec<u8>) -> BoxFuture<'a, Put>;

    /// Takes letters, no more than `most` at a time without a word about them. Several takers of one place share its letters. Answers wait for
    /// their taker from the first time that it takes, also while it is away.
    fn take(&self, place: &Place, most: u16) -> Box<dyn Taker>;

    /// Whether the broker can be reached, as far as was seen last.
    fn is_there(&self) -> bool;

    /// How it stands with us.
    fn standing(&self) -> Standing {
        if self.is_there() { Standing::There } else { Standing::Away }
    }

    /// Waits until the broker is there and has us.
    ///
    /// # Errors
    /// Where it is there and refuses us, in words.
    fn greet(&self) -> BoxFuture<'_, Result<(), String>> {
        ready(Ok(())).boxed()
    }

    /// Ends every connection in good order.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// Somebody who takes letters. When it goes, what it had and said nothing of is handed out again.
pub trait Taker: Send {
    /// The next letter; waits for it as long as it takes. A future that is dropped early loses nothing.
    fn next(&mut self) -> BoxFuture<'_, Held>;
}

/// A word about a letter. Where the broker is gone meanwhile it is lost, and the letter handed out again.
pub trait Receipt: Send {
    /// It is done with.
    fn ack(self: Box<Self>) -> BoxFuture<'static, ()>;

    /// Somebody else is to have it.
    fn give_back(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// A letter in hand. Dropped without a word it stays with its taker until that goes.
pub struct Held {
    body: Vec<u8>,
    deliveries: u32,
    receipt: Box<dyn Receipt>,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("octets", &self.body.len()).field("deliveries", &self.deliveries).finish_non_exhaustive()
    }
}

impl Held {
    /// A letter that is handed out for this many-eth time, as far as the broker counts; 1 is the first.
    pub fn new(body: Vec<u8>, deliveries: u32, receipt: Box<dyn Receipt>) -> Self {
        Self { body, deliveries, receipt }
    }

    /// What it says.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// How often it was handed out, as far as the broker counts.
    pub fn deliveries(&self) -> u32 {
        self.deliveries
    }

    /// It is done with.
    pub async fn ack(self) {
        self.receipt.ack().await;
    }

    /// Somebody else is to have it.
    pub async fn give_back(self) {
        self.receipt.give_back().await;
    }
}
