//! How a Worker that runs here wants to be asked: what `make run` prints.

use serde_json::{Value, json};

use crate::http::{self, Answer};

/// The key that `wrangler.toml` proposes for this machine and that may ask about any address.
const PROPOSED_KEY: &str = "rcpt_make_run";
/// What stands for a key of which only the hash is known here.
const SOME_KEY: &str = "rcpt_…";

/// Lines that say how to ask the Worker at `url`: a command, with a key where keys are configured, or why it answers nobody.
pub fn how_to_ask(url: &str) -> String {
    let command = |key: Option<&str>| {
        let key = key.map(|key| format!("-H 'authorization: Bearer {key}' ")).unwrap_or_default();
        let place = url.trim_start_matches("http://");
        format!("  curl -s {place}/v1/verify {key}-H 'content-type: application/json' -d '{{\"email\":\"ada@accepts.example\"}}'")
    };
    let (status, problem) = answer(url, None);
    let is_known = || answer(url, Some(PROPOSED_KEY)).0 == 200;
    match status {
        401 => {
            let key = if is_known() { PROPOSED_KEY } else { SOME_KEY };
            format!("{}\n  It answers the keys and sites under env.dev in wrangler.toml, and nobody else.", command(Some(key)))
        }
        500 => format!("  The Worker answers nobody: {}", problem.get("detail").and_then(Value::as_str).unwrap_or_default()),
        _ => command(None),
    }
}

/// What it answers about an address for which it asks nobody.
fn answer(url: &str, key: Option<&str>) -> (u16, Value) {
    let credentials = key.map(|key| format!("Bearer {key}"));
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(credentials.as_deref().map(|credentials| ("authorization", credentials)));
    let body = json!({ "email": "mailbox_full@rcpt.test" }).to_string();
    let answer = http::send("POST", &format!("{url}/v1/verify"), &headers, body.as_bytes());
    answer.map_or((0, Value::Null), |answer: Answer| (answer.status, answer.json()))
}
