//! What is known of a domain, with a prober and without.

use serde_json::{Value, json};
use stack::http::{self, Answer};
use stack::place::free_port;
use stack::stand_in::{Play, StandIn, response};
use stack::whole::LAB_SECRET;
use stack::worker::Worker;

use crate::WHOLE;

fn about(url: &str, domain: &str) -> Answer {
    http::get(&format!("{url}/v1/domains/{domain}")).expect("an answer")
}

fn names(value: &Value) -> Vec<&String> {
    value.as_object().map(|object| object.keys().collect()).unwrap_or_default()
}

#[test]
fn ok_with_a_prober_its_experience() {
    assert_eq!(WHOLE.worker.verify(&json!({ "email": "anyone@accept-all.example" })).expect("an answer").json()["reason"], "accept_all");
    let answer = about(&WHOLE.worker.url, "Accept-All.Example");
    let found = answer.json();
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!((&found["domain"], &found["route"]["kind"]), (&json!("accept-all.example"), &json!("hosts")), "{found}");
    assert_eq!((&found["accept_all"]["known"], &found["rcpt_can_prove"]), (&json!("yes"), &json!("no")), "{found}");
    assert_eq!((&found["prober"], &found["gate_closed"]), (&json!("heard"), &json!(false)), "{found}");
    assert_eq!(about(&WHOLE.worker.url, "b%C3%BCcher.example").json()["domain"], "xn--bcher-kva.example");
}

#[test]
fn ok_without_one_what_is_not_known_is_null() {
    let doh = WHOLE.lab.lab().doh_url();
    let dead = format!("http://127.0.0.1:{}", free_port().expect("a port"));
    let worker = Worker::start(0, &[("RCPT_DOH", &doh), ("RCPT_PROBER", &dead), ("RCPT_SECRET", LAB_SECRET)], false).expect("a Worker");
    for domain in ["accept-all.example", "yahoo-like.example", "nowhere.example", "servfail.example", "a.invalid", "mailinator.com.example"]
    {
        let (alone, with) = (about(&worker.url, domain).json(), about(&WHOLE.prober_url, domain).json());
        assert_eq!(names(&alone), names(&with), "the same shape: {domain}");
        assert_eq!(names(&alone["operator"]), names(&with["operator"]), "{domain}");
        for field in ["domain", "route", "dns_failure", "traits"] {
            assert!(alone[field] == with[field] || domain == "a.invalid", "{field} of {domain}: {alone} {with}");
        }
        assert_eq!((&alone["prober"], &alone["gate_closed"]), (&json!("unavailable"), &Value::Null), "{alone}");
        assert_eq!(alone["accept_all"], json!({ "known": "unknown", "at": null }), "{alone}");
    }
    let yahoo = about(&worker.url, "yahoo-like.example").json();
    assert_eq!((&yahoo["operator"]["id"], &yahoo["rcpt_can_prove"]), (&json!("yahoo"), &json!("no")), "{yahoo}");
    assert_eq!(about(&worker.url, "servfail.example").json()["dns_failure"], "server_failure");
}

/// Whatever answers in a prober's place with something else is no prober.
#[test]
fn ok_another_answer_is_not_passed_on() {
    let (doh, other) = (WHOLE.lab.lab().doh_url(), json!({ "domain": "accepts.example" }).to_string());
    for body in ["<html>", "", "[]", "7", &other] {
        let prober = StandIn::start(Play::Answer(response("200 OK", "application/json", body.as_bytes()))).expect("a port");
        let worker = Worker::start(0, &[("RCPT_DOH", &doh), ("RCPT_PROBER", &prober.url()), ("RCPT_SECRET", LAB_SECRET)], false);
        let answer = about(&worker.expect("a Worker").url, "accept-all.example");
        let found = answer.json();
        assert_eq!((&found["domain"], &found["prober"]), (&json!("accept-all.example"), &json!("unavailable")), "{body}: {}", answer.body);
        assert_eq!(prober.asked(), 1);
    }
}

#[test]
fn err_no_domain() {
    for url in [&WHOLE.worker.url, &WHOLE.prober_url] {
        for path in ["a..b", "localhost", "ada@accepts.example", "%ff", ""] {
            let answer = about(url, path);
            let expected = (answer.status, answer.json()["code"].as_str() == Some("invalid_request"));
            assert!(
                expected == (422, true) || (path.is_empty() && answer.status == 404) || (path == "%ff" && answer.status == 400),
                "{path}: {}",
                answer.body
            );
            assert!(!answer.body.contains("ada@"), "{}", answer.body);
        }
    }
}

/// An edge signs what it asks; a signature that is there must be good, and none is needed.
#[test]
fn err_a_bad_signature() {
    let url = format!("{}/v1/domains/accepts.example", WHOLE.prober_url);
    let with = |value: &str| http::send("GET", &url, &[("rcpt-signature", value)], b"").expect("an answer");
    assert_eq!((with("t=1,v1=00").status, with("t=1,v1=00").json()["code"].clone()), (401, json!("signature_invalid")));
    assert_eq!(http::get(&url).expect("an answer").status, 200);
}
