//! The page: widget, playground and npm package in Chromium, against the Worker, the prober and the lab. Each test runs a scenario of `tests/page`.
#![allow(clippy::expect_used, clippy::panic, reason = "a suite fails by panicking")]

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use stack::child::Kept;
use stack::http;
use stack::place::{free_port, program, root};
use stack::stand_in::{Play, StandIn, response};
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

/// A Worker with every binding, for one site with these rules, and with these settings beside.
fn worker_of_site(rules: &str, settings: &[(&str, &str)]) -> Worker {
    let (doh, sites) = (SITE.whole.lab.lab().doh_url(), format!("page {SITE_KEY} {} {rules}", SITE.url));
    let own = [
        ("RCPT_DOH", doh.as_str()),
        ("RCPT_PROBER", &SITE.whole.prober_url),
        ("RCPT_SECRET", LAB_SECRET),
        ("RCPT_SITES", &sites),
        ("RCPT_RECEIPT_KEYS", LAB_RECEIPT_KEYS),
    ];
    Worker::start_bound(&[&own, settings].concat(), &[]).unwrap_or_else(|error| panic!("{error}"))
}

/// Runs a scenario against the Worker that answers everybody.
fn play(scenario: &str) {
    play_at(&SITE.whole.worker, scenario);
}

/// Runs a scenario against a Worker that it cannot stop.
fn play_at(worker: &Worker, scenario: &str) {
    play_with(&worker.url, scenario, || panic!("this Worker is others', too"));
}

/// Runs a scenario, prints what it measured, and stops the Worker where it says so.
fn play_with(edge: &str, scenario: &str, mut stop: impl FnMut()) {
    let Some(chromium) = chromium() else {
        println!("left out: the page in a browser (no chromium)");
        return;
    };
    let mut command = Command::new(node().expect("node"));
    command.current_dir(root()).args(["tests/page/run.mjs", scenario]);
    command.env("EDGE", edge).env("SITE_KEY", SITE_KEY).env("EXAMPLE", &SITE.url).env("CHROMIUM", chromium);
    command.env("RCPT", program("rcpt").expect("rcpt"));
    if let Some(corpus) = corpus() {
        command.env("CORPUS", corpus);
    }
    let mut node = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("node runs");
    let mut told = node.stdin.take().expect("its input");
    for line in BufReader::new(node.stdout.take().expect("its output")).lines().map_while(Result::ok) {
        if line == "stop the edge" {
            stop();
            told.write_all(b"stopped\n").expect("a scenario that listens");
        } else {
            println!("{line}");
        }
    }
    let mut wrong = String::new();
    node.stderr.take().expect("its complaints").read_to_string(&mut wrong).expect("text");
    assert!(node.wait().expect("its end").success(), "{wrong}\n{}", SITE.example.output());
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
    play_at(&worker_of_site("", &[]), "site");
}

#[test]
fn ok_nothing_leaves_the_page_too_early() {
    play("network");
}

/// With a Worker of its own, which is stopped while somebody fills in the form.
#[test]
fn ok_the_form_is_sent_whatever_fails() {
    let doh = SITE.whole.lab.lab().doh_url();
    let vars =
        [("RCPT_DOH", doh.as_str()), ("RCPT_PROBER", &SITE.whole.prober_url), ("RCPT_SECRET", LAB_SECRET), ("RCPT_ORIGINS", &SITE.url)];
    let mut worker = Worker::start(0, &vars, false).unwrap_or_else(|error| panic!("{error}"));
    let url = worker.url.clone();
    play_with(&url, "degraded", || worker.process.stop());
}

/// A site whose every question needs a token of Turnstile's, which passes once.
#[test]
fn ok_with_turnstile() {
    let spent = Mutex::new(HashSet::new());
    let siteverify = StandIn::start_with(move |request| {
        let asked: Value = request.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok()).unwrap_or_default();
        let token = asked["response"].as_str().unwrap_or_default();
        let is_good = token.starts_with("token-") && spent.lock().expect("no panic").insert(token.to_owned());
        let told = json!({ "success": is_good, "hostname": "127.0.0.1", "error-codes": if is_good { vec![] } else { vec!["timeout-or-duplicate"] } });
        Play::Answer(response("200 OK", "application/json", told.to_string().as_bytes()))
    });
    let siteverify = siteverify.expect("a port");
    let siteverify_url = siteverify.url();
    let turnstile = [("RCPT_TURNSTILE_URL", siteverify_url.as_str()), ("RCPT_TURNSTILE_SECRET", "the widget's secret")];
    play_at(&worker_of_site("turnstile", &turnstile), "turnstile");
}

#[test]
fn ok_whatever_pages_do_to_a_field() {
    play("forms");
}

#[test]
fn ok_whatever_an_edge_says() {
    play("hostile");
}

#[test]
fn ok_assets_for_pages_of_other_origins() {
    play("assets");
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
