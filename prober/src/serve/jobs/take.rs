//! A list is taken in: as it comes, into a file.

use std::io;
use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use shared::verdict::Level;
use shared::wire::{Problem, ProblemKind};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;

use super::super::Service;
use super::super::body::{declared_length, text_of};
use super::query::{Asked, word};
use super::{Desk, desk, pipe, problem_of};
use crate::bulk::{self, Format};
use crate::clock;
use crate::jobs::{Full, Hook, Intake, Job, Refusal, State, Wish, digest_of};

/// The longest list that is taken, in octets.
const MAX_LIST: u64 = 16 * 1024 * 1024 * 1024;
/// The longest key by which the same job, given twice, is one.
const MAX_ONCE: usize = 255;
/// The header with the address for news.
const HOOK: &str = "rcpt-webhook";
/// The header with the number of answers after which there is news.
const HOOK_EVERY: &str = "rcpt-webhook-every";
/// After how many answers there may be news: no list has as many as the most.
const EVERY: RangeInclusive<u64> = 1..=1_000_000_000;

/// Takes a list; the job, and whether it is new.
///
/// 1. who gives it;
/// 2. what is wished, and whether it was given before;
/// 3. the list, whole; of a job that was given before, whether it is the same;
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
    let given = desk.jobs.receive((&desk.owner, once.as_deref()), wish, hook, clock::now());
    let (job, intake) = given.map_err(problem_of)?;
    let Some(intake) = intake else {
        same(&job, request.into_body(), stream).await?;
        return Ok((job, StatusCode::OK, desk));
    };
    // 3. The list.
    let intake = Arc::new(intake);
    let digest = keep(&intake, request, stream).await?;
    // 4. Addresses.
    let order = desk.jobs.order(&job).map_err(|fault| ProblemKind::InvalidRequest.because(fault))?;
    let found = spawn_blocking(move || bulk::has_rows(&order)).await.map_err(|error| problem_of(Refusal::Failed(error.to_string())))?;
    let nothing = || ProblemKind::InvalidRequest.because("expected a list with at least one row, found none");
    found.map_err(|fault| ProblemKind::InvalidRequest.because(in_query(&fault.to_string())))?.then_some(()).ok_or_else(nothing)?;
    // 5. Begin.
    let begun = desk.jobs.received(&job, digest).map_err(problem_of)?;
    intake.take();
    Ok((begun, StatusCode::CREATED, desk))
}

/// A fault of a list as whoever gives it can mend it: what is a flag of `rcpt bulk` is a parameter here.
fn in_query(fault: &str) -> String {
    fault.replace("--column", "column in the query")
}

/// Keeps the list as it comes; its digest. Should the client go away, the list goes too, once nothing more of it is written.
async fn keep(intake: &Arc<Intake>, request: Request, stream: OwnedSemaphorePermit) -> Result<String, Problem> {
    let (left, declared) = (intake.left(), declared_length(request.headers()).map_or(0, |length| length as u64));
    if declared > MAX_LIST {
        return Err(too_long());
    }
    if declared > left.octets {
        return Err(problem_of(Refusal::Full(left.bound)));
    }
    let intake = Arc::clone(intake);
    let keep = move |list: &mut dyn io::Read| {
        let _stream = stream;
        intake.keep(list)
    };
    pipe::read(request.into_body(), MAX_LIST, keep).await.map_err(|error| broken(&error))
}

/// Whether the list is the one that was given before under this key.
async fn same(job: &Job, body: Body, stream: OwnedSemaphorePermit) -> Result<(), Problem> {
    if job.state == State::Receiving {
        return Err(ProblemKind::Conflict.because("the list of this Idempotency-Key is still coming"));
    }
    let id = job.id.clone();
    let digest = move |list: &mut dyn io::Read| {
        let _stream = stream;
        digest_of(&id, list)
    };
    let digest = pipe::read(body, MAX_LIST, digest).await.map_err(|error| broken(&error))?;
    let is_same = job.list.as_ref().is_none_or(|known| *known == digest);
    let other = || ProblemKind::IdempotencyKeyReused.because("expected the same list under this Idempotency-Key, found another");
    is_same.then_some(()).ok_or_else(other)
}

fn too_long() -> Problem {
    ProblemKind::BodyTooLarge.because(format!("expected at most {MAX_LIST} octets, found more"))
}

/// Why a list did not come whole.
fn broken(error: &io::Error) -> Problem {
    match error.kind() {
        io::ErrorKind::FileTooLarge => too_long(),
        io::ErrorKind::UnexpectedEof => ProblemKind::InvalidRequest.because("expected a whole list, found one that breaks off"),
        io::ErrorKind::QuotaExceeded => problem_of(Refusal::Full(Full::Quota)),
        io::ErrorKind::StorageFull => problem_of(Refusal::Full(Full::Disk)),
        _ => problem_of(Refusal::Failed(error.to_string())),
    }
}

/// What the query says; the media type stands in for a format that it does not name.
fn wish(request: &Request) -> Result<Wish, Problem> {
    let asked = Asked::of(request.uri(), &["level", "format", "delimiter", "header", "column", "encoding"])?;
    let own = |name: &str| asked.text(name).map(str::to_owned);
    let delimiter = |text: &str| bulk::read_delimiter(text).ok().map(char::from);
    Ok(Wish {
        level: asked.read("level", "syntax, dns or smtp", word)?.unwrap_or(Level::Smtp),
        format: asked.read("format", "csv, jsonl or lines", word)?.or_else(|| declared_format(request.headers())),
        delimiter: asked.read("delimiter", "one ASCII character or \"tab\"", delimiter)?,
        header: asked.read("header", "true or false", |text| text.parse().ok())?,
        column: own("column"),
        encoding: own("encoding"),
    })
}

fn declared_format(headers: &HeaderMap) -> Option<Format> {
    match text_of(headers, CONTENT_TYPE)?.split(';').next()?.trim() {
        "text/csv" | "text/tab-separated-values" => Some(Format::Csv),
        "application/jsonl" | "application/x-ndjson" | "application/ndjson" | "application/json-lines" => Some(Format::Jsonl),
        _ => None,
    }
}

fn once(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(text) = headers.get("idempotency-key") else { return Ok(None) };
    let text = text.to_str().ok().filter(|text| (1..=MAX_ONCE).contains(&text.len()));
    let fault = || ProblemKind::InvalidRequest.because(format!("Idempotency-Key: expected 1 to {MAX_ONCE} ASCII characters"));
    text.map(|text| Some(text.to_owned())).ok_or_else(fault)
}

/// Where news goes, by headers: such addresses often hold secrets, and a query is written into logs.
fn hook(headers: &HeaderMap) -> Result<Option<Hook>, Problem> {
    let fault = || {
        let [least, most] = [EVERY.start(), EVERY.end()];
        ProblemKind::InvalidRequest.because(format!("{HOOK_EVERY}: expected a number of answers of {least} to {most}, beside {HOOK}"))
    };
    let read = |text: &str| text.parse().ok().filter(|every| EVERY.contains(every));
    let every = headers.get(HOOK_EVERY).map(|_| text_of(headers, HOOK_EVERY).and_then(read));
    match (text_of(headers, HOOK), every) {
        (Some(url), None) => Ok(Some(Hook { url: url.to_owned(), every: None })),
        (Some(url), Some(Some(every))) => Ok(Some(Hook { url: url.to_owned(), every: Some(every) })),
        (None, None) => Ok(None),
        (_, Some(_)) => Err(fault()),
    }
}
