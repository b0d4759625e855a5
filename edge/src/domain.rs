//! What is known of a domain: in a prober's words, since it has learnt of it; where none answers, the route and what lists say.

use percent_encoding::percent_decode_str;
use shared::dns::MailRoute;
use shared::domain::Domain;
use shared::domain::special_use::SpecialUse;
use shared::evidence::{DnsEvidence, RouteFact};
use shared::wire::domain::PREFIX;
use shared::wire::{DomainResponse, Problem, ProblemKind};

use crate::clock::{self, Until};
use crate::desk::Desk;
use crate::forward;

/// The answer, as JSON.
///
/// # Errors
/// `invalid_request` where the path ends in no domain name.
pub(crate) async fn describe(desk: &Desk, path: &str) -> Result<String, Problem> {
    let text = percent_decode_str(path.strip_prefix(PREFIX).unwrap_or_default()).decode_utf8_lossy();
    let no_domain = |error| ProblemKind::InvalidRequest.because(format!("expected a domain name in the path: {error}"));
    let domain = Domain::parse(&text).map_err(no_domain)?;
    let until = desk.until(None);
    let told = match &desk.config.probers {
        // Half of the time stays for finding out what can be found out here.
        Some(probers) => forward::describe(probers, domain.as_ascii(), until.less(until.left() / 2), &desk.id).await,
        None => None,
    };
    match told.map(String::from_utf8) {
        Some(Ok(told)) => Ok(told),
        _ => Ok(DomainResponse::of(&domain, &route(desk, &domain, until).await).to_json()),
    }
}

/// Names that the public DNS will never hold are not asked for.
async fn route(desk: &Desk, domain: &Domain, until: Until) -> DnsEvidence {
    if SpecialUse::of(domain).is_none() {
        return desk.route(domain, until, None).await;
    }
    let fact = RouteFact { route: MailRoute::NoSuchDomain, authenticated: false, ttl_s: 0 };
    DnsEvidence { at: clock::now(), outcome: Ok(fact) }
}
