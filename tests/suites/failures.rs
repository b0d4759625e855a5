//! Parts that fail: whatever does, the Worker answers in time, with what it knows and nothing more.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a suite fails by panicking")]

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stack::dns_answer::{Says, play};
use stack::stand_in::{Play, StandIn, response};
use stack::whole::{LAB_SECRET, Ports, RunningLab, Whole};
use stack::worker::Worker;
use stack::worker::bindings::Disorder;

const DNS: &str = "application/dns-message";

/// One question with a deadline, and how long the answer took.
#[expect(clippy::disallowed_methods, reason = "a test may look at the clock: that answers come in time is what it is about")]
fn ask(worker: &Worker, email: &str, deadline_ms: u64) -> (Value, Duration) {
    let began = Instant::now();
    let answer = worker.verify(&json!({ "email": email, "deadline_ms": deadline_ms })).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
    (answer.json(), began.elapsed())
}

/// Half a second for the machine: the deadline is the Worker's to keep, the rest is this computer's.
fn in_time(elapsed: Duration, deadline_ms: u64) -> bool {
    elapsed < Duration::from_millis(deadline_ms + 500)
}

fn plays() -> Vec<(&'static str, Play)> {
    let late = Play::AnswerAfter(Duration::from_secs(4), response("200 OK", DNS, b"late"));
    vec![
        ("garbage", Play::Answer(response("200 OK", DNS, b"\xff\xff this is no message"))),
        ("an empty message", Play::Answer(response("200 OK", DNS, b""))),
        ("another type", Play::Answer(response("200 OK", "text/html", b"<html>"))),
        ("500", Play::Answer(response("500 Internal Server Error", "text/plain", b"oh"))),
        ("a redirect", Play::Answer(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n".to_vec())),
        ("no HTTP", Play::Answer(b"220 mx ESMTP\r\n".to_vec())),
        ("nothing", Play::Silence),
        ("a closed connection", Play::Close),
        ("an answer after the deadline", late),
        ("an endless answer", Play::Endless(b"HTTP/1.1 200 OK\r\ncontent-type: application/dns-message\r\n\r\n".to_vec())),
    ]
}

#[test]
fn ok_doh_that_fails_leaves_the_domain_unknown() {
    let stand_ins: Vec<_> = plays().into_iter().map(|(what, play)| (what, StandIn::start(play).expect("a port"))).collect();
    for (what, stand_in) in &stand_ins {
        let worker = Worker::start(0, &[("RCPT_DOH", &stand_in.url())], false).expect("a Worker");
        let (found, elapsed) = ask(&worker, "ada@accepts.example", 1500);
        assert_eq!((&found["status"], &found["reason"]), (&json!("unknown"), &json!("dns_unavailable")), "{what}: {found}");
        assert_eq!(found["mailbox"]["normalized"], "ada@accepts.example", "{what}");
        assert!(in_time(elapsed, 1500), "{what}: {elapsed:?}");
        assert!(stand_in.asked() > 0, "{what} was not asked");
    }
}

#[test]
fn ok_the_next_resolver_is_asked() {
    for (what, play) in plays() {
        if !matches!(what, "garbage" | "500" | "nothing" | "a closed connection") {
            continue;
        }
        let stand_in = StandIn::start(play).expect("a port");
        let lab = RunningLab::start(Ports::default()).expect("a lab");
        let both = format!("{}/dns-query,{}", stand_in.url(), lab.lab().doh_url());
        let worker = Worker::start(0, &[("RCPT_DOH", &both)], false).expect("a Worker");
        let (found, elapsed) = ask(&worker, "ada@null-mx.example", 3000);
        assert_eq!(found["reason"], "domain_accepts_no_mail", "{what}: {found}");
        assert!(in_time(elapsed, 3000), "{what}: {elapsed:?}");
        assert!(stand_in.asked() > 0, "{what} was not asked first");
    }
}

#[test]
fn ok_a_prober_that_fails_is_unavailable() {
    let lab = RunningLab::start(Ports::default()).expect("a lab");
    let cases: [(&str, Play); 7] = [
        ("500", Play::Answer(response("500 Internal Server Error", "application/json", b"{}"))),
        ("401", Play::Answer(response("401 Unauthorized", "application/json", b"{}"))),
        ("another shape", Play::Answer(response("200 OK", "application/json", br#"{"status":"deliverable"}"#))),
        ("half an answer", Play::Answer(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"kind\":".to_vec())),
        ("nothing", Play::Silence),
        ("a closed connection", Play::Close),
        ("an endless answer", Play::Endless(b"HTTP/1.1 200 OK\r\n\r\n{".to_vec())),
    ];
    for (what, play) in cases {
        let prober = StandIn::start(play).expect("a port");
        let vars = [("RCPT_DOH", lab.lab().doh_url()), ("RCPT_PROBER", prober.url()), ("RCPT_SECRET", LAB_SECRET.to_owned())];
        let vars: Vec<_> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let worker = Worker::start(0, &vars, false).expect("a Worker");
        let (found, elapsed) = ask(&worker, "ada@accepts.example", 1500);
        assert_eq!((&found["status"], &found["reason"]), (&json!("unknown"), &json!("prober_unavailable")), "{what}: {found}");
        // All that the edge does know is there.
        assert_eq!(found["dns"]["mx"][0]["exchange"], "mx1.accepts.example", "{what}");
        assert!(in_time(elapsed, 1500), "{what}: {elapsed:?}");
        assert!(prober.asked() > 0, "{what} was not asked");
    }
}

/// The cache and the store of evidence only ever save time.
#[test]
fn ok_caches_that_hang_are_passed_over() {
    let doh = StandIn::start_with(|request| play(Says::Data, request)).expect("a port");
    let vars = [("RCPT_DOH", doh.url()), ("RCPT_PROBER", "http://127.0.0.1:9".to_owned()), ("RCPT_SECRET", LAB_SECRET.to_owned())];
    let vars: Vec<_> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let worker = Worker::start_out_of_order(&vars, &["RCPT_EVIDENCE"], Disorder::Hangs).expect("a Worker");
    let mut dns_ms = Vec::new();
    for deadline_ms in [5000, 1500] {
        let (found, elapsed) = ask(&worker, "ada@accepts.example", deadline_ms);
        assert_eq!((&found["reason"], &found["dns"]["route"]), (&json!("prober_unavailable"), &json!("hosts")), "{found}");
        assert!(in_time(elapsed, deadline_ms), "{elapsed:?}");
        dns_ms.push(found["timing_ms"]["dns"].as_f64().expect("milliseconds"));
    }
    // The DNS cache is waited for once, and then left alone for a while.
    assert!(dns_ms[0] >= 250.0 && dns_ms[1] < 250.0, "{dns_ms:?}");
    // A time so short that neither can be waited for.
    let (found, elapsed) = ask(&worker, "ada@accepts.example", 100);
    assert_eq!(found["status"], "unknown", "{found}");
    assert!(in_time(elapsed, 100), "{elapsed:?}");
}

#[test]
fn ok_a_prober_killed_in_mid_request() {
    let mut whole = Whole::start(Ports::default(), &[], false).expect("everything");
    let (found, elapsed) = thread::scope(|scope| {
        let worker = &whole.worker;
        let asked = scope.spawn(|| ask(worker, "ada@silent.example", 8000));
        // The mail host keeps silent, so the prober is in the middle of it by then.
        thread::sleep(Duration::from_millis(700));
        whole.prober.kill();
        asked.join().expect("no panic")
    });
    assert_eq!((&found["status"], &found["reason"]), (&json!("unknown"), &json!("prober_unavailable")), "{found}");
    assert_eq!(found["dns"]["route"], "hosts");
    assert!(in_time(elapsed, 8000), "{elapsed:?}");
    // And with the prober gone from the start.
    let (found, elapsed) = ask(&whole.worker, "ada@accepts.example", 2000);
    assert_eq!(found["reason"], "prober_unavailable");
    assert!(in_time(elapsed, 2000), "{elapsed:?}");
}

#[test]
fn ok_a_worker_without_prober_or_with_bad_variables_says_so() {
    let lab = RunningLab::start(Ports::default()).expect("a lab");
    let alone = Worker::start(0, &[("RCPT_DOH", &lab.lab().doh_url())], false).expect("a Worker");
    let (found, _) = ask(&alone, "ada@accepts.example", 2000);
    assert_eq!(found["reason"], "prober_unavailable");
    let vars = [("RCPT_DOH", "nonsense"), ("RCPT_PROBER", "http://127.0.0.1:9"), ("RCPT_SECRET", "short"), ("RCPT_DEADLINE_MS", "soon")];
    let broken = Worker::start(0, &vars, false).expect("a Worker");
    let answer = broken.verify(&json!({ "email": "ada@accepts.example" })).expect("an answer");
    let problem = answer.json();
    assert_eq!((answer.status, &problem["code"]), (500, &json!("misconfigured")));
    for name in ["RCPT_DOH", "RCPT_SECRET", "RCPT_DEADLINE_MS"] {
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(name)), "{problem}");
    }
    assert!(!answer.body.contains("nonsense") && !answer.body.contains("short"), "{problem}");
}
