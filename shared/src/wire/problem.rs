//! Faults of the request or of ours, as problem details (RFC 9457). A verdict is never one of them.

use alloc::format;
use alloc::string::String;

use serde::Serialize;

/// The media type of a problem's body.
pub const MEDIA_TYPE: &str = "application/problem+json";

macro_rules! problems {
    ($($(#[doc = $doc:literal])+ $name:ident = $status:literal, $code:literal, $title:literal;)+) => {
        /// What went wrong: one variant for each meaning, with a stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemKind { $($(#[doc = $doc])+ $name,)+ }

        impl ProblemKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The HTTP status.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// A short title, the same for every occurrence.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

problems! {
    /// The body is not JSON.
    InvalidJson = 400, "invalid_json", "The body is not JSON";
    /// The body is JSON of another shape.
    InvalidRequest = 422, "invalid_request", "The request does not have the expected fields";
    /// The body is larger than is read.
    BodyTooLarge = 413, "body_too_large", "The body is too large";
    /// The body is declared as something else than JSON.
    UnsupportedMediaType = 415, "unsupported_media_type", "The body must be application/json";
    /// No such path.
    NotFound = 404, "not_found", "There is nothing at this path";
    /// The path does not know the method.
    MethodNotAllowed = 405, "method_not_allowed", "This path does not know the method";
    /// A signed path was called without, or with a wrong signature.
    SignatureInvalid = 401, "signature_invalid", "The signature is missing or wrong";
    /// The signature's time is too far from now.
    SignatureExpired = 401, "signature_expired", "The signature is not of this time";
    /// The signed request was seen before.
    SignatureReplayed = 401, "signature_replayed", "The signed request was seen before";
    /// An API key or a site key is needed, and none was given.
    KeyMissing = 401, "key_missing", "A key is needed";
    /// The key is none of ours.
    KeyUnknown = 401, "key_unknown", "The key is not known";
    /// The key may not be used for this.
    ScopeMissing = 403, "scope_missing", "The key is not for this";
    /// A test key was used for a real address.
    TestKey = 403, "test_key", "A test key answers magic addresses only";
    /// The page's origin is none of the site's.
    OriginRefused = 403, "origin_refused", "The site key is not for this origin";
    /// The Turnstile token is missing, spent or wrong.
    TurnstileFailed = 403, "turnstile_failed", "The Turnstile check did not pass";
    /// The Turnstile token could not be checked.
    TurnstileUnavailable = 503, "turnstile_unavailable", "The Turnstile token could not be checked";
    /// The nonce was used before.
    NonceUsed = 409, "nonce_used", "The nonce was used before";
    /// A budget is used up.
    RateLimited = 429, "rate_limited", "Too many requests";
    /// Too many different mailboxes of one domain were asked about.
    TooManyMailboxesOfDomain = 429, "too_many_mailboxes_of_domain", "Too many mailboxes of one domain";
    /// Budgets cannot be counted, or nonces not be looked up.
    AccessUnavailable = 503, "access_unavailable", "Access cannot be decided at present";
    /// What is asked for cannot be done in the state that things are in.
    Conflict = 409, "conflict", "This does not fit the present state";
    /// The caller's key for this request stands for another one.
    IdempotencyKeyReused = 422, "idempotency_key_reused", "The Idempotency-Key stands for another job";
    /// What a key's jobs may hold is used up.
    QuotaExceeded = 507, "quota_exceeded", "This key's jobs hold as much as they may";
    /// The disk is full, or nearly so.
    StorageFull = 507, "storage_full", "There is no room for a list at present";
    /// The prober keeps no jobs.
    JobsDisabled = 503, "jobs_disabled", "This prober is not set up to keep jobs";
    /// The prober has no name and reverse-path of its own, or no secret to share with an edge.
    ProbingDisabled = 503, "probing_disabled", "This prober is not set up to probe";
    /// More requests at once than are taken.
    Overloaded = 503, "overloaded", "Too many requests at once";
    /// The service is set up wrongly.
    Misconfigured = 500, "misconfigured", "The service is not set up correctly";
    /// A fault of ours.
    Internal = 500, "internal", "Something went wrong here";
}

impl ProblemKind {
    /// A problem of this kind, with what was expected and found.
    pub fn because(self, detail: impl Into<String>) -> Problem {
        Problem { kind: self, detail: detail.into() }
    }

    /// The body of a problem of this kind; `type` is a URN, since there is no page to visit.
    pub(super) fn body<'a>(self, detail: &'a str, request_id: &'a str) -> Body<'a> {
        let code = self.code();
        Body { r#type: format!("urn:rcpt:problem:{code}"), title: self.title(), status: self.status(), code, detail, request_id }
    }
}

/// One occurrence of a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind.
    pub kind: ProblemKind,
    /// What was expected and found this time. Never an address.
    pub detail: String,
}

/// Problem details (RFC 9457).
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Problem"))]
pub struct Body<'a> {
    /// `urn:rcpt:problem:` and the code.
    r#type: String,
    /// What the code means, in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// Stable: what went wrong.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::codes"))]
    code: &'static str,
    /// What was expected and found this time.
    detail: &'a str,
    /// As in the header.
    request_id: &'a str,
}

impl Problem {
    /// The body, as JSON (RFC 9457 §3).
    pub fn to_json(&self, request_id: &str) -> String {
        serde_json::to_string(&self.body(request_id)).unwrap_or_default()
    }

    pub(super) fn body<'a>(&'a self, request_id: &'a str) -> Body<'a> {
        self.kind.body(&self.detail, request_id)
    }
}
