//! `rcpt serve`.

use std::sync::Arc;

use tokio::net::TcpListener;

use super::settings::Flags;
use super::{Fault, signals};
use crate::probe::Prober;
use crate::{logging, serve};

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
    let listener =
        TcpListener::bind(config.listen).await.map_err(|error| Fault::Failed(format!("cannot listen on {}: {error}", config.listen)))?;
    let stop = signals::stop()?;
    announce(&config, &listener)?;
    serve::serve(&config, prober, listener, stop).await?;
    tracing::info!("stopped");
    Ok(())
}

fn announce(config: &crate::config::Config, listener: &TcpListener) -> Result<(), Fault> {
    tracing::info!(listen = %listener.local_addr()?, probes = config.identity.is_some(), edges = config.secret.is_some(), "serving");
    if config.identity.is_none() {
        tracing::warn!("RCPT_HELO and RCPT_MAIL_FROM are not set: no mail host is asked, and verdicts stop at not_probed");
    }
    if config.secret.is_none() {
        tracing::warn!("RCPT_SECRET is not set: /v1/probe is closed to edges");
    }
    Ok(())
}
