//! The Worker's document.

use serde_json::{Map, Value, json};
use shared::wire::reacher::{self, CheckRequest, CheckResponse};
use shared::wire::{BatchRequest, BatchResponse, DomainResponse, ProblemKind, VerifyRequest, VerifyResponse, domain, problem};

use super::answers::{self, Good, OF_BODY, responses};
use super::schemas::Schemas;
use super::{access, body, examples, id_parameter};

const ABOUT: &str = "Can this mailbox receive mail, and how do we know? Addresses travel in bodies, never in a URL.";

/// The document.
pub fn document() -> Value {
    let mut schemas = Schemas::new();
    let problem = schemas.answer::<problem::Body<'static>>();
    let mut paths = Map::from_iter([
        ("/v1/verify".to_owned(), json!({ "post": verify(&mut schemas) })),
        ("/v1/verify/batch".to_owned(), json!({ "post": batch(&mut schemas) })),
        (format!("{}{{domain}}", domain::PREFIX), json!({ "get": about_domain(&mut schemas, &with_access(&[])) })),
        ("/lab".to_owned(), json!({ "get": lab() })),
        ("/healthz".to_owned(), json!({ "get": healthy() })),
        ("/openapi.json".to_owned(), json!({ "get": openapi() })),
    ]);
    for (path, id) in reacher::PATHS.into_iter().zip(["checkEmailV0", "checkEmail"]) {
        paths.insert(path.to_owned(), json!({ "post": check_email(&mut schemas, id) }));
    }
    paths.extend([access::keys()].map(|(path, item)| (path.to_owned(), item)));
    let mut all = schemas.into_components();
    all.insert("Event".to_owned(), event());
    all.insert("FormAnswer".to_owned(), access::form_answer());
    let used = with_access(&[ProblemKind::NotFound]);
    answers::narrow(&mut all, &used);
    let mut responses = answers::problems(&used, &problem);
    access::tell_of_budgets(&mut responses);
    let mut headers = answers::headers();
    headers.extend(access::headers());
    let parts = json!({ "schemas": all, "responses": responses, "headers": headers, "securitySchemes": access::schemes() });
    super::document("Rcpt, the edge", ABOUT, &Value::Object(paths), &parts)
}

/// These, those of access, and those of any question.
fn with_access(kinds: &[ProblemKind]) -> Vec<ProblemKind> {
    [kinds, &OF_BODY, &[ProblemKind::Misconfigured], &access::PROBLEMS].concat()
}

fn verify(schemas: &mut Schemas) -> Value {
    let path = "/v1/verify";
    let (request, verdict) = (schemas.request::<VerifyRequest>(), schemas.answer::<VerifyResponse>());
    let shape = json!({ "anyOf": [verdict, { "$ref": "#/components/schemas/FormAnswer" }] });
    let good = Good::json("The verdict. A text that is no address gets one, too.", &shape, &examples::of(path)).timed();
    json!({
        "operationId": "verify", "summary": "Verifies one address.",
        "description": "With `Accept: text/event-stream` the same as events, one for each stage that is finished: `syntax`, `dns`, `smtp`. \
                        `final` is true in the last.",
        "parameters": [id_parameter()], "security": access::security(),
        "requestBody": body(&request, &examples::request(path)),
        "responses": responses(good.or_events(&json!({ "$ref": "#/components/schemas/Event" }), &events()), &with_access(&[])),
    })
}

/// An event's data: the verdict so far, and whether it is the last.
fn event() -> Value {
    json!({
        "description": "The verdict so far.",
        "allOf": [
            { "$ref": "#/components/schemas/VerifyResponse" },
            { "type": "object", "required": ["final"], "properties": { "final": { "type": "boolean", "description": "Whether it is the last event." } } }
        ]
    })
}

