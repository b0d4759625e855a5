//! Both services under schemathesis, which asks whatever their OpenAPI documents allow and forbid: no 5xx, no answer of another shape, no status
//! that is not described.
//!
//! `make test` runs it for some seconds with the same questions each time, `make fuzz-api` for ten minutes with new ones.
#![allow(clippy::expect_used, reason = "a suite fails by panicking")]

use std::fs;
use std::process::{Command, Stdio};

use stack::place::{Scratch, root};
use stack::whole::{LAB_SECRET, Ports, Whole, rcpt, start_prober_with};

/// How long each service is asked in passing, and how long thoroughly, in seconds.
const IN_PASSING_S: u32 = 20;
const THOROUGHLY_S: u32 = 300;
/// `printf jobs-key | sha256sum`; hooks.py gives that key.
const JOBS_KEY: &str = "tests:09e002d73ac58a4caddc1944bb723bd8de3539d22bc8c82ba0100d58858c9b3d";

fn ask(seconds: u32, is_fixed: bool) {
    let program = root().join("target/python/bin/schemathesis");
    if !program.is_file() {
        println!("left out: schemathesis (no Python packages)");
        return;
    }
    let whole = Whole::start(Ports::default(), &[("RCPT_DEADLINE_MS", "500")], false).expect("everything starts");
    let folder = Scratch::new("schemathesis").expect("a folder");
    let listed = rcpt().expect("rcpt").args(["lab", "--list", "--format", "jsonl"]).output().expect("the list");
    let addresses = folder.path().join("addresses");
    fs::write(&addresses, listed.stdout).expect("written");
    let data = folder.path().join("jobs").to_string_lossy().into_owned();
    let settings = [("RCPT_DATA", data.as_str()), ("RCPT_KEYS", JOBS_KEY)];
    let (_prober, prober_url) = start_prober_with(&whole.lab, 0, &settings, false).expect("a prober that keeps jobs");
    let mut faulty = Vec::new();
    for (document, url) in [("edge/openapi.json", &whole.worker.url), ("prober/openapi.json", &prober_url)] {
        let mut command = Command::new(&program);
        command.arg("--config-file").arg(root().join("tests/suites/schemathesis/schemathesis.toml")).arg("run").arg(root().join(document));
        // One thread: two that parse Python at once trip over each other in CPython 3.11 (gh-106905).
        command.args(["--url", url, "--max-time", &seconds.to_string(), "--workers", "1", "--no-color", "--continue-on-failure"]);
        if is_fixed {
            command.args(["--generation-deterministic", "--no-shrink"]);
        }
        command.env("SCHEMATHESIS_HOOKS", root().join("tests/suites/schemathesis/hooks.py")).env("RCPT_ADDRESSES", &addresses);
        command.env("RCPT_SECRET", LAB_SECRET).env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONIOENCODING", "utf-8").stdin(Stdio::null());
        let output = command.current_dir(folder.path()).output().expect("it runs");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        println!("{document}:\n{said}");
        faulty.extend((!output.status.success()).then_some(document));
    }
    assert!(faulty.is_empty(), "{faulty:?}");
}

#[test]
fn ok_in_passing() {
    ask(IN_PASSING_S, true);
}

#[test]
#[ignore = "it takes ten minutes; `make fuzz-api` runs it"]
fn ok_thoroughly() {
    ask(THOROUGHLY_S, false);
}
