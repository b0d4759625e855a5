//! Asks the probers: signed, within what is left of the deadline. One that fails costs a part of the time; only where all do is there no answer.

mod health;

use std::time::Duration;

use serde::Deserialize;
use shared::dns::MailRoute;
use shared::evidence::Probing;
use shared::mailbox::Mailbox;
use shared::wire::domain::PREFIX;
use shared::wire::probe::PATH;
use shared::wire::signature::{self, Signed};
use shared::wire::upstream::{Upstream, order};
use shared::wire::{ProbeAnswer, ProbeRequest, request_id};
use worker::wasm_bindgen::JsValue;
use worker::{Headers, Method, Request, RequestInit, RequestRedirect};

use crate::clock::{self, Until};
use crate::config::Probers;
use crate::exchange::{Failure, exchange};

/// The most octets of a report: a few attempts with a few replies each.
const MAX_REPORT: usize = 1024 * 1024;
/// With less time than this a mail host is not worth disturbing.
const LEAST: Duration = Duration::from_millis(100);
/// Nor with less than this where another prober may have asked it a moment ago.
const LEAST_AGAIN: Duration = Duration::from_millis(500);
/// With less time than this a prober that did not answer has not failed: callers choose their deadlines, and whoever is in a hurry must not have it
/// left alone by all others. With more it keeps half a second of its own for the way back.
const FAIR: Duration = Duration::from_secs(3);
/// The most that a prober leaves to the one behind it.
const RESERVE: Duration = Duration::from_secs(2);

/// What the client wishes beside the answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wishes {
    /// It said how long it waits, and so would wait for a greylist.
    pub(crate) patient: bool,
    /// How old kept evidence may be, in seconds.
    pub(crate) max_age_s: Option<u32>,
    /// What is said to the mail hosts and by them is to be written down.
    pub(crate) transcript: bool,
}

/// One question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    /// The mailbox.
    pub(crate) mailbox: &'a Mailbox,
    /// Where its domain's mail goes.
    pub(crate) route: &'a MailRoute,
    /// When the answer must be there.
    pub(crate) until: Until,
    /// What is wished beside it.
    pub(crate) wishes: Wishes,
    /// The request's id.
    pub(crate) id: &'a str,
}

/// What became of asking. A prober that declines is passed over, too, where another reports.
pub(crate) async fn probe(probers: &Probers, ask: Ask<'_>) -> Probing {
    let mut probing = Probing::ProberUnavailable;
    let make = |upstream: &Upstream, until| {
        let body = serde_json::to_string(&question(ask, until)).map_err(|error| error.to_string())?;
        Sent { method: Method::Post, path: PATH, body: Some(&body), id: ask.id }.to(probers, upstream)
    };
    let take = |body: &[u8]| match serde_json::from_slice(body) {
        Ok(ProbeAnswer::Report(report)) => {
            probing = Probing::Reported(report);
            Ok(true)
        }
        Ok(ProbeAnswer::Declined) => {
            probing = Probing::Declined;
            Ok(false)
        }
        Err(error) => Err(format!("another answer (line {}, column {})", error.line(), error.column())),
    };
    Round { probers, until: ask.until, id: ask.id, make: &make, take: &mut { take } }.go().await;
    probing
}

/// What a prober says of `domain`, a name in A-labels, as JSON; `None` where none answers.
pub(crate) async fn describe(probers: &Probers, domain: &str, until: Until, id: &str) -> Option<Vec<u8>> {
    let (path, mut told) = (format!("{PREFIX}{domain}"), None);
    let make = |upstream: &Upstream, _| Sent { method: Method::Get, path: &path, body: None, id }.to(probers, upstream);
    let take = |body: &[u8]| match serde_json::from_slice(body) {
        Ok(About { domain: about }) if about == domain => {
            told = Some(body.to_vec());
            Ok(true)
        }
        _ => Err("another answer".to_owned()),
    };
    Round { probers, until, id, make: &make, take: &mut { take } }.go().await;
    told
}

/// What every answer about a domain says first; the rest is passed on unread.
#[derive(Deserialize)]
struct About {
    domain: String,
}

/// A question that goes round the probers until one answers it. Not generic, since it would be in the Worker twice.
struct Round<'a> {
    probers: &'a Probers,
    until: Until,
    id: &'a str,
    /// Makes the request to one of them.
    make: &'a dyn Fn(&Upstream, Until) -> Result<Request, String>,
    /// Takes the body of a good answer; whether it will do.
    take: &'a mut dyn FnMut(&[u8]) -> Result<bool, String>,
}

