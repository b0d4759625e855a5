//! `POST /v1/verify`: what a client asks.

use alloc::format;
use alloc::string::{String, ToString};

use serde::Deserialize;

use super::problem::{Problem, ProblemKind};
use super::receipt;
use crate::verdict::Level;

/// The most octets a request body may have.
pub const MAX_BODY: usize = 16 * 1024;
/// The longest a caller may wait, in milliseconds.
pub const MAX_DEADLINE_MS: u32 = 60_000;
/// The shortest deadline that can be kept, in milliseconds.
pub const MIN_DEADLINE_MS: u32 = 50;

/// One address to verify.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VerifyRequest {
    /// The address as it was typed. A text that is no address gets a verdict, not an error.
    pub email: String,
    /// How far to follow the question; as far as possible where not given.
    #[serde(default = "deepest")]
    pub level: Level,
    /// How long the caller waits, in milliseconds ([`MIN_DEADLINE_MS`] to [`MAX_DEADLINE_MS`]).
    #[cfg_attr(feature = "schema", schemars(range(min = MIN_DEADLINE_MS, max = MAX_DEADLINE_MS)))]
    pub deadline_ms: Option<u32>,
    /// How old evidence may be that is used again, in seconds; 0 asks anew.
    #[cfg_attr(feature = "schema", schemars(range(max = u32::MAX)))]
    pub max_age_s: Option<u32>,
    /// The caller's word for this one question ([`receipt::is_nonce`]), which asks for a receipt over it.
    pub nonce: Option<String>,
    /// Asks for what is said to the mail server and by it, which is then asked anew. Only the edge of a lab tells it, of the lab's own domains.
    #[serde(default)]
    pub transcript: bool,
}

/// As far as possible.
pub(super) fn deepest() -> Level {
    Level::Smtp
}

impl VerifyRequest {
    /// Reads a request body.
    ///
    /// # Errors
    /// A [`Problem`] that names what was expected and found.
    pub fn from_json(body: &[u8]) -> Result<Self, Problem> {
        if body.len() > MAX_BODY {
            return Err(ProblemKind::BodyTooLarge.because(format!("expected at most {MAX_BODY} octets, found more")));
        }
        let request: Self = read_json(body, "email")?;
        check_deadline(request.deadline_ms)?;
        check_nonce(request.nonce.as_deref())?;
        Ok(request)
    }
}

fn check_nonce(nonce: Option<&str>) -> Result<(), Problem> {
    match nonce {
        Some(nonce) if !receipt::is_nonce(nonce) => {
            Err(ProblemKind::InvalidRequest.because(format!("nonce: expected {}, found something else", receipt::NONCE_FORM)))
        }
        _ => Ok(()),
    }
}

/// Whether a stated deadline can be kept.
pub(super) fn check_deadline(deadline_ms: Option<u32>) -> Result<(), Problem> {
    match deadline_ms {
        Some(ms) if !(MIN_DEADLINE_MS..=MAX_DEADLINE_MS).contains(&ms) => {
            let detail = format!("deadline_ms: expected {MIN_DEADLINE_MS} to {MAX_DEADLINE_MS}, found {ms}");
            Err(ProblemKind::InvalidRequest.because(detail))
        }
        _ => Ok(()),
    }
}

/// Whether a body that is declared as `content_type` may be read as JSON.
///
/// # Errors
/// `unsupported_media_type`.
pub fn check_media_type(content_type: Option<&str>) -> Result<(), Problem> {
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(ProblemKind::UnsupportedMediaType.because("expected content-type application/json, found another or none"))
}

/// Reads any JSON body, telling a text that is no JSON from one of another shape: an object is expected, with this field first of all. An array is
/// none, though serde would read it for an object.
pub(super) fn read_json<'a, T: Deserialize<'a>>(body: &'a [u8], field: &str) -> Result<T, Problem> {
    let request = serde_json::from_slice(body).map_err(|error| fault(&error, body, field))?;
    other_kind(body).map_or(Ok(request), |found| Err(no_object(field, found)))
}

fn no_object(field: &str, found: &str) -> Problem {
    ProblemKind::InvalidRequest.because(format!("expected an object with `{field}`, found {found}"))
}

/// What a JSON text is that is no object, by how it begins (RFC 8259 §3).
fn other_kind(body: &[u8]) -> Option<&'static str> {
    match body.trim_ascii_start().first()? {
        b'[' => Some("an array"),
        b'"' => Some("a string"),
        b't' | b'f' => Some("a boolean"),
        b'n' => Some("null"),
        b'-' | b'0'..=b'9' => Some("a number"),
        _ => None,
    }
}

/// Not generic, since it would be there for each kind of body.
fn fault(error: &serde_json::Error, body: &[u8], field: &str) -> Problem {
    let said = error.to_string();
    if !error.is_data() {
        return ProblemKind::InvalidJson.because(said);
    }
    if let Some(found) = other_kind(body) {
        return no_object(field, found);
    }
    let other = || format!("expected another value at line {} column {}", error.line(), error.column());
    ProblemKind::InvalidRequest.because(without_found(&said).unwrap_or_else(other))
}

