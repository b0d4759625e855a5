//! The one way back: JSON or problem, each with its request id, and open to the configured origins alone.

use std::pin::Pin;

use futures_util::future::{Either, select};
use futures_util::{Stream, StreamExt as _};
use shared::wire::{FormAnswer, Problem, VerifyResponse, event, problem, request_id};
use wasm_bindgen::JsValue;

use crate::asked::{SITE_HEADER, TURNSTILE_HEADER};
use crate::receipt::KEYS_MAX_AGE_S;
use crate::runtime::{self, Call, Came};

/// What the Worker is, in OpenAPI's words; rcpt-tests makes it from the types.
const OPENAPI: &str = include_str!("../openapi.json");

/// Answers are for whoever asked, and now.
const NOT_KEPT: &str = "no-store";

/// An answer, ready to be sent.
pub(crate) struct Reply {
    status: u16,
    headers: Fields,
    body: Body,
}

enum Body {
    Whole(String),
    Parts(Pin<Box<dyn Stream<Item = String>>>),
}

impl Reply {
    fn of(status: u16, headers: Fields, body: String) -> Self {
        Self { status, headers, body: Body::Whole(body) }
    }

    /// Sends it by `tell`, which the runtime gave for that. Where it comes in parts, that takes until the last of them, or until nobody listens.
    pub(crate) async fn send(self, tell: &JsValue) {
        match self.body {
            Body::Whole(body) => runtime::respond(tell, self.status, &self.headers.0, &body),
            Body::Parts(mut parts) => {
                let feed = Feed::open(tell, self.status, &self.headers.0);
                let mut left = Call::begin(|number| runtime::left(number, feed.0));
                while Call::begin(|number| runtime::wish(number, feed.0)).await.came() == Came::Done {
                    match select(parts.next(), &mut left).await {
                        Either::Left((Some(part), _)) => runtime::give(feed.0, &part),
                        _ => break,
                    }
                }
            }
        }
    }
}

/// An answer in parts, at the runtime. Dropped, it has ended.
struct Feed(u32);

impl Feed {
    fn open(tell: &JsValue, status: u16, headers: &str) -> Self {
        let feed = Self(runtime::next());
        runtime::stream(feed.0, tell, status, headers);
        feed
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        runtime::end(self.0);
    }
}

/// Header fields, a line each.
struct Fields(String);

impl Fields {
    fn add(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.extend([name, ": ", value]);
    }
}

/// What every answer to one request shares.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// The request's id.
    pub(crate) id: String,
    /// The asking page's origin, where it may ask.
    pub(crate) origin: Option<String>,
    /// Where the Worker was asked: scheme, host and port.
    pub(crate) host: String,
    /// What the caller is told beside the answer: fields and their values.
    pub(crate) told: Vec<(&'static str, String)>,
}

impl Exchange {
    /// A verdict.
    pub(crate) fn verdict(&self, verdict: &VerifyResponse) -> Reply {
        let mut headers = self.headers("application/json");
        headers.add("server-timing", &verdict.timing().server_timing());
        Reply::of(200, headers, verdict.to_json())
    }

    /// A verdict for a page, which learns no more of it than its form needs; not even how long which step took.
    pub(crate) fn form_answer(&self, verdict: &VerifyResponse) -> Reply {
        self.json(FormAnswer::of(verdict).to_json())
    }

    /// The keys that receipts are checked with.
    pub(crate) fn key_set(&self, keys: String) -> Reply {
        let caching = format!("public, max-age={KEYS_MAX_AGE_S}");
        Reply::of(200, self.fields(Some("application/jwk-set+json"), &caching), keys)
    }

    /// That the Worker lives.
    pub(crate) fn healthy(&self) -> Reply {
        self.json(r#"{"ok":true}"#.to_owned())
    }

    /// The OpenAPI document.
    pub(crate) fn openapi(&self) -> Reply {
        self.json(OPENAPI.to_owned())
    }

    /// Any other answer in JSON.
    pub(crate) fn json(&self, body: String) -> Reply {
        Reply::of(200, self.headers("application/json"), body)
    }

    /// Lines for the playground.
    pub(crate) fn text(&self, body: String) -> Reply {
        Reply::of(200, self.headers("text/plain; charset=utf-8"), body)
    }

    /// Server-sent events, as they come.
    pub(crate) fn events(&self, events: impl Stream<Item = String> + 'static) -> Reply {
        Reply { status: 200, headers: self.headers(event::MEDIA_TYPE), body: Body::Parts(Box::pin(events)) }
    }

    /// A problem (RFC 9457); `allow` names the methods of the path where the method was wrong.
    pub(crate) fn problem(&self, problem: &Problem, allow: Option<&str>) -> Reply {
        let mut headers = self.headers(problem::MEDIA_TYPE);
        if let Some(allow) = allow {
            headers.add("allow", allow);
        }
        // RFC 9110 §11.6.1: a 401 says how to do better.
        if problem.kind.status() == 401 {
            headers.add("www-authenticate", "Bearer");
        }
        Reply::of(problem.kind.status(), headers, problem.to_json(&self.id))
    }

    /// The answer to a browser that asks whether it may ask (Fetch, CORS preflight).
    pub(crate) fn preflight(&self, allow: &str) -> Reply {
        let mut headers = self.fields(None, NOT_KEPT);
        headers.add("allow", allow);
        if self.origin.is_some() {
            headers.add("access-control-allow-methods", allow);
            headers.add("access-control-allow-headers", &format!("content-type, x-request-id, {SITE_HEADER}, {TURNSTILE_HEADER}"));
            headers.add("access-control-max-age", "86400");
        }
        Reply::of(204, headers, String::new())
    }

    fn headers(&self, media_type: &str) -> Fields {
        self.fields(Some(media_type), NOT_KEPT)
    }

    fn fields(&self, media_type: Option<&str>, caching: &str) -> Fields {
        let mut headers = Fields(String::with_capacity(512));
        if let Some(media_type) = media_type {
            headers.add("content-type", media_type);
        }
        headers.add("cache-control", caching);
        headers.add("x-content-type-options", "nosniff");
        headers.add("referrer-policy", "no-referrer");
        headers.add("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
        if self.host.starts_with("https:") {
            headers.add("strict-transport-security", "max-age=31536000");
        }
        headers.add("vary", "origin");
        headers.add(request_id::HEADER, &self.id);
        if let Some(origin) = &self.origin {
            headers.add("access-control-allow-origin", origin);
            headers.add("access-control-expose-headers", "x-request-id, server-timing, retry-after, ratelimit, ratelimit-policy");
        }
        for (name, value) in &self.told {
            headers.add(name, value);
        }
        headers
    }
}