impl Round<'_> {
    /// They are asked in an order drawn by weight, without those that failed of late.
    async fn go(mut self) {
        let order = order(&self.probers.upstreams, || getrandom::u64().unwrap_or_default());
        let mut least = LEAST;
        for (n, upstream) in order.iter().enumerate() {
            if !health::admits(upstream) {
                continue;
            }
            // A quarter of the time stays for the next one: without it a prober that hangs would cost the verdict.
            let has_next = order.iter().skip(n + 1).any(|next| health::admits(next));
            let reserve = if has_next { (self.until.left() / 4).min(RESERVE) } else { Duration::ZERO };
            let until = self.until.less(reserve);
            if until.left() < least {
                return;
            }
            health::asked(upstream);
            let is_fair = until.left() >= FAIR;
            match self.ask(upstream, until).await {
                Ok(will_do) => {
                    health::succeeded(upstream);
                    if will_do {
                        return;
                    }
                }
                Err(Miss { why, retry_after_s, may_have_asked, timed_out }) => {
                    if timed_out && !is_fair {
                        health::left_open(upstream);
                    } else {
                        health::failed(upstream, retry_after_s);
                    }
                    // One line for the operator, where the failure is handled.
                    worker::console_warn!("prober {} unavailable: {why} (request {})", upstream.url, self.id);
                    least = if may_have_asked { LEAST_AGAIN } else { least };
                }
            }
        }
    }

    async fn ask(&mut self, upstream: &Upstream, until: Until) -> Result<bool, Miss> {
        let request = (self.make)(upstream, until).map_err(Miss::new)?;
        let no_answer = |failure| {
            let timed_out = failure == Failure::TimedOut;
            Miss { may_have_asked: true, timed_out, ..Miss::new(format!("no answer: {failure:?}")) }
        };
        let answer = exchange(request, MAX_REPORT, until).await.map_err(no_answer)?;
        if answer.status != 200 {
            return Err(Miss { retry_after_s: answer.retry_after_s, ..Miss::new(format!("it answered with status {}", answer.status)) });
        }
        (self.take)(&answer.body).map_err(Miss::new)
    }
}

/// Why a prober gave no answer.
struct Miss {
    why: String,
    retry_after_s: Option<u32>,
    may_have_asked: bool,
    timed_out: bool,
}

impl Miss {
    fn new(why: String) -> Self {
        Self { why, retry_after_s: None, may_have_asked: false, timed_out: false }
    }
}

fn question(ask: Ask<'_>, until: Until) -> ProbeRequest {
    let left = until.left().as_millis();
    // The answer needs some of the time for its way back, and a busy prober a little more.
    let deadline_ms = u32::try_from(left.saturating_sub((left / 10).clamp(25, 500))).unwrap_or(u32::MAX);
    let Ask { mailbox, route, wishes: Wishes { patient, max_age_s, transcript }, id, .. } = ask;
    let (mailbox, route, request_id) = (mailbox.clone(), route.clone(), id.to_owned());
    ProbeRequest {
        mailbox,
        route,
        deadline_ms,
        sent_at: Some(clock::now()),
        patient,
        max_age_s,
        transcript,
        request_id,
        nonce: getrandom::u64().unwrap_or_default(),
    }
}

/// A request to a prober, before it is signed.
struct Sent<'a> {
    method: Method,
    path: &'a str,
    body: Option<&'a str>,
    id: &'a str,
}

impl Sent<'_> {
    fn to(&self, probers: &Probers, upstream: &Upstream) -> Result<Request, String> {
        self.signed(probers, upstream).map_err(|_| "no request can be made".to_owned())
    }

    fn signed(&self, probers: &Probers, upstream: &Upstream) -> worker::Result<Request> {
        let signed = Signed { method: self.method.as_ref(), path: self.path, body: self.body.unwrap_or_default().as_bytes() };
        let headers = Headers::new();
        headers.set(request_id::HEADER, self.id)?;
        headers.set(signature::HEADER, &signature::sign(&probers.secret, signed, clock::now().seconds()))?;
        let mut init = RequestInit::new();
        init.with_method(self.method.clone()).with_redirect(RequestRedirect::Manual);
        if let Some(body) = self.body {
            headers.set("content-type", "application/json")?;
            init.with_body(Some(JsValue::from_str(body)));
        }
        init.with_headers(headers);
        Request::new_with_init(&format!("{}{}", upstream.url, self.path), &init)
    }
}
