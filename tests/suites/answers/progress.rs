//! Server-sent events.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use stack::http;
use stack::place::eventually;
use stack::stand_in::{Play, StandIn};
use stack::whole::LAB_SECRET;
use stack::worker::Worker;

use crate::WHOLE;

const WISHED: (&str, &str) = ("accept", "text/event-stream");

fn ask(body: &Value) -> http::Answer {
    let url = format!("{}/v1/verify", WHOLE.worker.url);
    http::send("POST", &url, &[("content-type", "application/json"), WISHED], body.to_string().as_bytes()).expect("an answer")
}

/// Names and data of the events, comments left out.
fn events(answer: &http::Answer) -> Vec<(String, Value)> {
    let blocks = answer.body.split("\n\n").filter(|block| !block.is_empty() && !block.starts_with(':'));
    let event = |block: &str| {
        let (name, data) = block.split_once('\n').expect("two lines");
        let data = data.strip_prefix("data: ").expect("data");
        (name.strip_prefix("event: ").expect("a name").to_owned(), serde_json::from_str(data).expect("JSON"))
    };
    blocks.map(event).collect()
}

/// Of each event its name, reason, the parts that there are, and whether it is the last.
fn shape(body: &Value) -> Vec<(String, String, [bool; 2], bool)> {
    let of = |(name, data): (String, Value)| {
        let text = |field: &str| data[field].as_str().unwrap_or_default().to_owned();
        (name, text("reason"), [data["dns"].is_object(), data["smtp"].is_object()], data["final"] == true)
    };
    events(&ask(body)).into_iter().map(of).collect()
}

fn event(name: &str, reason: &str, parts: [bool; 2], is_final: bool) -> (String, String, [bool; 2], bool) {
    (name.to_owned(), reason.to_owned(), parts, is_final)
}

#[test]
fn ok_one_event_a_stage_and_the_last_says_so() {
    let whole = [
        event("syntax", "not_probed", [false, false], false),
        event("dns", "not_probed", [true, false], false),
        event("smtp", "mailbox_accepted", [true, true], true),
    ];
    assert_eq!(shape(&json!({ "email": "ada@accepts.example" })), whole);
    assert_eq!(shape(&json!({ "email": "ada@accepts.example", "level": "syntax" })), [event("syntax", "not_probed", [false; 2], true)]);
    assert_eq!(shape(&json!({ "email": "no address" })), [event("syntax", "syntax_invalid", [false; 2], true)]);
    assert_eq!(shape(&json!({ "email": "mailbox_full@rcpt.test" })), [event("syntax", "mailbox_full", [false; 2], true)]);
    let no_mail = [event("syntax", "not_probed", [false; 2], false), event("dns", "domain_accepts_no_mail", [true, false], true)];
    assert_eq!(shape(&json!({ "email": "ada@null-mx.example" })), no_mail);
}

#[test]
fn ok_each_is_a_full_verdict() {
    let answer = ask(&json!({ "email": "ada@accepts.example", "max_age_s": 0 }));
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let plain = WHOLE.worker.verify(&json!({ "email": "ada@accepts.example" })).expect("an answer").json();
    let mut names: Vec<&String> = plain.as_object().expect("an object").keys().collect();
    let is_final = "final".to_owned();
    names.push(&is_final);
    names.sort();
    for (_, data) in events(&answer) {
        let mut found: Vec<&String> = data.as_object().expect("an object").keys().collect();
        found.sort();
        assert_eq!(found, names);
        assert_eq!(data["request_id"].as_str(), answer.header("x-request-id"));
    }
}

#[test]
fn err_before_the_first_event_there_are_problems() {
    for (body, status, code) in [(json!({}), 422, "invalid_request"), (json!({ "email": "a", "deadline_ms": 1 }), 422, "invalid_request")] {
        let answer = ask(&body);
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
}

/// The first lines come before the last, comments keep the line open, and who hangs up takes the probe with it.
#[test]
fn ok_whoever_leaves_takes_the_probe_along() {
    let prober = StandIn::start(Play::Silence).expect("a port");
    let doh = WHOLE.lab.lab().doh_url();
    let vars = [("RCPT_DOH", doh.as_str()), ("RCPT_PROBER", &prober.url()), ("RCPT_SECRET", LAB_SECRET)];
    let worker = Worker::start(0, &vars, false).expect("a Worker");
    let mut stream = TcpStream::connect(worker.url.trim_start_matches("http://")).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let body = json!({ "email": "ada@accepts.example", "deadline_ms": 60_000 }).to_string();
    let head = format!(
        "POST /v1/verify HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\naccept: text/event-stream\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).expect("a request");
    let mut lines = BufReader::new(stream.try_clone().expect("a connection")).split(b'\n').map_while(Result::ok);
    let mut read_until = |part: &str| lines.any(|line| String::from_utf8_lossy(&line).contains(part));
    assert!(read_until("event: dns") && read_until(": waiting"));
    assert!(eventually(|| (prober.asked() == 1).then_some(())).is_some());
    assert_eq!(prober.left(), 0);
    stream.shutdown(std::net::Shutdown::Both).expect("an end");
    drop(stream);
    // It is noticed at a comment that nobody takes.
    let gone = || eventually(|| (prober.left() == 1).then_some(())).is_some();
    assert!(gone() || gone() || gone(), "the probe goes on for nobody: {}", worker.process.output());
}
