//! `rcpt work`.

use super::settings::Flags;
use super::{Fault, lab, stream};

/// Work for others
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    stream: stream::Stream,
    /// How many tasks are in hand at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    concurrency: Option<u16>,
    /// Ask a running lab instead of the internet
    #[arg(long)]
    lab: bool,
    #[command(flatten)]
    settings: Flags,
}

/// Works until Ctrl-C or SIGTERM.
pub(super) async fn run(args: Args) -> Result<(), Fault> {
    let config = args.settings.configure(args.lab)?;
    if args.lab {
        lab::find(&config).await?;
    }
    if args.stream.is_wanted() {
        return stream::run(&args.stream, &config, args.concurrency.unwrap_or(64)).await;
    }
    Err(Fault::BadUse("RCPT_QUEUE: expected the queue of an `rcpt serve`, found none".to_owned()))
}
