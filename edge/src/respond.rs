//! The one way back: JSON or problem, each with its request id, and open to the configured origins alone.

use futures_util::Stream;
use shared::wire::{FormAnswer, Problem, VerifyResponse, event, problem, request_id};
use worker::{Headers, Response, ResponseBuilder, Result};

use crate::access::{SITE_HEADER, TURNSTILE_HEADER};
use crate::receipt::KEYS_MAX_AGE_S;

/// What the Worker is, in OpenAPI's words; rcpt-tests makes it from the types.
const OPENAPI: &str = include_str!("../openapi.json");

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
    pub(crate) fn verdict(&self, verdict: &VerifyResponse) -> Result<Response> {
        let headers = self.headers("application/json")?;
        headers.set("server-timing", &verdict.timing().server_timing())?;
        Ok(build(200, headers, verdict.to_json()))
    }

    /// A verdict for a page, which learns no more of it than its form needs; not even how long which step took.
    pub(crate) fn form_answer(&self, verdict: &VerifyResponse) -> Result<Response> {
        Ok(build(200, self.headers("application/json")?, FormAnswer::of(verdict).to_json()))
    }

    /// The keys that receipts are checked with.
    pub(crate) fn key_set(&self, keys: String) -> Result<Response> {
        let headers = self.headers("application/jwk-set+json")?;
        headers.set("cache-control", &format!("public, max-age={KEYS_MAX_AGE_S}"))?;
        Ok(build(200, headers, keys))
    }

    /// That the Worker lives.
    pub(crate) fn healthy(&self) -> Result<Response> {
        self.json(r#"{"ok":true}"#.to_owned())
    }

    /// The OpenAPI document.
    pub(crate) fn openapi(&self) -> Result<Response> {
        self.json(OPENAPI.to_owned())
    }

    /// Any other answer in JSON.
    pub(crate) fn json(&self, body: String) -> Result<Response> {
        Ok(build(200, self.headers("application/json")?, body))
    }

    /// Server-sent events, as they come.
    pub(crate) fn events(&self, events: impl Stream<Item = Result<Vec<u8>>> + 'static) -> Result<Response> {
        ResponseBuilder::new().with_headers(self.headers(event::MEDIA_TYPE)?).from_stream(events)
    }

    /// A problem (RFC 9457); `allow` names the methods of the path where the method was wrong.
    pub(crate) fn problem(&self, problem: &Problem, allow: Option<&str>) -> Result<Response> {
        let headers = self.headers(problem::MEDIA_TYPE)?;
        if let Some(allow) = allow {
            headers.set("allow", allow)?;
        }
        // RFC 9110 §11.6.1: a 401 says how to do better.
        if problem.kind.status() == 401 {
            headers.set("www-authenticate", "Bearer")?;
        }
        Ok(build(problem.kind.status(), headers, problem.to_json(&self.id)))
    }

    /// The answer to a browser that asks whether it may ask (Fetch, CORS preflight).
    pub(crate) fn preflight(&self, allow: &str) -> Result<Response> {
        let headers = self.headers("text/plain")?;
        headers.delete("content-type")?;
        headers.set("allow", allow)?;
        if self.origin.is_some() {
            headers.set("access-control-allow-methods", allow)?;
            headers.set("access-control-allow-headers", &format!("content-type, x-request-id, {SITE_HEADER}, {TURNSTILE_HEADER}"))?;
            headers.set("access-control-max-age", "86400")?;
        }
        Ok(ResponseBuilder::new().with_status(204).with_headers(headers).empty())
    }

    fn headers(&self, media_type: &str) -> Result<Headers> {
        let headers = Headers::new();
        headers.set("content-type", media_type)?;
        headers.set("cache-control", "no-store")?;
        headers.set("x-content-type-options", "nosniff")?;
        headers.set("referrer-policy", "no-referrer")?;
        headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'")?;
        if self.host.starts_with("https:") {
            headers.set("strict-transport-security", "max-age=31536000")?;
        }
        headers.set("vary", "origin")?;
        headers.set(request_id::HEADER, &self.id)?;
        if let Some(origin) = &self.origin {
            headers.set("access-control-allow-origin", origin)?;
            headers.set("access-control-expose-headers", "x-request-id, server-timing, retry-after, ratelimit, ratelimit-policy")?;
        }
        for (name, value) in &self.told {
            headers.append(name, value)?;
        }
        Ok(headers)
    }
}

fn build(status: u16, headers: Headers, body: String) -> Response {
    ResponseBuilder::new().with_status(status).with_headers(headers).fixed(body.into_bytes())
}
