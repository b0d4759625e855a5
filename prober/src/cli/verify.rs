//! `rcpt verify`.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::{StringValueParser, TypedValueParser as _};
use shared::verdict::{self, judge};
use shared::wire::VerifyResponse;
use tokio::task::JoinHandle;

use super::input::Entries;
use super::output::{Format, Printer};
use super::settings::{Flags, name_strangers};
use super::{Fault, lab, signals};
use crate::probe::{Prober, Wishes};
use crate::random;
use crate::verify::{Question, find_out};

/// How many addresses are followed at once; their answers wait for those before them.
const AT_ONCE: usize = 32;

/// Verify addresses.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How far to follow the question
    #[arg(long, value_enum, default_value_t = Level::Smtp)]
    level: Level,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Ask a running lab instead of the internet
    #[arg(long)]
    lab: bool,
    /// Print what is said to the mail servers and by them, addresses masked, on standard error
    #[arg(short, long)]
    verbose: bool,
    /// Addresses, or - to read them from standard input, one a line. A line may also be a JSON object with "email" or "address"
    #[arg(required = true, value_name = "ADDRESS", value_parser = StringValueParser::new().map(unmark))]
    addresses: Vec<String>,
    #[command(flatten)]
    settings: Flags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Level {
    /// Grammar and lists only; nothing leaves the machine
    Syntax,
    /// And the mail route, by DNS
    Dns,
    /// And the mail servers themselves
    Smtp,
}

/// What no argument of the system's can begin with.
const MARK: &str = "\0";

/// An address may begin with a hyphen, as flags do. It is marked for clap, which otherwise takes all that follows for addresses, flags as well.
pub(super) fn mark(argument: OsString) -> OsString {
    match argument.to_str() {
        Some(text) if text.starts_with('-') && !text.starts_with("--") && text.contains('@') => format!("{MARK}{text}").into(),
        _ => argument,
    }
}

/// The address without its mark.
fn unmark(text: String) -> String {
    text.strip_prefix(MARK).map(str::to_owned).unwrap_or(text)
}

/// How every address is asked about.
#[derive(Debug, Clone, Copy)]
struct Manner {
    level: Level,
    patience: Duration,
    wishes: Wishes,
}

/// One address, answered.
struct Answered {
    verdict: VerifyResponse,
    transcript: Vec<String>,
}

impl From<Level> for verdict::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Syntax => Self::Syntax,
            Level::Dns => Self::Dns,
            Level::Smtp => Self::Smtp,
        }
    }
}

/// Verifies every address, and prints the verdicts in the order of the addresses.
pub(super) async fn run(args: Args) -> Result<(), Fault> {
    let config = args.settings.configure(args.lab)?;
    name_strangers();
    let asks_hosts = args.level == Level::Smtp;
    if args.lab && args.level != Level::Syntax {
        lab::find(&config).await?;
    }
    if asks_hosts && config.identity.is_none() {
        anstream::eprintln!("rcpt: RCPT_HELO and RCPT_MAIL_FROM are not set, so no mail server is asked (--help says what they are)");
    }
    name_list(&args.addresses);
    let prober = Arc::new(Prober::new(&config).map_err(Fault::Failed)?);
    let several = args.addresses.len() > 1 || args.addresses.iter().any(|one| one == "-");
    let entries = Entries::new(args.addresses, &["email", "address"])?;
    let printer = Printer::new(args.format.stdout(), args.format, several);
    // Who says how long it waits also waits for a greylist.
    let wishes = Wishes { patient: args.settings.names("deadline_ms"), max_age_s: None, transcript: args.verbose };
    let manner = Manner { level: args.level, patience: config.deadline, wishes };
    let ask = |email| tokio::spawn(verify_one(Arc::clone(&prober), email, manner));
    let answered = answer_all(entries, printer, ask).await;
    // The verdicts are out; what is left is to take leave of the mail hosts in good order.
    prober.farewells().finish(Duration::from_secs(3)).await;
    answered
}

/// Whoever gives the name of a file has a list in mind. It is answered all the same, as no address.
fn name_list(given: &[String]) {
    let Some(name) = given.iter().find(|text| !text.contains('@') && Path::new(text).is_file()) else { return };
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || "._-/".contains(c));
    let name = if is_plain { name.clone() } else { format!("{name:?}") };
    anstream::eprintln!("rcpt: {name} is a file; to verify a list: rcpt bulk {name} -o verdicts.csv");
}

async fn verify_one(prober: Arc<Prober>, email: String, manner: Manner) -> Answered {
    let request_id = random::request_id();
    let question =
        Question { email: &email, level: manner.level.into(), patience: manner.patience, wishes: manner.wishes, request_id: &request_id };
    let (evidence, timing) = find_out(&prober, question).await;
    let verdict = VerifyResponse::compose(&email, &evidence, judge(&evidence), timing, &request_id);
    let transcript = evidence.report().map(|report| report.transcript.clone()).unwrap_or_default();
    Answered { verdict, transcript }
}

/// Keeps a window of questions under way. At Ctrl-C no more are asked, and those under way are answered.
async fn answer_all<W: io::Write>(
    mut entries: Entries,
    mut printer: Printer<W>,
    ask: impl Fn(String) -> JoinHandle<Answered>,
) -> Result<(), Fault> {
    let mut window: VecDeque<JoinHandle<Answered>> = VecDeque::new();
    let mut more = true;
    let stop = signals::stop()?;
    tokio::pin!(stop);
    while more || !window.is_empty() {
        let room = more && window.len() < AT_ONCE;
        tokio::select! {
            entry = entries.next(), if room => match entry? {
                Some(entry) => window.push_back(ask(entry.text)),
                None => more = false,
            },
            answered = first_of(&mut window), if !window.is_empty() => {
                let answered = answered.map_err(|error| Fault::Failed(format!("a verification ended early: {error}")))?;
                window.pop_front();
                answered.transcript.iter().for_each(|line| anstream::eprintln!("  {line}"));
                printer.print(&answered.verdict)?;
            }
            () = &mut stop, if more => more = false,
        }
    }
    Ok(printer.finish()?)
}

async fn first_of(window: &mut VecDeque<JoinHandle<Answered>>) -> Result<Answered, tokio::task::JoinError> {
    match window.front_mut() {
        Some(first) => first.await,
        None => std::future::pending().await,
    }
}
