//! The Worker in workerd: every row of the lab's table, and its HTTP manners.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a suite fails by panicking")]

use std::sync::LazyLock;
use std::thread;

use prober::lab;
use serde_json::{Value, json};
use stack::http::{self, Answer};
use stack::whole::{Ports, Whole};

static WHOLE: LazyLock<Whole> = LazyLock::new(|| {
    let vars = [("RCPT_ORIGINS", "https://shop.example,https://www.shop.example")];
    Whole::start(Ports::default(), &vars, false).unwrap_or_else(|error| panic!("{error}"))
});

fn verify(body: &Value) -> Answer {
    WHOLE.worker.verify(body).expect("an answer")
}

#[test]
fn ok_every_row_of_the_lab() {
    // Some at a time: how one process bears a crowd is not the question here.
    let wrong: Vec<String> = lab::table().chunks(40).flat_map(wrong_among).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(lab::table().len() > 40);
}

fn wrong_among(rows: &'static [lab::Row]) -> Vec<String> {
    thread::scope(|scope| {
        let asked: Vec<_> =
            rows.iter().map(|row| (row, scope.spawn(|| verify(&json!({ "email": row.address, "deadline_ms": 6000 }))))).collect();
        let differs = |(row, answer): (&lab::Row, thread::ScopedJoinHandle<'_, Answer>)| {
            let found = answer.join().expect("no panic").json();
            let as_expected = found["reason"] == row.reason.as_str() && found["status"] == row.reason.status().as_str();
            (!as_expected).then(|| format!("{}: expected {}, found {found}", row.address, row.reason))
        };
        asked.into_iter().filter_map(differs).collect()
    })
}

/// The public contract, field by field, on a real answer.
#[test]
fn ok_the_whole_answer() {
    let answer = verify(&json!({ "email": "Ada@Accepts.Example" }));
    let mut found = answer.json();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-request-id"), found["request_id"].as_str());
    assert!(answer.header("server-timing").is_some_and(|value| value.contains("dns;dur=") && value.contains("smtp;dur=")));
    for (volatile, is_right) in [
        ("as_of", found["as_of"].as_str().is_some_and(|time| time.ends_with('Z'))),
        ("expires_at", found["expires_at"].as_str() > found["as_of"].as_str()),
        ("timing_ms", found["timing_ms"]["smtp"].is_number()),
        ("request_id", found["request_id"].is_string()),
    ] {
        assert!(is_right, "{volatile}: {found}");
        found.as_object_mut().expect("an object").remove(volatile);
    }
    assert_eq!(
        found,
        json!({
            "email": "Ada@Accepts.Example",
            "status": "deliverable", "reason": "mailbox_accepted", "about": "mailbox",
            "explanation": "The mail server accepts this mailbox.",
            "mailbox": {
                "local_part": "Ada", "domain": "accepts.example", "normalized": "Ada@accepts.example", "canonical": "ada@accepts.example",
                "ascii": "Ada@accepts.example", "subaddress": null, "smtputf8": false
            },
            "syntax": { "valid": true, "error": null, "position": null },
            "traits": { "disposable": false, "free": false, "role": false, "relay": false, "accept_all": "no" },
            "suggestion": null,
            "dns": { "route": "hosts", "mx": [{ "preference": 10, "exchange": "mx1.accepts.example" }], "operator": null, "authenticated": false },
            "smtp": {
                "host": "mx1.accepts.example", "ip": "127.77.1.1", "stage": "rcpt", "code": 250, "enhanced": "2.1.5", "text": "Ok", "tls": false
            },
            "retry_after_s": null, "policy": "1"
        })
    );
}

#[test]
fn ok_levels_stop_where_they_say() {
    let syntax = verify(&json!({ "email": "ada@accepts.example", "level": "syntax" })).json();
    assert_eq!((&syntax["reason"], &syntax["dns"], &syntax["smtp"]), (&json!("not_probed"), &Value::Null, &Value::Null));
    let dns = verify(&json!({ "email": "ada@accepts.example", "level": "dns" })).json();
    assert_eq!((&dns["reason"], &dns["dns"]["route"], &dns["smtp"]), (&json!("not_probed"), &json!("hosts"), &Value::Null));
}

