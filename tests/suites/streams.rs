//! Streams: a topic of addresses verified into a topic of verdicts, whatever stands in it and whoever dies on the way.
#![cfg(feature = "kafka")]
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a suite fails by panicking")]

#[path = "streams/deaths.rs"]
mod deaths;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use stack::child::Kept;
use stack::kafka::{Kafka, Received};
use stack::whole::{Ports, RunningLab, rcpt};

/// `rcpt work` from the topic `in` to the topic `out`, in a lab.
fn work(kafka: &Kafka, lab: &RunningLab) -> Command {
    let mut command = rcpt().expect("rcpt");
    command.args(["work", "--lab", "--from", "in", "--to", "out"]).envs(lab.settings());
    command.env("RCPT_QUEUE", kafka.url("rcpt"));
    command
}

fn start(kafka: &Kafka, lab: &RunningLab) -> Kept {
    Kept::start(&work(kafka, lab), false).expect("a worker")
}

/// Runs a test with a broker that has the three topics.
fn with_broker(partitions: i32, test: impl Fn(&Kafka)) {
    Kafka::with(|kafka| {
        for (topic, count) in [("in", partitions), ("out", partitions), ("in.dead", 1)] {
            kafka.make(topic, count).expect("a topic");
        }
        test(kafka);
    })
    .expect("a broker");
}

/// Waits until so many messages are in a topic.
fn await_messages(kafka: &Kafka, worker: &mut Kept, topic: &str, count: usize) -> Vec<Received> {
    let there = |_: &Kept| kafka.read(topic).is_ok_and(|messages| messages.len() >= count);
    worker.wait_until(Duration::from_mins(1), there).unwrap_or_else(|fault| panic!("{fault}\n{:?}", kafka.read(topic)));
    kafka.read(topic).expect("messages")
}

fn of<'a>(messages: &'a [Received], email: &str) -> &'a Received {
    messages.iter().find(|message| message.json()["email"] == email).unwrap_or_else(|| panic!("{email}: {messages:?}"))
}

