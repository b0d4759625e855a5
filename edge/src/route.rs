//! Which request is answered by whom.

use std::rc::Rc;

use shared::verdict::{Level, judge};
use shared::wire::access::Scope;
use shared::wire::reacher::{CheckRequest, CheckResponse};
use shared::wire::request::MAX_BODY;
use shared::wire::{BatchRequest, Problem, ProblemKind, VerifyRequest, batch as wire_batch, domain as wire_domain, event, request_id};
use worker::{Context, Env, Request, Response, Result};

use crate::access::{Access, Caller, Who};
use crate::batch::Asker;
use crate::desk::Desk;
use crate::progress::Listener;
use crate::receipt::{KEYS_PATH, Receipts};
use crate::respond::Exchange;
use crate::verify::{Inquiry, find_out, verify};
use crate::{batch, body, clock, config, domain, progress};

type Outcome<T> = std::result::Result<T, Problem>;

/// What a handler gives: an answer, which the runtime may refuse to build, or a problem.
type Answered = Outcome<Result<Response>>;

/// Answers a request.
///
/// # Errors
/// Where the runtime refuses to build an answer.
pub(crate) async fn answer(request: Request, env: &Env, context: &Rc<Context>) -> Result<Response> {
    let access = Access::from_env(env);
    let origin = access.as_ref().ok().and_then(|access| access.origin_of(&request));
    let mut exchange = Exchange { id: id_of(&request), origin, host: host_of(&request), told: Vec::new() };
    let path = request.path();
    let Some(allow) = methods(&path) else {
        let detail =
            "expected /v1/verify, /v1/verify/batch, /v1/domains/DOMAIN, /v1/check_email, /.well-known/jwks.json, /healthz or /openapi.json";
        return exchange.problem(&ProblemKind::NotFound.because(detail), None);
    };
    // As it was sent: the Worker's crate takes methods that it does not know for GET.
    let method = request.inner().method();
    let entrance = Entrance { request, env, context, access };
    let answered = match (method.as_str(), path.as_str()) {
        ("OPTIONS", _) => return exchange.preflight(allow),
        ("GET" | "HEAD", "/healthz") => return exchange.healthy(),
        ("GET" | "HEAD", "/lab") => return exchange.text(config::lab(env)),
        ("GET" | "HEAD", "/openapi.json") => return exchange.openapi(),
        ("GET" | "HEAD", KEYS_PATH) => Receipts::public_keys(env).map(|keys| exchange.key_set(keys)),
        ("POST", "/v1/verify") => one(entrance, &mut exchange).await,
        ("POST", "/v1/verify/batch") => many(entrance, &mut exchange).await,
        ("POST", "/v0/check_email" | "/v1/check_email") => check(entrance, &mut exchange).await,
        ("GET", path) if path.starts_with(wire_domain::PREFIX) => about_domain(path, entrance, &mut exchange).await,
        _ => return exchange.problem(&ProblemKind::MethodNotAllowed.because(format!("expected {allow}")), Some(allow)),
    };
    answered.unwrap_or_else(|problem| exchange.problem(&problem, None))
}

/// The methods of each path that there is.
fn methods(path: &str) -> Option<&'static str> {
    match path {
        "/v1/verify" | "/v1/verify/batch" | "/v0/check_email" | "/v1/check_email" => Some("POST, OPTIONS"),
        KEYS_PATH | "/healthz" | "/lab" | "/openapi.json" => Some("GET, HEAD, OPTIONS"),
        path if path.starts_with(wire_domain::PREFIX) => Some("GET, OPTIONS"),
        _ => None,
    }
}

/// Where everybody passes who asks something.
struct Entrance<'a> {
    request: Request,
    env: &'a Env,
    context: &'a Rc<Context>,
    access: Outcome<Access<'a>>,
}

/// Who passed, and what their request is answered with.
struct Guest<'a> {
    request: Request,
    access: Access<'a>,
    caller: Caller,
    desk: Rc<Desk>,
}

