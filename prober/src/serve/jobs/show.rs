//! A job in words.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};
use shared::domain::operator::Operator;
use shared::verdict::Level;
use tokio::task::spawn_blocking;

use crate::bulk::{self, Counts, HostsStanding, Standing};
use crate::jobs::{Delivery, Job, Jobs, State};
use crate::pace::Allowance;

/// A job, how far it is, and how far each operator's mailboxes are.
pub(super) async fn json(jobs: &Arc<Jobs>, job: &Job) -> Value {
    let state = jobs.progress_of(&job.id);
    let (standing, hosts) = match jobs.standing(&job.id) {
        Some(standing) => (Some(standing), by_hosts(state).await),
        None => spawn_blocking(move || (bulk::standing(&state).ok(), bulk::progress_by_hosts(&state).unwrap_or_default()))
            .await
            .unwrap_or_default(),
    };
    let operators: Vec<Value> = hosts.iter().map(operator).collect();
    let left = if job.state == State::Running { hosts.iter().map(left_s).max() } else { None };
    let mut shown = json!({
        "id": job.id, "state": job.state, "level": job.wish.level,
        "created_at": job.created.to_rfc3339(), "expires_at": job.expires.to_rfc3339(),
        "progress": null, "counts": null, "operators": operators, "fault": job.fault,
        "webhook": webhook(jobs, job),
        "eta_s": left.filter(|_| job.wish.level == Level::Smtp),
    });
    if let (Some(standing), Some(members)) = (standing, shown.as_object_mut()) {
        members.insert("progress".to_owned(), progress(standing));
        members.insert("counts".to_owned(), counts(standing.counts));
    }
    shown
}

/// What becomes of a job's news, and the secret by which its owner knows it.
fn webhook(jobs: &Jobs, job: &Job) -> Value {
    let Some(hook) = &job.hook else { return Value::Null };
    let news = jobs.deliveries(job).unwrap_or_default();
    let one = |one: &Delivery| json!({ "id": one.id, "state": one.state, "tries": one.tries, "fault": one.fault });
    let secret = jobs.hook_secret(&job.owner).map(|secret| String::from_utf8_lossy(secret.as_bytes()).into_owned());
    json!({ "url": hook.url, "every": hook.every, "secret": secret, "deliveries": news.iter().map(one).collect::<Vec<_>>() })
}

async fn by_hosts(state: PathBuf) -> Vec<HostsStanding> {
    // Until the list is read there is nothing to tell.
    spawn_blocking(move || bulk::progress_by_hosts(&state).unwrap_or_default()).await.unwrap_or_default()
}

/// How far a job is.
pub(super) fn progress(standing: Standing) -> Value {
    let Standing { phase, done, all, put_off, .. } = standing;
    json!({ "doing": phase.as_str(), "unit": phase.unit(), "done": done, "all": if all > 0 { Some(all) } else { None }, "put_off": put_off })
}

/// The answers by status.
pub(super) fn counts(counts: Counts) -> Value {
    Counts::ORDER.iter().map(|status| (status.as_str().to_owned(), json!(counts.of(*status)))).collect::<serde_json::Map<_, _>>().into()
}

fn operator(one: &HostsStanding) -> Value {
    json!({ "hosts": one.hosts, "all": one.all, "done": one.done, "eta_s": left_s(one) })
}

/// How long the rest takes at the pace at which these hosts are asked.
fn left_s(one: &HostsStanding) -> u64 {
    let known = Operator::all().find(|operator| operator.id == one.hosts);
    one.all.saturating_sub(one.done).saturating_mul(60).div_ceil(u64::from(Allowance::of(known).per_minute.max(1)))
}
