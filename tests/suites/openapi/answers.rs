//! Real answers, of every reason and every problem that can be brought about, against what the documents say of them.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::thread;

use prober::lab;
use serde_json::{Value, json};
use shared::verdict::Reason;
use shared::wire::event;
use stack::http;
use stack::place::Scratch;
use stack::whole::start_prober_with;

use crate::shape::Document;
use crate::{WHOLE, probe};

static EDGE: LazyLock<Document> = LazyLock::new(|| Document::read("edge/openapi.json"));
static PROBER: LazyLock<Document> = LazyLock::new(|| Document::read("prober/openapi.json"));

/// The lab's first address of each reason, and a magic one for those that it does not play.
fn addresses() -> Vec<String> {
    let mut first: BTreeMap<&str, String> = BTreeMap::new();
    for row in lab::table() {
        // What these say changes while they are asked again and again.
        if !["ada@slow-banner.example", "ada@greylists.example"].contains(&row.address) {
            first.entry(row.reason.as_str()).or_insert_with(|| row.address.to_owned());
        }
    }
    let magic = |reason: &Reason| format!("{}@rcpt.test", reason.as_str());
    Reason::ALL.iter().map(|reason| first.get(reason.as_str()).cloned().unwrap_or_else(|| magic(reason))).collect()
}

/// Asks about all at once, and gives the reasons that were found.
fn each(ask: impl Fn(&str) -> Option<Value> + Sync) -> Vec<String> {
    let addresses = addresses();
    thread::scope(|scope| {
        let ask = &ask;
        let asked: Vec<_> = addresses.iter().map(|address| scope.spawn(move || ask(address))).collect();
        let found = asked.into_iter().filter_map(|one| one.join().expect("no panic"));
        found.filter_map(|found| Some(found["reason"].as_str()?.to_owned())).collect()
    })
}

/// Each reason is among them.
fn assert_all(found: &[String]) {
    for reason in Reason::ALL {
        assert!(found.iter().any(|found| found == reason.as_str()), "{reason} is missing among {found:?}");
    }
}

#[test]
fn ok_every_reason_of_either_service() {
    for (document, url) in [(&*EDGE, &WHOLE.worker.url), (&*PROBER, &WHOLE.prober_url)] {
        let found = each(|address| {
            let answer = http::post(&format!("{url}/v1/verify"), &json!({ "email": address, "deadline_ms": 6000 })).expect("an answer");
            document.hold("POST", "/v1/verify", &answer);
            Some(answer.json())
        });
        assert_all(&found);
    }
}

#[test]
fn ok_every_reason_as_events() {
    let schema = json!({ "$ref": "#/components/schemas/Event" });
    let found = each(|address| {
        let headers = [("content-type", "application/json"), ("accept", event::MEDIA_TYPE)];
        let body = json!({ "email": address, "deadline_ms": 6000 }).to_string();
        let answer = http::send("POST", &format!("{}/v1/verify", WHOLE.worker.url), &headers, body.as_bytes()).expect("an answer");
        EDGE.hold("POST", "/v1/verify", &answer);
        let data = answer.body.lines().filter_map(|line| line.strip_prefix("data: "));
        let events: Vec<Value> = data.map(|text| serde_json::from_str(text).expect("JSON")).collect();
        for event in &events {
            EDGE.hold_value(&schema, event);
        }
        events.last().cloned()
    });
    assert_all(&found);
}

#[test]
fn ok_every_reason_in_one_batch_and_in_reacher_s_words() {
    let url = &WHOLE.worker.url;
    let batch = http::post(&format!("{url}/v1/verify/batch"), &json!({ "emails": addresses(), "deadline_ms": 20_000 })).expect("an answer");
    EDGE.hold("POST", "/v1/verify/batch", &batch);
    assert_eq!(batch.json()["counts"]["problems"], 0, "{}", batch.body);
    each(|address| {
        let answer = http::post(&format!("{url}/v1/check_email"), &json!({ "to_email": address })).expect("an answer");
        EDGE.hold("POST", "/v1/check_email", &answer);
        None
    });
}

