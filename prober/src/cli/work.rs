//! `rcpt work`.

use std::sync::Arc;

use super::settings::{Flags, log_strangers};
use super::{Fault, lab, signals, stream};
use crate::config::Config;
use crate::probe::Prober;
use crate::queue::{Broker, TASKS_AT_ONCE, Worker};
use crate::{logging, serve};

/// Work for others: ask what the jobs of any `rcpt serve` on the same queue want to know
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
A worker takes tasks from the queue of RCPT_QUEUE, each a few mailboxes of one host, asks, and sends the answers back. It keeps nothing; what it
has in hand when it dies is done by another one. On Ctrl-C or SIGTERM it finishes what it can, gives back the rest, and leaves every mail host
with QUIT. A queue that is away is waited for; one that refuses us is bad settings.

With --from and --to it verifies a topic of addresses into a topic of verdicts instead; docs/kafka.md tells more.")]
pub(super) struct Args {
    #[command(flatten)]
    stream: stream::Stream,
    /// How many tasks, or addresses of a stream, are in hand at once
    #[arg(long, value_name = "N", default_value_t = TASKS_AT_ONCE, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    concurrency: u16,
    /// Ask a running lab instead of the internet
    #[arg(long)]
    lab: bool,
    #[command(flatten)]
    settings: Flags,
}

/// Works until Ctrl-C or SIGTERM.
pub(super) async fn run(args: Args) -> Result<(), Fault> {
    let config = args.settings.configure(args.lab)?;
    if args.stream.is_wanted() {
        return stream::run(&args.stream, &config, args.concurrency).await;
    }
    let broker = broker(&config)?;
    logging::start(config.log);
    log_strangers();
    lab::look_for(&config).await;
    let prober = Arc::new(Prober::new(&config).map_err(Fault::Failed)?);
    let mut stop = Box::pin(signals::stop()?);
    tokio::select! {
        greeted = broker.greet() => greeted.map_err(|fault| Fault::BadUse(format!("RCPT_QUEUE: {fault}")))?,
        () = &mut stop => {
            broker.close().await;
            tracing::info!("stopped");
            return Ok(());
        }
    }
    tracing::info!(queue = config.queue.kind(), lab = args.lab, tasks = args.concurrency, "working");
    let worker =
        Worker { prober: Arc::clone(&prober), broker: Arc::clone(&broker), patience: config.deadline, concurrency: args.concurrency };
    worker.work(stop).await;
    broker.close().await;
    prober.farewells().finish(serve::LEAVE_TAKING).await;
    tracing::info!("stopped");
    Ok(())
}

/// The queue, where there is one to work for, and somebody to ask as.
fn broker(config: &Config) -> Result<Arc<dyn Broker>, Fault> {
    if config.identity.is_none() {
        return Err(Fault::BadUse("RCPT_HELO and RCPT_MAIL_FROM are not set: a worker has nobody to ask as".to_owned()));
    }
    let none = || Fault::BadUse("RCPT_QUEUE: expected the queue of an `rcpt serve`, found none".to_owned());
    config.queue.open(config.in_lab).ok_or_else(none)
}
