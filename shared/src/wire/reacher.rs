//! `POST /v0/check_email` and `/v1/check_email`: the request and the answer of Reacher, for who moves from it to Rcpt.
//!
//! The shape is that of `check-if-email-exists` 0.11.11 (2026) and of the OpenAPI file of Reacher's backend, field by field; what stands in it is
//! our evidence and our judge's word. Where the two differ, a mailbox that does not exist is `invalid` even where it is a role or a throw-away
//! address (there `risky`), a domain without MX but with an address takes mail (there it does not), and a refusal about the asker is an error
//! of `smtp` (there it often is an invalid mailbox).

mod shape;
#[cfg(test)]
mod tests;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Deserialize;

use super::problem::{Problem, ProblemKind};
use super::request::{MAX_BODY, read_json};
use super::response::suggestion_for;
use crate::dns::MailRoute;
use crate::evidence::{Attempt, Evidence, Observation, SessionFacts, UnixMillis};
use crate::mailbox::Traits;
use crate::smtp::reply::Severity;
use crate::verdict::explanation::explain;
use crate::verdict::{Reason, Status, Verdict};
pub use shape::CheckResponse;
use shape::{Debug, DebugSmtp, Failure, Method, MethodConfig, MiscDetails, MxDetails, Outcome, SmtpDetails, Span, SyntaxDetails};

/// The paths.
pub const PATHS: [&str; 2] = ["/v0/check_email", "/v1/check_email"];

/// One address to check.
///
/// Reacher's other fields are taken and not heeded: `from_email`, `hello_name`, `smtp_port` and `proxy` would let a caller choose as whom, where
/// and through whom the prober asks; ways of asking (`gmail_verif_method`, …) are the prober's; Gravatar and breach lists are not asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReacherRequest"))]
pub struct CheckRequest {
    /// The address.
    pub to_email: String,
}

impl CheckRequest {
    /// Reads a request body.
    ///
    /// # Errors
    /// A [`Problem`] that names what was expected and found.
    pub fn from_json(body: &[u8]) -> Result<Self, Problem> {
        if body.len() > MAX_BODY {
            return Err(ProblemKind::BodyTooLarge.because(format!("expected at most {MAX_BODY} octets, found more")));
        }
        read_json(body, "to_email")
    }
}

impl CheckResponse {
    /// What is known about the text `email` by `now`, in Reacher's words.
    pub fn compose(email: &str, evidence: &Evidence, verdict: Verdict, now: UnixMillis) -> Self {
        let misc = MiscDetails::of(evidence);
        Self {
            input: email.to_string(),
            is_reachable: is_reachable(verdict.status(), &misc),
            mx: mx(evidence),
            smtp: smtp(evidence, verdict),
            syntax: SyntaxDetails::of(evidence),
            debug: Debug::of(evidence, now),
            misc,
        }
    }

    /// The JSON text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// There a throw-away or role address that exists is risky.
fn is_reachable(status: Status, misc: &MiscDetails) -> &'static str {
    match status {
        Status::Deliverable if misc.is_disposable || misc.is_role_account => "risky",
        Status::Deliverable => "safe",
        Status::Risky => "risky",
        Status::Undeliverable => "invalid",
        Status::Unknown => "unknown",
    }
}

impl MiscDetails {
    fn of(evidence: &Evidence) -> Self {
        let traits = evidence.mailbox().map(Traits::of);
        let has = |of: fn(Traits) -> bool| traits.is_some_and(of);
        Self {
            is_disposable: has(|traits| traits.disposable),
            is_role_account: has(|traits| traits.role),
            is_b2c: has(|traits| traits.free),
            gravatar_url: None,
            haveibeenpwned: None,
        }
    }
}

/// Names are written with their final dot there.
fn mx(evidence: &Evidence) -> Outcome<MxDetails> {
    match evidence.dns.as_ref().map(|dns| &dns.outcome) {
        Some(Err(failure)) => Outcome::Failed { error: Failure::ResolveError(failure.to_string()), description: None },
        Some(Ok(fact)) => Outcome::Found(MxDetails { accepts_mail: fact.route.works(), records: records(&fact.route, evidence) }),
        None => Outcome::Found(MxDetails::default()),
    }
}

