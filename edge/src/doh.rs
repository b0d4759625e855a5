//! The DNS over HTTPS (RFC 8484), in wire format and by GET, so that equal questions are equal URLs and caches can help.
//!
//! Resolvers are raced with a handicap: the first of the configuration is asked, the next where it takes its time or does not settle the
//! question. What their words come to is [`Hearing`]'s to say. Only the domain travels, never the address.

use std::rc::Rc;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use futures_util::future::{Either, join, pending, select};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use shared::dns::{Answer, DnsFailure, Hearing, Question};
use shared::domain::Domain;
use shared::evidence::{DnsEvidence, RouteFact, UnixMillis};

use crate::clock::{self, Until, sleep};
use crate::config::Config;
use crate::desk::Afterwards;
use crate::dns_cache::{Dated, Place};
use crate::exchange::{Exchanged, Failure, Outgoing, exchange};

const MEDIA_TYPE: &str = "application/dns-message";
/// The most octets of a DNS message (RFC 1035 §4.2.2).
const MAX_MESSAGE: u32 = 65_535;
/// How long a resolver is waited for before the next is asked beside it. Public resolvers answer most names in a tenth of this.
const HEDGE: Duration = Duration::from_millis(300);
/// How long an absence waits to be confirmed, in milliseconds.
const CONFIRM_MS: u64 = 1_000;

/// Whom to ask, and for how long.
pub(crate) struct Asker {
    /// Names the resolvers, in the order of asking.
    pub(crate) config: Rc<Config>,
    /// When an answer must be there.
    pub(crate) until: Until,
    /// How old a kept answer may be, in seconds.
    pub(crate) max_age_s: Option<u32>,
    /// What is left to be done behind the answer.
    pub(crate) afterwards: Afterwards,
}

impl Asker {
    /// The mail route of `domain`.
    pub(crate) async fn route(&self, domain: &Domain) -> DnsEvidence {
        match self.find_route(domain.as_ascii()).await {
            Ok((fact, at)) => DnsEvidence { at, outcome: Ok(fact) },
            Err(failure) => DnsEvidence { at: clock::now(), outcome: Err(failure) },
        }
    }

    /// The route, and when the oldest answer that it rests on was heard.
    async fn find_route(&self, domain: &str) -> Result<(RouteFact, UnixMillis), DnsFailure> {
        let mx = self.ask(domain, Question::Mx).await?;
        if let Some(fact) = RouteFact::of_mx(&mx.answer) {
            return Ok((fact, mx.at));
        }
        let (a, aaaa) = join(self.ask(domain, Question::A), self.ask(domain, Question::Aaaa)).await;
        let heard_at = [Some(mx.at), a.as_ref().ok().map(|a| a.at), aaaa.as_ref().ok().map(|aaaa| aaaa.at)];
        let fact = RouteFact::of_addresses(&mx.answer, &a.map(|a| a.answer), &aaaa.map(|aaaa| aaaa.answer))?;
        Ok((fact, heard_at.into_iter().flatten().min().unwrap_or(mx.at)))
    }

    /// The answer that is kept, or what the resolvers say.
    async fn ask(&self, name: &str, question: Question) -> Result<Dated, DnsFailure> {
        let place = Place::of(&self.config.doh, name, question);
        if let Some(place) = &place
            && let Some(kept) = place.get(name, question, self.max_age_s, self.until).await
        {
            return Ok(kept);
        }
        let Word { answer, message } = self.hear(name, question).await?;
        let (at, ttl_s) = (clock::now(), answer.ttl_s);
        if let Some(place) = place.filter(|_| ttl_s > 0 && !message.is_empty()) {
            place.put(&self.afterwards, at, &message, ttl_s);
        }
        Ok(Dated { answer, at })
    }

    /// Asks the first resolver, and the next after a while or as soon as one more word is wanted. Whoever is still being asked when the question
    /// is settled is dropped.
    async fn hear(&self, name: &str, question: Question) -> Result<Word, DnsFailure> {
        let query = Base64UrlUnpadded::encode_string(&question.encode(name)?);
        let (mut hearing, mut until, mut last) = (Hearing::default(), self.until, None);
        let (mut waiting, mut asked) = (self.config.doh.iter(), FuturesUnordered::new());
        asked.extend(waiting.next().map(|resolver| ask_one(resolver, &query, name, question, until)));
        while !asked.is_empty() {
            // Whoever is asked ends by itself in time; there is something to wait for only where another could be asked, or a word is due sooner.
            let patience = match (waiting.len(), hearing.is_unconfirmed()) {
                (0, false) => pending().boxed_local(),
                (0, true) => sleep(until.left()).boxed_local(),
                _ => sleep(until.left().min(HEDGE)).boxed_local(),
            };
            match select(asked.next(), patience).await {
                Either::Left((Some(word), _)) => {
                    let answer = word.map(|word| last.insert(word).answer.clone());
                    if let Some(answer) = hearing.hear(answer) {
                        return Ok(Word::of(answer, last));
                    }
                    if hearing.is_unconfirmed() {
                        until = until.min(Until::after(clock::now(), CONFIRM_MS));
                    }
                }
                Either::Left((None, _)) => break,
                Either::Right(_) if until.left().is_zero() => break,
                Either::Right(_) => {}
            }
            asked.extend(waiting.next().map(|resolver| ask_one(resolver, &query, name, question, until)));
        }
        // An absence that nobody could be reached to confirm is not kept.
        let last = last.filter(|_| self.config.doh.len() == 1);
        hearing.close().map(|answer| Word::of(answer, last))
    }
}

/// A resolver's answer, and the message that it was read from; empty where that says otherwise.
struct Word {
    answer: Answer,
    message: Vec<u8>,
}

impl Word {
    fn of(answer: Answer, last: Option<Self>) -> Self {
        let same = last.filter(|last| last.answer.found == answer.found);
        Self { message: same.map(|last| last.message).unwrap_or_default(), answer }
    }
}

async fn ask_one(resolver: &str, query: &str, name: &str, question: Question, until: Until) -> Result<Word, DnsFailure> {
    let (url, headers) = (format!("{resolver}?dns={query}"), format!("accept: {MEDIA_TYPE}"));
    let request = Outgoing { method: "GET", url, headers, body: None };
    let Exchanged { status, media_type, body, .. } = exchange(request, MAX_MESSAGE, until).await.map_err(|failure| match failure {
        Failure::TimedOut => DnsFailure::TimedOut,
        Failure::Broken => DnsFailure::Unreachable,
    })?;
    if status != 200 {
        return Err(DnsFailure::Unreachable);
    }
    if media_type != MEDIA_TYPE {
        return Err(DnsFailure::Malformed);
    }
    Ok(Word { answer: Answer::decode(&body, name, question)?, message: body })
}