#[test]
fn ok_what_a_greylisting_server_says_is_handed_on() {
    // Whoever asked before us was told 20 seconds; what is left of them is handed on.
    let found = verify(&json!({ "email": "ada@greylists.example" })).json();
    assert_eq!(found["reason"], "greylisted", "{found}");
    assert!(found["retry_after_s"].as_u64().is_some_and(|after| (1..=20).contains(&after)), "{found}");
    let fresh = verify(&json!({ "email": "ada@greylists.example", "max_age_s": 0 })).json();
    assert_eq!((&fresh["reason"], &fresh["retry_after_s"]), (&json!("greylisted"), &json!(20)), "{fresh}");
}

#[test]
fn ok_equal_requests_at_one_time_are_no_replays() {
    let url = format!("{}/v1/verify", WHOLE.worker.url);
    let headers = [("content-type", "application/json"), ("x-request-id", "the-same")];
    thread::scope(|scope| {
        let ask = || http::send("POST", &url, &headers, br#"{"email":"ada@accepts.example"}"#).expect("an answer").json();
        let answers: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        for answer in answers {
            assert_eq!(answer.join().expect("no panic")["reason"], "mailbox_accepted");
        }
    });
}

/// Method, address, headers, body; and the status and code to expect.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a [u8], u16, &'a str);

#[test]
fn err_bad_requests_are_problems() {
    let url = format!("{}/v1/verify", WHOLE.worker.url);
    let json_type = ("content-type", "application/json");
    let long = format!(r#"{{"email":"{}"}}"#, "a".repeat(20_000));
    let health = format!("{}/healthz", WHOLE.worker.url);
    let propfind = format!("{}/v1/domains/accepts.example", WHOLE.worker.url);
    let cases: [Case<'_>; 17] = [
        ("POST", &url, &[json_type], b"", 400, "invalid_json"),
        ("POST", &url, &[json_type], b"{", 400, "invalid_json"),
        ("POST", &url, &[json_type], b"\xff\xfe", 400, "invalid_json"),
        ("POST", &url, &[json_type], b"{}", 422, "invalid_request"),
        ("POST", &url, &[json_type], br#"{"email":1}"#, 422, "invalid_request"),
        ("POST", &url, &[json_type], br#"{"email":"a","level":"deep"}"#, 422, "invalid_request"),
        ("POST", &url, &[json_type], br#"{"email":"a","deadline_ms":1}"#, 422, "invalid_request"),
        ("POST", &url, &[json_type], long.as_bytes(), 413, "body_too_large"),
        ("POST", &url, &[("content-type", "text/plain")], b"{}", 415, "unsupported_media_type"),
        ("POST", &url, &[], b"{}", 415, "unsupported_media_type"),
        ("POST", &url, &[json_type], br#"{"email":"a","ada@accepts.example":1}"#, 422, "invalid_request"),
        ("POST", &url, &[json_type], br#"{"email":"a","level":"ada@accepts.example"}"#, 422, "invalid_request"),
        ("POST", &url, &[("content-type", "ada@accepts.example")], b"{}", 415, "unsupported_media_type"),
        ("GET", &url, &[], b"", 405, "method_not_allowed"),
        ("PROPFIND", &propfind, &[], b"", 405, "method_not_allowed"),
        ("MKCOL", &health, &[], b"", 405, "method_not_allowed"),
        ("GET", &format!("{}/v1/verify/ada@accepts.example", WHOLE.worker.url), &[], b"", 404, "not_found"),
    ];
    for (method, url, headers, body, status, code) in cases {
        let answer = http::send(method, url, headers, body).expect("an answer");
        let shown = format!("{method} {url} {}: {}", String::from_utf8_lossy(body).chars().take(40).collect::<String>(), answer.body);
        assert_eq!(answer.status, status, "{shown}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{shown}");
        let problem = answer.json();
        assert_eq!((&problem["code"], &problem["status"]), (&json!(code), &json!(status)), "{shown}");
        assert_eq!(problem["type"], format!("urn:rcpt:problem:{code}"));
        assert_eq!(problem["request_id"].as_str(), answer.header("x-request-id"));
        assert!(!answer.body.contains("ada@accepts"), "{shown}");
    }
    assert_eq!(http::send("GET", &url, &[], b"").expect("an answer").header("allow"), Some("POST, OPTIONS"));
    assert_eq!(http::send("PROPFIND", &propfind, &[], b"").expect("an answer").header("allow"), Some("GET, OPTIONS"));
}

/// Whoever sends a list, or an address alone, is told what is expected in its place, by both services.
#[test]
fn err_json_of_another_kind_is_named() {
    let json_type = [("content-type", "application/json")];
    let (worker, prober) = (&WHOLE.worker.url, &WHOLE.prober_url);
    for (service, path, field) in [
        (worker, "/v1/verify", "email"),
        (worker, "/v1/verify/batch", "emails"),
        (worker, "/v0/check_email", "to_email"),
        (worker, "/v1/check_email", "to_email"),
        (prober, "/v1/verify", "email"),
    ] {
        for (body, found) in
            [(r#"["ada@accepts.example"]"#, "an array"), (r#""ada@accepts.example""#, "a string"), ("7", "a number"), ("null", "null")]
        {
            let answer = http::send("POST", &format!("{service}{path}"), &json_type, body.as_bytes()).expect("an answer");
            let problem = answer.json();
            assert_eq!((answer.status, &problem["code"]), (422, &json!("invalid_request")), "{path} {body}: {problem}");
            assert_eq!(problem["detail"], format!("expected an object with `{field}`, found {found}"), "{path} {body}");
        }
    }
}

/// Whoever is lost is told every path there is, as OpenAPI has them.
#[test]
fn err_a_path_that_there_is_not_names_those_there_are() {
    let ask = |path: &str| http::get(&format!("{}{path}", WHOLE.worker.url)).expect("an answer").json();
    let document = ask("/openapi.json");
    let problem = ask("/v2/verify");
    let (_, listed) = problem["detail"].as_str().and_then(|detail| detail.split_once("expected one of ")).expect("a list");
    let mut listed: Vec<&str> = listed.split(", ").collect();
    let known: Vec<String> = document["paths"].as_object().expect("paths").keys().map(|path| path.replace("{domain}", "DOMAIN")).collect();
    let mut known: Vec<&str> = known.iter().map(String::as_str).collect();
    listed.sort_unstable();
    known.sort_unstable();
    assert_eq!(listed, known, "{problem}");
}

#[test]
fn ok_only_the_configured_origins_may_ask() {
    let url = format!("{}/v1/verify", WHOLE.worker.url);
    let allowed = |origin: &str| {
        let answer = http::send("OPTIONS", &url, &[("origin", origin), ("access-control-request-method", "POST")], b"").expect("an answer");
        assert_eq!((answer.status, answer.header("vary")), (204, Some("origin")));
        answer.header("access-control-allow-origin").map(str::to_owned)
    };
    assert_eq!(allowed("https://shop.example").as_deref(), Some("https://shop.example"));
    for other in ["https://evil.example", "http://shop.example", "https://shop.example.evil.example", "null", "*"] {
        assert_eq!(allowed(other), None, "{other}");
    }
}

#[test]
fn ok_request_ids_are_taken_over_where_they_are_harmless() {
    let url = format!("{}/healthz", WHOLE.worker.url);
    let id = |offered: &str| {
        http::send("GET", &url, &[("x-request-id", offered)], b"").expect("an answer").header("x-request-id").map(str::to_owned)
    };
    assert_eq!(id("order-17.a_b").as_deref(), Some("order-17.a_b"));
    assert!(id("ada@accepts.example").is_some_and(|id| id.len() == 16));
}
