//! Jobs at the prober: lists given, followed, and their answers fetched.

use serde_json::{Map, Value, json};
use shared::verdict::Level;
use shared::wire::{ProblemKind, event};

use super::answers::{Good, responses};
use super::id_parameter;
use super::schemas::Schemas;

/// Whoever asks about jobs may be told so.
pub(super) const PROBLEMS: [ProblemKind; 11] = [
    ProblemKind::KeyMissing,
    ProblemKind::KeyUnknown,
    ProblemKind::JobsDisabled,
    ProblemKind::NotFound,
    ProblemKind::Conflict,
    ProblemKind::InvalidRequest,
    ProblemKind::BodyTooLarge,
    ProblemKind::IdempotencyKeyReused,
    ProblemKind::QuotaExceeded,
    ProblemKind::StorageFull,
    ProblemKind::Internal,
];

const OF_ALL: [ProblemKind; 4] = [ProblemKind::KeyMissing, ProblemKind::KeyUnknown, ProblemKind::JobsDisabled, ProblemKind::Internal];

/// The key's scheme.
pub(super) fn scheme() -> Value {
    json!({ "type": "http", "scheme": "bearer", "description": "A key whose SHA-256 stands in `RCPT_KEYS`." })
}

/// The paths.
pub(super) fn paths(schemas: &mut Schemas) -> Map<String, Value> {
    let change = |verb: &str, text: &str| {
        (format!("/v1/jobs/{{id}}/{verb}"), json!({ "post": of_one(verb, text, shown(text), &[ProblemKind::Conflict]) }))
    };
    let events = Good::of(event::MEDIA_TYPE, "Events `progress` while it is under way, and `end` with the whole job.", json!({}));
    let results = Good::of(
        "text/csv; charset=utf-8",
        "The list, and what is known by now behind each row.",
        json!({ "schema": { "type": "string" } }),
    )
    .or("application/jsonl", &json!({ "type": "string" }))
    .or("application/x-ndjson", &json!({ "type": "string" }))
    .or("application/ndjson", &json!({ "type": "string" }))
    .or("application/json-lines", &json!({ "type": "string" }));
    let mut results = of_one("results", "The answers, while it runs too.", results, &[ProblemKind::InvalidRequest]);
    if let Some(parameters) = results["parameters"].as_array_mut() {
        let form = json!({ "type": "string", "enum": ["csv", "jsonl"] });
        let text = "In which form; else as Accept says, else as the list came.";
        parameters.push(json!({ "name": "format", "in": "query", "schema": form, "description": text }));
    }
    let mut one = json!({ "get": of_one("show", "How far a job is.", shown("The job."), &[]) });
    one["delete"] = of_one("forget", "Removes a job and all that it holds.", shown("The job."), &[]);
    one["delete"]["responses"]["204"] =
        json!({ "description": "It is gone." , "headers": { "x-request-id": { "$ref": "#/components/headers/RequestId" } } });
    one["delete"]["responses"].as_object_mut().map(|responses| responses.remove("200"));
    Map::from_iter([
        ("/v1/jobs".to_owned(), json!({ "get": list(), "post": give(schemas) })),
        ("/v1/jobs/{id}".to_owned(), one),
        ("/v1/jobs/{id}/events".to_owned(), json!({ "get": of_one("events", "Follows a job.", events, &[]) })),
        ("/v1/jobs/{id}/results".to_owned(), json!({ "get": results })),
        change("pause", "Has a job wait."),
        change("resume", "Has a job go on."),
        change("cancel", "Ends a job; what was answered is kept."),
    ])
}

fn list() -> Value {
    let brief = json!({
        "type": "object", "required": ["id", "state", "created_at"],
        "properties": { "id": { "type": "string" }, "state": state(), "created_at": { "type": "string" } }
    });
    let jobs = json!({ "type": "object", "required": ["jobs"], "properties": { "jobs": { "type": "array", "items": brief } } });
    json!({
        "operationId": "jobs", "summary": "The caller's jobs, the latest first.", "parameters": [id_parameter()], "security": [{ "key": [] }],
        "responses": responses(Good::json("The jobs.", &jobs, &Map::new()), &OF_ALL)
    })
}

