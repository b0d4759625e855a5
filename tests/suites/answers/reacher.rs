//! Reacher's endpoint, held to a schema of its answers.

use serde_json::{Value, json};
use stack::http;

use crate::WHOLE;

fn check(path: &str, body: &Value) -> Value {
    let answer = http::post(&format!("{}{path}", WHOLE.worker.url), body).expect("an answer");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{}", answer.body);
    answer.json()
}

fn schema() -> jsonschema::Validator {
    let text = include_str!("reacher.schema.json");
    jsonschema::validator_for(&serde_json::from_str(text).expect("JSON")).expect("a schema")
}

/// connect, full, catch-all, deliverable, disabled.
fn smtp(found: &Value) -> Option<[bool; 5]> {
    let names = ["can_connect_smtp", "has_full_inbox", "is_catch_all", "is_deliverable", "is_disabled"];
    let bits: Vec<bool> = names.iter().filter_map(|name| found["smtp"][name].as_bool()).collect();
    bits.try_into().ok()
}

#[test]
fn ok_each_kind_of_address_in_its_words() {
    let schema = schema();
    for (what, email, is_reachable, bits) in [
        ("deliverable", "ada@accepts.example", "safe", Some([true, false, false, true, false])),
        ("accept-all", "anyone@accept-all.example", "risky", Some([true, false, true, true, false])),
        ("full", "ada@full.example", "risky", Some([true, true, false, false, false])),
        ("disabled", "ada@disabled.example", "invalid", Some([true, false, false, false, true])),
        ("role", "postmaster@accepts.example", "risky", Some([true, false, false, true, false])),
        ("unknown", "ada@blocks-at-rcpt.example", "unknown", None),
        ("unknown, no answer", "ada@closed.example", "unknown", None),
        ("unknown, no DNS", "ada@servfail.example", "unknown", None),
        ("invalid", "ghost@accepts.example", "invalid", Some([true, false, false, false, false])),
        ("invalid, no domain", "ada@nowhere.example", "invalid", Some([false; 5])),
        ("invalid, null MX", "ada@null-mx.example", "invalid", Some([false; 5])),
        ("invalid, no address", "no address", "invalid", Some([false; 5])),
    ] {
        for path in ["/v0/check_email", "/v1/check_email"] {
            let found = check(path, &json!({ "to_email": email }));
            let faults: Vec<String> = schema.iter_errors(&found).map(|fault| format!("{fault} at {}", fault.instance_path())).collect();
            assert!(faults.is_empty(), "{what}: {faults:?} {found}");
            assert_eq!((found["is_reachable"].as_str(), smtp(&found)), (Some(is_reachable), bits), "{what}: {found}");
            assert_eq!(found["input"], email);
        }
    }
    let blocked = check("/v1/check_email", &json!({ "to_email": "ada@blocks-at-rcpt.example" }));
    assert_eq!((&blocked["smtp"]["error"]["type"], &blocked["smtp"]["description"]), (&json!("AsyncSmtpError"), &json!("IpBlacklisted")));
}

/// The lab has no throw-away domain; this one has no mail host either, so that only its traits are looked at.
#[test]
fn ok_a_throw_away_address() {
    let found = check("/v1/check_email", &json!({ "to_email": "ada@mailinator.com" }));
    assert!(schema().is_valid(&found), "{found}");
    assert_eq!((&found["misc"]["is_disposable"], &found["misc"]["is_role_account"]), (&json!(true), &json!(false)), "{found}");
}

#[test]
fn ok_fields_that_would_choose_who_asks_are_not_heeded() {
    let before = WHOLE.lab.lab().guest_book().len();
    let body = json!({
        "to_email": "ada@first-dead.example", "from_email": "evil@elsewhere.example", "hello_name": "elsewhere.example", "smtp_port": 1,
        "proxy": { "host": "127.0.0.1", "port": 9 }, "gmail_verif_method": "Api", "check_gravatar": true
    });
    assert_eq!(check("/v0/check_email", &body)["is_reachable"], "safe");
    let visits = || Some(WHOLE.lab.lab().visits_to("first-dead.example")).filter(|visits| !visits.is_empty());
    let visits = stack::place::eventually(visits).expect("a visit");
    assert!(WHOLE.lab.lab().guest_book().len() > before);
    let commands: Vec<&String> = visits.iter().flat_map(|visit| &visit.commands).collect();
    assert!(commands.iter().any(|line| line.starts_with("EHLO prober.lab.example")), "{commands:?}");
    assert!(!commands.iter().any(|line| line.contains("elsewhere")), "{commands:?}");
}

#[test]
fn err_no_request_of_its() {
    for (body, status) in [(json!({}), 422), (json!({ "to_email": 7 }), 422)] {
        let answer = http::post(&format!("{}/v1/check_email", WHOLE.worker.url), &body).expect("an answer");
        assert_eq!((answer.status, answer.header("content-type")), (status, Some("application/problem+json")), "{}", answer.body);
    }
}
