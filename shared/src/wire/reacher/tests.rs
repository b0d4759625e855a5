//! Our evidence in Reacher's words, for each kind of address that its documents name.

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::*;
use crate::dns::{DnsFailure, MxHost};
use crate::domain::host_name::HostName;
use crate::evidence::{DnsEvidence, Observation, Outcome as Tried, ProbeReport, Probing, Recipient, RouteFact, SessionEnd};
use crate::smtp::{Reply, Stage};
use crate::verdict::judge;

fn dns(outcome: Result<MailRoute, DnsFailure>) -> DnsEvidence {
    let outcome = outcome.map(|route| RouteFact { route, authenticated: false, ttl_s: 60 });
    DnsEvidence { at: UnixMillis(0), outcome }
}

fn hosts() -> MailRoute {
    MailRoute::Hosts { hosts: vec![MxHost { preference: 10, exchange: HostName::new("mx.shop.example") }] }
}

/// What a host said of the target, and of a decoy where it was asked.
fn session(replies: &[&str]) -> Tried {
    let of = [Recipient::Target, Recipient::Decoy];
    let seen = |(text, recipient): (&&str, Recipient)| Observation {
        stage: Stage::Rcpt,
        recipient: Some(recipient),
        reply: Reply::parse(text).expect("a reply"),
    };
    let observations = replies.iter().zip(of).map(seen).collect();
    Tried::Session(SessionFacts { tls: false, certificate: None, observations, end: SessionEnd::Quit })
}

fn check(email: &str, outcome: Option<Tried>) -> Value {
    let mut evidence = Evidence::of_text(email, UnixMillis(1_000));
    if evidence.mailbox().is_some() {
        evidence.dns = Some(dns(Ok(hosts())));
    }
    if let Some(outcome) = outcome {
        let attempts = vec![Attempt { host: HostName::new("mx.shop.example"), ip: None, outcome }];
        let report = ProbeReport {
            at: UnixMillis(0),
            elapsed_ms: 1_500,
            complete: true,
            attempts,
            decoy_at: None,
            greylist_delay_s: None,
            transcript: Vec::new(),
        };
        evidence.probing = Probing::Reported(report);
    }
    answer(email, &evidence)
}

fn answer(email: &str, evidence: &Evidence) -> Value {
    let response = CheckResponse::compose(email, evidence, judge(evidence), UnixMillis(3_250));
    serde_json::from_str(&response.to_json()).expect("JSON")
}

/// can_connect_smtp, has_full_inbox, is_catch_all, is_deliverable, is_disabled.
fn smtp(bits: [bool; 5]) -> Value {
    let [connect, full, catch_all, deliverable, disabled] = bits;
    json!({
        "can_connect_smtp": connect, "has_full_inbox": full, "is_catch_all": catch_all, "is_deliverable": deliverable, "is_disabled": disabled
    })
}

const UNKNOWN: &str = "550 5.1.1 User unknown";

#[test]
fn ok_the_whole_answer() {
    assert_eq!(
        check("Ada.L+x@gmail.com", Some(session(&["250 2.1.5 Ok", UNKNOWN]))),
        json!({
            "input": "Ada.L+x@gmail.com",
            "is_reachable": "safe",
            "misc": { "is_disposable": false, "is_role_account": false, "is_b2c": true, "gravatar_url": null, "haveibeenpwned": null },
            "mx": { "accepts_mail": true, "records": ["mx.shop.example."] },
            "smtp": smtp([true, false, false, true, false]),
            "syntax": {
                "address": "Ada.L+x@gmail.com", "domain": "gmail.com", "is_valid_syntax": true, "username": "Ada.L+x",
                "normalized_email": "adal@gmail.com", "suggestion": null
            },
            "debug": {
                "backend_name": "rcpt", "server_name": "rcpt", "reacher_version": concat!("rcpt ", env!("CARGO_PKG_VERSION")),
                "start_time": "1970-01-01T00:00:01.000Z", "end_time": "1970-01-01T00:00:03.250Z",
                "duration": { "secs": 2, "nanos": 250_000_000 },
                "smtp": { "verif_method": {
                    "type": "Smtp", "host": "mx.shop.example.",
                    "verif_method": {
                        "from_email": "", "hello_name": "", "proxy": null, "smtp_port": 25, "smtp_timeout": null, "retries": 1
                    }
                } }
            }
        })
    );
}

