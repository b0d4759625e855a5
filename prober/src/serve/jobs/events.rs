//! `GET /v1/jobs/{id}/events`: how far a job is, as it changes (server-sent events, WHATWG HTML §9.2).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::response::Response;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Sender, channel};
use tokio::time::{Instant, sleep};

use super::{Desk, Found, pipe, show, streamed};
use crate::jobs::{Job, Jobs};

/// How often a job is looked at.
const EVERY: Duration = Duration::from_millis(500);
/// After so long without a change something is sent all the same, so that nobody between takes the connection for dead.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// Events `progress` while the job is under way, and `end` with the whole job when it is not any more.
pub(in super::super) async fn events(Found { desk, job, .. }: Found) -> Response {
    let (sender, receiver) = channel(4);
    tokio::spawn(tell(desk, job, sender));
    streamed("text/event-stream", pipe::from(receiver))
}

/// Tells until the job is no longer under way, whoever listens has gone, or the process ends.
async fn tell(desk: Desk, job: Job, sender: Sender<io::Result<Bytes>>) {
    let (mut last, mut told_at) = (Value::Null, Instant::now());
    while let Some(now) = under_way(&desk.jobs, &job) {
        let is_changed = now != last;
        if is_changed || told_at.elapsed() > SIGN_OF_LIFE {
            let text = if is_changed { event("progress", &now) } else { ":\n\n".to_owned() };
            if sender.send(Ok(text.into())).await.is_err() {
                return;
            }
            (last, told_at) = (now, Instant::now());
        }
        sleep(EVERY).await;
    }
    // A job that was removed meanwhile has no last word.
    if let Ok(job) = desk.jobs.find(&desk.owner, &job.id) {
        let whole = show::json(&desk.jobs, &job).await;
        let _ = sender.send(Ok(event("end", &whole).into())).await;
    }
}

fn under_way(jobs: &Arc<Jobs>, job: &Job) -> Option<Value> {
    let standing = jobs.standing(&job.id).filter(|_| !jobs.is_closing())?;
    Some(json!({ "id": job.id, "progress": show::progress(standing), "counts": show::counts(standing, job.level()) }))
}

fn event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}