fn records(route: &MailRoute, evidence: &Evidence) -> Vec<String> {
    match (route, evidence.mailbox().and_then(|mailbox| mailbox.domain())) {
        // The domain is its own mail host (RFC 5321 §5.1).
        (MailRoute::Implicit, Some(domain)) => [format!("{}.", domain.as_ascii())].into(),
        (MailRoute::Null, _) => [".".to_string()].into(),
        _ => route.groups().flatten().map(|host| format!("{}.", host.exchange.as_str())).collect(),
    }
}

fn smtp(evidence: &Evidence, verdict: Verdict) -> Outcome<SmtpDetails> {
    let connected = SmtpDetails { can_connect_smtp: true, ..SmtpDetails::default() };
    Outcome::Found(match verdict.reason {
        Reason::MailboxAccepted => SmtpDetails { is_deliverable: true, ..connected },
        Reason::AcceptAll => SmtpDetails { is_deliverable: true, is_catch_all: true, ..connected },
        Reason::MailboxFull => SmtpDetails { has_full_inbox: true, ..connected },
        Reason::MailboxDisabled => SmtpDetails { is_disabled: true, ..connected },
        Reason::MailboxNotFound | Reason::DomainNotHosted => connected,
        Reason::SyntaxInvalid | Reason::DomainNotFound | Reason::DomainAcceptsNoMail => SmtpDetails {
            can_connect_smtp: attempt(evidence, verdict).is_some_and(|attempt| attempt.session().is_some()),
            ..SmtpDetails::default()
        },
        _ => return failed(evidence, verdict),
    })
}

fn attempt(evidence: &Evidence, verdict: Verdict) -> Option<&Attempt> {
    evidence.report()?.attempts.get(verdict.attempt?)
}

fn failed(evidence: &Evidence, verdict: Verdict) -> Outcome<SmtpDetails> {
    let reply = attempt(evidence, verdict).and_then(Attempt::session).and_then(SessionFacts::decisive);
    let explanation = || explain(evidence, &verdict).into_owned();
    let error = match (verdict.reason, reply) {
        (Reason::TimedOut, _) => Failure::Timeout(Span::of_ms(evidence.report().map_or(0, |report| report.elapsed_ms.into()))),
        (Reason::ConnectFailed, _) | (Reason::ServerError, None) => Failure::IOError(explanation()),
        (_, Some(seen)) => Failure::AsyncSmtpError(in_words(seen)),
        (_, None) => Failure::AnyhowError(explanation()),
    };
    let description = reply.filter(|_| verdict.reason == Reason::SenderBlocked).map(|seen| {
        let about_ptr = seen.reply.text.to_ascii_lowercase().contains("reverse");
        if about_ptr { "NeedsRDNS" } else { "IpBlacklisted" }
    });
    Outcome::Failed { error, description }
}

fn in_words(seen: &Observation) -> String {
    let severity = if seen.reply.code.severity() == Severity::Permanent { "permanent" } else { "transient" };
    format!("{severity}: {}", seen.reply.text.replace('\n', "; "))
}

impl SyntaxDetails {
    fn of(evidence: &Evidence) -> Self {
        let Some(mailbox) = evidence.mailbox() else { return Self::default() };
        Self {
            address: Some(mailbox.normalized()),
            domain: mailbox.domain_text(),
            is_valid_syntax: true,
            username: mailbox.local_part().to_string(),
            normalized_email: Some(mailbox.canonical()),
            suggestion: suggestion_for(mailbox, evidence),
        }
    }
}

impl Debug {
    fn of(evidence: &Evidence, now: UnixMillis) -> Self {
        let first = evidence.report().and_then(|report| report.attempts.first());
        let config = MethodConfig { from_email: "", hello_name: "", proxy: None, smtp_port: 25, smtp_timeout: None, retries: 1 };
        let verif_method =
            first.map_or(Method::Skipped, |attempt| Method::Smtp { host: format!("{}.", attempt.host.as_str()), verif_method: config });
        Self {
            backend_name: "rcpt",
            server_name: "rcpt",
            reacher_version: concat!("rcpt ", env!("CARGO_PKG_VERSION")),
            start_time: evidence.at.to_rfc3339(),
            end_time: now.to_rfc3339(),
            duration: Span::of_ms(now.0.saturating_sub(evidence.at.0)),
            smtp: DebugSmtp { verif_method },
        }
    }
}
