//! The doctor: whether this host is fit to probe, what is wrong, what that costs, and what mends it.
//!
//! Each check collects facts and a pure function says what they come to. A check that cannot be made says so; it never guesses.

pub(crate) mod blocklist;
mod finding;
mod honesty;
mod identity;
mod port;
mod reverse;
mod serving;
pub(crate) mod sntp;
mod source;
mod spf;
mod time;
mod zone_file;

use std::net::IpAddr;

use futures_util::future::join_all;
use serde::Serialize;
use shared::domain::Domain;
use tokio::time::Instant;

use crate::config::Config;
use crate::identity::Identity;
use crate::resolver::{Firsthand, Resolver};
pub use finding::{Check, Finding, Outcome};

/// Operators whose hosts are always there, one of whom must greet. Each is dialled once, and told QUIT.
const LARGE: [&str; 3] = ["gmail.com", "outlook.com", "icloud.com"];
/// Whose host stands for theirs in the lab.
const IN_LAB: &str = "accepts.example";
/// The most domains of canaries that are dialled instead.
const MAX_DOMAINS: usize = 3;

/// Whom the doctor looks at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The settings.
    pub config: &'a Config,
    /// The addresses that the world sees, as the operator says.
    pub stated: &'a [IpAddr],
    /// Whether the lab stands for the internet.
    pub in_lab: bool,
}

/// All findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether probing makes sense.
    pub fit: bool,
    /// The addresses that hosts see, as far as they are known.
    pub sources: Vec<IpAddr>,
    /// One finding for each check and each of its subjects, in the order of [`Check`].
    pub checks: Vec<Finding>,
}

/// Makes every check, all at once, and ends by the settings' deadline.
///
/// # Errors
/// Where no DNS resolver can be set up, in words.
pub async fn examine(case: Case<'_>) -> Result<Report, String> {
    let deadline = Instant::now() + case.config.deadline;
    let no_resolver = |error| format!("no DNS resolver: {error}");
    let names = Firsthand::new(&case.config.dns, deadline).map_err(no_resolver)?;
    let resolver = Resolver::new(&case.config.dns).map_err(no_resolver)?;
    let found = source::find(case.config, case.stated);
    let sources = source::seen(&found);
    let (of_host, of_sources, of_path) = tokio::join!(
        check_host(case, &names, deadline),
        check_sources(case.config, &names, &sources),
        check_reverse_path(case.config.identity.as_ref(), &resolver, deadline),
    );
    let identity = identity::check(case.config.identity.as_ref());
    let mut checks: Vec<Finding> = [vec![identity, of_path], source::assess(&found), of_host, of_sources].concat();
    // Stable, so that findings of one check stay in the order of their subjects.
    checks.sort_by_key(|finding| finding.check);
    Ok(Report { fit: checks.iter().all(|finding| finding.outcome != Outcome::Failed), sources, checks })
}

/// What is true of the host, whatever its addresses.
async fn check_host(case: Case<'_>, names: &Firsthand, deadline: Instant) -> Vec<Finding> {
    let config = case.config;
    let domains = domains_to_dial(case);
    let (parent, existing) = if case.in_lab { ("example", IN_LAB) } else { ("com", "gmail.com") };
    let clock = async {
        match &config.ntp {
            Some(server) => time::check(names, server, deadline).await,
            None => Finding::new(Check::Clock, Outcome::Skipped, "RCPT_NTP is off"),
        }
    };
    let (resolver, port, clock, cache) = tokio::join!(
        honesty::check(names, parent, existing),
        port::check(names, config, &domains, deadline),
        clock,
        serving::check_cache(config),
    );
    vec![resolver, port, clock, cache, serving::check_secret(config)]
}

/// Whose hosts are dialled: those of the operator's own canaries, or of large operators.
fn domains_to_dial(case: Case<'_>) -> Vec<String> {
    let mut domains: Vec<String> =
        case.config.canaries.iter().filter_map(|one| one.domain()).map(|one| one.as_ascii().to_owned()).collect();
    domains.dedup();
    domains.truncate(MAX_DOMAINS);
    match (domains.is_empty(), case.in_lab) {
        (false, _) => domains,
        (true, true) => vec![IN_LAB.to_owned()],
        (true, false) => LARGE.map(str::to_owned).into(),
    }
}

/// What the world knows of each address.
async fn check_sources(config: &Config, names: &Firsthand, sources: &[IpAddr]) -> Vec<Finding> {
    if sources.is_empty() {
        let unseen = |check| Finding::new(check, Outcome::Unknown, "the address that hosts see is not known");
        return [Check::ReverseDns, Check::HeloName, Check::Spf, Check::Blocklist].map(unseen).into();
    }
    let identity = config.identity.as_ref();
    let helo = identity.map(|identity| identity.helo.as_str());
    let (reverse, of_identity, listed) = tokio::join!(
        join_all(sources.iter().map(|ip| reverse::check_names(names, *ip, helo))),
        check_identity(identity, names, sources),
        check_blocklists(&config.blocklists, names, sources),
    );
    [reverse, of_identity, listed].concat()
}

/// What takes a name to check.
async fn check_identity(identity: Option<&Identity>, names: &Firsthand, sources: &[IpAddr]) -> Vec<Finding> {
    let Some(identity) = identity else {
        return vec![nameless(Check::HeloName), nameless(Check::Spf)];
    };
    let helo = identity.helo.as_str();
    let (greetings, policies) =
        tokio::join!(join_all(sources.iter().map(|ip| reverse::check_helo(names, *ip, helo))), spf::check(names, sources, identity),);
    [greetings, policies].concat()
}

async fn check_blocklists(lists: &[Domain], names: &Firsthand, sources: &[IpAddr]) -> Vec<Finding> {
    if lists.is_empty() {
        return vec![Finding::new(Check::Blocklist, Outcome::Skipped, "RCPT_BLOCKLISTS is off")];
    }
    join_all(lists.iter().map(|list| blocklist::check(names, list, sources))).await
}

async fn check_reverse_path(identity: Option<&Identity>, resolver: &Resolver, deadline: Instant) -> Finding {
    match identity.and_then(|identity| Some((identity, identity.mail_from.domain()?))) {
        Some((identity, domain)) => identity::of_route(domain.as_ascii(), identity.helo.as_str(), &resolver.route(domain, deadline).await),
        None => nameless(Check::ReversePath),
    }
}

fn nameless(check: Check) -> Finding {
    Finding::new(check, Outcome::Skipped, "there is no identity to check")
}
