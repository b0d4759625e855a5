//! Every domain looked up, once.

use std::sync::Arc;

use shared::domain::Domain;
use shared::evidence::{DnsEvidence, Evidence};
use shared::verdict::{Level, Step, judge, next_step};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::store::{LookedUp, Open, Store};
use super::tally::Phase;
use super::{Trouble, Work};
use crate::clock;
use crate::probe::Prober;

/// How many look-ups are under way at once; the resolver has room for no more.
const AT_ONCE: usize = 256;
/// How many are kept at once at the most.
const BATCH: usize = 500;

/// Looks up the domains that are open; `false` where it was called off before the end.
pub(super) async fn resolve(work: &Work, store: &mut Store, sampled: bool) -> Result<bool, Trouble> {
    let (all, done) = store.domains()?;
    work.tally.begin(Phase::Resolve, done, all);
    let (mut under_way, mut open, mut after) = (JoinSet::new(), Vec::new().into_iter(), 0);
    let mut more = true;
    while !work.is_stopped() {
        while under_way.len() < AT_ONCE && more {
            if let Some(Open { id, name }) = open.next() {
                after = id;
                under_way.spawn(look_up(Arc::clone(&work.prober), id, name, Instant::now() + work.patience));
            } else {
                open = store.open_domains(after, sampled)?.into_iter();
                more = open.len() > 0;
            }
        }
        let Some(first) = under_way.join_next().await else { return Ok(true) };
        let mut found = Vec::from_iter(first.map_err(|error| error.to_string())?);
        while let Some(next) = under_way.try_join_next().filter(|_| found.len() < BATCH) {
            found.extend(next.map_err(|error| error.to_string())?);
        }
        store.keep_domains(&found)?;
        work.tally.advance(found.len() as u64);
    }
    Ok(false)
}

async fn look_up(prober: Arc<Prober>, id: i64, name: String, deadline: Instant) -> Option<LookedUp> {
    let domain = Domain::parse(&name).ok()?;
    let dns = prober.resolver.route(&domain, deadline).await;
    // Whether anybody can be asked does not depend on the name before the @.
    let mut evidence = Evidence::of_text(&format!("postmaster@{name}"), clock::now());
    evidence.dns = Some(dns.clone());
    let asks = next_step(&evidence, Level::Smtp) == Step::Probe;
    let hosts = asks.then(|| hosts_of(&dns, &name));
    Some(LookedUp { id, verdict: judge(&evidence), evidence: dns, hosts })
}

/// Who takes the mail: an operator, whose hosts share one pace, or else the hosts themselves.
fn hosts_of(dns: &DnsEvidence, domain: &str) -> String {
    let Ok(fact) = &dns.outcome else { return domain.to_owned() };
    if let Some(operator) = fact.route.operator() {
        return operator.id.to_owned();
    }
    let names: Vec<&str> = fact.route.groups().flatten().map(|host| host.exchange.as_str()).collect();
    if names.is_empty() { domain.to_owned() } else { names.join(" ") }
}
