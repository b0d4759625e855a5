//! What things cost beside one another, in one run on one machine. Ratios are claims; the milliseconds beside them are this machine's.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a bench looks at the clock, and fails by panicking")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::json;
use shared::mailbox::Mailbox;
use shared::smtp::{Reply, Stage, classify};
use stack::http;
use stack::whole::{Ports, Whole};

const ROUNDS: usize = 200;

fn main() {
    let whole = Whole::start(Ports::default(), &[], false).expect("everything starts");
    let health = format!("{}/healthz", whole.worker.url);
    let ask = |level: &str| {
        let body = json!({ "email": "ada@accepts.example", "level": level });
        let answer = whole.worker.verify(&body).expect("an answer");
        assert_eq!(answer.status, 200);
    };
    println!("The Worker in workerd, one request after another ({ROUNDS} each; DNS and mail server on loopback):");
    let base = median(|| drop(http::get(&health).expect("an answer")));
    print("GET /healthz", base, base);
    for level in ["syntax", "dns", "smtp"] {
        print(&format!("verify, level {level}"), median(|| ask(level)), base);
    }
    println!("The core, natively:");
    let reply = Reply::parse("554 5.7.1 Service unavailable; client host [192.0.2.1] blocked using zen.spamhaus.org").expect("a reply");
    let parsing = each(|| drop(black_box(Mailbox::parse(black_box("ada.lovelace+news@example.com")))));
    print("parse an ASCII address", parsing, parsing);
    print("parse an internationalised one", each(|| drop(black_box(Mailbox::parse(black_box("ädä@bücher.example"))))), parsing);
    print("classify a reply", each(|| _ = black_box(classify(Stage::Rcpt, black_box(&reply)))), parsing);
}

fn print(what: &str, time: Duration, base: Duration) {
    println!("  {what:32} {:>10.1} µs  {:>6.2} ×", time.as_secs_f64() * 1e6, time.as_secs_f64() / base.as_secs_f64());
}

/// The median time of one call, each timed by itself, after some that are not counted.
fn median(call: impl Fn()) -> Duration {
    (0..20).for_each(|_| call());
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| timed(&call)).collect();
    times.sort();
    times.get(ROUNDS / 2).copied().unwrap_or_default()
}

/// The mean time of a call that is too short to be timed by itself.
fn each(call: impl Fn()) -> Duration {
    timed(|| (0..10_000).for_each(|_| call())) / 10_000
}

fn timed(call: impl Fn()) -> Duration {
    let began = Instant::now();
    call();
    began.elapsed()
}
