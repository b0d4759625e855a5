//! Lists: every row answered in its place, whatever stands in it and whatever happens on the way.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a suite fails by panicking")]

#[path = "bulk/forms.rs"]
mod forms;
#[path = "bulk/resume.rs"]
mod resume;
#[path = "bulk/waiting.rs"]
mod waiting;

use std::fs;
use std::process::{Command, Output, Stdio};

use stack::child;
use stack::place::Scratch;
use stack::whole::{RunningLab, rcpt};

/// `rcpt bulk` with these arguments, in a folder.
fn bulk(folder: &Scratch, arguments: &[&str]) -> Command {
    let mut command = rcpt().expect("rcpt");
    command.arg("bulk").args(arguments).current_dir(folder.path());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs to the end, with this on standard input.
fn run(mut command: Command, input: &[u8]) -> Output {
    child::run(&mut command, input).expect("rcpt runs")
}

/// Runs over a list in a file; what came out, and the output of the process.
fn verify(folder: &Scratch, list: &[u8], arguments: &[&str], lab: Option<&RunningLab>) -> (String, Output) {
    fs::write(folder.path().join("in"), list).expect("written");
    // An output that is there is replaced by the word alone, and some tests write one list after the other.
    let _ = fs::remove_file(folder.path().join("out"));
    let mut command = bulk(folder, &[&["in", "-o", "out"], arguments].concat());
    if let Some(lab) = lab {
        command.arg("--lab").envs(lab.settings());
    }
    let output = run(command, b"");
    let written = fs::read(folder.path().join("out")).unwrap_or_default();
    (String::from_utf8_lossy(&written).into_owned(), output)
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What is in a folder, by name.
fn names(folder: &Scratch) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).expect("a folder").flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
