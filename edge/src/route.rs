//! Which request is answered by whom.

use shared::wire::request::MAX_BODY;
use shared::wire::{Problem, ProblemKind, VerifyRequest, VerifyResponse, request_id};
use worker::{Env, Method, Request, Response, Result};

use crate::config::{self, Config};
use crate::respond::Exchange;
use crate::{body, verify};

/// Answers a request.
///
/// # Errors
/// Where the runtime refuses to build an answer.
pub(crate) async fn answer(mut request: Request, env: &Env) -> Result<Response> {
    let exchange = Exchange { id: id_of(&request), origin: origin_of(&request, env) };
    let path = request.path();
    let Some(allow) = methods(&path) else {
        return exchange.problem(&ProblemKind::NotFound.because("expected /v1/verify or /healthz"), None);
    };
    match (request.method(), path.as_str()) {
        (Method::Post, "/v1/verify") => match verdict(&mut request, env, &exchange.id).await {
            Ok(verdict) => exchange.verdict(&verdict),
            Err(problem) => exchange.problem(&problem, None),
        },
        (Method::Get | Method::Head, "/healthz") => exchange.healthy(),
        (Method::Options, _) => exchange.preflight(allow),
        _ => exchange.problem(&ProblemKind::MethodNotAllowed.because(format!("expected {allow}")), Some(allow)),
    }
}

/// The methods of each path that there is.
fn methods(path: &str) -> Option<&'static str> {
    match path {
        "/v1/verify" => Some("POST, OPTIONS"),
        "/healthz" => Some("GET, HEAD, OPTIONS"),
        _ => None,
    }
}

async fn verdict(request: &mut Request, env: &Env, id: &str) -> std::result::Result<VerifyResponse, Problem> {
    let config = Config::from_env(env)?;
    let ask = VerifyRequest::from_json(&body::read_json(request, MAX_BODY).await?)?;
    Ok(verify::verify(&config, &ask, id).await)
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
