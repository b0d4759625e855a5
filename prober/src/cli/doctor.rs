//! `rcpt doctor`.

use std::io::{self, Write};
use std::net::IpAddr;

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;

use super::settings::{Flags, name_strangers};
use super::{Fault, lab};
use crate::doctor::{self, Case, Finding, Outcome, Report};

/// What fails, and so what exit code 1 means.
const AFTER_HELP: &str = "\
A check ends as ok, warning, failed, unknown (it could not be made) or skipped (there is nothing to check).
All checks together end by the deadline (--deadline-ms).

Exit codes:
  0  probing makes sense: no check failed
  1  it does not; these fail:
       identity      no RCPT_HELO and RCPT_MAIL_FROM, or names of private networks
       resolver      the DNS servers do not answer, or answer for names that do not exist
       source        no address to dial from, or one that is not this host's
       reverse_dns   an address without a name that leads back to it
       helo_name     the name given with EHLO does not lead to the address
       reverse_path  the domain of RCPT_MAIL_FROM takes no mail
       spf           none, fail or permerror (softfail and neutral are warnings)
       blocklist     an address is listed
       smtp_port     no mail host could be reached (one that greets with a refusal is a warning)
       clock         off by more than 300 s (more than 5 s is a warning)
     cache and secret only warn
  2  bad use or settings";

/// Say whether this host is fit to probe.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(super) struct Args {
    /// An address that the world sees us at, where it is not this host's own (behind NAT or a proxy); may be given again
    #[arg(long = "source", value_name = "ADDRESS")]
    sources: Vec<IpAddr>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Look at a running lab instead of the internet
    #[arg(long)]
    lab: bool,
    #[command(flatten)]
    settings: Flags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One JSON document
    Json,
}

/// Examines this host, prints the findings, and says by the exit code whether probing makes sense.
pub(super) async fn run(args: Args) -> Result<(), Fault> {
    let config = args.settings.configure(args.lab)?;
    name_strangers();
    if args.lab {
        lab::find(&config).await?;
    }
    let report = doctor::examine(Case { config: &config, stated: &args.sources, in_lab: args.lab }).await.map_err(Fault::Failed)?;
    match args.format {
        Format::Human => print_human(&mut anstream::AutoStream::auto(io::stdout()), &report)?,
        Format::Json => print_json(&mut io::stdout(), &report)?,
    }
    if report.fit { Ok(()) } else { Err(Fault::Unfit) }
}

fn print_json(out: &mut impl Write, report: &Report) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn print_human(out: &mut impl Write, report: &Report) -> io::Result<()> {
    report.checks.iter().try_for_each(|finding| print_finding(out, finding))?;
    let count = |outcome| report.checks.iter().filter(|finding| finding.outcome == outcome).count();
    let (failed, unknown) = (count(Outcome::Failed), count(Outcome::Unknown));
    let rest = if unknown == 0 { String::new() } else { format!(" Not known: {unknown}.") };
    if report.fit {
        writeln!(out, "\nProbing makes sense from here.{rest}")?;
    } else {
        writeln!(out, "\nProbing makes no sense from here yet. Failed: {failed}.{rest}")?;
    }
    out.flush()
}

fn print_finding(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let colour = match finding.outcome {
        Outcome::Ok => AnsiColor::Green,
        Outcome::Warning => AnsiColor::Yellow,
        Outcome::Failed => AnsiColor::Red,
        Outcome::Unknown => AnsiColor::Blue,
        Outcome::Skipped => AnsiColor::BrightBlack,
    };
    let style = Style::new().bold().fg_color(Some(colour.into()));
    let subject = finding.subject.as_ref().map_or(String::new(), |subject| format!(" {subject}"));
    writeln!(out, "{style}{:<8}{style:#} {}{subject}: {}", finding.outcome, finding.check.as_str(), finding.found)?;
    if let Some(cost) = finding.cost {
        writeln!(out, "         costs: {cost}")?;
    }
    for record in &finding.records {
        writeln!(out, "         publish: {record}")?;
    }
    finding.advice.as_ref().map_or(Ok(()), |advice| writeln!(out, "         mend: {advice}"))
}
