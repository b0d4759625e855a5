//! The prober's HTTP service, and how its guests look from a mail host's side.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a suite fails by panicking")]

use std::sync::LazyLock;
use std::thread;

use prober::lab;
use serde_json::{Value, json};
use shared::wire::signature::{HEADER, Secret, Signed, sign};
use stack::child::Kept;
use stack::http::{self, Answer};
use stack::place::free_port;
use stack::whole::{LAB_SECRET, Ports, RunningLab, rcpt, start_prober, start_prober_with};

struct Served {
    lab: RunningLab,
    prober: Kept,
    url: String,
}

static SERVED: LazyLock<Served> = LazyLock::new(|| {
    let lab = RunningLab::start(Ports::default()).expect("a lab");
    let (prober, url) = start_prober(&lab, 0, false).expect("a prober");
    Served { lab, prober, url }
});

fn verify(body: &Value) -> Answer {
    http::post(&format!("{}/v1/verify", SERVED.url), body).expect("an answer")
}

fn probe(body: &str, signature: &str) -> Answer {
    let headers = [("content-type", "application/json"), (HEADER, signature)];
    http::send("POST", &format!("{}/v1/probe", SERVED.url), &headers, body.as_bytes()).expect("an answer")
}

fn probe_body(nonce: u64) -> String {
    let route = json!({ "kind": "hosts", "hosts": [{ "preference": 10, "exchange": "mx1.accepts.example" }] });
    json!({ "mailbox": "ada@accepts.example", "route": route, "deadline_ms": 5000, "request_id": "t", "nonce": nonce }).to_string()
}

fn signed(body: &str, secret: &str, at: u64) -> String {
    let secret = Secret::new(secret.to_owned()).expect("long enough");
    sign(&secret, Signed { method: "POST", path: "/v1/probe", body: body.as_bytes() }, at)
}

fn now() -> u64 {
    prober::clock::now().seconds()
}

