//! `rcpt bulk`.

use std::io::stdin;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::progress::Progress;
use super::settings::{Flags, name_strangers};
use super::verify::Level;
use super::{Fault, lab, signals};
use crate::bulk::{self, Counts, Failure, Format, Input, Manner, Order, Outcome, Output, OutputFormat, Tally, Wishes, Written};
use crate::config::Config;
use crate::probe::Prober;
use crate::queue::Inquiry;
use crate::random;

/// How many things the prober keeps in memory: the list has every address once.
const MEMORY: usize = 10_000;

/// Verify a list: every row as it was, in its place, with its verdict behind it
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
A list is CSV of any delimiter, JSON lines, or plain lines; how it is written and where its addresses stand is found out, or said by the flags.
Columns are added: rcpt_status, rcpt_reason, rcpt_about, rcpt_normalized, rcpt_suggestion, rcpt_disposable, rcpt_free, rcpt_role, rcpt_relay,
rcpt_accept_all, rcpt_operator, rcpt_code, rcpt_enhanced, rcpt_as_of and rcpt_error; objects get a member rcpt with the same names. A row that
is broken or has no address is carried through with rcpt_error, and no verdict.

What is found out is kept beside the output, in OUT.rcpt-progress, until the list is written. It holds the list's addresses, is for its owner
alone, and is removed at the end. A run that was killed goes on where it was by the same command with --resume. That needs a file for OUT: with
-o - nothing is kept, and a run that was killed begins anew. Where OUT is a link, the file that it leads to is written.

In another format than the list's (--output-format) each field becomes a member by its column's name: column_N without one, NAME_2 where it
is there before, email for the addresses of a list without header; what cannot be cut becomes a member line. Of JSON objects only the address
comes out as CSV, in a column email.

Exit codes: 0 every row has its answer (whatever the answer), 1 it was stopped or something failed, 2 bad use or settings.")]
pub(super) struct Args {
    /// The list, or - for standard input
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Where the answers go, or - for standard output, which cannot be resumed
    #[arg(short, long, value_name = "OUT", required_unless_present = "sample")]
    output: Option<PathBuf>,
    /// Go on where an earlier run ended
    #[arg(long)]
    resume: bool,
    /// Replace an output that is there
    #[arg(long, conflicts_with = "resume")]
    force: bool,
    /// Ask about so many addresses at random first, and print what they say of the whole; without -o that is all
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    sample: u32,
    /// How far to follow the question
    #[arg(long, value_enum, default_value_t = Level::Smtp)]
    level: Level,
    /// How many mailboxes are asked about at once, at the most; it begins with 64, or when it goes on with 8, and takes more where answers are slow
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    concurrency: u16,
    /// How long to wait for mailboxes that were put off by a greylist or rate limit, once all others are answered
    #[arg(long, value_name = "SECONDS", default_value_t = 1_800)]
    wait_s: u32,
    /// The column of the addresses: its name, or its number counted from 1
    #[arg(long, value_name = "NAME")]
    column: Option<String>,
    /// How the list is written
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// In which form the answers come; as the list is written, where not given
    #[arg(long, value_enum)]
    output_format: Option<OutputFormat>,
    /// What stands between fields: one character, or "tab"
    #[arg(long, value_name = "CHARACTER", value_parser = bulk::read_delimiter)]
    delimiter: Option<u8>,
    /// Whether the first row names the columns
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    header: Option<bool>,
    /// The list's encoding, such as windows-1252 or utf-16le; what is not in UTF-8 comes out in it
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// Ask a running lab instead of the internet
    #[arg(long)]
    lab: bool,
    #[command(flatten)]
    settings: Flags,
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(format!("expected yes or no, found {text:?}")),
    }
}

/// Verifies a list.
pub(super) async fn run(args: Args) -> Result<(), Fault> {
    let config = args.settings.configure(args.lab)?;
    name_strangers();
    let level = if args.level == Level::Smtp && config.identity.is_none() {
        anstream::eprintln!("rcpt: RCPT_HELO and RCPT_MAIL_FROM are not set, so no mail server is asked (--help says what they are)");
        Level::Dns
    } else {
        args.level
    };
    if args.lab && level != Level::Syntax {
        lab::find(&config).await?;
    }
    if args.output.is_none() && args.sample == 0 {
        return Err(Fault::BadUse("--sample: expected a number from 1 where there is no -o, found 0".to_owned()));
    }
    let args = with_places(args)?;
    if is_done_already(&args) {
        anstream::eprintln!("rcpt: no run ended early here, and the output is there: nothing to do");
        return Ok(());
    }
    name_what_is_missing(&args);
    let stop = watch_signals()?;
    let prober = Arc::new(Prober::with_memory(&config, MEMORY).map_err(Fault::Failed)?);
    let order = order(&args, &config, level).await?;
    let (tally, progress) = (Arc::new(Tally::default()), Progress::new());
    let showing = tokio::spawn(progress.clone().show(Arc::clone(&tally)));
    let inquiry = Inquiry::alone(&prober, args.concurrency.into(), order.patience);
    let outcome = bulk::run(Arc::clone(&prober), &order, tally, stop, inquiry, |estimate| progress.say(&estimate.to_string())).await;
    showing.abort();
    progress.clear();
    // What is left is to take leave of the mail hosts in good order.
    prober.farewells().finish(Duration::from_secs(3)).await;
    conclude(outcome, &order)
}

