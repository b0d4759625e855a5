//! `POST /v1/verify/batch`: up to a hundred addresses at once, each with a verdict or a problem of its own.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::problem::{self, Problem, ProblemKind};
use super::request::{check_deadline, deepest, read_json};
use super::response::VerifyResponse;
use crate::verdict::{Level, Status};

/// The most addresses.
pub const MAX_EMAILS: usize = 100;
/// The most octets of a body.
pub const MAX_BODY: usize = 128 * 1024;

/// Addresses to verify.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BatchRequest {
    /// The addresses as they were typed.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_EMAILS)))]
    pub emails: Vec<Entry>,
    /// As for a single address.
    #[serde(default = "deepest")]
    pub level: Level,
    /// How long the caller waits for all of them together, in milliseconds.
    #[cfg_attr(feature = "schema", schemars(range(min = super::request::MIN_DEADLINE_MS, max = super::request::MAX_DEADLINE_MS)))]
    pub deadline_ms: Option<u32>,
    /// As for a single address.
    #[cfg_attr(feature = "schema", schemars(range(max = u32::MAX)))]
    pub max_age_s: Option<u32>,
}

/// One place of the list.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Entry {
    /// A text.
    Text(String),
    /// Anything else, which is this entry's problem alone.
    Other(#[cfg_attr(feature = "schema", schemars(with = "serde_json::Value"))] IgnoredAny),
}

impl BatchRequest {
    /// Reads a request body.
    ///
    /// # Errors
    /// A [`Problem`] that names what was expected and found.
    pub fn from_json(body: &[u8]) -> Result<Self, Problem> {
        let request: Self = read_json(body, "emails")?;
        check_deadline(request.deadline_ms)?;
        let count = request.emails.len();
        if !(1..=MAX_EMAILS).contains(&count) {
            return Err(ProblemKind::InvalidRequest.because(format!("emails: expected 1 to {MAX_EMAILS}, found {count}")));
        }
        Ok(request)
    }

    /// The different texts, each where it first stands.
    pub fn texts(&self) -> Vec<&str> {
        let mut different = Vec::with_capacity(self.emails.len());
        for text in self.emails.iter().filter_map(Entry::text) {
            if !different.contains(&text) {
                different.push(text);
            }
        }
        different
    }
}

impl Entry {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Other(_) => None,
        }
    }
}

/// A text and what became of it.
pub type Answered = (String, Result<VerifyResponse, Problem>);

/// The answer.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BatchResponse<'a> {
    /// In the order of `emails`.
    results: Vec<Outcome<'a>>,
    /// How many of each.
    counts: Counts,
    /// As in the header.
    request_id: &'a str,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "BatchOutcome"))]
#[serde(untagged)]
enum Outcome<'a> {
    Verdict(&'a VerifyResponse),
    Problem(problem::Body<'a>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Counts {
    deliverable: usize,
    risky: usize,
    undeliverable: usize,
    unknown: usize,
    problems: usize,
}

impl<'a> BatchResponse<'a> {
    /// One outcome for each entry, in the order of `emails`; `found` holds what became of each text.
    pub fn compose(emails: &[Entry], found: &'a [Answered], request_id: &'a str) -> Self {
        let no_text = "expected a string, found another value";
        let outcome =
            |entry: &Entry| match entry.text().and_then(|text| found.iter().find(|(known, _)| known == text)).map(|(_, outcome)| outcome) {
                Some(Ok(verdict)) => Outcome::Verdict(verdict),
                Some(Err(problem)) => Outcome::Problem(problem.body(request_id)),
                None => Outcome::Problem(ProblemKind::InvalidRequest.body(no_text, request_id)),
            };
        let results: Vec<_> = emails.iter().map(outcome).collect();
        Self { counts: Counts::of(&results), results, request_id }
    }

    /// The JSON text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Counts {
    fn of(outcomes: &[Outcome<'_>]) -> Self {
        let mut counts = Self::default();
        for outcome in outcomes {
            let count = match outcome {
                Outcome::Problem(_) => &mut counts.problems,
                Outcome::Verdict(verdict) => match verdict.status() {
                    Status::Deliverable => &mut counts.deliverable,
                    Status::Risky => &mut counts.risky,
                    Status::Undeliverable => &mut counts.undeliverable,
                    Status::Unknown => &mut counts.unknown,
                },
            };
            *count += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned;
    use alloc::string::ToString;

    use serde_json::json;

    use super::*;
    use crate::evidence::{Evidence, UnixMillis};
    use crate::verdict::judge;
    use crate::wire::Timing;

    fn verdict(email: &str) -> VerifyResponse {
        let evidence = Evidence::of_text(email, UnixMillis(0));
        VerifyResponse::compose(email, &evidence, judge(&evidence), Timing::default(), "id")
    }

    #[test]
    fn ok_each_in_its_place() {
        let body = json!({ "emails": ["full@rcpt.test", "no address", 7, "mailbox_full@rcpt.test", "no address"] }).to_string();
        let request = BatchRequest::from_json(body.as_bytes()).expect("a request");
        assert_eq!(request.texts().len(), 3);
        let mut found: Vec<Answered> = request.texts().iter().map(|text| ((*text).to_owned(), Ok(verdict(text)))).collect();
        found[0].1 = Err(ProblemKind::Overloaded.because("later"));
        let answer: serde_json::Value =
            serde_json::from_str(&BatchResponse::compose(&request.emails, &found, "id").to_json()).expect("JSON");
        let of = |n: usize, name: &str| answer["results"][n][name].as_str().unwrap_or_default().to_string();
        assert_eq!(
            [of(0, "code"), of(1, "reason"), of(2, "code"), of(3, "reason"), of(4, "reason")],
            ["overloaded", "syntax_invalid", "invalid_request", "mailbox_full", "syntax_invalid"]
        );
        assert_eq!(answer["counts"], json!({ "deliverable": 0, "risky": 1, "undeliverable": 2, "unknown": 0, "problems": 2 }));
    }

    #[test]
    fn err_names_what_was_expected() {
        let many = json!({ "emails": alloc::vec!["a@b.example"; MAX_EMAILS + 1] }).to_string();
        for (body, part) in [
            (r#"{"emails":[]}"#, "expected 1 to 100, found 0"),
            (many.as_str(), "expected 1 to 100, found 101"),
            (r#"["a@b.example"]"#, "expected an object with `emails`, found an array"),
            (r#"{"emails":"a@b.example"}"#, "invalid type, expected an array at line 1 column"),
            (r#"{"email":"a@b.example"}"#, "unknown field, expected one of `emails`"),
            (r#"{"emails":["a"],"deadline_ms":1}"#, "expected 50 to 60000, found 1"),
        ] {
            let problem = BatchRequest::from_json(body.as_bytes()).expect_err(body);
            assert_eq!(problem.kind, ProblemKind::InvalidRequest, "{body}");
            assert!(problem.detail.contains(part), "{body}: {}", problem.detail);
        }
    }
}
