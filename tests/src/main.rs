//! What `make run` runs: the whole product on loopback, until Ctrl-C.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use prober::lab;
use stack::whole::{Ports, Whole};
use tokio::signal::unix::{SignalKind, signal};

/// Where `edge/example` listens, so that its pages may ask.
const EXAMPLE: &str = "http://127.0.0.1:8080";

fn main() -> ExitCode {
    match serve_suites().unwrap_or_else(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("make run: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A part of the suites that wants a process of its own.
fn serve_suites() -> Option<io::Result<()>> {
    #[cfg(feature = "kafka")]
    if std::env::args().nth(1).as_deref() == Some(stack::kafka::broker::COMMAND) {
        return Some(stack::kafka::broker::serve());
    }
    None
}

fn run() -> io::Result<()> {
    Ports::DOCUMENTED.check()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut interrupt, mut terminate) =
        runtime.block_on(async { Ok::<_, io::Error>((signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)) })?;
    let mut whole = Whole::start(Ports::DOCUMENTED, &[("RCPT_ORIGINS", EXAMPLE)], false)?;
    greet(&whole);
    let ended = runtime.block_on(async {
        loop {
            tokio::select! {
                _ = interrupt.recv() => return Ok(()),
                _ = terminate.recv() => return Ok(()),
                () = tokio::time::sleep(Duration::from_secs(1)) => still_runs(&mut whole)?,
            }
        }
    });
    println!("\nStopping …");
    drop(whole);
    println!("Stopped.");
    ended
}

/// A part that ended by itself is said, with its last words.
fn still_runs(whole: &mut Whole) -> io::Result<()> {
    for (name, process) in [("the Worker", &mut whole.worker.process), ("the prober", &mut whole.prober)] {
        if !process.runs() {
            return Err(io::Error::other(format!("{name} ended by itself:\n{}", process.output())));
        }
    }
    Ok(())
}

fn greet(whole: &Whole) {
    println!("Rcpt runs, with the lab for an internet. Ctrl-C stops it.");
    println!();
    println!("  the Worker   {}   (open it in a browser)", whole.worker.url);
    println!("  the prober   {}", whole.prober_url);
    println!("  the lab      DoH {}, DNS {}", whole.lab.lab().doh_url(), whole.lab.lab().dns());
    println!();
    println!("Ask it:");
    println!("{}", stack::greeting::how_to_ask(&whole.worker.url));
    println!("  target/debug/rcpt verify --lab ada@accepts.example");
    println!();
    println!("The {} addresses of the lab, with the verdict to expect: target/debug/rcpt lab --list", lab::table().len());
}
