//! The Worker beside a hand-written one in JavaScript that does nothing but a regular expression and one question in JSON: the same requests, the
//! same resolver, both in workerd, in one run, taking turns. Neither has a cache: ours finds that there is none, and leaves it alone. The resolver
//! takes longer for messages than for a text that is always the same, which is no time of ours: it is asked by itself, too.
//!
//! `cargo bench --package rcpt-tests --bench beside`. Ratios are claims; the rest is this machine's.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a bench looks at the clock, and fails by panicking")]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stack::dns_answer::{Says, play};
use stack::place::root;
use stack::stand_in::{Play, StandIn, response};
use stack::workerd::Workerd;
use ureq::Agent;

/// So many requests at a turn, and so many turns each.
const AT_A_TURN: u32 = 250;
const TURNS: u32 = 12;
/// How often each is started.
const STARTS: usize = 9;

const JSON: &str = r#"{"Status":0,"AD":false,"Question":[{"name":"a.example.","type":15}],"Answer":[{"name":"a.example.","type":15,"TTL":60,"data":"10 mx.elsewhere.example."}]}"#;

/// The MX records of a.example, as a message (RFC 8484 §4.1).
const QUESTION: &str = "AAABAAABAAAAAAAAAWEHZXhhbXBsZQAADwAB";

/// One of the two, and what was measured of it.
struct Side {
    worker: Workerd,
    agent: Agent,
    times: Vec<Duration>,
    cpu: Duration,
}

impl Side {
    fn new(worker: Workerd) -> Self {
        Self { worker, agent: Agent::config_builder().build().into(), times: Vec::new(), cpu: Duration::ZERO }
    }

    /// Asks about `body(n)` for each number, and measures where `is_counted`.
    fn take_turn(&mut self, numbers: std::ops::Range<u32>, body: impl Fn(u32) -> Value, is_counted: bool) {
        let (url, before) = (format!("{}/v1/verify", self.worker.url), self.worker.usage().expect("it runs").cpu);
        for n in numbers {
            let body = body(n).to_string();
            let began = Instant::now();
            let request = self.agent.post(&url).header("content-type", "application/json");
            let answer = request.send(body.as_bytes()).expect("an answer").body_mut().read_to_string().expect("text");
            if is_counted {
                self.times.push(began.elapsed());
            }
            assert!(answer.contains("mx.elsewhere.example"), "{answer}");
        }
        if is_counted {
            self.cpu += self.worker.usage().expect("it runs").cpu.saturating_sub(before);
        }
    }

    fn p50(&mut self) -> Duration {
        self.times.sort();
        self.times.get(self.times.len() / 2).copied().unwrap_or_default()
    }
}

fn main() {
    let resolver = StandIn::start_with(|request| {
        if request.contains("dns=") {
            play(Says::Data, request)
        } else {
            Play::Answer(response("200 OK", "application/dns-json", JSON.as_bytes()))
        }
    })
    .expect("a resolver");
    let script = root().join("tests/benches/beside/plain.js");
    let ours = || Workerd::start(&[("RCPT_DOH", resolver.url().as_str())]).expect("the Worker");
    let plain = || Workerd::start_script(&script, &[("DOH", resolver.url().as_str())]).expect("the plain one");

    println!("Beside a plain Worker in JavaScript ({} requests each, by turns; a resolver on loopback):", AT_A_TURN * TURNS);
    println!("  {:34} {:>12} {:>12} {:>8}", "", "Rcpt", "plain", "ratio");
    let (mut one, mut other) = (Side::new(ours()), Side::new(plain()));
    let body = |n: u32| json!({ "email": format!("ada{n}@domain{n}.example"), "level": "dns" });
    for turn in 0..TURNS + 2 {
        let numbers = turn * AT_A_TURN..(turn + 1) * AT_A_TURN;
        one.take_turn(numbers.clone(), body, turn >= 2);
        other.take_turn(numbers, body, turn >= 2);
    }
    line("level dns, time on a processor", one.cpu / (AT_A_TURN * TURNS), other.cpu / (AT_A_TURN * TURNS));
    line("level dns, p50", one.p50(), other.p50());
    line("the resolver asked directly, p50", asked(&format!("{}?dns={QUESTION}", resolver.url())), asked(&resolver.url()));
    let memory = |side: &Side| side.worker.usage().expect("it runs").resident_kb;
    println!("  {:34} {:>9} KB {:>9} KB", "memory", memory(&one), memory(&other));
    line("start to first answer, median", started(ours), started(plain));
    println!("  {:34} {:>12}", "octets gzipped (at most 400,000)", weight());
}

fn line(what: &str, ours: Duration, plain: Duration) {
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    println!("  {what:34} {:>9.1} µs {:>9.1} µs {:>8.2}", us(ours), us(plain), us(ours) / us(plain));
}

/// How long an answer of the resolver takes, at the median.
fn asked(url: &str) -> Duration {
    let agent: Agent = Agent::config_builder().build().into();
    let mut times: Vec<Duration> = (0..AT_A_TURN)
        .map(|_| {
            let began = Instant::now();
            agent.get(url).call().expect("an answer").body_mut().read_to_vec().expect("a body");
            began.elapsed()
        })
        .collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// How long it takes from nothing to the first answer.
fn started(start: impl Fn() -> Workerd) -> Duration {
    let mut times: Vec<Duration> = (0..STARTS)
        .map(|_| {
            let began = Instant::now();
            let _worker = start();
            began.elapsed()
        })
        .collect();
    times.sort();
    times.get(STARTS / 2).copied().unwrap_or_default()
}

/// What wrangler would upload, as `make setup` weighs it.
fn weight() -> String {
    let command = "cat edge/build/*.wasm edge/build/*.js | gzip -9 | wc -c";
    let output = std::process::Command::new("sh").args(["-c", command]).current_dir(root()).output().expect("sh");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
