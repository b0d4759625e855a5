//! Plain HTTP as the suites need it: every status is an answer.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::Response;

/// An answer, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, by lower-case name.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A request with any method, headers and body.
///
/// # Errors
/// Where no answer comes, in words.
pub fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, String> {
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(Duration::from_secs(90)))
        .build()
        .into();
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = if body.is_empty() && matches!(method, "GET" | "HEAD" | "OPTIONS") {
        agent.run(request.body(()).map_err(|error| error.to_string())?)
    } else {
        agent.run(request.body(body).map_err(|error| error.to_string())?)
    };
    read(answer.map_err(|error| error.to_string())?)
}

fn read(mut answer: Response<ureq::Body>) -> Result<Answer, String> {
    let headers = answer.headers().iter().map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    Ok(Answer {
        status: answer.status().as_u16(),
        headers: headers.collect(),
        body: answer.body_mut().read_to_string().map_err(|error| error.to_string())?,
    })
}

/// A GET.
///
/// # Errors
/// As [`send`].
pub fn get(url: &str) -> Result<Answer, String> {
    send("GET", url, &[], b"")
}

/// A POST of JSON.
///
/// # Errors
/// As [`send`].
pub fn post(url: &str, body: &Value) -> Result<Answer, String> {
    send("POST", url, &[("content-type", "application/json")], body.to_string().as_bytes())
}
