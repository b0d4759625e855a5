//! The one way back: JSON or problem, each with its request id, and open to the configured origins alone.

use futures_util::Stream;
use shared::wire::{Problem, VerifyResponse, event, problem, request_id};
use worker::{Headers, Response, ResponseBuilder, Result};

/// What every answer to one request shares.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// The request's id.
    pub(crate) id: String,
    /// The asking page's origin, where it may ask.
    pub(crate) origin: Option<String>,
}

impl Exchange {
    /// A verdict.
    pub(crate) fn verdict(&self, verdict: &VerifyResponse) -> Result<Response> {
        let headers = self.headers("application/json")?;
        headers.set("server-timing", &verdict.timing().server_timing())?;
        Ok(build(200, headers, verdict.to_json()))
    }

    /// That the Worker lives.
    pub(crate) fn healthy(&self) -> Result<Response> {
        self.json(r#"{"ok":true}"#.to_owned())
    }

    /// Any other answer in JSON.
    pub(crate) fn json(&self, body: String) -> Result<Response> {
        Ok(build(200, self.headers("application/json")?, body))
    }

    /// Lines for the playground.
    pub(crate) fn text(&self, body: String) -> Result<Response> {
        Ok(build(200, self.headers("text/plain; charset=utf-8")?, body))
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
        Ok(build(problem.kind.status(), headers, problem.to_json(&self.id)))
    }

    /// The answer to a browser that asks whether it may ask (Fetch, CORS preflight).
    pub(crate) fn preflight(&self, allow: &str) -> Result<Response> {
        let headers = self.headers("text/plain")?;
        headers.delete("content-type")?;
        headers.set("allow", allow)?;
        if self.origin.is_some() {
            headers.set("access-control-allow-methods", allow)?;
            headers.set("access-control-allow-headers", "content-type, x-request-id")?;
            headers.set("access-control-max-age", "86400")?;
        }
        Ok(ResponseBuilder::new().with_status(204).with_headers(headers).empty())
    }

    fn headers(&self, media_type: &str) -> Result<Headers> {
        let headers = Headers::new();
        headers.set("content-type", media_type)?;
        headers.set("cache-control", "no-store")?;
        headers.set("x-content-type-options", "nosniff")?;
        headers.set("vary", "origin")?;
        headers.set(request_id::HEADER, &self.id)?;
        if let Some(origin) = &self.origin {
            headers.set("access-control-allow-origin", origin)?;
            headers.set("access-control-expose-headers", "x-request-id, server-timing")?;
        }
        Ok(headers)
    }
}

fn build(status: u16, headers: Headers, body: String) -> Response {
    ResponseBuilder::new().with_status(status).with_headers(headers).fixed(body.into_bytes())
}
