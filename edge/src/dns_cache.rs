//! Answers of the DNS in the data centre's own cache, in wire form, as long as they may be kept: an absence as long as its SOA says (RFC 2308 §5).
//!
//! What other resolvers said is kept apart, since it is another's word. Only domains are in it, and not even they by name.

use std::cell::Cell;

use shared::dns::{Answer, Question};
use shared::evidence::{UnixMillis, key};

use crate::clock::{self, Until, ms};
use crate::desk::Afterwards;
use crate::runtime::{self, Call, Came};

/// The longest that an answer is kept, in seconds, whatever its TTL: who moves its mail is not asked at the old place for long.
const MOST_S: u32 = 3_600;
/// How long the cache may take, in milliseconds: it only ever saves time.
const PATIENCE_MS: u64 = 250;
/// For how long a cache that failed or took too long is left alone, in seconds.
const PAUSE_S: u32 = 10;

thread_local! {
    /// Until when this isolate leaves the cache alone.
    static PAUSE: Cell<UnixMillis> = const { Cell::new(UnixMillis(0)) };
}

/// An answer, and when it was heard.
#[derive(Debug, Clone)]
pub(crate) struct Dated {
    /// The answer.
    pub(crate) answer: Answer,
    /// When.
    pub(crate) at: UnixMillis,
}

/// The place of one answer.
pub(crate) struct Place(String);

impl Place {
    /// The place of what `resolvers` say to a question; `None` while the cache is left alone.
    pub(crate) fn of(resolvers: &[String], name: &str, question: Question) -> Option<Self> {
        if clock::now() < PAUSE.get() {
            return None;
        }
        let key = key::text(resolvers.join(",").as_bytes(), &["dns", name, question.as_str()]);
        // A name that is nobody's (RFC 6761 §6.4), since the cache wants an address.
        Some(Self(format!("https://rcpt.invalid/1/{key}")))
    }

    /// The answer that is kept there, where it is no older than `max_age_s` and comes at once.
    pub(crate) async fn get(&self, name: &str, question: Question, max_age_s: Option<u32>, until: Until) -> Option<Dated> {
        if max_age_s == Some(0) {
            return None;
        }
        let octets = self.octets(until).await?;
        let (at, message) = octets.split_first_chunk()?;
        let (at, answer) = (UnixMillis(u64::from_be_bytes(*at)), Answer::decode(message, name, question).ok()?);
        // The cache may keep longer than it was told.
        let age_s = clock::now().seconds().saturating_sub(at.seconds());
        let most_s = max_age_s.unwrap_or(MOST_S).min(answer.ttl_s);
        (age_s < most_s.into()).then_some(Dated { answer, at })
    }

    async fn octets(&self, until: Until) -> Option<Vec<u8>> {
        let own = Until::after(clock::now(), PATIENCE_MS);
        let outcome = Call::begin(|number| runtime::find(number, &self.0, ms(until.min(own).left()))).await;
        match outcome.came() {
            Came::Done => return Some(outcome.octets),
            // The caller's time being over says nothing of the cache.
            Came::Late if until < own => {}
            Came::Late | Came::Failed => PAUSE.set(clock::now().plus_seconds(PAUSE_S)),
            _ => {}
        }
        None
    }

    /// Keeps the message of an answer that was heard at `at`. Where that fails, it is asked again.
    pub(crate) fn put(self, afterwards: &Afterwards, at: UnixMillis, message: &[u8], ttl_s: u32) {
        afterwards.keep(&self.0, &[&at.0.to_be_bytes(), message].concat(), ttl_s.min(MOST_S));
    }
}