impl<'a> Entrance<'a> {
    /// Lets in who may ask for `scope`, before anything of the request's body is read.
    async fn admit(self, scope: Scope, exchange: &mut Exchange) -> Outcome<Guest<'a>> {
        let (access, desk) = both(self.access, Desk::open(self.env, self.context, &exchange.id))?;
        let caller = access.identify(&self.request, scope, exchange).await?;
        access.admit_caller(&caller, exchange).await?;
        Ok(Guest { request: self.request, access, caller, desk })
    }
}

/// Both, or the faults of both: every bad setting is reported at once.
fn both<A, B>(one: Outcome<A>, other: Outcome<B>) -> Outcome<(A, B)> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(one), Err(other)) => Err(one.kind.because([one.detail, other.detail].join("; "))),
        (Err(problem), Ok(_)) | (Ok(_), Err(problem)) => Err(problem),
    }
}

/// One address: a verdict, or where the caller wishes so, events on the way to it.
async fn one(entrance: Entrance<'_>, exchange: &mut Exchange) -> Answered {
    let env = entrance.env;
    let Guest { mut request, access, caller, desk } = entrance.admit(Scope::Verify, exchange).await?;
    let mut ask = VerifyRequest::from_json(&body::read_json(&mut request, MAX_BODY).await?)?;
    access.admit_question(&caller, &mut ask, exchange).await?;
    ask.transcript = ask.transcript && config::is_of_lab(env, &ask.email);
    let (until, nonce, is_page) = (desk.until(ask.deadline_ms), ask.nonce.clone(), matches!(caller.who, Who::Site { .. }));
    if event::is_wished(&request.headers().get("accept").ok().flatten().unwrap_or_default()) {
        let listener = Listener { receipts: Rc::clone(access.receipts()), exchange: exchange.clone(), nonce, is_page };
        return Ok(exchange.events(progress::events(Inquiry::open(&desk, ask, until), listener)));
    }
    let verdict = verify(&desk, ask, until).await;
    let verdict = access.receipts().add(verdict, nonce.as_deref(), exchange).await;
    Ok(if is_page { exchange.form_answer(&verdict) } else { exchange.verdict(&verdict) })
}

async fn many(entrance: Entrance<'_>, exchange: &mut Exchange) -> Answered {
    let Guest { mut request, access, caller, desk } = entrance.admit(Scope::Batch, exchange).await?;
    let ask = BatchRequest::from_json(&body::read_json(&mut request, wire_batch::MAX_BODY).await?)?;
    let asker = Asker { access: &access, caller: &caller, exchange };
    Ok(exchange.json(batch::verify_all(&desk, &ask, asker).await))
}

/// One address in Reacher's words.
async fn check(entrance: Entrance<'_>, exchange: &mut Exchange) -> Answered {
    let Guest { mut request, access, caller, desk } = entrance.admit(Scope::Verify, exchange).await?;
    let CheckRequest { to_email } = CheckRequest::from_json(&body::read_json(&mut request, MAX_BODY).await?)?;
    let mut ask =
        VerifyRequest { email: to_email.clone(), level: Level::Smtp, deadline_ms: None, max_age_s: None, nonce: None, transcript: false };
    access.admit_question(&caller, &mut ask, exchange).await?;
    let inquiry = find_out(&desk, ask, desk.until(None)).await;
    inquiry.keep();
    let evidence = inquiry.evidence;
    Ok(exchange.json(CheckResponse::compose(&to_email, &evidence, judge(&evidence), clock::now()).to_json()))
}

async fn about_domain(path: &str, entrance: Entrance<'_>, exchange: &mut Exchange) -> Answered {
    let Guest { caller, desk, .. } = entrance.admit(Scope::Domains, exchange).await?;
    caller.check_domains()?;
    Ok(exchange.json(domain::describe(&desk, path).await?))
}

/// The caller's own id where it has an acceptable one.
fn id_of(request: &Request) -> String {
    let offered = request.headers().get(request_id::HEADER).ok().flatten();
    let made = || format!("{:016x}", getrandom::u64().unwrap_or_default());
    offered.filter(|id| request_id::is_acceptable(id)).unwrap_or_else(made)
}

/// Scheme, host and port of the request's URL, which the runtime has parsed.
fn host_of(request: &Request) -> String {
    let url = request.inner().url();
    let end = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
    url.get(..end).unwrap_or_default().to_owned()
}
