//! Which request is answered by whom.

use std::rc::Rc;

use shared::verdict::{Level, judge};
use shared::wire::access::Scope;
use shared::wire::reacher::{CheckRequest, CheckResponse};
use shared::wire::request::MAX_BODY;
use shared::wire::{BatchRequest, Problem, ProblemKind, VerifyRequest, batch as wire_batch, domain as wire_domain, event, request_id};
use wasm_bindgen::JsValue;

use crate::access::{Access, Caller, Who};
use crate::asked::Asked;
use crate::batch::Asker;
use crate::desk::Desk;
use crate::progress::Listener;
use crate::receipt::{KEYS_PATH, Receipts};
use crate::respond::{Exchange, Reply};
use crate::setup::Setup;
use crate::verify::{Inquiry, find_out, verify};
use crate::{batch, body, clock, config, domain, progress};

type Outcome<T> = Result<T, Problem>;

/// What a handler gives.
type Answered = Outcome<Reply>;

/// Answers a request.
pub(crate) async fn answer(asked: Asked, setup: Rc<Setup>, context: Rc<JsValue>) -> Reply {
    let access = Access::open(&setup);
    let origin = access.as_ref().ok().and_then(|access| access.origin_of(&asked));
    let mut exchange = Exchange { id: id_of(&asked), origin, host: asked.host().to_owned(), told: Vec::new() };
    let path = asked.path().to_owned();
    let Some(allow) = methods(&path) else {
        return exchange.problem(&ProblemKind::NotFound.because(format!("expected one of {}", paths())), None);
    };
    let method = asked.method().to_owned();
    let entrance = Entrance { asked, setup: &setup, context, access };
    let answered = match (method.as_str(), path.as_str()) {
        ("OPTIONS", _) => return exchange.preflight(allow),
        ("GET" | "HEAD", "/healthz") => return exchange.healthy(),
        ("GET" | "HEAD", "/lab") => return exchange.text(config::lab(&setup.env)),
        ("GET" | "HEAD", "/openapi.json") => return exchange.openapi(),
        ("GET" | "HEAD", KEYS_PATH) => Receipts::public_keys(&setup.env).map(|keys| exchange.key_set(keys)),
        ("POST", "/v1/verify") => one(entrance, &mut exchange).await,
        ("POST", "/v1/verify/batch") => many(entrance, &mut exchange).await,
        ("POST", "/v0/check_email" | "/v1/check_email") => check(entrance, &mut exchange).await,
        ("GET", path) if path.starts_with(wire_domain::PREFIX) => about_domain(path, entrance, &mut exchange).await,
        _ => return exchange.problem(&ProblemKind::MethodNotAllowed.because(format!("expected {allow}")), Some(allow)),
    };
    answered.unwrap_or_else(|problem| exchange.problem(&problem, None))
}

const ASK: &str = "POST, OPTIONS";
const READ: &str = "GET, HEAD, OPTIONS";

/// Each path that there is, and its methods. One that ends with a slash goes on with a domain.
const PATHS: [(&str, &str); 9] = [
    ("/v1/verify", ASK),
    ("/v1/verify/batch", ASK),
    (wire_domain::PREFIX, "GET, OPTIONS"),
    ("/v0/check_email", ASK),
    ("/v1/check_email", ASK),
    (KEYS_PATH, READ),
    ("/healthz", READ),
    ("/lab", READ),
    ("/openapi.json", READ),
];

fn methods(path: &str) -> Option<&'static str> {
    let is_it = |known: &str| if known.ends_with('/') { path.starts_with(known) } else { path == known };
    PATHS.iter().find(|(known, _)| is_it(known)).map(|(_, methods)| *methods)
}

/// All of them, for whoever is lost.
fn paths() -> String {
    let shown = PATHS.map(|(path, _)| if path.ends_with('/') { format!("{path}DOMAIN") } else { path.to_owned() });
    shown.join(", ")
}

/// Where everybody passes who asks something.
struct Entrance<'a> {
    asked: Asked,
    setup: &'a Rc<Setup>,
    context: Rc<JsValue>,
    access: Outcome<Access>,
}

/// Who passed, and what their request is answered with.
struct Guest {
    asked: Asked,
    access: Access,
    caller: Caller,
    desk: Rc<Desk>,
}

impl Entrance<'_> {
    /// Lets in who may ask for `scope`, before anything of the request's body is read.
    async fn admit(self, scope: Scope, exchange: &mut Exchange) -> Outcome<Guest> {
        let (access, desk) = both(self.access, Desk::open(self.setup, &self.context, &exchange.id))?;
        let caller = access.identify(&self.asked, scope, exchange).await?;
        access.admit_caller(&caller, exchange).await?;
        Ok(Guest { asked: self.asked, access, caller, desk })
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
    let env = &entrance.setup.env;
    let Guest { asked, access, caller, desk } = entrance.admit(Scope::Verify, exchange).await?;
    let mut ask = VerifyRequest::from_json(&body::read_json(&asked, MAX_BODY).await?)?;
    access.admit_question(&caller, &mut ask, exchange).await?;
    ask.transcript = ask.transcript && config::is_of_lab(env, &ask.email);
    let (until, nonce, is_page) = (desk.until(ask.deadline_ms), ask.nonce.clone(), matches!(caller.who, Who::Site { .. }));
    if event::is_wished(asked.header("accept").unwrap_or_default()) {
        let listener = Listener { receipts: Rc::clone(access.receipts()), exchange: exchange.clone(), nonce, is_page };
        return Ok(exchange.events(progress::events(Inquiry::open(&desk, ask, until), listener)));
    }
    let verdict = verify(&desk, ask, until).await;
    let verdict = access.receipts().add(verdict, nonce.as_deref(), exchange).await;
    Ok(if is_page { exchange.form_answer(&verdict) } else { exchange.verdict(&verdict) })
}

async fn many(entrance: Entrance<'_>, exchange: &mut Exchange) -> Answered {
    let Guest { asked, access, caller, desk } = entrance.admit(Scope::Batch, exchange).await?;
    let ask = BatchRequest::from_json(&body::read_json(&asked, wire_batch::MAX_BODY).await?)?;
    let asker = Asker { access: &access, caller: &caller, exchange };
    Ok(exchange.json(batch::verify_all(&desk, &ask, asker).await))
}

/// One address in Reacher's words.
async fn check(entrance: Entrance<'_>, exchange: &mut Exchange) -> Answered {
    let Guest { asked, access, caller, desk } = entrance.admit(Scope::Verify, exchange).await?;
    let CheckRequest { to_email } = CheckRequest::from_json(&body::read_json(&asked, MAX_BODY).await?)?;
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
fn id_of(asked: &Asked) -> String {
    let offered = asked.header(request_id::HEADER);
    let made = || format!("{:016x}", getrandom::u64().unwrap_or_default());
    offered.filter(|id| request_id::is_acceptable(id)).map_or_else(made, str::to_owned)
}