/// Domains of either service, and the facts that a prober finds on their routes.
#[test]
fn ok_every_domain_and_every_report() {
    let mut kinds = Vec::new();
    for (n, row) in lab::table().iter().enumerate().filter(|(n, _)| n % 3 == 0) {
        let Some((_, domain)) = row.address.rsplit_once('@').filter(|(_, domain)| domain.is_ascii() && !domain.contains('[')) else {
            continue;
        };
        let path = format!("/v1/domains/{domain}");
        for (document, url) in [(&*EDGE, &WHOLE.worker.url), (&*PROBER, &WHOLE.prober_url)] {
            let answer = http::get(&format!("{url}{path}")).expect("an answer");
            document.hold("GET", "/v1/domains/{domain}", &answer);
            let route = &answer.json()["route"];
            if answer.status == 200 && route["kind"] == "hosts" && url == &WHOLE.prober_url {
                let body = json!({ "mailbox": format!("ada@{domain}"), "route": route, "deadline_ms": 1500, "request_id": "t", "nonce": n, "transcript": n % 2 == 0 });
                let answer = probe(&body.to_string());
                PROBER.hold("POST", "/v1/probe", &answer);
                kinds.push(answer.json()["kind"].as_str().unwrap_or_default().to_owned());
            }
        }
    }
    assert!(kinds.len() > 10 && kinds.iter().any(|kind| kind == "report"), "{kinds:?}");
}

/// Service, method, path, type, body; and the code to expect.
type Case<'a> = (&'a Document, &'a str, &'a str, &'a str, &'a str, &'a [u8], &'a str);

