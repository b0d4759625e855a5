//! `GET /v1/domains/{domain}`: what is known of a domain before anybody is asked about a mailbox of it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use shared::dns::MailRoute;
use shared::domain::Domain;
use shared::domain::host_name::HostName;
use shared::domain::operator::{Answers, Operator};
use shared::evidence::Knowledge;
use shared::wire::ProblemKind;
use tokio::time::Instant;

use super::respond::RequestId;
use super::{Service, respond};

/// Route, operator, and what earlier probes taught.
pub(super) async fn domain(State(service): State<Arc<Service>>, Extension(id): Extension<RequestId>, Path(text): Path<String>) -> Response {
    match Domain::parse(&text) {
        Ok(domain) => respond::json(StatusCode::OK, describe(&service, &domain).await.to_string()),
        Err(error) => {
            let detail = format!("expected a domain name in the path: {error}");
            respond::problem(&ProblemKind::InvalidRequest.because(detail), &id)
        }
    }
}

async fn describe(service: &Service, domain: &Domain) -> Value {
    let prober = &service.prober;
    let dns = prober.resolver.route(domain, Instant::now() + service.deadline).await;
    let route = dns.outcome.as_ref().ok().map(|fact| &fact.route);
    let operator = route.and_then(MailRoute::operator);
    let (mut accept_all, mut at) = (Knowledge::Unknown, None);
    for host in route.map(|route| hosts(route, domain)).unwrap_or_default() {
        if let Some(known) = prober.neighbour(domain.as_ascii(), &host).await {
            (accept_all, at) = (known.accept_all(), Some(known.at.to_rfc3339()));
            break;
        }
    }
    let delay = prober.greylist_delay(domain.as_ascii()).await;
    json!({
        "domain": domain.as_ascii(),
        "route": route,
        "dns_failure": dns.outcome.as_ref().err(),
        "operator": operator.map(describe_operator),
        "accept_all": { "known": accept_all, "at": at },
        "greylist": delay.map(|delay| json!({ "delay_s": delay.delay_s, "stated": delay.stated, "at": delay.at.to_rfc3339() })),
        "gate_closed": operator.is_some_and(|operator| prober.gate.closed().contains(&operator.id)),
        "rcpt_can_prove": can_prove(route, operator, accept_all),
    })
}

fn describe_operator(operator: Operator) -> Value {
    let conduct = operator.conduct();
    let known = !conduct.operator.is_empty();
    json!({
        "id": operator.id,
        "name": operator.name,
        "answers": operator.answers.as_str(),
        "greylists": conduct.greylists,
        "sessions": conduct.pacing.sessions(),
        "per_minute": conduct.pacing.per_minute(),
        "source": known.then_some(conduct.source),
        "date": known.then_some(conduct.date),
    })
}

/// The names of the hosts; of an implicit route the domain itself.
fn hosts(route: &MailRoute, domain: &Domain) -> Vec<HostName> {
    match route {
        MailRoute::Implicit => vec![HostName::from(domain)],
        _ => route.groups().flatten().map(|host| host.exchange.clone()).collect(),
    }
}

/// Whether RCPT can prove that a mailbox exists here: not where every name is accepted, nor where there is nobody to ask. What was seen of
/// the domain itself counts for more than what is said of its operator.
fn can_prove(route: Option<&MailRoute>, operator: Option<Operator>, accept_all: Knowledge) -> Knowledge {
    let Some(route) = route else { return Knowledge::Unknown };
    let truthful = operator.is_some_and(|operator| operator.answers == Answers::Truthfully);
    match accept_all {
        _ if !route.works() || route.answers_after_data() => Knowledge::No,
        Knowledge::Yes => Knowledge::No,
        Knowledge::No => Knowledge::Yes,
        Knowledge::Unknown if truthful => Knowledge::Yes,
        Knowledge::Unknown => Knowledge::Unknown,
    }
}
