//! The answer to `POST /v1/verify`: evidence and verdict in the public contract's words.

mod row;

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use crate::dns::{MailRoute, MxHost};
use crate::domain::suggestion::{self, RouteKnowledge};
use crate::evidence::{Attempt, Evidence, Knowledge, Outcome, ProbeReport, SessionEnd, SessionFacts, UnixMillis};
use crate::mailbox::{Mailbox, Traits};
use crate::smtp::{About, EnhancedStatus, ReplyCode, Stage};
use crate::verdict::explanation::explain;
use crate::verdict::{POLICY, Reason, Status, Verdict};
pub use row::VerdictRow;

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VerifyResponse {
    /// The text that was asked about.
    email: String,
    status: Status,
    reason: Reason,
    about: About,
    /// A sentence for a person.
    explanation: Cow<'static, str>,
    /// Null where the text is no mailbox address.
    mailbox: Option<MailboxPart>,
    syntax: SyntaxPart,
    traits: TraitsPart,
    /// The address that was probably meant.
    suggestion: Option<String>,
    /// What the DNS said; null where it was not asked, or could not be.
    dns: Option<DnsPart>,
    /// What the mail server said; null where none was asked.
    smtp: Option<SmtpPart>,
    /// When asking again may tell more, in seconds.
    retry_after_s: Option<u32>,
    /// When the newest fact was observed.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::time"))]
    as_of: String,
    /// Until when the verdict may be relied on.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::time"))]
    expires_at: String,
    /// The version of the rules that it was judged by.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::policy"))]
    policy: &'static str,
    timing_ms: Timing,
    /// As in the header.
    request_id: String,
    /// `None` where none was asked for: then the field is absent. Null where one was asked for and no key is there to sign it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[expect(clippy::option_option, reason = "absent and null are two answers")]
    receipt: Option<Option<String>>,
    /// What was said to the mail server (`C:`) and by it (`S:`), addresses masked; absent outside a lab, and where it was not asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    transcript: Vec<String>,
}

/// How long each step took, in milliseconds; `None` for steps that were not taken.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Timing {
    /// Reading the address.
    pub syntax: Option<f64>,
    /// Looking up the route.
    pub dns: Option<f64>,
    /// Asking the mail hosts.
    pub smtp: Option<f64>,
}