/// How serde begins where it goes on with what was found, which may be an address.
const FAULTS: [&str; 5] = ["invalid type", "invalid value", "invalid length", "unknown field", "unknown variant"];
/// How it begins where it names a field of ours, and how our own types begin, which tell no more than one character.
const HARMLESS: [&str; 3] = ["missing field", "duplicate field", "expected "];

/// serde's words without what was found. What was expected comes last, so that no text found can stand in for it.
fn without_found(said: &str) -> Option<String> {
    if HARMLESS.iter().any(|start| said.starts_with(start)) {
        return Some(said.to_string());
    }
    let fault = FAULTS.iter().find(|fault| said.starts_with(**fault))?;
    let (_, expected) = said.rsplit_once(", expected ")?;
    // What our types are called tells nobody anything, and JSON has other words for a list.
    let (what, place) = expected.rfind(" at ").and_then(|at| expected.split_at_checked(at))?;
    let what = match what {
        "a sequence" => "an array",
        named if named.starts_with("struct ") => "an object",
        other => other,
    };
    Some(format!("{fault}, expected {what}{place}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_level_is_smtp_by_default() {
        let request = VerifyRequest::from_json(br#"{"email":"a@b.example"}"#).expect("a request");
        assert_eq!((request.level, request.deadline_ms), (Level::Smtp, None));
    }

    #[test]
    fn err_names_what_was_expected() {
        for (body, code, part) in [
            ("", "invalid_json", "EOF"),
            ("{", "invalid_json", "EOF"),
            ("[]", "invalid_request", "expected an object"),
            ("{}", "invalid_request", "missing field `email`"),
            (r#"{"email":1}"#, "invalid_request", "expected a string"),
            (r#"{"email":"a","level":"deep"}"#, "invalid_request", "expected one of"),
            (r#"{"email":"a","mail":"b"}"#, "invalid_request", "unknown field, expected one of `email`"),
            (r#"{"email":"a","email":"b"}"#, "invalid_request", "duplicate field `email`"),
            (r#"{"email":"a","deadline_ms":1}"#, "invalid_request", "expected 50 to 60000, found 1"),
            (r#"{"email":"a","deadline_ms":-1}"#, "invalid_request", "invalid value"),
            (r#"{"email":"a","nonce":"short"}"#, "invalid_request", "nonce: expected 16 to 64"),
            (r#"{"email":"a","nonce":"sixteen letters and more"}"#, "invalid_request", "nonce: expected 16 to 64"),
        ] {
            let problem = VerifyRequest::from_json(body.as_bytes()).expect_err(body);
            assert_eq!(problem.kind.code(), code, "{body}");
            assert!(problem.detail.contains(part), "{body}: {}", problem.detail);
        }
        let long = format!(r#"{{"email":"{}"}}"#, "a".repeat(MAX_BODY));
        assert_eq!(VerifyRequest::from_json(long.as_bytes()).map_err(|p| p.kind), Err(ProblemKind::BodyTooLarge));
    }

    #[test]
    fn err_another_kind_of_json_is_named() {
        for (body, found) in [
            (&br#"["ada@found.example"]"#[..], "an array"),
            (br#" ["ada@found.example","smtp",null,null,null,false]"#, "an array"),
            (b"\r\n\t []", "an array"),
            (br#""ada@found.example""#, "a string"),
            (br#""\ud800""#, ""),
            (b"-7.5e3", "a number"),
            (b"0", "a number"),
            (b"true", "a boolean"),
            (b"false", "a boolean"),
            (b"null", "null"),
            (b"[1", "an array"),
            (b"nul", ""),
            (b"-", ""),
            (b"\"\xff\"", ""),
            (b"", ""),
        ] {
            let Problem { kind, detail } = VerifyRequest::from_json(body).expect_err("no object");
            let shown = String::from_utf8_lossy(body);
            if found.is_empty() {
                assert_eq!(kind, ProblemKind::InvalidJson, "{shown}: {detail}");
            } else {
                let expected = format!("expected an object with `email`, found {found}");
                assert_eq!((kind, detail), (ProblemKind::InvalidRequest, expected), "{shown}");
            }
        }
    }

    /// An address may stand wherever a caller puts one, and whatever is found there is not said again.
    #[test]
    fn err_tells_the_place_and_never_the_text_found() {
        for (body, part) in [
            (r#"{"email":"a","deadline_ms":"ada@found.example"}"#, "invalid type, expected u32 at line 1 column 46"),
            (r#"{"email":"a","level":"ada@found.example"}"#, "unknown variant, expected one of `syntax`, `dns`, `smtp` at line 1"),
            (r#"{"email":"a","ada@found.example":1}"#, "unknown field, expected one of"),
            (r#"{"email":"a","ada@found.example`, expected ada@found.example":1}"#, "unknown field, expected one of `email`"),
            (r#"{"email":"a" ada@found.example}"#, "expected `,` or `}` at line 1 column 14"),
        ] {
            let detail = VerifyRequest::from_json(body.as_bytes()).expect_err(body).detail;
            assert!(detail.contains(part) && !detail.contains("found.") && !detail.contains("Request"), "{body}: {detail}");
        }
        let detail = check_media_type(Some("ada@found.example")).expect_err("no JSON").detail;
        assert_eq!(detail, "expected content-type application/json, found another or none");
        assert_eq!(check_media_type(None).expect_err("none").detail, detail);
    }
}
