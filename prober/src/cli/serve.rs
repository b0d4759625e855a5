//! `rcpt serve`.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket};

use super::settings::{Flags, log_strangers};
use super::{Fault, lab, signals};
use crate::probe::Prober;
use crate::queue::Address;
use crate::{config, jobs, logging, serve};

/// How many callers may wait to be let in; the system may allow fewer (listen(2), net.core.somaxconn).
const QUEUE: u32 = 4096;

/// Serve /v1/probe for edges and /v1/verify for users without one.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Ask a running lab instead of the internet
    #[arg(long)]
    lab: bool,
    #[command(flatten)]
    settings: Flags,
}

/// Serves until Ctrl-C or SIGTERM.
pub(super) async fn run(args: Args) -> Result<(), Fault> {
    let config = args.settings.configure(args.lab)?;
    logging::start(config.log);
    let prober = Arc::new(Prober::new(&config).map_err(Fault::Failed)?);
    let _hold = match &config.data {
        Some(folder) => Some(jobs::hold(folder).await.map_err(Fault::BadUse)?),
        None => None,
    };
    let listener = listen(config.listen).map_err(|error| Fault::Failed(why_not(config.listen, &error)))?;
    let stop = signals::stop()?;
    announce(&config, &listener)?;
    lab::look_for(&config).await;
    serve::serve(&config, prober, listener, stop).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Who comes in a crowd waits in the queue; where that overflows, the system drops callers, who try again after seconds.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

fn why_not(address: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => format!("{address} is in use already; --listen or RCPT_LISTEN says where else to listen"),
        _ => format!("cannot listen on {address}: {error}"),
    }
}

fn announce(config: &config::Config, listener: &TcpListener) -> Result<(), Fault> {
    log_strangers();
    tracing::info!(listen = %listener.local_addr()?, probes = config.identity.is_some(), edges = config.secret.is_some(), queue = config.queue.kind(), "serving");
    if config.identity.is_none() {
        tracing::warn!("RCPT_HELO and RCPT_MAIL_FROM are not set: no mail host is asked, and verdicts stop at not_probed");
    }
    if config.queue != Address::Embedded && config.work && config.identity.is_none() {
        tracing::warn!("without them this process works on no tasks: jobs wait for `rcpt work` elsewhere");
    }
    if config.secret.is_none() {
        tracing::warn!("RCPT_SECRET is not set: /v1/probe is closed to edges");
    }
    if let Some((given, missing)) = half_of_jobs(config) {
        tracing::warn!("{given} is set and {missing} is not: nobody can give jobs");
    }
    Ok(())
}

/// Jobs need a folder and somebody who may give them: which of the two is there, and which is not.
fn half_of_jobs(config: &config::Config) -> Option<(&'static str, &'static str)> {
    match (config.data.is_some(), config.keys.owners().next().is_some()) {
        (true, false) => Some(("RCPT_DATA", "RCPT_KEYS")),
        (false, true) => Some(("RCPT_KEYS", "RCPT_DATA")),
        _ => None,
    }
}
