//! `/v1/jobs`: lists given, followed, and their answers fetched; by those alone whose key the prober knows, and each sees only what is its own.

mod accept;
mod events;
mod pipe;
mod query;
mod show;
mod take;

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use shared::wire::{Problem, ProblemKind};
use tokio::sync::OwnedSemaphorePermit;

use super::body::text_of;
use super::respond::RequestId;
use super::{Service, respond};
use crate::bulk;
use crate::jobs::{Full, Job, Jobs, Refusal};
pub(super) use events::events;

/// The jobs of whoever asks.
struct Desk {
    jobs: Arc<Jobs>,
    owner: String,
}

impl Desk {
    fn stream(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let full = || ProblemKind::Overloaded.because("as many lists of this key are coming or being fetched as may be at once");
        self.jobs.stream(&self.owner).ok_or_else(full)
    }
}

/// A job of whoever asks, by the key and the path.
pub(super) struct Found {
    desk: Desk,
    job: Job,
    id: RequestId,
}

type Shared = State<Arc<Service>>;

/// `POST /v1/jobs`: the list is the body, what is wished of it stands in the query.
pub(super) async fn give(State(service): Shared, Extension(id): Extension<RequestId>, request: Request) -> Response {
    match take::take(&service, request).await {
        Ok((job, status, desk)) => {
            let mut response = shown(&desk, &job, status).await;
            if let Ok(place) = HeaderValue::from_str(&format!("/v1/jobs/{}", job.id)) {
                response.headers_mut().insert(LOCATION, place);
            }
            response
        }
        Err(problem) => refused(&problem, &id),
    }
}

/// `GET /v1/jobs`: all of the caller's, the latest first.
pub(super) async fn list(State(service): Shared, Extension(id): Extension<RequestId>, headers: HeaderMap) -> Response {
    let found = desk(&service, &headers).and_then(|desk| desk.jobs.of(&desk.owner).map_err(problem_of));
    match found {
        Ok(jobs) => {
            let brief = |job: &Job| json!({ "id": job.id, "state": job.state, "created_at": job.created.to_rfc3339() });
            respond::json(StatusCode::OK, json!({ "jobs": jobs.iter().map(brief).collect::<Vec<_>>() }).to_string())
        }
        Err(problem) => refused(&problem, &id),
    }
}

/// `GET /v1/jobs/{id}`: how far it is.
pub(super) async fn show(found: Found) -> Response {
    shown(&found.desk, &found.job, StatusCode::OK).await
}

/// `POST /v1/jobs/{id}/pause`.
pub(super) async fn pause(found: Found) -> Response {
    changed(found.desk.jobs.pause(&found.job).await, &found).await
}

/// `POST /v1/jobs/{id}/resume`.
pub(super) async fn resume(found: Found) -> Response {
    changed(found.desk.jobs.resume(&found.job), &found).await
}

/// `POST /v1/jobs/{id}/cancel`.
pub(super) async fn cancel(found: Found) -> Response {
    changed(found.desk.jobs.cancel(&found.job).await, &found).await
}

/// `DELETE /v1/jobs/{id}`: the job and all that it holds.
pub(super) async fn forget(Found { desk, job, id }: Found) -> Response {
    match desk.jobs.forget(&job.id).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(trouble) => refused(&problem_of(Refusal::Failed(trouble)), &id),
    }
}

/// `GET /v1/jobs/{id}/results`: the list with what is known by now behind each row, in its own form or in the one that is asked for.
pub(super) async fn results(Found { desk, job, id }: Found, headers: HeaderMap, uri: Uri) -> Response {
    let prepare = || {
        let mut order = desk.jobs.order(&job).map_err(|fault| ProblemKind::InvalidRequest.because(fault))?;
        let wanted = accept::wanted(&uri, &headers)?;
        order.form = wanted.map(|(form, _)| form);
        let form = bulk::form_of(&order).map_err(|fault| problem_of(Refusal::Failed(fault.to_string())))?;
        Ok((order, wanted.map_or(accept::media_type(form), |(_, media_type)| media_type), desk.stream()?))
    };
    match prepare() {
        Ok((order, media_type, stream)) => {
            let body = pipe::body(move |out| {
                let _stream = stream;
                bulk::results(&order, out).map(drop)
            });
            streamed(media_type, body)
        }
        Err(problem) => refused(&problem, &id),
    }
}

async fn changed(outcome: Result<(), Refusal>, Found { desk, job, id }: &Found) -> Response {
    match outcome.and_then(|()| desk.jobs.find(&desk.owner, &job.id)) {
        Ok(job) => shown(desk, &job, StatusCode::OK).await,
        Err(refusal) => refused(&problem_of(refusal), id),
    }
}

async fn shown(desk: &Desk, job: &Job, status: StatusCode) -> Response {
    respond::json(status, show::json(&desk.jobs, job).await.to_string())
}

/// Whoever asks, by the key.
fn desk(service: &Service, headers: &HeaderMap) -> Result<Desk, Problem> {
    let closed = || ProblemKind::JobsDisabled.because("expected RCPT_DATA and RCPT_KEYS to be set, found nothing");
    let jobs = service.jobs.as_ref().ok_or_else(closed)?;
    let key =
        text_of(headers, AUTHORIZATION).and_then(|text| text.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let (_, key) = key.ok_or_else(|| ProblemKind::KeyMissing.because("expected authorization: Bearer and a key, found none"))?;
    let owner = jobs.owner(key.trim()).ok_or_else(|| ProblemKind::KeyUnknown.because("expected one of the keys of RCPT_KEYS"))?;
    Ok(Desk { owner: owner.to_owned(), jobs: Arc::clone(jobs) })
}

impl FromRequestParts<Arc<Service>> for Found {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Response> {
        let Extension(id) = Extension::<RequestId>::from_request_parts(parts, service).await.map_err(IntoResponse::into_response)?;
        // A path that is no text is no job's.
        let job = Path::<String>::from_request_parts(parts, service).await.map(|Path(job)| job).unwrap_or_default();
        let found = desk(service, &parts.headers).and_then(|desk| Ok((desk.jobs.find(&desk.owner, &job).map_err(problem_of)?, desk)));
        match found {
            Ok((job, desk)) => Ok(Self { desk, job, id }),
            Err(problem) => Err(refused(&problem, &id)),
        }
    }
}

fn problem_of(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Absent => ProblemKind::NotFound.because("expected the id of one of your jobs"),
        Refusal::Unfit(state) => ProblemKind::Conflict.because(format!("the job is {}", state.as_str())),
        Refusal::Other => ProblemKind::IdempotencyKeyReused.because("expected the same wishes under this Idempotency-Key, found others"),
        Refusal::Full(Full::Quota) => {
            ProblemKind::QuotaExceeded.because("expected a list that fits beside this key's jobs (RCPT_JOBS_MAX_GIB)")
        }
        Refusal::Full(Full::Disk) => {
            ProblemKind::StorageFull.because("expected more room on the prober's disk, found what is left to others")
        }
        Refusal::Failed(trouble) => {
            tracing::error!(trouble, "a job could not be served");
            ProblemKind::Internal.because("what is kept of jobs could not be read or written")
        }
    }
}

fn refused(problem: &Problem, id: &RequestId) -> Response {
    let mut response = respond::problem(problem, id);
    if matches!(problem.kind, ProblemKind::KeyMissing | ProblemKind::KeyUnknown) {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// A body that comes as it is made.
fn streamed(media_type: &'static str, body: Body) -> Response {
    (StatusCode::OK, [(CONTENT_TYPE, media_type), (CACHE_CONTROL, "no-store")], body).into_response()
}