#[test]
fn ok_every_row_of_the_lab() {
    let wrong: Vec<String> = thread::scope(|scope| {
        let ask = |row: &'static lab::Row| scope.spawn(move || verify(&json!({ "email": row.address, "deadline_ms": 6000 })).json());
        let asked: Vec<_> = lab::table().iter().map(|row| (row, ask(row))).collect();
        let found = asked.into_iter().map(|(row, found)| (row, found.join().expect("no panic")));
        found
            .filter(|(row, found)| found["reason"] != row.reason.as_str())
            .map(|(row, found)| format!("{}: {found}", row.address))
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn ok_a_guest_behaves() {
    let before = SERVED.lab.lab().guest_book().len();
    let found = verify(&json!({ "email": "ada@implicit.example" })).json();
    assert_eq!(found["reason"], "mailbox_accepted");
    let ip = found["smtp"]["ip"].as_str().expect("an address").to_owned();
    let visit = stack::place::eventually(|| {
        SERVED.lab.lab().guest_book().into_iter().skip(before.min(1)).find(|visit| visit.host.ip().to_string() == ip)
    });
    let visit = visit.expect("a visit");
    let decoy = visit.commands.get(3).cloned().unwrap_or_default();
    assert_eq!(visit.commands[..3], ["EHLO prober.lab.example", "MAIL FROM:<probe@prober.lab.example>", "RCPT TO:<ada@implicit.example>"]);
    assert!(decoy.starts_with("RCPT TO:<") && decoy.ends_with("@implicit.example>") && !decoy.contains("ada@"), "{decoy}");
    assert_eq!(visit.commands[4..], ["QUIT"]);
    assert!(visit.quit);
}

#[test]
fn ok_signed_probes_are_answered_once() {
    let body = probe_body(1);
    let signature = signed(&body, LAB_SECRET, now());
    let first = probe(&body, &signature);
    assert_eq!((first.status, &first.json()["kind"]), (200, &json!("report")), "{}", first.body);
    let again = probe(&body, &signature);
    assert_eq!((again.status, &again.json()["code"]), (401, &json!("signature_replayed")));
}

#[test]
fn err_probes_that_are_not_our_edge_s() {
    let body = probe_body(2);
    let other_path = sign(
        &Secret::new(LAB_SECRET.to_owned()).expect("long enough"),
        Signed { method: "POST", path: "/v1/verify", body: body.as_bytes() },
        now(),
    );
    for (signature, code) in [
        (String::new(), "signature_invalid"),
        ("t=1,v1=00".to_owned(), "signature_invalid"),
        (signed(&body, "another secret, as long", now()), "signature_invalid"),
        (signed(&probe_body(3), LAB_SECRET, now()), "signature_invalid"),
        (other_path, "signature_invalid"),
        (signed(&body, LAB_SECRET, now() - 301), "signature_expired"),
        (signed(&body, LAB_SECRET, now() + 400), "signature_expired"),
    ] {
        let answer = probe(&body, &signature);
        assert_eq!((answer.status, &answer.json()["code"]), (401, &json!(code)), "{signature}: {}", answer.body);
    }
}

/// A secret is changed without a moment in which either side is refused: the prober takes both, then the edge is given the new one.
#[test]
fn ok_edges_sign_by_the_secret_or_the_one_before() {
    let settings = [("RCPT_SECRET", "the new secret, as long"), ("RCPT_SECRET_PREVIOUS", LAB_SECRET)];
    let (_prober, url) = start_prober_with(&SERVED.lab, 0, &settings, false).expect("a prober");
    let probe = |nonce: u64, secret: &str, at: u64| {
        let body = probe_body(nonce);
        let headers = [("content-type", "application/json"), (HEADER, &signed(&body, secret, at))];
        let answer = http::send("POST", &format!("{url}/v1/probe"), &headers, body.as_bytes()).expect("an answer");
        (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    let at = now();
    for (nonce, secret) in [(1, LAB_SECRET), (2, "the new secret, as long")] {
        assert_eq!(probe(nonce, secret, at).0, 200, "{secret}");
        assert_eq!(probe(nonce, secret, at), (401, "signature_replayed".to_owned()), "{secret}");
        assert_eq!(probe(nonce, secret, at - 400), (401, "signature_expired".to_owned()), "{secret}");
        assert_eq!(domain_status(&url, secret), 200, "{secret}");
    }
    assert_eq!(probe(3, "a third secret, as long", at), (401, "signature_invalid".to_owned()));
    assert_eq!(domain_status(&url, "a third secret, as long"), 401);
}

fn domain_status(url: &str, secret: &str) -> u16 {
    let (secret, path) = (Secret::new(secret.to_owned()).expect("long enough"), "/v1/domains/accepts.example");
    let signature = sign(&secret, Signed { method: "GET", path, body: b"" }, now());
    http::send("GET", &format!("{url}{path}"), &[(HEADER, &signature)], b"").expect("an answer").status
}

#[test]
fn err_a_signed_route_to_elsewhere_is_not_dialled() {
    for exchange in ["localhost", "127.0.0.1", "mx1.loopback.example"] {
        let route = json!({ "kind": "hosts", "hosts": [{ "preference": 10, "exchange": exchange }] });
        let body =
            json!({ "mailbox": "ada@accepts.example", "route": route, "deadline_ms": 4000, "request_id": "t", "nonce": 9 }).to_string();
        let answer = probe(&body, &signed(&body, LAB_SECRET, now())).json();
        let outcome = &answer["attempts"][0]["outcome"]["kind"];
        assert!(outcome != "session" && outcome != "connect_failed", "{exchange}: {answer}");
    }
}

/// Method, address, headers, body; and the status and code to expect.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a [u8], u16, &'a str);

#[test]
fn err_bad_requests_are_problems() {
    let url = format!("{}/v1/verify", SERVED.url);
    let json_type = ("content-type", "application/json");
    let long = format!(r#"{{"email":"{}"}}"#, "a".repeat(20_000));
    let cases: [Case<'_>; 8] = [
        ("POST", &url, &[json_type], b"{", 400, "invalid_json"),
        ("POST", &url, &[json_type], b"{}", 422, "invalid_request"),
        ("POST", &url, &[json_type], br#"{"email":"a","shout":true}"#, 422, "invalid_request"),
        ("POST", &url, &[json_type], br#"["ada@accepts.example"]"#, 422, "invalid_request"),
        ("POST", &url, &[json_type], long.as_bytes(), 413, "body_too_large"),
        ("POST", &url, &[("content-type", "text/plain")], b"{}", 415, "unsupported_media_type"),
        ("GET", &url, &[], b"", 405, "method_not_allowed"),
        ("GET", &format!("{}/ada@accepts.example", SERVED.url), &[], b"", 404, "not_found"),
    ];
    for (method, url, headers, body, status, code) in cases {
        let answer = http::send(method, url, headers, body).expect("an answer");
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{method} {url}: {}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(answer.json()["request_id"].as_str(), answer.header("x-request-id"));
        // Neither what stood there, which may be an address, nor how we call it.
        assert!(!answer.body.contains("ada@") && !answer.body.contains("VerifyRequest"), "{}", answer.body);
    }
}

#[test]
fn err_a_wrong_method_is_told_which_there_are() {
    for (method, path, expected) in
        [("GET", "/v1/verify", "POST"), ("PUT", "/v1/jobs", "POST or GET or HEAD"), ("POST", "/healthz", "GET or HEAD")]
    {
        let answer = http::send(method, &format!("{}{path}", SERVED.url), &[], b"").expect("an answer");
        let mut allowed: Vec<&str> = answer.header("allow").unwrap_or_default().split(',').map(str::trim).collect();
        let mut methods: Vec<&str> = expected.split(" or ").collect();
        allowed.sort_unstable();
        methods.sort_unstable();
        assert_eq!((answer.status, allowed), (405, methods), "{method} {path}");
        let detail = answer.json()["detail"].as_str().map(str::to_owned).expect("a detail");
        assert!(expected.split(" or ").all(|method| detail.contains(method)) && detail.starts_with("expected "), "{detail}");
        assert_eq!(answer.json()["request_id"].as_str(), answer.header("x-request-id"));
    }
}

#[test]
fn ok_a_misspelt_variable_is_in_the_log() {
    let (prober, _url) = start_prober_with(&SERVED.lab, 0, &[("RCPT_HELLO", "x")], false).expect("a prober");
    let said = stack::place::eventually(|| Some(prober.output()).filter(|log| log.contains("RCPT_HELLO")));
    assert!(said.is_some_and(|log| log.contains("did you mean RCPT_HELO?") && log.contains("WARN")), "{}", prober.output());
}

#[test]
fn ok_logs_hold_no_personal_data() {
    let _ = verify(&json!({ "email": "very.private.person@accepts.example" }));
    let _ = http::get(&format!("{}/very.private.person@accepts.example", SERVED.url));
    let log = stack::place::eventually(|| Some(SERVED.prober.output()).filter(|log| log.contains("(unknown)") && log.contains("judged")));
    let log = log.expect("log lines");
    assert!(!log.contains("very.private") && !log.contains("private.person"), "{log}");
    // Nor where a client came from; only the first line has an address with a port, our own.
    assert!(log.lines().filter(|line| !line.contains("\"serving\"")).all(|line| !line.contains("127.0.0.1:")), "{log}");
    let judged = log.lines().find(|line| line.contains("judged")).expect("a line");
    let fields: Value = serde_json::from_str(judged).expect("JSON");
    assert!(fields["reason"].is_string() && fields["request_id"].is_string(), "{fields}");
}

#[test]
fn ok_a_prober_without_identity_probes_nobody() {
    let port = free_port().expect("a port");
    let mut command = rcpt().expect("rcpt");
    // Not in the lab: nothing is preset, and nobody is asked.
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]).envs(SERVED.lab.settings()).env("RCPT_SECRET", LAB_SECRET);
    let mut prober = Kept::start(&command, false).expect("a prober");
    let url = format!("http://127.0.0.1:{port}");
    let is_up = |_: &Kept| http::get(&format!("{url}/healthz")).is_ok_and(|answer| answer.status == 200);
    prober.wait_until(std::time::Duration::from_secs(10), is_up).expect("a prober");
    let ready = http::get(&format!("{url}/readyz")).expect("an answer");
    assert_eq!((ready.status, &ready.json()["ready"]), (503, &json!(false)));
    let found = http::post(&format!("{url}/v1/verify"), &json!({ "email": "ada@accepts.example" })).expect("an answer").json();
    assert_eq!((&found["status"], &found["reason"]), (&json!("unknown"), &json!("not_probed")));
    assert!(SERVED.lab.lab().guest_book().iter().all(|visit| !visit.commands.iter().any(|line| line.contains("nobody"))));
}

#[test]
fn ok_sigterm_ends_it_in_good_order() {
    let (mut prober, url) = start_prober(&SERVED.lab, 0, false).expect("a prober");
    let url = format!("{url}/v1/verify");
    let answer = thread::scope(|scope| {
        let asked = scope.spawn(|| http::post(&url, &json!({ "email": "ada@silent.example", "deadline_ms": 1500 })));
        thread::sleep(std::time::Duration::from_millis(500));
        prober.stop();
        asked.join().expect("no panic")
    });
    // The request in hand was answered before the process ended.
    assert_eq!(answer.expect("an answer").json()["reason"], "timed_out");
    assert!(prober.output().contains("stopped"), "{}", prober.output());
}
