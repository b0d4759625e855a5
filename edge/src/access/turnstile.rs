//! Turnstile: a page's token is checked with Cloudflare, or with whoever is configured in its place. Nobody is let through unchecked.

use serde::{Deserialize, Serialize};
use shared::wire::access::origin;
use shared::wire::{Problem, ProblemKind};

use super::settings::Turnstile;
use crate::asked::TURNSTILE_HEADER;
use crate::clock::{self, Until};
use crate::exchange::{Outgoing, exchange};
use crate::runtime;

/// How long a check may take, in milliseconds.
const PATIENCE_MS: u64 = 5_000;
/// The most octets of an answer.
const MAX_ANSWER: u32 = 16 * 1024;

#[derive(Serialize)]
struct Question<'a> {
    secret: &'a str,
    response: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    success: bool,
    /// Where the token was made; every answer about a good one says so, those of the test keys too, which say `example.com` (Cloudflare,
    /// Turnstile: server-side validation and testing).
    #[serde(default)]
    hostname: String,
    #[serde(default, rename = "error-codes")]
    error_codes: Vec<String>,
}

/// Checks that `token` was made on a page of `page`.
///
/// # Errors
/// `turnstile_failed`; `turnstile_unavailable` where that could not be found out.
pub(super) async fn check(turnstile: Option<&Turnstile>, token: Option<&str>, page: &str) -> Result<(), Problem> {
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Err(ProblemKind::TurnstileFailed.because(format!("expected a Turnstile token in {TURNSTILE_HEADER}, found none")));
    };
    let answer = match turnstile {
        Some(turnstile) => ask(turnstile, token).await,
        None => Err("no secret"),
    };
    let answer = answer.map_err(|why| unavailable(&format!("no usable answer: {why}")))?;
    // Faults of ours, or of the service's; the page can do nothing about them.
    if let Some(code) = answer.error_codes.iter().find(|code| code.ends_with("input-secret") || *code == "internal-error") {
        return Err(unavailable(code));
    }
    // A token of another page that shares the secret is no token of this one, and one of nobody knows which page neither.
    if !answer.success || answer.hostname != origin::host(page) {
        return Err(ProblemKind::TurnstileFailed.because("expected a fresh Turnstile token of this page"));
    }
    Ok(())
}

async fn ask(turnstile: &Turnstile, token: &str) -> Result<Answer, &'static str> {
    let body = serde_json::to_string(&Question { secret: &turnstile.secret, response: token }).map_err(|_| "no request")?;
    let (url, headers) = (turnstile.url.clone(), "content-type: application/json".to_owned());
    let request = Outgoing { method: "POST", url, headers, body: Some(body) };
    let until = Until::after(clock::now(), PATIENCE_MS);
    let answer = exchange(request, MAX_ANSWER, until).await.map_err(|_| "none in time")?;
    if answer.status != 200 {
        return Err("another status than 200");
    }
    serde_json::from_slice(&answer.body).map_err(|_| "not of the expected form")
}

/// One line for the operator, where the failure is handled.
fn unavailable(why: &str) -> Problem {
    runtime::warn(&format!("Turnstile token not checked: {why}"));
    ProblemKind::TurnstileUnavailable.because("expected an answer about the Turnstile token, found none that can be used")
}
