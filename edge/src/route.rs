//! Which request is answered by whom.

use std::rc::Rc;

use shared::verdict::{Level, judge};
use shared::wire::reacher::{CheckRequest, CheckResponse};
use shared::wire::request::MAX_BODY;
use shared::wire::{BatchRequest, Problem, ProblemKind, VerifyRequest, batch as wire_batch, domain as wire_domain, event, request_id};
use worker::{Context, Env, Method, Request, Response, Result};

use crate::desk::Desk;
use crate::respond::Exchange;
use crate::verify::{Inquiry, find_out, verify};
use crate::{batch, body, clock, config, domain, progress};

/// What a handler gives: an answer, which the runtime may refuse to build, or a problem.
type Answered = std::result::Result<Result<Response>, Problem>;

/// A desk, where the Worker is set up for one.
type Opened = std::result::Result<Rc<Desk>, Problem>;

/// Answers a request.
///
/// # Errors
/// Where the runtime refuses to build an answer.
pub(crate) async fn answer(mut request: Request, env: &Env, context: &Rc<Context>) -> Result<Response> {
    let exchange = Exchange { id: id_of(&request), origin: origin_of(&request, env) };
    let path = request.path();
    let Some(allow) = methods(&path) else {
        let detail = "expected /v1/verify, /v1/verify/batch, /v1/domains/DOMAIN, /v1/check_email, /healthz or /openapi.json";
        return exchange.problem(&ProblemKind::NotFound.because(detail), None);
    };
    if !is_method_known(&request) {
        return exchange.problem(&ProblemKind::MethodNotAllowed.because(format!("expected {allow}")), Some(allow));
    }
    let desk = || Desk::open(env, context, &exchange.id);
    let answered = match (request.method(), path.as_str()) {
        (Method::Options, _) => return exchange.preflight(allow),
        (Method::Get | Method::Head, "/healthz") => return exchange.healthy(),
        (Method::Get | Method::Head, "/openapi.json") => return exchange.openapi(),
        (Method::Post, "/v1/verify") => one(&mut request, desk(), &exchange).await,
        (Method::Post, "/v1/verify/batch") => many(&mut request, desk(), &exchange).await,
        (Method::Post, "/v0/check_email" | "/v1/check_email") => check(&mut request, desk(), &exchange).await,
        (Method::Get, path) if path.starts_with(wire_domain::PREFIX) => about_domain(path, desk(), &exchange).await,
        _ => return exchange.problem(&ProblemKind::MethodNotAllowed.because(format!("expected {allow}")), Some(allow)),
    };
    answered.unwrap_or_else(|problem| exchange.problem(&problem, None))
}

/// The runtime's crate takes a method that it does not know (QUERY, PROPFIND, …) for GET.
fn is_method_known(request: &Request) -> bool {
    request.inner().method() == request.method().to_string()
}

/// The methods of each path that there is.
fn methods(path: &str) -> Option<&'static str> {
    match path {
        "/v1/verify" | "/v1/verify/batch" | "/v0/check_email" | "/v1/check_email" => Some("POST, OPTIONS"),
        "/healthz" | "/openapi.json" => Some("GET, HEAD, OPTIONS"),
        path if path.starts_with(wire_domain::PREFIX) => Some("GET, OPTIONS"),
        _ => None,
    }
}

/// One address: a verdict, or where the caller wishes so, events on the way to it.
async fn one(request: &mut Request, desk: Opened, exchange: &Exchange) -> Answered {
    let desk = desk?;
    let ask = VerifyRequest::from_json(&body::read_json(request, MAX_BODY).await?)?;
    let until = desk.until(ask.deadline_ms);
    if event::is_wished(&request.headers().get("accept").ok().flatten().unwrap_or_default()) {
        return Ok(exchange.events(progress::events(Inquiry::open(&desk, ask, until))));
    }
    Ok(exchange.verdict(&verify(&desk, ask, until).await))
}

async fn many(request: &mut Request, desk: Opened, exchange: &Exchange) -> Answered {
    let desk = desk?;
    let ask = BatchRequest::from_json(&body::read_json(request, wire_batch::MAX_BODY).await?)?;
    Ok(exchange.json(batch::verify_all(&desk, &ask).await))
}

/// One address in Reacher's words.
async fn check(request: &mut Request, desk: Opened, exchange: &Exchange) -> Answered {
    let desk = desk?;
    let CheckRequest { to_email } = CheckRequest::from_json(&body::read_json(request, MAX_BODY).await?)?;
    let ask = VerifyRequest { email: to_email.clone(), level: Level::Smtp, deadline_ms: None, max_age_s: None };
    let inquiry = find_out(&desk, ask, desk.until(None)).await;
    inquiry.keep();
    let evidence = inquiry.evidence;
    Ok(exchange.json(CheckResponse::compose(&to_email, &evidence, judge(&evidence), clock::now()).to_json()))
}

async fn about_domain(path: &str, desk: Opened, exchange: &Exchange) -> Answered {
    let desk = desk?;
    Ok(exchange.json(domain::describe(&desk, path).await?))
}

/// The caller's own id where it has an acceptable one.
fn id_of(request: &Request) -> String {
    let offered = request.headers().get(request_id::HEADER).ok().flatten();
    let made = || format!("{:016x}", getrandom::u64().unwrap_or_default());
    offered.filter(|id| request_id::is_acceptable(id)).unwrap_or_else(made)
}

fn origin_of(request: &Request, env: &Env) -> Option<String> {
    let origin = request.headers().get("origin").ok().flatten()?;
    config::origins(env).contains(&origin).then_some(origin)
}
