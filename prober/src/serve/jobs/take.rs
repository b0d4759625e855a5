//! A list is taken in: as it comes, into a file.

use std::io;

use axum::extract::{Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use shared::wire::{Problem, ProblemKind};

use super::super::Service;
use super::super::body::text_of;
use super::{Desk, desk, pipe, problem_of};
use crate::bulk::{self, Format};
use crate::jobs::{Hook, Job, State, Wish};

/// The longest list that is taken, in octets.
const MAX_LIST: u64 = 16 * 1024 * 1024 * 1024;
/// The longest key by which the same job, given twice, is one.
const MAX_ONCE: usize = 255;
/// The header with the address for news.
const HOOK: &str = "rcpt-webhook";
/// The header with the number of answers after which there is news.
const HOOK_EVERY: &str = "rcpt-webhook-every";

/// Takes a list; the job, and whether it is new.
///
/// 1. who gives it;
/// 2. what is wished, and whether it was given before;
/// 3. the list, whole;
/// 4. whether there are addresses in it;
/// 5. begin.
pub(super) async fn take(service: &Service, request: Request) -> Result<(Job, StatusCode, Desk), Problem> {
    // 1. Who.
    let desk = desk(service, request.headers())?;
    // 2. What.
    let wish = wish(&request)?;
    let once = once(request.headers())?;
    let hook = hook(request.headers())?;
    if let Some(hook) = &hook {
        desk.jobs.check_hook(hook).map_err(|fault| ProblemKind::InvalidRequest.because(format!("{HOOK}: {fault}")))?;
    }
    let stream = desk.stream()?;
    let (job, is_new) = desk.jobs.receive(&desk.owner, wish, hook, once.as_deref()).map_err(problem_of)?;
    if !is_new {
        let is_coming = job.state == State::Receiving;
        let coming = || ProblemKind::Conflict.because("the list of this Idempotency-Key is still coming");
        return if is_coming { Err(coming()) } else { Ok((job, StatusCode::OK, desk)) };
    }
    // Should the client go away, the list goes too.
    let mut unreceived = Unreceived { desk: &desk, id: Some(&job.id) };
    // 3. The list.
    let place = desk.jobs.list_of(&job.id);
    let keep = move |list: &mut dyn io::Read| {
        let _stream = stream;
        bulk::keep_aside(list, &place)
    };
    let kept = pipe::read(request.into_body(), MAX_LIST, keep).await;
    kept.map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => ProblemKind::BodyTooLarge.because(format!("expected at most {MAX_LIST} octets, found more")),
        io::ErrorKind::UnexpectedEof => ProblemKind::InvalidRequest.because("expected a whole list, found one that breaks off"),
        _ => problem_of(crate::jobs::Refusal::Failed(error.to_string())),
    })?;
    // 4. Addresses.
    let order = desk.jobs.order(&job).map_err(|fault| ProblemKind::InvalidRequest.because(fault))?;
    bulk::form_of(&order).map_err(|fault| ProblemKind::InvalidRequest.because(fault.to_string()))?;
    // 5. Begin.
    let begun = desk.jobs.received(&job).map_err(problem_of)?;
    unreceived.id = None;
    drop(unreceived);
    Ok((begun, StatusCode::CREATED, desk))
}

/// What the query says; the media type stands in for a format that it does not name.
fn wish(request: &Request) -> Result<Wish, Problem> {
    let fault = |error: &dyn std::fmt::Display| ProblemKind::InvalidRequest.because(format!("in the query: {error}"));
    let Query(mut wish) = Query::<Wish>::try_from_uri(request.uri()).map_err(|error| fault(&error.body_text()))?;
    let media_type = text_of(request.headers(), CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default().trim();
    wish.format = wish.format.or(match media_type {
        "text/csv" | "text/tab-separated-values" => Some(Format::Csv),
        "application/jsonl" | "application/x-ndjson" | "application/ndjson" | "application/json-lines" => Some(Format::Jsonl),
        _ => None,
    });
    Ok(wish)
}

fn once(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(text) = headers.get("idempotency-key") else { return Ok(None) };
    let text = text.to_str().ok().filter(|text| (1..=MAX_ONCE).contains(&text.len()));
    let fault = || ProblemKind::InvalidRequest.because(format!("Idempotency-Key: expected 1 to {MAX_ONCE} ASCII characters"));
    text.map(|text| Some(text.to_owned())).ok_or_else(fault)
}

/// Where news goes, by headers: such addresses often hold secrets, and a query is written into logs.
fn hook(headers: &HeaderMap) -> Result<Option<Hook>, Problem> {
    let fault = || ProblemKind::InvalidRequest.because(format!("{HOOK_EVERY}: expected a number of answers from 1, beside {HOOK}"));
    let every = headers.get(HOOK_EVERY).map(|_| text_of(headers, HOOK_EVERY).and_then(|text| text.parse().ok()).filter(|every| *every > 0));
    match (text_of(headers, HOOK), every) {
        (Some(url), None) => Ok(Some(Hook { url: url.to_owned(), every: None })),
        (Some(url), Some(Some(every))) => Ok(Some(Hook { url: url.to_owned(), every: Some(every) })),
        (None, None) => Ok(None),
        (_, Some(_)) => Err(fault()),
    }
}

struct Unreceived<'a> {
    desk: &'a Desk,
    id: Option<&'a str>,
}

impl Drop for Unreceived<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.desk.jobs.drop_unreceived(id);
        }
    }
}
