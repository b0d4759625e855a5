//! A job in words.

use std::sync::Arc;

use serde_json::{Value, json};
use shared::domain::operator::Operator;
use shared::verdict::Level;

use crate::bulk::{Counts, HostsStanding, Phase, Standing};
use crate::jobs::{Delivery, Job, Jobs, State};
use crate::pace::Allowance;

/// A job, how far it is, and how far each operator's mailboxes are.
pub(super) async fn json(jobs: &Arc<Jobs>, job: &Job) -> Value {
    let (standing, look) = jobs.look(job).await;
    let operators: Vec<Value> = look.hosts.iter().map(operator).collect();
    let left = if job.state == State::Running && !jobs.is_silent() { look.hosts.iter().map(left_s).max() } else { None };
    let mut shown = json!({
        "id": job.id, "state": job.state, "level": job.level(),
        "created_at": job.created.to_rfc3339(), "expires_at": job.expires.to_rfc3339(),
        "progress": null, "counts": null, "without_verdict": null, "operators": operators, "fault": job.fault,
        "webhook": webhook(jobs, job),
        "eta_s": left.filter(|_| job.level() == Level::Smtp),
    });
    if let (Some(standing), Some(members)) = (standing, shown.as_object_mut()) {
        members.insert("progress".to_owned(), progress(standing));
        members.insert("counts".to_owned(), counts(standing, job.level()));
        members.insert("without_verdict".to_owned(), json!((standing.phase == Phase::Count).then_some(standing.faults)));
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

/// How far a job is.
pub(super) fn progress(standing: Standing) -> Value {
    let Standing { phase, done, all, put_off, .. } = standing;
    json!({ "doing": phase.as_str(), "unit": phase.unit(), "done": done, "all": if all > 0 { Some(all) } else { None }, "put_off": put_off })
}

/// The answers by status: of mailboxes, until the rows are counted. Where no mailboxes are asked about there are none before that.
pub(super) fn counts(Standing { phase, counts, .. }: Standing, level: Level) -> Value {
    if level != Level::Smtp && phase != Phase::Count {
        return Value::Null;
    }
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
