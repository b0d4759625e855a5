//! `GET /v1/domains/{domain}`: what is known of a domain before anybody is asked about a mailbox of it. An edge signs its request; whoever else
//! reaches the service may ask, too.

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use shared::dns::MailRoute;
use shared::domain::Domain;
use shared::domain::host_name::HostName;
use shared::domain::operator::Operator;
use shared::evidence::Knowledge;
use shared::wire::domain::{AcceptAll, Experience, Greylist, OperatorPart};
use shared::wire::signature::{self, Signed};
use shared::wire::{DomainResponse, Problem, ProblemKind};
use tokio::time::Instant;

use super::body::text_of;
use super::probe::check_signature;
use super::respond::RequestId;
use super::{Service, respond};

/// Route, operator, and what earlier probes taught.
pub(super) async fn domain(
    State(service): State<Arc<Service>>,
    Extension(id): Extension<RequestId>,
    uri: Uri,
    headers: HeaderMap,
    text: Result<Path<String>, PathRejection>,
) -> Response {
    match admit(&service, uri.path(), &headers).and_then(|()| parse(text)) {
        Ok(domain) => respond::json(StatusCode::OK, describe(&service, &domain).await.to_json()),
        Err(problem) => respond::problem(&problem, &id),
    }
}

/// A signature that is there must be good. It may come again: this asks nobody but the DNS.
fn admit(service: &Service, path: &str, headers: &HeaderMap) -> Result<(), Problem> {
    match text_of(headers, signature::HEADER).filter(|_| !service.secrets.is_empty()) {
        Some(header) => check_signature(&service.secrets, Signed { method: "GET", path, body: b"" }, header).map(drop),
        None => Ok(()),
    }
}

fn parse(text: Result<Path<String>, PathRejection>) -> Result<Domain, Problem> {
    let Path(text) = text.map_err(|_| ProblemKind::InvalidRequest.because("expected a domain name in the path: expected UTF-8"))?;
    Domain::parse(&text).map_err(|error| ProblemKind::InvalidRequest.because(format!("expected a domain name in the path: {error}")))
}

async fn describe(service: &Service, domain: &Domain) -> DomainResponse {
    let prober = &service.prober;
    let dns = prober.resolver.route(domain, Instant::now() + service.deadline).await;
    let route = dns.outcome.as_ref().ok().map(|fact| &fact.route);
    let operator = route.and_then(MailRoute::operator);
    let delay = prober.greylist_delay(domain.as_ascii()).await;
    let experience = Experience {
        operator: operator.map(operator_part),
        accept_all: accept_all(service, domain, route).await,
        greylist: delay.map(|delay| Greylist { delay_s: delay.delay_s, stated: delay.stated, at: delay.at.to_rfc3339() }),
        gate_closed: operator.is_some_and(|operator| prober.gate.closed().contains(&operator.id)),
    };
    DomainResponse::of(domain, &dns).with(experience)
}

async fn accept_all(service: &Service, domain: &Domain, route: Option<&MailRoute>) -> AcceptAll {
    for host in route.map(|route| hosts(route, domain)).unwrap_or_default() {
        if let Some(known) = service.prober.neighbour(domain.as_ascii(), &host).await {
            return AcceptAll { known: known.accept_all(), at: Some(known.at.to_rfc3339()) };
        }
    }
    AcceptAll { known: Knowledge::Unknown, at: None }
}

fn operator_part(operator: Operator) -> OperatorPart {
    let conduct = operator.conduct();
    let known = !conduct.operator.is_empty();
    OperatorPart {
        greylists: Some(conduct.greylists),
        sessions: Some(conduct.pacing.sessions()),
        per_minute: Some(conduct.pacing.per_minute()),
        source: known.then(|| conduct.source.to_owned()),
        date: known.then(|| conduct.date.to_owned()),
        ..OperatorPart::of(operator)
    }
}

/// The names of the hosts; of an implicit route the domain itself.
fn hosts(route: &MailRoute, domain: &Domain) -> Vec<HostName> {
    match route {
        MailRoute::Implicit => vec![HostName::from(domain)],
        _ => route.groups().flatten().map(|host| host.exchange.clone()).collect(),
    }
}
