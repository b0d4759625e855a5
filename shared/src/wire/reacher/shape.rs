//! The shape of Reacher's answer: its names, in its order.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

/// Reacher's answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReacherAnswer"))]
pub struct CheckResponse {
    pub(super) input: String,
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["safe", "risky", "invalid", "unknown"])))]
    pub(super) is_reachable: &'static str,
    pub(super) misc: MiscDetails,
    pub(super) mx: Outcome<MxDetails>,
    pub(super) smtp: Outcome<SmtpDetails>,
    pub(super) syntax: SyntaxDetails,
    pub(super) debug: Debug,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReacherOutcomeOf{T}"))]
#[serde(untagged)]
pub(super) enum Outcome<T> {
    Found(T),
    Failed {
        error: Failure,
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<&'static str>,
    },
}

/// `type` is the name of the error there.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReacherError"))]
#[serde(tag = "type", content = "message")]
pub(super) enum Failure {
    AnyhowError(String),
    AsyncSmtpError(String),
    IOError(String),
    ResolveError(String),
    Timeout(Span),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReacherMisc"))]
pub(super) struct MiscDetails {
    pub(super) is_disposable: bool,
    pub(super) is_role_account: bool,
    pub(super) is_b2c: bool,
    pub(super) gravatar_url: Option<String>,
    pub(super) haveibeenpwned: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReacherMx"))]
pub(super) struct MxDetails {
    pub(super) accepts_mail: bool,
    pub(super) records: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReacherSmtp"))]
#[expect(clippy::struct_excessive_bools, reason = "Reacher's shape")]
pub(super) struct SmtpDetails {
    pub(super) can_connect_smtp: bool,
    pub(super) has_full_inbox: bool,
    pub(super) is_catch_all: bool,
    pub(super) is_deliverable: bool,
    pub(super) is_disabled: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReacherSyntax"))]
pub(super) struct SyntaxDetails {
    pub(super) address: Option<String>,
    pub(super) domain: String,
    pub(super) is_valid_syntax: bool,
    pub(super) username: String,
    pub(super) normalized_email: Option<String>,
    pub(super) suggestion: Option<String>,
}

/// `server_name` is what the OpenAPI file calls `backend_name`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReacherDebug"))]
pub(super) struct Debug {
    pub(super) backend_name: &'static str,
    pub(super) server_name: &'static str,
    pub(super) reacher_version: &'static str,
    pub(super) start_time: String,
    pub(super) end_time: String,
    pub(super) duration: Span,
    pub(super) smtp: DebugSmtp,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReacherDebugSmtp"))]
pub(super) struct DebugSmtp {
    pub(super) verif_method: Method,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReacherMethod"))]
#[serde(tag = "type")]
pub(super) enum Method {
    Smtp { host: String, verif_method: MethodConfig },
    Skipped,
}

/// As whom and through whom was asked is between the prober and the mail hosts, so that texts are empty.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReacherMethodConfig"))]
pub(super) struct MethodConfig {
    pub(super) from_email: &'static str,
    pub(super) hello_name: &'static str,
    pub(super) proxy: Option<String>,
    pub(super) smtp_port: u16,
    pub(super) smtp_timeout: Option<Span>,
    pub(super) retries: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReacherSpan"))]
pub(super) struct Span {
    pub(super) secs: u64,
    pub(super) nanos: u64,
}

impl Span {
    pub(super) fn of_ms(ms: u64) -> Self {
        Self { secs: ms / 1000, nanos: ms % 1000 * 1_000_000 }
    }
}
