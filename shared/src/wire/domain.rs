//! `GET /v1/domains/{domain}`: what is known of a domain before anybody is asked about a mailbox of it. An edge passes a prober's answer on, and
//! where none answers gives its own in the same words, in which what only a prober can know is null.

use alloc::string::{String, ToString};

use serde::Serialize;

use crate::dns::{DnsFailure, MailRoute};
use crate::domain::operator::{Answers, Operator};
use crate::domain::{Domain, list};
use crate::evidence::{DnsEvidence, Knowledge};

/// The path up to the domain.
pub const PREFIX: &str = "/v1/domains/";

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DomainResponse {
    /// The domain in A-labels.
    pub domain: String,
    /// Where its mail goes.
    pub route: Option<MailRoute>,
    /// Why that could not be found out.
    pub dns_failure: Option<DnsFailure>,
    /// Who runs its mail hosts.
    pub operator: Option<OperatorPart>,
    /// What lists say of it.
    pub traits: DomainTraits,
    /// Whether every name is accepted.
    pub accept_all: AcceptAll,
    /// How long strangers are made to wait.
    pub greylist: Option<Greylist>,
    /// Whether the operator is left alone for now, since it blocks us; null where no prober was heard.
    pub gate_closed: Option<bool>,
    /// Whether RCPT can prove that a mailbox exists here.
    pub rcpt_can_prove: Knowledge,
    /// Whether a prober's own experience is part of this.
    pub prober: Heard,
}

/// An operator, and how a prober asks it; what is null is not known, or no prober was heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OperatorPart {
    /// The stable id.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// What its answers at RCPT are worth.
    pub answers: String,
    /// Whether it puts strangers off at first.
    pub greylists: Option<bool>,
    /// The most sessions at once.
    pub sessions: Option<u32>,
    /// The most recipients a minute.
    pub per_minute: Option<u32>,
    /// Who says so of it.
    pub source: Option<String>,
    /// And when.
    pub date: Option<String>,
}

/// What lists know of a domain. A trait never replaces *does it exist*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DomainTraits {
    /// A throw-away mailbox service.
    pub disposable: bool,
    /// A provider where anyone can open a mailbox.
    pub free: bool,
    /// Forwarding aliases of real mailboxes.
    pub relay: bool,
}

/// Whether a made-up name was accepted, and when that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AcceptAll {
    /// What is known.
    pub known: Knowledge,
    /// Since when.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::time_or_null"))]
    pub at: Option<String>,
}

/// How long a greylist lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Greylist {
    /// Seconds from the first attempt.
    pub delay_s: u32,
    /// Whether the host says so; otherwise less may do.
    pub stated: bool,
    /// When that was seen.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::time"))]
    pub at: String,
}

/// Whether a prober took part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    /// It did.
    Heard,
    /// There is none, or none answered.
    Unavailable,
}

/// What only a prober knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Experience {
    /// The operator, and how it is asked.
    pub operator: Option<OperatorPart>,
    /// What neighbours taught.
    pub accept_all: AcceptAll,
    /// What greylists taught.
    pub greylist: Option<Greylist>,
    /// Whether the gate is closed.
    pub gate_closed: bool,
}

impl DomainResponse {
    /// What route and lists tell.
    pub fn of(domain: &Domain, dns: &DnsEvidence) -> Self {
        let route = dns.outcome.as_ref().ok().map(|fact| fact.route.clone());
        let relay = list::is_relay(domain);
        Self {
            domain: domain.as_ascii().to_string(),
            dns_failure: dns.outcome.as_ref().err().copied(),
            operator: route.as_ref().and_then(MailRoute::operator).map(OperatorPart::of),
            traits: DomainTraits { disposable: !relay && list::is_disposable(domain), free: list::is_free(domain), relay },
            accept_all: AcceptAll { known: Knowledge::Unknown, at: None },
            greylist: None,
            gate_closed: None,
            rcpt_can_prove: can_prove(route.as_ref(), Knowledge::Unknown),
            prober: Heard::Unavailable,
            route,
        }
    }

    /// And what a prober knows beside.
    #[must_use]
    pub fn with(self, experience: Experience) -> Self {
        let Experience { operator, accept_all, greylist, gate_closed } = experience;
        Self {
            rcpt_can_prove: can_prove(self.route.as_ref(), accept_all.known),
            operator,
            accept_all,
            greylist,
            gate_closed: Some(gate_closed),
            prober: Heard::Heard,
            ..self
        }
    }

    /// The JSON text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl OperatorPart {
    /// The operator, by what everybody knows of it.
    pub fn of(operator: Operator) -> Self {
        Self {
            id: operator.id.to_string(),
            name: operator.name.to_string(),
            answers: operator.answers.as_str().to_string(),
            greylists: None,
            sessions: None,
            per_minute: None,
            source: None,
            date: None,
        }
    }
}

/// Whether RCPT can prove that a mailbox exists: not where every name is accepted, nor where there is nobody to ask. What was seen of the domain
/// itself counts for more than what is said of its operator.
fn can_prove(route: Option<&MailRoute>, accept_all: Knowledge) -> Knowledge {
    let Some(route) = route else { return Knowledge::Unknown };
    let truthful = route.operator().is_some_and(|operator| operator.answers == Answers::Truthfully);
    match accept_all {
        _ if !route.works() || route.answers_after_data() => Knowledge::No,
        Knowledge::Yes => Knowledge::No,
        Knowledge::No => Knowledge::Yes,
        Knowledge::Unknown if truthful => Knowledge::Yes,
        Knowledge::Unknown => Knowledge::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::dns::MxHost;
    use crate::domain::host_name::HostName;
    use crate::evidence::{RouteFact, UnixMillis};

    fn response(domain: &str, exchange: &str) -> DomainResponse {
        let route = MailRoute::Hosts { hosts: vec![MxHost { preference: 10, exchange: HostName::new(exchange) }] };
        let dns = DnsEvidence { at: UnixMillis(0), outcome: Ok(RouteFact { route, authenticated: false, ttl_s: 60 }) };
        DomainResponse::of(&Domain::parse(domain).expect("a domain"), &dns)
    }

    #[test]
    fn ok_without_a_prober_nothing_is_made_up() {
        let alone = response("gmail.com", "gmail-smtp-in.l.google.com");
        assert_eq!((alone.prober, alone.gate_closed, &alone.greylist), (Heard::Unavailable, None, &None));
        assert_eq!((alone.traits.free, alone.accept_all.known), (true, Knowledge::Unknown));
        let operator = alone.operator.expect("one");
        assert_eq!((operator.id.as_str(), operator.sessions, operator.source), ("google", None, None));
    }

    #[test]
    fn ok_with_a_prober_its_experience_counts() {
        let told = |exchange: &str, known| {
            let asked = response("a.example", exchange);
            let accept_all = AcceptAll { known, at: None };
            let known = asked.clone().with(Experience { operator: asked.operator, accept_all, greylist: None, gate_closed: false });
            assert_eq!((known.prober, known.gate_closed), (Heard::Heard, Some(false)));
            known.rcpt_can_prove
        };
        assert_eq!(told("gmail-smtp-in.l.google.com", Knowledge::Yes), Knowledge::No);
        assert_eq!(told("gmail-smtp-in.l.google.com", Knowledge::Unknown), Knowledge::Yes);
        assert_eq!(told("mx.a.example", Knowledge::Unknown), Knowledge::Unknown);
        assert_eq!(told("mx.a.example", Knowledge::No), Knowledge::Yes);
        assert_eq!(told("mta5.am0.yahoodns.net", Knowledge::No), Knowledge::No);
    }
}