#[test]
fn ok_every_problem_that_can_be_brought_about() {
    let (edge, prober, json_type) = (WHOLE.worker.url.as_str(), WHOLE.prober_url.as_str(), "application/json");
    let (long, longer) = (format!(r#"{{"email":"{}"}}"#, "a".repeat(20_000)), format!(r#"{{"emails":["{}"]}}"#, "a".repeat(135_000)));
    let mut cases: Vec<Case<'_>> = Vec::new();
    for path in ["/v1/verify", "/v1/verify/batch", "/v0/check_email", "/v1/check_email"] {
        for (media_type, body, code) in [
            (json_type, &b"{"[..], "invalid_json"),
            (json_type, b"{}", "invalid_request"),
            (json_type, if path == "/v1/verify/batch" { longer.as_bytes() } else { long.as_bytes() }, "body_too_large"),
            ("text/plain", b"{}", "unsupported_media_type"),
        ] {
            cases.push((&EDGE, "POST", edge, path, media_type, body, code));
            if path == "/v1/verify" {
                cases.push((&PROBER, "POST", prober, path, media_type, body, code));
            }
        }
    }
    cases.push((&PROBER, "POST", prober, "/v1/probe", json_type, b"{}", "signature_invalid"));
    for (document, method, url, path, media_type, body, code) in cases {
        let answer = http::send(method, &format!("{url}{path}"), &[("content-type", media_type)], body).expect("an answer");
        assert_eq!(answer.json()["code"], code, "{method} {path}: {}", answer.body);
        document.hold(method, path, &answer);
    }
    for (document, url) in [(&*EDGE, edge), (&*PROBER, prober)] {
        for (domain, code) in [("-", "invalid_request"), ("%ff%fe", "invalid_request"), ("a%2Fb", "invalid_request"), ("", "")] {
            let answer = http::get(&format!("{url}/v1/domains/{domain}")).expect("an answer");
            assert!(code.is_empty() || answer.json()["code"] == code, "{domain}: {} {}", answer.status, answer.body);
            document.hold("GET", "/v1/domains/{domain}", &answer);
        }
    }
}

#[test]
fn ok_the_small_ones() {
    for (document, url, path) in [
        (&*EDGE, &WHOLE.worker.url, "/healthz"),
        (&*EDGE, &WHOLE.worker.url, "/openapi.json"),
        (&*EDGE, &WHOLE.worker.url, "/lab"),
        (&*EDGE, &WHOLE.worker.url, "/.well-known/jwks.json"),
        (&*PROBER, &WHOLE.prober_url, "/healthz"),
        (&*PROBER, &WHOLE.prober_url, "/openapi.json"),
        (&*PROBER, &WHOLE.prober_url, "/readyz"),
        (&*PROBER, &WHOLE.prober_url, "/metrics"),
    ] {
        let answer = http::get(&format!("{url}{path}")).expect("an answer");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        if path != "/openapi.json" {
            document.hold("GET", path, &answer);
        }
    }
}

/// `printf jobs-key | sha256sum`.
const JOBS_KEY: &str = "tests:09e002d73ac58a4caddc1944bb723bd8de3539d22bc8c82ba0100d58858c9b3d";

#[test]
fn ok_every_answer_about_jobs() {
    let folder = Scratch::new("openapi-jobs").expect("a folder");
    let data = folder.path().to_string_lossy().into_owned();
    let settings = [("RCPT_DATA", data.as_str()), ("RCPT_KEYS", JOBS_KEY), ("RCPT_ALLOW_PRIVATE", "127.0.0.0/8")];
    let (_prober, url) = start_prober_with(&WHOLE.lab, 0, &settings, false).expect("a prober");
    let ask = |method: &str, at: &str, described: &str, more: &[(&str, &str)], list: &str| {
        let headers = [&[("authorization", "Bearer jobs-key")], more].concat();
        let answer = http::send(method, &format!("{url}{at}"), &headers, list.as_bytes()).expect("an answer");
        PROBER.hold(method, described, &answer);
        answer
    };
    let once = [("idempotency-key", "one")];
    let given = ask("POST", "/v1/jobs?level=dns&format=csv", "/v1/jobs", &once, "email\nada@accepts.example\n");
    let again = ask("POST", "/v1/jobs?level=dns&format=csv", "/v1/jobs", &once, "email\nada@accepts.example\n");
    assert_eq!((given.status, again.status), (201, 200));
    for (query, list) in [("?level=dns&format=csv", "email\nghost@accepts.example\n"), ("?level=syntax", "email\nada@accepts.example\n")] {
        let other = ask("POST", &format!("/v1/jobs{query}"), "/v1/jobs", &once, list);
        assert_eq!((other.status, other.json()["code"].as_str()), (422, Some("idempotency_key_reused")));
    }
    assert_eq!(ask("POST", "/v1/jobs?level=dns", "/v1/jobs", &[], "").status, 422, "an empty list");
    assert_eq!(ask("POST", "/v1/jobs?levle=dns", "/v1/jobs", &[], "").status, 422);
    assert_eq!(ask("GET", "/v1/jobs", "/v1/jobs", &[], "").status, 200);
    let at = |job: &http::Answer, rest: &str| format!("/v1/jobs/{}{rest}", job.json()["id"].as_str().expect("an id"));
    let events = ask("GET", &at(&given, "/events"), "/v1/jobs/{id}/events", &[], "");
    assert!(events.body.contains("event: end"), "{}", events.body);
    let done = ask("GET", &at(&given, ""), "/v1/jobs/{id}", &[], "");
    assert_eq!(done.json()["state"], "done", "{}", done.body);
    // The domain takes mail, and at this level nobody asks there.
    let counts = json!({ "deliverable": 0, "risky": 0, "undeliverable": 0, "unknown": 1 });
    assert_eq!((&done.json()["counts"], &done.json()["without_verdict"]), (&counts, &json!(0)), "{}", done.body);
    ask("GET", &at(&given, "/results"), "/v1/jobs/{id}/results", &[], "");
    for (query, accept) in [("?format=jsonl", "*/*"), ("", "application/x-ndjson"), ("?format=xml", "*/*")] {
        ask("GET", &at(&given, &format!("/results{query}")), "/v1/jobs/{id}/results", &[("accept", accept)], "");
    }
    assert_eq!(ask("POST", &at(&given, "/pause"), "/v1/jobs/{id}/pause", &[], "").status, 409);

    let news = [("rcpt-webhook", "http://127.0.0.1:9/news")];
    let slow = ask("POST", "/v1/jobs?format=jsonl&column=email", "/v1/jobs", &news, "{\"email\":\"ada@silent.example\"}\n");
    assert_eq!(slow.status, 201, "{}", slow.body);
    for verb in ["pause", "resume", "cancel"] {
        assert_eq!(ask("POST", &at(&slow, &format!("/{verb}")), &format!("/v1/jobs/{{id}}/{verb}"), &[], "").status, 200, "{verb}");
    }
    ask("GET", &at(&slow, "/results"), "/v1/jobs/{id}/results", &[], "");
    for status in [204, 404] {
        assert_eq!(ask("DELETE", &at(&slow, ""), "/v1/jobs/{id}", &[], "").status, status);
    }
    for (url, key, status) in [(&url, "none", 401), (&WHOLE.prober_url, "jobs-key", 503)] {
        let headers = [("authorization", &*format!("Bearer {key}"))];
        let answer = http::send("GET", &format!("{url}/v1/jobs"), &headers, b"").expect("an answer");
        PROBER.hold("GET", "/v1/jobs", &answer);
        assert_eq!(answer.status, status);
    }
}
