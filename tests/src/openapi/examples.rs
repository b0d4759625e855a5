//! Examples: what the lab's services answered, with whatever differs from time to time set to one value.

use std::fs;

use serde_json::{Map, Value, json};

use crate::place::root;

/// Where the answers are kept.
pub const FILE: &str = "tests/src/openapi/examples.json";

/// A question of which the answer is an example.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// The example's name.
    pub name: &'static str,
    /// What it shows.
    pub summary: &'static str,
    /// The path.
    pub path: &'static str,
    /// The body in JSON; a GET where there is none.
    pub body: Option<&'static str>,
}

/// Every example. Each is asked of the Worker but the last, which is the prober's alone.
pub const ASKS: [Ask; 6] = [
    Ask { name: "deliverable", summary: "The mailbox exists.", path: "/v1/verify", body: Some(r#"{"email":"ada@accepts.example"}"#) },
    Ask { name: "undeliverable", summary: "It does not.", path: "/v1/verify", body: Some(r#"{"email":"ghost@accepts.example"}"#) },
    Ask { name: "unknown", summary: "They block us.", path: "/v1/verify", body: Some(r#"{"email":"ada@blocks-at-rcpt.example"}"#) },
    Ask { name: "domain", summary: "Its null MX says that it takes no mail.", path: "/v1/domains/null-mx.example", body: None },
    Ask { name: "reacher", summary: "A safe address.", path: "/v1/check_email", body: Some(r#"{"to_email":"ada@accepts.example"}"#) },
    Ask {
        name: "probe",
        summary: "The facts; no verdict.",
        path: "/v1/probe",
        body: Some(
            r#"{"mailbox":"ada@accepts.example","route":{"kind":"hosts","hosts":[{"preference":10,"exchange":"mx1.accepts.example"}]},"deadline_ms":5000,"request_id":"6de5ed146fdf0f22","nonce":1}"#,
        ),
    },
];

/// The examples of a path, or of all paths that begin so where it ends in a slash, by name.
pub(super) fn of(path: &str) -> Map<String, Value> {
    let answers = answers();
    let example = |ask: &Ask| (ask.name.to_owned(), json!({ "summary": ask.summary, "value": answers[ask.name] }));
    ASKS.iter().filter(|ask| is_of(ask, path) && !answers[ask.name].is_null()).map(example).collect()
}

fn is_of(ask: &Ask, path: &str) -> bool {
    ask.path == path || (path.ends_with('/') && ask.path.starts_with(path))
}

/// The body that is asked with, of the first example of a path.
pub(super) fn request(path: &str) -> Value {
    let body = ASKS.iter().find(|ask| ask.path == path).and_then(|ask| ask.body);
    body.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn answers() -> Value {
    let text = fs::read_to_string(root().join(FILE)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_else(|_| json!({}))
}

/// Sets what differs from time to time to one value of its kind.
pub fn settle(answer: &mut Value) {
    match answer {
        Value::Object(fields) => {
            // It is there only where the neighbour was asked before.
            fields.remove("decoy_at");
            fields.iter_mut().for_each(|(name, value)| match (name.as_str(), &*value) {
                ("as_of" | "start_time", _) => *value = json!("2026-11-23T23:17:05.175Z"),
                ("expires_at", _) => *value = json!("2026-11-24T23:17:05.175Z"),
                ("end_time", _) => *value = json!("2026-11-23T23:17:05.205Z"),
                ("at", Value::Number(_)) => *value = json!(1_795_475_825_175_u64),
                ("elapsed_ms", _) => *value = json!(24),
                ("duration", _) => *value = json!({ "secs": 0, "nanos": 30_000_000 }),
                ("request_id", _) => *value = json!("6de5ed146fdf0f22"),
                ("syntax" | "dns" | "smtp", Value::Number(_)) => *value = json!(6.0),
                _ => settle(value),
            });
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        _ => {}
    }
}
