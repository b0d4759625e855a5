//! `rcpt lab`.

use std::io::{self, Write as _};

use clap::{ValueEnum, value_parser};

use super::{Fault, signals};
use crate::lab::{self, Config};

/// Run the lab, or list what it plays.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print the addresses to try, what they play, and the verdict to expect; run nothing
    #[arg(long)]
    list: bool,
    /// How to print the list
    #[arg(long, value_enum, default_value_t = Format::Human, requires = "list")]
    format: Format,
    /// The port of every mail host (0: a free one)
    #[arg(long, default_value_t = Config::default().smtp_port)]
    smtp_port: u16,
    /// The port of the name server (0: a free one)
    #[arg(long, default_value_t = Config::default().dns_port)]
    dns_port: u16,
    /// The port of DNS over HTTPS (0: a free one)
    #[arg(long, default_value_t = Config::default().doh_port)]
    doh_port: u16,
    /// So many more mail hosts of each kind that load is tried with, such as host1.crowd-silent.example (10000 at most)
    #[arg(long, default_value_t = 0, value_parser = value_parser!(u16).range(..=10_000))]
    crowd: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Aligned columns
    Human,
    /// One JSON object a line
    Jsonl,
}

/// Lists, or runs until Ctrl-C or SIGTERM.
pub(super) async fn run(args: Args) -> Result<(), Fault> {
    if args.list {
        let list = if args.format == Format::Human { lab::list_human() } else { lab::list_jsonl() };
        return Ok(io::stdout().write_all(list.as_bytes())?);
    }
    let config = Config {
        smtp_port: args.smtp_port,
        dns_port: args.dns_port,
        doh_port: args.doh_port,
        crowd: args.crowd.into(),
        ..Config::default()
    };
    let stop = signals::stop()?;
    let lab = lab::start(config).await.map_err(|error| Fault::Failed(format!("the lab cannot start: {error}")))?;
    anstream::println!("The lab runs; Ctrl-C ends it.");
    anstream::println!("  mail hosts  127.77.0.0/16, port {}", lab.smtp_port());
    anstream::println!("  DNS         {}", lab.dns());
    anstream::println!("  DoH         {}", lab.doh_url());
    anstream::println!("Try: rcpt verify --lab ada@accepts.example   (all addresses: rcpt lab --list)");
    stop.await;
    lab.stop().await;
    Ok(())
}
