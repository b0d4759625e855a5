//! What was said to the mail server and by it: told in a lab, about the lab's own domains, to who asks for it.

use serde_json::{Value, json};
use stack::whole::LAB_SECRET;
use stack::worker::Worker;

use crate::WHOLE;

fn transcript(worker: &Worker, body: &Value) -> Vec<String> {
    let answer = worker.verify(body).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
    let verdict: Value = serde_json::from_str(&answer.body).expect("JSON");
    let lines = verdict["transcript"].as_array().cloned().unwrap_or_default();
    lines.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn ok_a_lab_tells_what_was_said() {
    let lines = transcript(&WHOLE.worker, &json!({ "email": "ghost@ACCEPTS.example", "transcript": true }));
    let has = |start: &str| lines.iter().any(|line| line.starts_with(start));
    assert!(has("-- mx1.accepts.example") && has("C: RCPT TO:") && has("S: 550 5.1.1"), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("ghost")), "{lines:?}");
}

#[test]
fn ok_nobody_else_is_told() {
    let asked = json!({ "email": "ada@accepts.example", "transcript": true });
    assert!(transcript(&WHOLE.worker, &json!({ "email": "ada@accepts.example" })).is_empty(), "it was not asked for");
    let (doh, prober) = (WHOLE.lab.lab().doh_url(), WHOLE.prober_url.as_str());
    let vars = [("RCPT_DOH", doh.as_str()), ("RCPT_PROBER", prober), ("RCPT_SECRET", LAB_SECRET)];
    let at = |lab: Option<&'static str>| {
        let all: Vec<_> = vars.into_iter().chain(lab.map(|lab| ("RCPT_LAB", lab))).collect();
        let worker = Worker::start(0, &all, false).unwrap_or_else(|error| panic!("{error}"));
        transcript(&worker, &asked)
    };
    assert!(at(None).is_empty(), "there is no lab");
    assert!(at(Some("mailbox_accepted ada@greylists.example")).is_empty(), "the domain is not one of the lab's");
}
