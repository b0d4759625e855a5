//! `rcpt verify`.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use shared::verdict;
use shared::wire::VerifyResponse;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::input::Entries;
use super::output::{Format, Printer};
use super::settings::Flags;
use super::{Fault, signals};
use crate::config::Config;
use crate::probe::Prober;
use crate::random;
use crate::verify::{Question, verify};

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
    /// Addresses, or - to read them from standard input, one a line. A line may also be a JSON object with "email" or "address"
    #[arg(required = true, value_name = "ADDRESS", allow_hyphen_values = true)]
    addresses: Vec<String>,
    #[command(flatten)]
    settings: Flags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Level {
    /// Grammar and lists only; nothing leaves the machine
    Syntax,
    /// And the mail route, by DNS
    Dns,
    /// And the mail servers themselves
    Smtp,
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
    let asks_hosts = args.level == Level::Smtp;
    if args.lab && args.level != Level::Syntax {
        find_lab(&config).await?;
    }
    if asks_hosts && config.identity.is_none() {
        anstream::eprintln!("rcpt: RCPT_HELO and RCPT_MAIL_FROM are not set, so no mail server is asked (--help says what they are)");
    }
    let prober = Arc::new(Prober::new(&config).map_err(|error| Fault::Failed(format!("no DNS resolver: {error}")))?);
    let several = args.addresses.len() > 1 || args.addresses.iter().any(|one| one == "-");
    let entries = Entries::new(args.addresses, &["email", "address"])?;
    let printer = Printer::new(args.format.stdout(), args.format, several);
    let ask = |email| tokio::spawn(verify_one(Arc::clone(&prober), email, args.level, config.deadline));
    let answered = answer_all(entries, printer, ask).await;
    // The verdicts are out; what is left is to take leave of the mail hosts in good order.
    prober.farewells.finish(Duration::from_secs(3)).await;
    answered
}

/// A lab that does not run would make every domain look unreachable.
async fn find_lab(config: &Config) -> Result<(), Fault> {
    for server in &config.dns {
        if matches!(timeout(Duration::from_secs(2), TcpStream::connect(server)).await, Ok(Ok(_))) {
            return Ok(());
        }
    }
    let at: Vec<_> = config.dns.iter().map(ToString::to_string).collect();
    Err(Fault::Failed(format!("expected a running lab at {}, found none; start one with: rcpt lab", at.join(", "))))
}

async fn verify_one(prober: Arc<Prober>, email: String, level: Level, patience: Duration) -> VerifyResponse {
    let request_id = random::request_id();
    verify(&prober, Question { email: &email, level: level.into(), patience, request_id: &request_id }).await
}

/// Keeps a window of questions under way. At Ctrl-C no more are asked, and those under way are answered.
async fn answer_all<W: io::Write>(
    mut entries: Entries,
    mut printer: Printer<W>,
    ask: impl Fn(String) -> JoinHandle<VerifyResponse>,
) -> Result<(), Fault> {
    let mut window: VecDeque<JoinHandle<VerifyResponse>> = VecDeque::new();
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
            verdict = first_of(&mut window), if !window.is_empty() => {
                let verdict = verdict.map_err(|error| Fault::Failed(format!("a verification ended early: {error}")))?;
                window.pop_front();
                printer.print(&verdict)?;
            }
            () = &mut stop, if more => more = false,
        }
    }
    Ok(printer.finish()?)
}

async fn first_of(window: &mut VecDeque<JoinHandle<VerifyResponse>>) -> Result<VerifyResponse, tokio::task::JoinError> {
    match window.front_mut() {
        Some(first) => first.await,
        None => std::future::pending().await,
    }
}
