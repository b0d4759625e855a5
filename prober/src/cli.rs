//! The command line `rcpt`.

mod bulk;
mod doctor;
mod input;
mod lab;
mod output;
mod progress;
mod reply;
mod serve;
mod settings;
mod signals;
mod stream;
mod verify;
mod work;

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::BadSettings;

/// Can this mailbox receive mail, and how do we know?
#[derive(Debug, Parser)]
#[command(name = "rcpt", version, about, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 every question was answered (whatever the answer), 1 something failed or `rcpt doctor` finds this host unfit, 2 bad use or settings."
)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Verify addresses, on the command line or one a line on standard input
    Verify(verify::Args),
    /// Verify a list: every row as it was, in its place, with its verdict behind it
    Bulk(Box<bulk::Args>),
    /// Say what raw replies of mail servers mean
    Reply(reply::Args),
    /// Serve /v1/probe for edges and /v1/verify for users without one
    Serve(serve::Args),
    /// Work for others: ask what the jobs of any `rcpt serve` on the same queue want to know
    Work(Box<work::Args>),
    /// Say whether this host is fit to probe, what is wrong, and the DNS record or setting that mends it
    Doctor(doctor::Args),
    /// Run the lab: a small internet on loopback, with mail servers of many temperaments
    Lab(lab::Args),
}

/// Why a command failed.
#[derive(Debug)]
enum Fault {
    /// It was asked in a way that cannot be meant.
    BadUse(String),
    /// The settings are not right.
    Settings(BadSettings),
    /// Something it needs failed.
    Failed(String),
    /// The answer is no, and is printed already.
    Unfit,
    /// Whoever read our output has had enough, which is their right.
    OutputClosed,
}

fn arguments() -> Vec<OsString> {
    let given: Vec<OsString> = std::env::args_os().collect();
    if given.get(1).is_some_and(|command| command == "verify") { given.into_iter().map(verify::mark).collect() } else { given }
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let line = Line::parse_from(arguments());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&Fault::Failed(format!("no threads to work with: {error}"))),
    };
    let outcome = runtime.block_on(dispatch(line.command));
    // A thread that waits for standard input cannot be called back; it must not keep the process.
    runtime.shutdown_background();
    outcome.map_or_else(|fault| report(&fault), |()| ExitCode::SUCCESS)
}

async fn dispatch(command: Command) -> Result<(), Fault> {
    match command {
        Command::Verify(args) => verify::run(args).await,
        Command::Bulk(args) => bulk::run(*args).await,
        Command::Reply(args) => reply::run(args).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Work(args) => work::run(*args).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Lab(args) => lab::run(args).await,
    }
}

fn report(fault: &Fault) -> ExitCode {
    if !matches!(fault, Fault::OutputClosed | Fault::Unfit) {
        anstream::eprintln!("rcpt: {fault}");
    }
    match fault {
        Fault::OutputClosed => ExitCode::SUCCESS,
        Fault::Failed(_) | Fault::Unfit => ExitCode::from(1),
        Fault::BadUse(_) | Fault::Settings(_) => ExitCode::from(2),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadUse(text) | Self::Failed(text) => f.write_str(text),
            Self::Settings(bad) => bad.fmt(f),
            Self::Unfit => f.write_str("this host is not fit to probe"),
            Self::OutputClosed => f.write_str("the output was closed"),
        }
    }
}

impl From<BadSettings> for Fault {
    fn from(bad: BadSettings) -> Self {
        Self::Settings(bad)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::OutputClosed } else { Self::Failed(error.to_string()) }
    }
}
