//! The prober's document.

use serde_json::{Map, Value, json};
use shared::wire::signature::{self, WINDOW_S};
use shared::wire::{ProbeAnswer, ProbeRequest, ProblemKind, VerifyRequest, VerifyResponse, domain, probe as wire_probe, problem};

use super::answers::{self, Good, OF_BODY, responses};
use super::edge::{about_domain, healthy, openapi};
use super::schemas::Schemas;
use super::{body, examples, id_parameter, jobs};

const ABOUT: &str = "Asks mail hosts: for edges, which sign what they ask, and for users without one.";

const OF_PROBING: [ProblemKind; 2] = [ProblemKind::Overloaded, ProblemKind::Internal];
const OF_SIGNATURE: [ProblemKind; 3] = [ProblemKind::SignatureInvalid, ProblemKind::SignatureExpired, ProblemKind::SignatureReplayed];

/// The document.
pub fn document() -> Value {
    let mut schemas = Schemas::new();
    let problem = schemas.answer::<problem::Body<'static>>();
    let mut domains = about_domain(&mut schemas, &[ProblemKind::SignatureInvalid, ProblemKind::SignatureExpired]);
    domains["security"] = json!([{}, { "edge": [] }]);
    let mut paths = json!({
        "/v1/verify": { "post": verify(&mut schemas) },
        wire_probe::PATH: { "post": probe(&mut schemas) },
        format!("{}{{domain}}", domain::PREFIX): { "get": domains },
        "/healthz": { "get": healthy() },
        "/readyz": { "get": ready() },
        "/metrics": { "get": metrics() },
        "/openapi.json": { "get": openapi() },
    });
    let of_jobs = jobs::paths(&mut schemas);
    if let Some(paths) = paths.as_object_mut() {
        paths.extend(of_jobs);
    }
    let used = [&OF_BODY[..], &OF_PROBING, &OF_SIGNATURE, &[ProblemKind::ProbingDisabled], &jobs::PROBLEMS].concat();
    let mut components = schemas.into_components();
    components.insert("Job".to_owned(), jobs::schema());
    let parts = json!({
        "schemas": components, "responses": answers::problems(&used, &problem), "headers": answers::headers(),
        "securitySchemes": { "edge": signature(), "key": jobs::scheme() }
    });
    super::document("Rcpt, the prober", ABOUT, &paths, &parts)
}

fn signature() -> Value {
    json!({
        "type": "apiKey", "in": "header", "name": signature::HEADER,
        "description": format!(
            "`t=<unix seconds>,v1=<hex HMAC-SHA256>` over `<t> LF <METHOD> LF <path> LF <body>` by the shared secret (`RCPT_SECRET`), \
             within {WINDOW_S} s of the prober's clock, and once."
        )
    })
}

fn verify(schemas: &mut Schemas) -> Value {
    let path = "/v1/verify";
    let (request, verdict) = (schemas.request::<VerifyRequest>(), schemas.answer::<VerifyResponse>());
    let good = Good::json("The verdict. A text that is no address gets one, too.", &verdict, &examples::of(path)).timed();
    json!({
        "operationId": "verify", "summary": "Verifies one address, whole, for users without an edge.",
        "parameters": [id_parameter()], "security": [],
        "requestBody": body(&request, &examples::request(path)),
        "responses": responses(good, &[&OF_BODY[..], &OF_PROBING].concat()),
    })
}

fn probe(schemas: &mut Schemas) -> Value {
    let (request, answer) = (schemas.request::<ProbeRequest>(), schemas.answer::<ProbeAnswer>());
    let problems = [&OF_BODY[..], &OF_PROBING, &OF_SIGNATURE, &[ProblemKind::ProbingDisabled]].concat();
    json!({
        "operationId": "probe", "summary": "Asks the mail hosts of a route about one mailbox, for an edge.",
        "parameters": [id_parameter()], "security": [{ "edge": [] }],
        "requestBody": body(&request, &examples::request(wire_probe::PATH)),
        "responses": responses(Good::json("Facts, and no verdict.", &answer, &examples::of(wire_probe::PATH)), &problems),
    })
}

fn ready() -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let schema = json!({
        "type": "object", "required": ["ready", "missing", "blocked_by", "queue"],
        "properties": {
            "ready": { "type": "boolean" }, "missing": texts, "blocked_by": texts,
            "queue": { "type": "string", "enum": ["embedded", "there", "away", "refusing", "taken"], "description": "While it is `away` jobs wait; all else goes on. `refusing`: RabbitMQ does not let us in; `taken`: another `rcpt serve` of the same name takes our answers. Both are in the log." }
        }
    });
    let good = |text: &str| Good::json(text, &schema, &Map::new());
    let mut responses = responses(good("It is."), &[]);
    let unfit = answers::responses(good("It is not; `missing` says why."), &[]);
    responses["503"] = unfit["200"].clone();
    json!({
        "operationId": "readyz", "summary": "Whether it would probe, and which operators block it.", "security": [], "responses": responses
    })
}

fn metrics() -> Value {
    let content = json!({ "schema": { "type": "string" } });
    let good = Good::of("application/openmetrics-text; version=1.0.0; charset=utf-8", "OpenMetrics.", content);
    json!({ "operationId": "metrics", "summary": "What was counted, for Prometheus.", "security": [], "responses": responses(good, &[]) })
}
