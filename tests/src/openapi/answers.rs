//! Answers of an operation: what it came to, or one of its problems.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use shared::wire::{ProblemKind, event, problem, request_id};

/// Problems of a request with a body.
pub(super) const OF_BODY: [ProblemKind; 4] =
    [ProblemKind::InvalidJson, ProblemKind::InvalidRequest, ProblemKind::BodyTooLarge, ProblemKind::UnsupportedMediaType];

/// A reference to a header that every document has.
fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// The headers that answers refer to.
pub(super) fn headers() -> Map<String, Value> {
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    let number = |description: &str| json!({ "description": description, "schema": { "type": "integer", "minimum": 0 } });
    let named = [
        ("RequestId", text("The request's id, also in the body and in the service's log.")),
        ("ServerTiming", text("How long each step took, in milliseconds (W3C Server Timing).")),
        ("RetryAfter", number("In how many seconds to ask again (RFC 9110 §10.2.3).")),
    ];
    named.into_iter().map(|(name, header)| (name.to_owned(), header)).collect()
}

/// What an operation gives where all is well.
pub(super) struct Good {
    answer: Value,
}

impl Good {
    /// JSON of this shape.
    pub(super) fn json(description: &str, schema: &Value, examples: &Map<String, Value>) -> Self {
        Self::of("application/json", description, json!({ "schema": schema, "examples": examples }))
    }

    /// Another kind of content.
    pub(super) fn of(media_type: &str, description: &str, mut content: Value) -> Self {
        if content["examples"].as_object().is_some_and(Map::is_empty) {
            content.as_object_mut().map(|content| content.remove("examples"));
        }
        let headers = json!({ request_id::HEADER: header("RequestId") });
        Self { answer: json!({ "description": description, "headers": headers, "content": { media_type: content } }) }
    }

    /// And the time that each step took.
    pub(super) fn timed(mut self) -> Self {
        self.answer["headers"]["server-timing"] = header("ServerTiming");
        self
    }

    /// Or of another kind.
    pub(super) fn or(mut self, media_type: &str, schema: &Value) -> Self {
        self.answer["content"][media_type] = json!({ "schema": schema });
        self
    }

    /// With a header of its own.
    pub(super) fn at(mut self, name: &str, header: &Value) -> Self {
        self.answer["headers"][name] = header.clone();
        self
    }

    /// Or, where `Accept` says so, events with data of this shape.
    pub(super) fn or_events(mut self, data: &Value, example: &str) -> Self {
        self.answer["content"][event::MEDIA_TYPE] = json!({
            "schema": { "type": "string", "contentMediaType": "application/json", "contentSchema": data },
            "example": example,
        });
        self
    }
}

/// The responses of one operation: the good one, and a reference for each status of its problems.
pub(super) fn responses(good: Good, problems: &[ProblemKind]) -> Value {
    let mut responses = Map::from_iter([("200".to_owned(), good.answer)]);
    for status in problems.iter().map(|kind| kind.status()) {
        responses.insert(status.to_string(), json!({ "$ref": format!("#/components/responses/Problem{status}") }));
    }
    Value::Object(responses)
}

/// Narrows the codes of all problems to those of the service. A wrong method is a problem of every path.
pub(super) fn narrow(components: &mut Map<String, Value>, used: &[ProblemKind]) {
    let is_used = |kind: &&ProblemKind| used.contains(kind) || **kind == ProblemKind::MethodNotAllowed;
    let codes: Vec<&str> = ProblemKind::ALL.iter().filter(is_used).map(|kind| kind.code()).collect();
    if let Some(code) = components.get_mut("Problem").and_then(|problem| problem.pointer_mut("/properties/code/enum")) {
        *code = json!(codes);
    }
}

/// The problems that operations refer to, one answer for each status; `used` is what the service may answer with.
pub(super) fn problems(used: &[ProblemKind], schema: &Value) -> Map<String, Value> {
    let mut by_status: BTreeMap<u16, Vec<ProblemKind>> = BTreeMap::new();
    for kind in ProblemKind::ALL.iter().filter(|kind| used.contains(kind)) {
        by_status.entry(kind.status()).or_default().push(*kind);
    }
    by_status.into_iter().map(|(status, kinds)| (format!("Problem{status}"), answer(status, &kinds, schema))).collect()
}

fn answer(status: u16, kinds: &[ProblemKind], schema: &Value) -> Value {
    let codes: Vec<&str> = kinds.iter().map(|kind| kind.code()).collect();
    let titles: Vec<String> = kinds.iter().map(|kind| format!("`{}`: {}", kind.code(), kind.title())).collect();
    let mut headers = json!({ request_id::HEADER: header("RequestId") });
    if matches!(status, 429 | 503) {
        headers["retry-after"] = header("RetryAfter");
    }
    let narrowed = json!({ "allOf": [schema, { "properties": { "status": { "const": status }, "code": { "enum": codes } } }] });
    json!({ "description": titles.join("; "), "headers": headers, "content": { problem::MEDIA_TYPE: { "schema": narrowed } } })
}
