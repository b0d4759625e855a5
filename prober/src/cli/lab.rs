//! `rcpt lab`.

use std::io::{self, Write as _};
use std::time::Duration;

use clap::{ValueEnum, value_parser};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Fault, signals};
use crate::config;
use crate::lab::{self, Config};

/// Run the lab, or list what it plays.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print the addresses to try, what they play, and the verdict to expect; run nothing
    #[arg(long)]
    list: bool,
    /// Print the source addresses to try with `rcpt doctor --lab`, what to greet with there, and the fault of each; run nothing
    #[arg(long, conflicts_with = "list")]
    list_sources: bool,
    /// How to print the list
    #[arg(long, value_enum)]
    format: Option<Format>,
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
    if let Some(list) = listed(&args)? {
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
    let lab = lab::start(config).await.map_err(|error| Fault::Failed(why_not(&error)))?;
    anstream::println!("The lab runs; Ctrl-C ends it.");
    anstream::println!("  mail hosts  127.77.0.0/16, port {}", lab.smtp_port());
    anstream::println!("  DNS         {}", lab.dns());
    anstream::println!("  DoH         {}", lab.doh_url());
    anstream::println!("Try: rcpt verify --lab ada@accepts.example   (all addresses: rcpt lab --list)");
    anstream::println!("     rcpt doctor --lab                       (sources with a fault: rcpt lab --list-sources)");
    stop.await;
    lab.stop().await;
    Ok(())
}

fn why_not(error: &io::Error) -> String {
    let advice = if error.kind() == io::ErrorKind::AddrInUse { "; --smtp-port, --dns-port and --doh-port say other ports" } else { "" };
    format!("the lab cannot start: {error}{advice}")
}

fn listed(args: &Args) -> Result<Option<String>, Fault> {
    let jsonl = args.format == Some(Format::Jsonl);
    match (args.list, args.list_sources, args.format) {
        (true, ..) => Ok(Some(if jsonl { lab::list_jsonl() } else { lab::list_human() })),
        (_, true, _) => Ok(Some(if jsonl { lab::list_sources_jsonl() } else { lab::list_sources_human() })),
        (_, _, Some(_)) => Err(Fault::BadUse("--format: expected --list or --list-sources beside it, found neither".into())),
        (..) => Ok(None),
    }
}

/// By commands that go on for long a lab that does not run is named in the log: it may come yet.
pub(super) async fn look_for(config: &config::Config) {
    if config.in_lab
        && let Err(fault) = find(config).await
    {
        tracing::warn!("{fault}");
    }
}

/// A lab that does not run would make every domain look unreachable.
pub(super) async fn find(config: &config::Config) -> Result<(), Fault> {
    for server in &config.dns {
        if matches!(timeout(Duration::from_secs(2), TcpStream::connect(server)).await, Ok(Ok(_))) {
            return Ok(());
        }
    }
    let at: Vec<_> = config.dns.iter().map(ToString::to_string).collect();
    Err(Fault::Failed(format!("expected a running lab at {}, found none; start one with: rcpt lab", at.join(", "))))
}