#[test]
fn ok_each_kind_of_address() {
    let accepted = || Some(session(&["250 2.1.5 Ok", UNKNOWN]));
    for (email, outcome, is_reachable, details) in [
        ("ada@shop.example", accepted(), "safe", [true, false, false, true, false]),
        ("ada@shop.example", Some(session(&["250 Ok", "250 Ok"])), "risky", [true, false, true, true, false]),
        ("ada@shop.example", Some(session(&["552 5.2.2 Mailbox full"])), "risky", [true, true, false, false, false]),
        ("ada@shop.example", Some(session(&["550 5.2.1 Mailbox disabled"])), "invalid", [true, false, false, false, true]),
        ("ada@mailinator.com", accepted(), "risky", [true, false, false, true, false]),
        ("sales@shop.example", accepted(), "risky", [true, false, false, true, false]),
        ("ghost@shop.example", Some(session(&[UNKNOWN])), "invalid", [true, false, false, false, false]),
        // There these two are risky.
        ("sales@shop.example", Some(session(&[UNKNOWN])), "invalid", [true, false, false, false, false]),
        ("ghost@mailinator.com", Some(session(&[UNKNOWN])), "invalid", [true, false, false, false, false]),
        ("no address", None, "invalid", [false; 5]),
    ] {
        let found = check(email, outcome);
        assert_eq!((&found["is_reachable"], &found["smtp"]), (&json!(is_reachable), &smtp(details)), "{found}");
        assert_eq!(found["input"], email);
    }
    let misc = |email: &str| check(email, accepted())["misc"].clone();
    assert_eq!(
        (&misc("ada@mailinator.com")["is_disposable"], &misc("sales@shop.example")["is_role_account"]),
        (&json!(true), &json!(true))
    );
}

#[test]
fn ok_what_is_not_known_is_an_error() {
    let blocked = "554 5.7.1 Service unavailable; client host [192.0.2.1] blocked using zen.spamhaus.org";
    for (outcome, error, description) in [
        (Some(session(&[blocked])), json!("AsyncSmtpError"), json!("IpBlacklisted")),
        (Some(session(&["550 5.7.25 cannot find your reverse hostname"])), json!("AsyncSmtpError"), json!("NeedsRDNS")),
        (Some(session(&["451 4.7.1 Greylisted, please try again"])), json!("AsyncSmtpError"), Value::Null),
        (Some(Tried::ConnectFailed), json!("IOError"), Value::Null),
        (Some(Tried::ConnectTimedOut), json!("Timeout"), Value::Null),
        (None, json!("AnyhowError"), Value::Null),
    ] {
        let found = check("ada@shop.example", outcome);
        assert_eq!(found["is_reachable"], "unknown", "{found}");
        assert_eq!((&found["smtp"]["error"]["type"], &found["smtp"]["description"]), (&error, &description), "{found}");
    }
    let message = |outcome| check("ada@shop.example", Some(outcome))["smtp"]["error"]["message"].clone();
    assert_eq!(message(Tried::ConnectTimedOut), json!({ "secs": 1, "nanos": 500_000_000 }));
    assert_eq!(message(session(&["451 4.7.1 Greylisted, please try again"])), "transient: Greylisted, please try again");
}

#[test]
fn ok_routes() {
    let of = |outcome| {
        let mut evidence = Evidence::of_text("ada@shop.example", UnixMillis(0));
        evidence.dns = Some(dns(outcome));
        answer("ada@shop.example", &evidence)
    };
    for (route, is_reachable, mx) in [
        (Ok(MailRoute::Implicit), "unknown", json!({ "accepts_mail": true, "records": ["shop.example."] })),
        (Ok(MailRoute::Null), "invalid", json!({ "accepts_mail": false, "records": ["."] })),
        (Ok(MailRoute::NoMail), "invalid", json!({ "accepts_mail": false, "records": [] })),
        (Ok(MailRoute::NoSuchDomain), "invalid", json!({ "accepts_mail": false, "records": [] })),
        (
            Err(DnsFailure::ServerFailure),
            "unknown",
            json!({ "error": { "type": "ResolveError", "message": DnsFailure::ServerFailure.to_string() } }),
        ),
    ] {
        let found = of(route);
        assert_eq!((&found["is_reachable"], &found["mx"]), (&json!(is_reachable), &mx), "{found}");
    }
}

#[test]
fn ok_requests_of_its_clients() {
    let body = json!({
        "to_email": "ada@shop.example", "from_email": "me@x.example", "hello_name": "x.example", "smtp_port": 587, "check_gravatar": true,
        "proxy": { "host": "p.example", "port": 1080 }, "yahoo_verif_method": "Smtp"
    });
    let request = CheckRequest::from_json(body.to_string().as_bytes()).expect("a request");
    assert_eq!(request, CheckRequest { to_email: "ada@shop.example".to_string() });
    assert_eq!(CheckRequest::from_json(b"{}").map_err(|problem| problem.kind), Err(ProblemKind::InvalidRequest));
}
