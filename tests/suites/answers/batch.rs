//! Many addresses at once.

use serde_json::{Value, json};
use stack::dns_answer::{Says, play};
use stack::http::{self, Answer};
use stack::stand_in::StandIn;
use stack::worker::Worker;

use crate::{WHOLE, timed};

fn ask(worker: &Worker, body: &Value) -> Answer {
    http::post(&format!("{}/v1/verify/batch", worker.url), body).expect("an answer")
}

#[test]
fn ok_each_in_its_place_and_each_by_itself() {
    let emails = json!([
        "ada@accepts.example",
        "ghost@accepts.example",
        "no address",
        7,
        "ada@full.example",
        "mailbox_disabled@rcpt.test",
        "ada@accepts.example",
        "ada@servfail.example",
        null
    ]);
    let answer = ask(&WHOLE.worker, &json!({ "emails": emails }));
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{}", answer.body);
    let found = answer.json();
    let expected = [
        "mailbox_accepted",
        "mailbox_not_found",
        "syntax_invalid",
        "invalid_request",
        "mailbox_full",
        "mailbox_disabled",
        "mailbox_accepted",
        "dns_unavailable",
        "invalid_request",
    ];
    for (n, expected) in expected.iter().enumerate() {
        let outcome = &found["results"][n];
        let told = outcome["reason"].as_str().or(outcome["code"].as_str());
        assert_eq!(told, Some(*expected), "{n}: {outcome}");
        assert!(outcome["email"] == emails[n] || outcome["status"] == 422, "{n}: {outcome}");
    }
    assert_eq!(found["counts"], json!({ "deliverable": 2, "risky": 1, "undeliverable": 3, "unknown": 1, "problems": 2 }));
    assert_eq!(found["request_id"].as_str(), answer.header("x-request-id"));
}

#[test]
fn ok_a_hundred_with_one_look_up_a_domain() {
    let resolver = StandIn::start_with(|request| play(Says::Data, request)).expect("a port");
    let worker = Worker::start(0, &[("RCPT_DOH", &resolver.url())], false).expect("a Worker");
    let emails: Vec<String> = (0..100).map(|n| format!("user{n}@domain{}.example", n % 4)).collect();
    let found = ask(&worker, &json!({ "emails": emails, "level": "dns" })).json();
    assert_eq!(found["counts"]["unknown"], 100, "{found}");
    assert!(found["results"].as_array().is_some_and(|all| all.iter().all(|one| one["reason"] == "not_probed")));
    assert_eq!(resolver.asked(), 4);
}

#[test]
fn ok_one_deadline_for_all() {
    let emails: Vec<String> = (0..20).map(|n| format!("user{n}@silent.example")).collect();
    let (answer, elapsed) = timed(|| ask(&WHOLE.worker, &json!({ "emails": emails, "deadline_ms": 2_000 })));
    assert_eq!(answer.json()["counts"]["unknown"], 20, "{}", answer.body);
    assert!(elapsed.as_millis() < 3_500, "{elapsed:?}");
}

#[test]
fn err_not_a_batch() {
    let many = vec!["a@b.example"; 101];
    for body in [json!({ "emails": [] }), json!({ "emails": many }), json!({ "email": "a" }), json!({ "emails": ["a"], "deadline_ms": 0 })]
    {
        let answer = ask(&WHOLE.worker, &body);
        assert_eq!((answer.status, &answer.json()["code"]), (422, &json!("invalid_request")), "{}", answer.body);
    }
    let long = json!({ "emails": ["a".repeat(200_000)] });
    assert_eq!(ask(&WHOLE.worker, &long).status, 413);
}