#[test]
fn ok_verdicts_under_their_keys_and_what_cannot_be_meant_aside() {
    with_broker(2, |kafka| {
        let lab = RunningLab::start(Ports::default()).expect("a lab");
        let trace: &[(&str, &str)] = &[("trace", "t1")];
        let messages: [stack::kafka::Sent<'_>; 10] = [
            (Some("k0"), Some(b"ada@greylists-briefly.example"), &[]),
            (Some("k1"), Some(b"ada@accepts.example"), trace),
            (Some("k2"), Some(br#"{"email":"ghost@accepts.example","id":7,"more":true}"#), &[]),
            (None, Some(b"\"ada@implicit.example\""), &[]),
            (Some("k4"), Some(b"no address"), &[]),
            (Some("k5"), None, &[]),
            (Some("p1"), Some(b"\xff\xfe"), trace),
            (Some("p2"), Some(b"{not json"), &[]),
            (Some("p3"), Some(br#"{"mail":"ada@accepts.example"}"#), &[]),
            (None, Some(b""), &[]),
        ];
        kafka.send("in", &messages).expect("sent");
        let mut worker = start(kafka, &lab);
        let out = await_messages(kafka, &mut worker, "out", 6);
        let dead = await_messages(kafka, &mut worker, "in.dead", 4);
        worker.stop();
        verdicts(&out);
        set_aside(&dead);
        let said = worker.output();
        assert!(said.contains("5 answered, 3 deliverable") && said.contains("0 put off, 4 set aside"), "{said}");
        assert!(!said.contains("@accepts.example") && !said.contains("@greylists"), "{said}");
        nothing_is_left(kafka, &lab);
    });
}

fn verdicts(out: &[Received]) {
    let found = |email: &str| (of(out, email).key.clone(), of(out, email).json()["reason"].clone(), of(out, email).json()["id"].clone());
    let key = |key: &str| Some(key.to_owned());
    assert_eq!(found("ada@accepts.example"), (key("k1"), json!("mailbox_accepted"), Value::Null));
    assert_eq!(found("ghost@accepts.example"), (key("k2"), json!("mailbox_not_found"), json!(7)));
    assert_eq!(found("ada@implicit.example"), (key("ada@implicit.example"), json!("mailbox_accepted"), Value::Null));
    assert_eq!(found("no address"), (key("k4"), json!("syntax_invalid"), Value::Null));
    assert_eq!(of(out, "ada@accepts.example").header("trace"), Some("t1"));
    let tombstone = out.iter().find(|message| message.key.as_deref() == Some("k5")).expect("handed on");
    assert_eq!((&tombstone.value, out.len()), (&None, 6));
    let places: BTreeSet<_> = out.iter().map(|message| message.header("rcpt-from").expect("a place").to_owned()).collect();
    assert!(places.len() == 6 && places.iter().all(|place| place.starts_with("in/")), "{places:?}");
    // Who had to wait came last, and held nobody back.
    assert_eq!(found("ada@greylists-briefly.example"), (key("k0"), json!("mailbox_accepted"), Value::Null));
    let late = of(out, "ada@greylists-briefly.example").at_ms;
    assert!(out.iter().all(|message| message.at_ms <= late), "{out:?}");
}

fn set_aside(dead: &[Received]) {
    let mut faults: Vec<_> =
        dead.iter().map(|message| (message.key.as_deref().unwrap_or(""), message.header("rcpt-fault").expect("why"))).collect();
    faults.sort_unstable();
    assert_eq!(faults, [("", "empty"), ("p1", "not_text"), ("p2", "not_json"), ("p3", "no_address")]);
    let first = dead.iter().find(|message| message.key.as_deref() == Some("p1")).expect("it");
    assert_eq!((first.value.as_deref(), first.header("trace")), (Some(&b"\xff\xfe"[..]), Some("t1")), "as it came");
}

/// What was done is committed, so that the next worker begins behind it.
fn nothing_is_left(kafka: &Kafka, lab: &RunningLab) {
    kafka.send("in", &[(Some("last"), Some(b"ada@implicit.example"), &[])]).expect("sent");
    let mut worker = start(kafka, lab);
    let out = await_messages(kafka, &mut worker, "out", 7);
    worker.stop();
    assert_eq!((kafka.read("out").expect("messages").len(), out[6].key.as_deref()), (7, Some("last")));
    assert_eq!(kafka.read("in.dead").expect("messages").len(), 4);
}

#[test]
fn ok_brokers_may_go_and_come_back() {
    with_broker(1, |kafka| {
        let lab = RunningLab::start(Ports::default()).expect("a lab");
        let mut worker = start(kafka, &lab);
        kafka.send("in", &[(None, Some(b"ada@accepts.example"), &[])]).expect("sent");
        await_messages(kafka, &mut worker, "out", 1);
        kafka.go().expect("gone");
        worker.wait_until(Duration::from_secs(30), |worker| worker.output().contains("Kafka is away")).expect("it is noticed");
        kafka.come_back().expect("back");
        kafka.send("in", &[(None, Some(b"ghost@accepts.example"), &[])]).expect("sent");
        let out = await_messages(kafka, &mut worker, "out", 2);
        assert_eq!(of(&out, "ghost@accepts.example").json()["reason"], "mailbox_not_found");
        assert!(worker.output().contains("Kafka is back"), "{}", worker.output());
    });
}

#[test]
fn err_bad_use_is_told_at_once() {
    let run = |arguments: &[&str], queue: &str| {
        let output = rcpt().expect("rcpt").arg("work").args(arguments).env("RCPT_QUEUE", queue).output().expect("rcpt runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let stream = ["--from", "a", "--to", "b", "--level", "dns"];
    for (arguments, queue, said) in [
        (&stream[..], "embedded", "expected RCPT_QUEUE=kafka://"),
        (&stream[..], "kafka://secret", "RCPT_QUEUE: expected HOST:PORT"),
        (
            &stream,
            "kafka://127.0.0.1:1?security.protocol=sasl_plaintext&sasl.mechanism=NONE&sasl.password=secret",
            "Unsupported SASL mechanism",
        ),
        (&stream, "kafka://127.0.0.1:1?security.protocol=sasl_plaintext&sasl.mechanism=SCRAM-SHA-256", "--features kafka-tls"),
        (&["--from", "a", "--to", "a"], "kafka://127.0.0.1:1", "another topic"),
        (&["--from", "a", "--to", "b"], "kafka://127.0.0.1:1", "RCPT_HELO"),
    ] {
        let (code, err) = run(arguments, queue);
        assert!(code == Some(2) && err.contains(said) && !err.contains("secret"), "{code:?} {err}");
    }
}