impl Timing {
    /// The value of a `Server-Timing` header (W3C Server Timing §3): the steps that were taken.
    pub fn server_timing(&self) -> String {
        let steps = [("syntax", self.syntax), ("dns", self.dns), ("smtp", self.smtp)];
        let taken = steps.iter().filter_map(|(name, ms)| ms.map(|ms| format!("{name};dur={ms}")));
        taken.collect::<Vec<_>>().join(", ")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct MailboxPart {
    local_part: String,
    domain: String,
    /// For showing and sending: the domain in lower case, and in U-labels where it has them.
    normalized: String,
    /// For telling duplicates apart; never sent to.
    canonical: String,
    /// With the domain in A-labels; null where the local part is not ASCII.
    ascii: Option<String>,
    /// What stands behind `+`.
    subaddress: Option<String>,
    /// Whether mail for it needs SMTPUTF8 (RFC 6531).
    smtputf8: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct SyntaxPart {
    valid: bool,
    /// What was expected and found.
    error: Option<String>,
    /// Where, in octets from the start.
    position: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[expect(clippy::struct_excessive_bools, reason = "the public contract")]
struct TraitsPart {
    /// A throw-away mailbox service.
    disposable: bool,
    /// A provider where anyone can open a mailbox.
    free: bool,
    /// A function rather than a person.
    role: bool,
    /// A forwarding alias of a real mailbox.
    relay: bool,
    /// Whether the host accepts every name.
    accept_all: Knowledge,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct DnsPart {
    /// Where the domain's mail goes.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::routes"))]
    route: &'static str,
    mx: Vec<MxHost>,
    /// Who runs the mail hosts.
    operator: Option<&'static str>,
    /// Whether DNSSEC vouches for it.
    authenticated: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct SmtpPart {
    host: String,
    ip: Option<String>,
    /// How far the dialogue came.
    stage: Stage,
    code: Option<ReplyCode>,
    enhanced: Option<EnhancedStatus>,
    /// The reply in the host's words.
    text: Option<String>,
    tls: bool,
}

impl VerifyResponse {
    /// Puts what is known about the text `email` into words.
    pub fn compose(email: &str, evidence: &Evidence, verdict: Verdict, timing_ms: Timing, request_id: &str) -> Self {
        let attempt = decisive(evidence, verdict);
        let as_of = evidence_time(evidence);
        Self {
            email: email.to_string(),
            status: verdict.status(),
            reason: verdict.reason,
            about: verdict.about(),
            explanation: explain(evidence, &verdict),
            mailbox: evidence.mailbox().map(MailboxPart::of),
            syntax: SyntaxPart::of(evidence),
            traits: TraitsPart::of(evidence, attempt),
            suggestion: evidence.mailbox().and_then(|mailbox| suggestion_for(mailbox, evidence)),
            dns: evidence.route().map(|fact| DnsPart::of(&fact.route, fact.authenticated)),
            smtp: attempt.map(SmtpPart::of),
            retry_after_s: retry_after_s(verdict.reason, attempt, evidence.report())
                .map(|after_s| after_s.saturating_sub(age_s(evidence, as_of)).max(1)),
            as_of: as_of.to_rfc3339(),
            expires_at: as_of.plus_seconds(verdict.reason.keeps_s()).to_rfc3339(),
            policy: POLICY,
            timing_ms,
            request_id: request_id.to_string(),
            receipt: None,
            transcript: Vec::new(),
        }
    }

    /// The same with what was said to the mail server and by it.
    #[must_use]
    pub fn with_transcript(self, transcript: Vec<String>) -> Self {
        Self { transcript, ..self }
    }

    /// The same with the receipt that was asked for; `None` where there is no key to sign it with.
    #[must_use]
    pub fn with_receipt(self, receipt: Option<String>) -> Self {
        Self { receipt: Some(receipt), ..self }
    }

    /// What a receipt is about: the normalized mailbox, or the text itself where it is no mailbox.
    pub fn subject(&self) -> &str {
        self.mailbox.as_ref().map_or(&self.email, |mailbox| &mailbox.normalized)
    }

    /// The version of the rules that it was judged by.
    pub fn policy(&self) -> &'static str {
        self.policy
    }

    /// The receipt, where there is one.
    pub fn receipt(&self) -> Option<&str> {
        self.receipt.as_ref()?.as_deref()
    }

    /// The text that was asked about.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// The mail server's reply that it rests on, with the host that gave it, on one line.
    pub fn reply_line(&self) -> Option<String> {
        let smtp = self.smtp.as_ref()?;
        let enhanced = smtp.enhanced.map(|status| format!(" {status}")).unwrap_or_default();
        let text = smtp.text.as_deref()?.replace('\n', " ");
        Some(format!("{}: {}{enhanced} {text}", smtp.host, smtp.code?))
    }

    /// The four-valued answer.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The sentence for a person.
    pub fn explanation(&self) -> &str {
        &self.explanation
    }

    /// The domain that was probably meant.
    pub fn suggestion(&self) -> Option<&str> {
        self.suggestion.as_deref()
    }

    /// How long the steps took.
    pub fn timing(&self) -> &Timing {
        &self.timing_ms
    }

    /// The JSON text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The attempt that the verdict rests on; without one the first that was made, since it is the most preferred host's.
fn decisive(evidence: &Evidence, verdict: Verdict) -> Option<&Attempt> {
    evidence.report()?.attempts.get(verdict.attempt.unwrap_or(0))
}

/// How old the newest fact was when the question came, in seconds.
fn age_s(evidence: &Evidence, as_of: UnixMillis) -> u32 {
    u32::try_from(evidence.at.seconds().saturating_sub(as_of.seconds())).unwrap_or(u32::MAX)
}

/// When the newest fact was observed.
fn evidence_time(evidence: &Evidence) -> UnixMillis {
    let dns = evidence.dns.as_ref().map(|dns| dns.at);
    let probe = evidence.report().map(|report| report.at);
    probe.or(dns).unwrap_or(evidence.at)
}

/// The whole address with the domain that was probably meant.
pub(super) fn suggestion_for(mailbox: &Mailbox, evidence: &Evidence) -> Option<String> {
    let route = match evidence.route() {
        Some(fact) if fact.route.works() => RouteKnowledge::Works,
        Some(_) => RouteKnowledge::Absent,
        None => RouteKnowledge::Unknown,
    };
    let domain = suggestion::suggest(mailbox.domain()?, route)?;
    Some(format!("{}@{domain}", mailbox.local_part()))
}

/// When to ask again, for reasons that pass by waiting: as the server says, else as it made us wait before, else by what is customary.
fn retry_after_s(reason: Reason, attempt: Option<&Attempt>, report: Option<&ProbeReport>) -> Option<u32> {
    let customary = match reason {
        // Postgrey's default delay (postgrey(8), --delay).
        Reason::Greylisted => 300,
        Reason::RateLimited => 600,
        _ => return None,
    };
    if let Some(Outcome::NotPaced { retry_after_s }) = attempt.map(|attempt| &attempt.outcome) {
        return Some(*retry_after_s);
    }
    let reply = attempt.and_then(Attempt::session).and_then(SessionFacts::decisive).map(|seen| &seen.reply);
    let stated = reply.and_then(crate::smtp::classify::stated_delay_s);
    let learned = report.and_then(|report| report.greylist_delay_s).filter(|_| reason == Reason::Greylisted);
    Some(stated.or(learned).unwrap_or(customary))
}

impl MailboxPart {
    pub(crate) fn of(mailbox: &Mailbox) -> Self {
        Self {
            local_part: mailbox.local_part().to_string(),
            domain: mailbox.domain_text(),
            normalized: mailbox.normalized(),
            canonical: mailbox.canonical(),
            ascii: mailbox.ascii(),
            subaddress: mailbox.subaddress().map(ToString::to_string),
            smtputf8: mailbox.needs_smtputf8(),
        }
    }
}

impl SyntaxPart {
    pub(crate) fn of(evidence: &Evidence) -> Self {
        let error = evidence.address.as_ref().err();
        Self { valid: error.is_none(), error: error.map(ToString::to_string), position: error.map(|error| error.position) }
    }
}

impl TraitsPart {
    fn of(evidence: &Evidence, attempt: Option<&Attempt>) -> Self {
        let none = Traits { disposable: false, free: false, role: false, relay: false };
        let traits = evidence.mailbox().map_or(none, Traits::of);
        let session = attempt.and_then(Attempt::session);
        Self {
            disposable: traits.disposable,
            free: traits.free,
            role: traits.role,
            relay: traits.relay,
            accept_all: session.map_or(Knowledge::Unknown, SessionFacts::accept_all),
        }
    }
}

impl DnsPart {
    fn of(route: &MailRoute, authenticated: bool) -> Self {
        let (name, mx): (_, &[MxHost]) = match route {
            MailRoute::Hosts { hosts } => ("hosts", hosts),
            MailRoute::Implicit => ("implicit", &[]),
            MailRoute::Null => ("null", &[]),
            MailRoute::NoMail => ("no_mail", &[]),
            MailRoute::NoSuchDomain => ("no_such_domain", &[]),
        };
        Self { route: name, mx: mx.to_vec(), operator: route.operator().map(|operator| operator.id), authenticated }
    }
}

impl SmtpPart {
    fn of(attempt: &Attempt) -> Self {
        let session = attempt.session();
        let reply = session.and_then(SessionFacts::decisive);
        Self {
            host: attempt.host.as_str().to_string(),
            ip: attempt.ip.map(|ip| ip.to_string()),
            stage: reached(&attempt.outcome),
            code: reply.map(|seen| seen.reply.code),
            enhanced: reply.and_then(|seen| seen.reply.enhanced),
            text: reply.map(|seen| seen.reply.text.clone()),
            tls: session.is_some_and(|session| session.tls),
        }
    }
}

/// How far the attempt came: the stage of the decisive reply, or where its reply was missing.
fn reached(outcome: &Outcome) -> Stage {
    let Outcome::Session(session) = outcome else { return Stage::Connect };
    match (session.end, session.about(crate::evidence::Recipient::Target)) {
        (_, Some(_)) => Stage::Rcpt,
        (SessionEnd::Closed { stage } | SessionEnd::TimedOut { stage } | SessionEnd::Garbled { stage, .. }, None) => stage,
        (SessionEnd::TlsFailed, None) => Stage::Starttls,
        (SessionEnd::Quit | SessionEnd::Smtputf8NotOffered, None) => session.decisive().map_or(Stage::Greeting, |seen| seen.stage),
    }
}
