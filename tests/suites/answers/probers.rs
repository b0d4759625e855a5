//! Several probers, of which some fail.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use stack::http;
use stack::place::free_port;
use stack::stand_in::{Play, StandIn, response};
use stack::whole::LAB_SECRET;
use stack::worker::Worker;

use crate::{WHOLE, timed};

fn worker(probers: &str) -> Worker {
    let doh = WHOLE.lab.lab().doh_url();
    let vars = [("RCPT_DOH", doh.as_str()), ("RCPT_PROBER", probers), ("RCPT_SECRET", LAB_SECRET)];
    Worker::start(0, &vars, false).expect("a Worker")
}

fn ask(worker: &Worker, deadline_ms: u64) -> (Value, Duration) {
    let body = json!({ "email": "ada@accepts.example", "deadline_ms": deadline_ms });
    let (found, elapsed) = timed(|| worker.verify(&body).expect("an answer").json());
    assert!(elapsed < Duration::from_millis(deadline_ms + 1_000), "{elapsed:?}");
    (found, elapsed)
}

fn refusal(headers: &str) -> Play {
    let text = format!("HTTP/1.1 503 Service Unavailable\r\n{headers}content-length: 2\r\nconnection: close\r\n\r\n{{}}");
    Play::Answer(text.into_bytes())
}

/// One that fails is drawn first nearly always, by its weight.
fn before_the_real_one(url: &str) -> String {
    format!("{url}=1000,{}=1", WHOLE.prober_url)
}

#[test]
fn ok_a_prober_that_fails_costs_time_and_not_the_verdict() {
    let dead = format!("http://127.0.0.1:{}", free_port().expect("a port"));
    let refuses = StandIn::start(refusal("")).expect("a port");
    let other_shape = StandIn::start(Play::Answer(response("200 OK", "application/json", b"[]"))).expect("a port");
    for (what, url) in [("dead", dead), ("refuses", refuses.url()), ("another shape", other_shape.url())] {
        let worker = worker(&before_the_real_one(&url));
        let (found, elapsed) = ask(&worker, 5_000);
        println!("{what:16} {} {} ms", found["reason"], elapsed.as_millis());
        assert_eq!(found["reason"], "mailbox_accepted", "{what}: {found}");
    }
}

/// It has no name of its own; that is no failure, and no reason to stop at it.
#[test]
fn ok_a_prober_that_declines_is_passed_over() {
    let declining = StandIn::start(Play::Answer(response("200 OK", "application/json", br#"{"kind":"declined"}"#))).expect("a port");
    assert_eq!(ask(&worker(&before_the_real_one(&declining.url())), 5_000).0["reason"], "mailbox_accepted");
    assert_eq!(ask(&worker(&declining.url()), 5_000).0["reason"], "not_probed");
    assert!(declining.asked() > 1);
}

#[test]
fn ok_a_prober_that_hangs_leaves_time_for_the_next() {
    let silent = StandIn::start(Play::Silence).expect("a port");
    let worker = worker(&before_the_real_one(&silent.url()));
    let (found, elapsed) = ask(&worker, 6_000);
    println!("hangs            {} {} ms", found["reason"], elapsed.as_millis());
    assert_eq!(found["reason"], "mailbox_accepted", "{found}");
}

#[test]
fn ok_only_where_all_fail_is_there_no_prober() {
    let (one, other) = (StandIn::start(refusal("")).expect("a port"), StandIn::start(Play::Close).expect("a port"));
    let worker = worker(&format!("{},{}", one.url(), other.url()));
    let (found, _) = ask(&worker, 3_000);
    assert_eq!((&found["reason"], &found["dns"]["route"]), (&json!("prober_unavailable"), &json!("hosts")), "{found}");
    assert!(one.asked() > 0 && other.asked() > 0);
}

#[test]
fn ok_who_fails_again_and_again_is_left_alone() {
    let failing = StandIn::start(refusal("")).expect("a port");
    let worker = worker(&before_the_real_one(&failing.url()));
    let (found, elapsed) = timed(|| (0..20).map(|_| ask(&worker, 5_000).0).collect::<Vec<_>>());
    assert!(found.iter().all(|found| found["reason"] == "mailbox_accepted"), "{found:?}");
    // Three, and a trial after each pause: 2 s, 4 s, 8 s and so on.
    let trials = (1..10).filter(|n| elapsed > Duration::from_secs(2 << (n - 1))).count();
    assert!((3..=3 + trials).contains(&failing.asked()), "{} times in {elapsed:?}", failing.asked());
}

#[test]
fn ok_who_asks_for_a_pause_gets_it() {
    let busy = StandIn::start(refusal("retry-after: 600\r\n")).expect("a port");
    let worker = worker(&before_the_real_one(&busy.url()));
    for _ in 0..6 {
        assert_eq!(ask(&worker, 5_000).0["reason"], "mailbox_accepted");
    }
    assert_eq!(busy.asked(), 1);
}

/// As in a crowd, or before a runtime that has just started gets round to it: what the request was on its way for is not the prober's any more.
#[test]
fn ok_a_request_that_is_held_up_is_answered_in_time() {
    let held_up = StandIn::start_with(|request| {
        thread::sleep(Duration::from_secs(1));
        Play::Answer(pass_on(request))
    });
    let held_up = held_up.expect("a port");
    let body = json!({ "email": "ada@silent.example", "deadline_ms": 6_000 });
    let found = worker(&held_up.url()).verify(&body).expect("an answer").json();
    assert_eq!((&found["reason"], held_up.asked()), (&json!("timed_out"), 1), "{found}");
}

/// To the prober, as it came; and its answer.
fn pass_on(request: &str) -> Vec<u8> {
    let (head, body) = request.split_once("\r\n\r\n").expect("a head");
    let header = |name: &str| head.lines().find_map(|line| line.split_once(": ").filter(|(known, _)| known.eq_ignore_ascii_case(name)));
    let headers: Vec<_> = ["content-type", "rcpt-signature", "x-request-id"].into_iter().filter_map(header).collect();
    let answer = http::send("POST", &format!("{}/v1/probe", WHOLE.prober_url), &headers, body.as_bytes()).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
    response("200 OK", "application/json", answer.body.as_bytes())
}