/// What a stream looks like, its data cut short.
fn events() -> String {
    let data = |stage: &str, reason: &str, is_final: bool| {
        let status = if is_final { "deliverable" } else { "unknown" };
        format!(
            "event: {stage}\ndata: {{\"email\":\"ada@accepts.example\",\"status\":\"{status}\",\"reason\":\"{reason}\",…,\"final\":{is_final}}}\n\n"
        )
    };
    [data("syntax", "not_probed", false), data("dns", "not_probed", false), data("smtp", "mailbox_accepted", true)].concat()
}

fn batch(schemas: &mut Schemas) -> Value {
    let (request, answer) = (schemas.request::<BatchRequest>(), schemas.answer::<BatchResponse<'static>>());
    let good = Good::json("A verdict or a problem for each.", &answer, &Map::new());
    json!({
        "operationId": "verifyBatch", "summary": "Verifies up to a hundred addresses.",
        "parameters": [id_parameter()], "security": access::security(),
        "requestBody": body(&request, &json!({ "emails": ["ada@accepts.example", "ghost@accepts.example"] })),
        "responses": responses(good, &with_access(&[])),
    })
}

fn check_email(schemas: &mut Schemas, id: &str) -> Value {
    let (request, answer) = (schemas.request::<CheckRequest>(), schemas.answer::<CheckResponse>());
    let examples = if id == "checkEmail" { examples::of("/v1/check_email") } else { Map::new() };
    json!({
        "operationId": id, "summary": "Verifies one address, in Reacher's words.",
        "description": "The shape is that of Reacher 0.11.11. Fields of its request that would choose who asks are taken and not heeded.",
        "parameters": [id_parameter()], "security": access::security(),
        "requestBody": body(&request, &json!({ "to_email": "ada@accepts.example" })),
        "responses": responses(Good::json("As Reacher would say it.", &answer, &examples), &with_access(&[])),
    })
}

/// `GET /v1/domains/{domain}`, which both services have.
pub(super) fn about_domain(schemas: &mut Schemas, problems: &[ProblemKind]) -> Value {
    let without_body: Vec<ProblemKind> = problems
        .iter()
        .copied()
        .filter(|kind| !OF_BODY.contains(kind))
        .chain([ProblemKind::InvalidRequest, ProblemKind::NotFound])
        .collect();
    let good =
        Good::json("Route, operator, lists, and what a prober learnt.", &schemas.answer::<DomainResponse>(), &examples::of(domain::PREFIX));
    let name = json!({ "name": "domain", "in": "path", "required": true, "schema": { "type": "string" }, "example": "accepts.example" });
    json!({
        "operationId": "describeDomain", "summary": "What is known of a domain before anybody is asked about a mailbox of it.",
        "parameters": [name, id_parameter()], "security": access::security(),
        "responses": responses(good, &without_body),
    })
}

/// `GET /lab`, which the playground asks for what to offer.
fn lab() -> Value {
    let content = json!({ "schema": { "type": "string" }, "example": "mailbox_accepted ada@accepts.example\n" });
    let good = Good::of(
        "text/plain; charset=utf-8",
        "A line each: the reason to expect, and the address. Nothing where there is no lab.",
        content,
    );
    json!({
        "operationId": "lab", "summary": "The addresses that the playground offers.", "security": [], "responses": responses(good, &[])
    })
}

/// `GET /healthz`, which both services have.
pub(super) fn healthy() -> Value {
    let schema = json!({ "type": "object", "required": ["ok"], "properties": { "ok": { "const": true } } });
    json!({
        "operationId": "healthz", "summary": "Whether the service lives.", "security": [],
        "responses": responses(Good::json("It does.", &schema, &Map::new()), &[]),
    })
}

/// `GET /openapi.json`, which both services have.
pub(super) fn openapi() -> Value {
    json!({
        "operationId": "openapi", "summary": "This document.", "security": [],
        "responses": responses(Good::json("OpenAPI 3.1.", &json!({ "type": "object", "required": ["openapi"] }), &Map::new()), &[]),
    })
}
