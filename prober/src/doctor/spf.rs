//! The SPF record of the reverse-path's domain covers our addresses (RFC 7208).
//!
//! Evaluated here: every crate that does it is either under a licence that this project cannot take over (viaspf, GPL) or brings a mail stack
//! and a resolver of its own (mail-auth).

mod evaluate;
mod expand;
mod mend;
mod record;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use futures_util::future::join_all;

use evaluate::{Evaluation, SpfResult, check_host};
use expand::Subject;

use super::finding::{Check, Finding, Outcome, quoted};
use super::zone_file;
use crate::identity::Identity;
use crate::resolver::Names;

const COST: &str = "hosts that check SPF refuse our reverse-path or think worse of us: verdicts become unknown/policy_refused";

/// Checks every source, and says of all that are not covered which one record would cover them.
pub(super) async fn check(names: &impl Names, sources: &[IpAddr], identity: &Identity) -> Vec<Finding> {
    let Some(domain) = identity.mail_from.domain() else { return Vec::new() };
    let sender = identity.mail_from.wire();
    let subject = |ip| Subject { ip, domain: domain.as_ascii(), sender: &sender, helo: identity.helo.as_str() };
    let evaluations = join_all(sources.iter().map(|ip| check_host(names, subject(*ip)))).await;
    let found: Vec<(IpAddr, Evaluation)> = sources.iter().copied().zip(evaluations).collect();
    assess(domain.as_ascii(), &found)
}

fn assess(domain: &str, found: &[(IpAddr, Evaluation)]) -> Vec<Finding> {
    let uncovered: Vec<IpAddr> = found.iter().filter(|(_, one)| one.result != SpfResult::Pass).map(|(ip, _)| *ip).collect();
    found.iter().map(|(ip, one)| of_one(domain, *ip, one, &uncovered)).collect()
}

fn of_one(domain: &str, ip: IpAddr, one: &Evaluation, uncovered: &[IpAddr]) -> Finding {
    let outcome = match one.result {
        SpfResult::Pass => Outcome::Ok,
        SpfResult::Neutral | SpfResult::SoftFail => Outcome::Warning,
        SpfResult::None | SpfResult::Fail | SpfResult::PermError => Outcome::Failed,
        SpfResult::TempError => Outcome::Unknown,
    };
    let finding = Finding::new(Check::Spf, outcome, format!("{domain}: {} ({})", one.result, quoted(&one.why))).of(ip);
    match outcome {
        Outcome::Warning | Outcome::Failed => {
            finding.costs(COST).publish(vec![zone_file::text(domain, &mend::merged(&one.published, uncovered))]).advise(advice(one))
        }
        _ => finding,
    }
}

fn advice(one: &Evaluation) -> &'static str {
    match one.published.len() {
        0 => "publish this record",
        1 => "put this record in the place of the one that is there",
        _ => "put this one record in the place of those that are there: there may be only one (RFC 7208 §3.2)",
    }
}