/// Where the output is, links followed, and whether a run may write there.
fn with_places(args: Args) -> Result<Args, Fault> {
    let Some(output) = args.output.as_ref().filter(|path| !is_dash(path)) else { return Ok(args) };
    let manner = match (args.resume, args.force) {
        (true, _) => Manner::Resumed,
        (false, true) => Manner::Over,
        (false, false) => Manner::Anew,
    };
    let input = Some(args.input.as_path()).filter(|path| !is_dash(path));
    let place = bulk::follow(output).and_then(|place| bulk::check_places(input, &place, manner).map(|()| place));
    let output = Some(place.map_err(|fault| Fault::BadUse(fault.to_string()))?);
    Ok(Args { output, ..args })
}

/// A loop that goes on until the list is done must not begin it anew.
fn is_done_already(args: &Args) -> bool {
    let there = |output: &PathBuf| !is_dash(output) && output.exists() && !bulk::state_beside(output).exists();
    args.resume && args.output.as_ref().is_some_and(there)
}

/// Where nothing is there to go on with, another folder or another name may have been meant.
fn name_what_is_missing(args: &Args) {
    let output = args.output.as_ref().filter(|output| args.resume && !is_dash(output));
    if let Some(state) = output.map(|output| bulk::state_beside(output)).filter(|state| !state.exists()) {
        anstream::eprintln!("rcpt: --resume: found no {} of a run that ended early, so this one begins anew", state.display());
    }
}

fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn watch_signals() -> Result<watch::Receiver<bool>, Fault> {
    let (sender, receiver) = watch::channel(false);
    let stop = signals::stop()?;
    tokio::spawn(async move {
        stop.await;
        sender.send_replace(true);
    });
    Ok(receiver)
}

async fn order(args: &Args, config: &Config, level: Level) -> Result<Order, Fault> {
    let (output, state) = match &args.output {
        None => (Output::Nowhere, passing_state()),
        Some(output) if is_dash(output) => (Output::Standard, passing_state()),
        Some(output) => (Output::File(output.clone()), bulk::state_beside(output)),
    };
    if args.resume && !matches!(output, Output::File(_)) {
        return Err(Fault::BadUse("--resume: expected a file for -o beside it, since what is found out is kept there".into()));
    }
    let path = if is_dash(&args.input) { keep_input(&state, args.resume).await? } else { args.input.clone() };
    Ok(Order {
        input: Input::at(path, args.encoding.as_deref()).map_err(|fault| Fault::BadUse(format!("--encoding: {fault}")))?,
        wishes: Wishes { format: args.format, delimiter: args.delimiter, header: args.header, column: args.column.clone() },
        state,
        output,
        form: args.output_format,
        level: level.into(),
        patience: config.deadline,
        wait: Duration::from_secs(args.wait_s.into()),
        sample: usize::try_from(args.sample).unwrap_or(usize::MAX),
        resume: args.resume,
    })
}

/// A run that cannot be resumed keeps what it finds out among passing files.
fn passing_state() -> PathBuf {
    std::env::temp_dir().join(format!("rcpt-bulk-{:016x}", random::number()))
}

/// Standard input is kept aside. What an earlier run has kept whole is not read again.
async fn keep_input(state: &Path, resume: bool) -> Result<PathBuf, Fault> {
    let kept = bulk::kept_input(state);
    if !(resume && kept.exists()) {
        let place = kept.clone();
        let keeping = spawn_blocking(move || bulk::keep_aside(stdin().lock(), &place)).await;
        let keeping = keeping.map_err(|error| Fault::Failed(error.to_string()))?;
        keeping.map_err(|error| Fault::Failed(format!("standard input cannot be kept at {}: {error}", kept.display())))?;
    }
    Ok(kept)
}

fn conclude(outcome: Result<Outcome, Failure>, order: &Order) -> Result<(), Fault> {
    let is_passing = !matches!(order.output, Output::File(_));
    if is_passing {
        bulk::remove_state(&order.state);
    }
    match outcome {
        Ok(Outcome::Done(written)) => {
            anstream::eprintln!("rcpt: {}", in_words(&written));
            Ok(())
        }
        Ok(Outcome::Estimated | Outcome::Kept) => Ok(()),
        Ok(Outcome::Stopped(..)) if is_passing => Err(Fault::Failed("stopped before the end".into())),
        Ok(Outcome::Stopped(done, all)) => {
            Err(Fault::Failed(format!("stopped with {done} of {all} mailboxes answered; to go on: the same command with --resume")))
        }
        Err(Failure::BadUse(text)) => Err(Fault::BadUse(text)),
        Err(Failure::Failed(text)) => Err(Fault::Failed(text)),
        Err(Failure::OutputClosed) => Err(Fault::OutputClosed),
    }
}

fn in_words(written: &Written) -> String {
    let counts: Vec<String> = Counts::ORDER.iter().map(|status| format!("{} {status}", written.counts.of(*status))).collect();
    let rows = if written.rows == 1 { "row" } else { "rows" };
    format!("{} {rows}: {}, {} without a verdict", written.rows, counts.join(", "), written.faults)
}