fn give(schemas: &mut Schemas) -> Value {
    let text = json!({ "type": "string" });
    let in_query = |name: &str, schema: Value, text: &str| json!({ "name": name, "in": "query", "schema": schema, "description": text });
    let in_header = |name: &str, schema: Value, text: &str| json!({ "name": name, "in": "header", "schema": schema, "description": text });
    let parameters = json!([
        id_parameter(),
        in_query("level", schemas.request::<Level>(), "How far."),
        in_query(
            "format",
            json!({ "type": "string", "enum": ["csv", "jsonl", "lines"] }),
            "How the list is written; else it is found out."
        ),
        in_query(
            "delimiter",
            json!({ "type": "string", "anyOf": [{ "minLength": 1, "maxLength": 1 }, { "const": "tab" }] }),
            "What stands between fields."
        ),
        in_query("header", json!({ "type": "boolean" }), "Whether the first row names the columns."),
        in_query("column", text.clone(), "The column of the addresses."),
        in_query("encoding", text.clone(), "The list's encoding, as the WHATWG names it."),
        in_header(
            "idempotency-key",
            json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" }),
            "The same job, given twice, is one. The list is compared, too."
        ),
        in_header("rcpt-webhook", json!({ "type": "string", "format": "uri" }), "Where news of the job goes."),
        in_header(
            "rcpt-webhook-every",
            json!({ "type": "integer", "minimum": 1, "maximum": 1_000_000_000 }),
            "After how many answers there is news, too; while some is on its way, later."
        ),
    ]);
    let of_lists = [ProblemKind::Conflict, ProblemKind::IdempotencyKeyReused, ProblemKind::InvalidRequest, ProblemKind::BodyTooLarge];
    let problems = [&OF_ALL[..], &of_lists, &[ProblemKind::QuotaExceeded, ProblemKind::StorageFull]].concat();
    let mut answers = responses(shown("It was given before."), &problems);
    let new = shown("It is under way.").at("location", &json!({ "description": "Where the job is.", "schema": { "type": "string" } }));
    answers["201"] = responses(new, &[])["200"].clone();
    let content: Map<String, Value> = ["text/csv", "application/jsonl", "text/plain"]
        .map(|media_type| (media_type.to_owned(), json!({ "schema": text, "example": "email\nada@accepts.example\n" })))
        .into_iter()
        .collect();
    json!({
        "operationId": "give", "summary": "Takes a list of addresses.", "parameters": parameters, "security": [{ "key": [] }],
        "requestBody": { "required": true, "content": content }, "responses": answers
    })
}

/// An operation on one job.
fn of_one(id: &str, summary: &str, good: Good, problems: &[ProblemKind]) -> Value {
    let job = json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string" }, "description": "The job's id." });
    json!({
        "operationId": format!("job_{id}"), "summary": summary, "parameters": [id_parameter(), job], "security": [{ "key": [] }],
        "responses": responses(good, &[&OF_ALL[..], &[ProblemKind::NotFound], problems].concat())
    })
}

fn shown(text: &str) -> Good {
    Good::json(text, &json!({ "$ref": "#/components/schemas/Job" }), &Map::new())
}

fn state() -> Value {
    json!({ "type": "string", "enum": ["receiving", "running", "paused", "done", "cancelled", "failed"] })
}

/// A job as it is shown.
pub(super) fn schema() -> Value {
    let (text, number, maybe) =
        (json!({ "type": "string" }), json!({ "type": "integer", "minimum": 0 }), |kind: &str| json!({ "type": [kind, "null"] }));
    let object = |properties: Value| {
        let names: Vec<String> = properties.as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default();
        json!({ "type": "object", "required": names, "properties": properties })
    };
    let or_null = |schema: Value| json!({ "anyOf": [schema, { "type": "null" }] });
    let progress = object(json!({
        "doing": { "type": "string", "enum": ["reading", "looking up", "asking", "counting"] },
        "unit": { "type": "string", "enum": ["rows", "domains", "mailboxes"] }, "done": number, "all": maybe("integer"), "put_off": number
    }));
    let counts = object(json!({ "deliverable": number, "risky": number, "undeliverable": number, "unknown": number }));
    let operator = object(json!({ "hosts": text, "all": number, "done": number, "eta_s": number }));
    let delivery = object(
        json!({ "id": text, "state": { "type": "string", "enum": ["waiting", "delivered", "dead"] }, "tries": number, "fault": maybe("string") }),
    );
    let webhook = object(
        json!({ "url": text, "every": maybe("integer"), "secret": maybe("string"), "deliveries": { "type": "array", "items": delivery } }),
    );
    let mut job = object(json!({
        "id": text, "state": state(), "level": { "$ref": "#/components/schemas/Level" }, "created_at": text, "expires_at": text,
        "progress": or_null(progress), "counts": or_null(counts), "without_verdict": maybe("integer"), "operators": { "type": "array", "items": operator },
        "fault": maybe("string"), "webhook": or_null(webhook), "eta_s": maybe("integer")
    }));
    job["description"] = json!("A job: how far it is, and how far each operator's mailboxes are.");
    job
}
