//! The service `rcpt serve`: `POST /v1/probe` for edges, `POST /v1/verify` for users without one, and its health.

mod body;
mod canary;
mod domain;
mod health;
mod jobs;
mod probe;
mod replay;
mod respond;
mod verify;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use shared::wire::signature::Secret;
use shared::wire::{Problem, ProblemKind, probe as wire_probe};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use crate::config::Config;
use crate::jobs::Jobs;
use crate::probe::Prober;
use crate::queue::{Broker, TASKS_AT_ONCE, Worker};
use replay::ReplayGuard;

/// How long a process waits for sessions that say QUIT when it ends.
pub(crate) const LEAVE_TAKING: Duration = Duration::from_secs(3);

/// What every request shares.
struct Service {
    prober: Arc<Prober>,
    /// The secrets that edges may sign with, the present one first.
    secrets: Vec<Secret>,
    deadline: Duration,
    slots: Arc<Semaphore>,
    replays: ReplayGuard,
    jobs: Option<Arc<Jobs>>,
    /// The queue that is shared with workers elsewhere.
    broker: Option<Arc<dyn Broker>>,
}

/// Serves on `listener` until `stop` comes; then takes no more, answers what is in hand, and leaves every mail host with QUIT.
///
/// # Errors
/// Where the listener fails.
pub async fn serve(
    config: &Config,
    prober: Arc<Prober>,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let broker = config.queue.open(config.in_lab);
    let jobs = Jobs::open(config, &prober, broker.as_ref()).map_err(io::Error::other)?;
    let service = Arc::new(Service {
        prober: Arc::clone(&prober),
        secrets: config.secret.iter().chain(&config.secret_previous).cloned().collect(),
        deadline: config.deadline,
        slots: Arc::new(Semaphore::new(config.max_probes)),
        replays: ReplayGuard::default(),
        jobs: jobs.clone(),
        broker: broker.clone(),
    });
    let canaries = tokio::spawn(canary::watch(Arc::clone(&prober), config.canaries.clone()));
    let sweeping = jobs.clone().map(|jobs| tokio::spawn(jobs.sweep()));
    let delivering = jobs.clone().map(|jobs| tokio::spawn(jobs.deliver()));
    let hearing = jobs.clone().map(|jobs| tokio::spawn(jobs.hear()));
    let working = Working::start(config, &prober, broker.as_ref());
    let (stopping, stopped) = oneshot::channel::<()>();
    let closing = jobs.clone();
    let announced = async move {
        stop.await;
        if let Some(jobs) = closing {
            jobs.close();
        }
        let _ = stopping.send(());
    };
    let patience = async {
        // A sender that is dropped without word means that the server ended by itself; there is nothing to wait for then.
        if stopped.await.is_ok() {
            tokio::time::sleep(config.deadline + LEAVE_TAKING).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        served = axum::serve(listener, router(service).into_make_service()).with_graceful_shutdown(announced).into_future() => served?,
        () = patience => tracing::warn!("requests were still in hand at the end of their deadlines"),
    }
    canaries.abort();
    sweeping.iter().chain(&delivering).for_each(JoinHandle::abort);
    if let Some(jobs) = jobs {
        jobs.stop().await;
    }
    // Answers that come now stay in the queue; nobody here would keep them.
    hearing.iter().for_each(JoinHandle::abort);
    working.stop().await;
    if let Some(broker) = broker {
        broker.close().await;
    }
    prober.farewells().finish(LEAVE_TAKING).await;
    Ok(())
}

/// The part of `rcpt serve` that works on tasks, where there is one.
struct Working(Option<(oneshot::Sender<()>, JoinHandle<()>)>);

impl Working {
    fn start(config: &Config, prober: &Arc<Prober>, broker: Option<&Arc<dyn Broker>>) -> Self {
        let broker = broker.filter(|_| config.work && prober.has_identity());
        Self(broker.map(|broker| {
            let (stop, stopped) = oneshot::channel();
            let worker =
                Worker { prober: Arc::clone(prober), broker: Arc::clone(broker), patience: config.deadline, concurrency: TASKS_AT_ONCE };
            (stop, tokio::spawn(worker.work(async { drop(stopped.await) })))
        }))
    }

    async fn stop(self) {
        if let Some((stop, working)) = self.0 {
            let _ = stop.send(());
            // Should it have failed, its tasks go back all the same.
            let _ = working.await;
        }
    }
}

fn router(service: Arc<Service>) -> Router {
    let routes = Router::new()
        // For edges.
        .route(wire_probe::PATH, post(probe::probe))
        // For users without an edge.
        .route("/v1/verify", post(verify::verify))
        .route("/v1/jobs", post(jobs::give).get(jobs::list))
        .route("/v1/jobs/{id}", get(jobs::show).delete(jobs::forget))
        .route("/v1/jobs/{id}/events", get(jobs::events))
        .route("/v1/jobs/{id}/results", get(jobs::results))
        .route("/v1/jobs/{id}/pause", post(jobs::pause))
        .route("/v1/jobs/{id}/resume", post(jobs::resume))
        .route("/v1/jobs/{id}/cancel", post(jobs::cancel))
        // For whoever runs it.
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(respond::openapi))
        .route("/v1/domains/{domain}", get(domain::domain))
        .fallback(respond::not_found)
        .with_state(service);
    // Around the whole: a router adds `Allow` when all layers of its own are through.
    Router::new().fallback_service(routes).layer(from_fn(respond::with_request_id))
}

impl Service {
    /// A place among the verifications that run at once.
    fn slot(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let full = || ProblemKind::Overloaded.because("as many verifications are running as RCPT_MAX_PROBES allows");
        Arc::clone(&self.slots).try_acquire_owned().map_err(|_| full())
    }

    /// Runs `work` to its end even where the client goes away, so that no mail host is left in mid-sentence.
    async fn see_through<T: Send + 'static>(
        &self,
        slot: OwnedSemaphorePermit,
        id: &str,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Problem> {
        let (done, result) = oneshot::channel();
        let work = async move {
            let _ = done.send(work.await);
            drop(slot);
        };
        self.prober.farewells().spawn(work.instrument(tracing::info_span!("request", request_id = id)));
        result.await.map_err(|_| ProblemKind::Internal.because("the verification ended without a result"))
    }
}
