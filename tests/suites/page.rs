//! The page: widget, playground and npm package in Chromium, against the Worker, the prober and the lab. Each test runs a scenario of `tests/page`.
#![allow(clippy::expect_used, clippy::panic, reason = "a suite fails by panicking")]

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use stack::child::Kept;
use stack::http;
use stack::place::{free_port, program, root};
use stack::whole::{LAB_RECEIPT_KEYS, LAB_SECRET, Ports, Whole};
use stack::worker::{Worker, node};

const SITE_KEY: &str = "site_page_0123456789abcdef";

/// Everything, with the example app before it.
struct Site {
    whole: Whole,
    example: Kept,
    url: String,
}

static SITE: LazyLock<Site> = LazyLock::new(|| {
    let port = free_port().expect("a port");
    let url = format!("http://127.0.0.1:{port}");
    let whole = Whole::start(Ports::default(), &[("RCPT_ORIGINS", &url)], false).unwrap_or_else(|error| panic!("{error}"));
    let mut command = Command::new(node().expect("node"));
    command.current_dir(root()).arg("edge/example/server.mjs").env("PORT", port.to_string()).env("RCPT_EDGE", &whole.worker.url);
    let mut example = Kept::start(&command, false).expect("the example");
    example
        .wait_until(Duration::from_secs(20), |_| http::get(&url).is_ok_and(|answer| answer.status == 200))
        .unwrap_or_else(|error| panic!("{error}"));
    Site { whole, example, url }
});

/// Chromium, where it is installed.
fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("chromium")).find(|path| path.is_file())
}

#[expect(clippy::disallowed_methods, reason = "the suite's own variable")]
fn corpus() -> Option<PathBuf> {
    let folder = std::env::var("RCPT_CORPORA").map_or_else(|_| root().join("../shared/corpora"), PathBuf::from);
    Some(folder.join("addresses.jsonl")).filter(|path| path.is_file())
}

/// Runs a scenario against the Worker that answers everybody.
fn play(scenario: &str) {
    play_at(&SITE.whole.worker, scenario);
}

/// Runs a scenario, and prints what it measured.
fn play_at(worker: &Worker, scenario: &str) {
    let Some(chromium) = chromium() else {
        println!("left out: the page in a browser (no chromium)");
        return;
    };
    let mut command = Command::new(node().expect("node"));
    command.current_dir(root()).args(["tests/page/run.mjs", scenario]);
    command.env("EDGE", &worker.url).env("SITE_KEY", SITE_KEY).env("EXAMPLE", &SITE.url).env("CHROMIUM", chromium);
    command.env("RCPT", program("rcpt").expect("rcpt"));
    if let Some(corpus) = corpus() {
        command.env("CORPUS", corpus);
    }
    let output = command.output().expect("node runs");
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stderr), SITE.example.output());
}

#[test]
fn ok_a_suggestion_at_a_key_press_and_no_request() {
    play("suggestion");
}

#[test]
fn ok_message_validity_and_receipt_of_each_verdict() {
    play("verdicts");
}

#[test]
fn ok_with_a_site_key() {
    let (doh, sites) = (SITE.whole.lab.lab().doh_url(), format!("page {SITE_KEY} {}", SITE.url));
    let vars = [
        ("RCPT_DOH", doh.as_str()),
        ("RCPT_PROBER", &SITE.whole.prober_url),
        ("RCPT_SECRET", LAB_SECRET),
        ("RCPT_SITES", &sites),
        ("RCPT_RECEIPT_KEYS", LAB_RECEIPT_KEYS),
    ];
    play_at(&Worker::start_bound(&vars, &[]).unwrap_or_else(|error| panic!("{error}")), "site");
}

#[test]
fn ok_nothing_leaves_the_page_too_early() {
    play("network");
}

#[test]
fn ok_the_form_is_sent_whatever_fails() {
    play("degraded");
}

#[test]
fn ok_for_everybody() {
    play("accessible");
}

#[test]
fn ok_in_other_languages_and_elements() {
    play("languages");
}

#[test]
fn ok_the_playground() {
    play("playground");
}

#[test]
fn ok_the_package_says_what_the_program_says() {
    play("package");
}

#[test]
fn ok_the_example_believes_true_receipts_only() {
    play("receipts");
}
