//! Every way of asking passes the same door: who asks, by which right, how much, and about what.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stack::http::Answer;
use stack::worker::Worker;
use stack::worker::bindings::Disorder;

use crate::ask::{Ask, GUARDED, KEYS, LIMITS, PAGE, SECRET, assert_answered, assert_refused, assert_used_up_after, nonce};

/// A way of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Verify,
    Events,
    Batch,
    Domain,
    CheckV0,
    CheckV1,
}

const WAYS: [Way; 6] = [Way::Verify, Way::Events, Way::Batch, Way::Domain, Way::CheckV0, Way::CheckV1];
/// Keys, and the ways that their scopes open.
const KEYS_OF: [(&str, &[Way]); 3] = [
    ("rcpt_crm", &[Way::Verify, Way::Events, Way::Batch, Way::CheckV0, Way::CheckV1]),
    ("rcpt_lists", &[Way::Batch, Way::Domain]),
    ("test_key", &[Way::Verify, Way::Events, Way::CheckV0, Way::CheckV1]),
];

impl Way {
    fn ask(self, email: &str) -> Ask {
        let ask = Ask::of(email);
        match self {
            Self::Verify => ask,
            Self::Events => ask.with("accept", "text/event-stream"),
            Self::Batch => ask.at("/v1/verify/batch", json!({ "emails": [email] })),
            Self::Domain => ask.at("/v1/domains/accepts.example", Value::Null),
            Self::CheckV0 => ask.at("/v0/check_email", json!({ "to_email": email })),
            Self::CheckV1 => ask.at("/v1/check_email", json!({ "to_email": email })),
        }
    }

    /// What it answers where it was let through.
    #[track_caller]
    fn assert_answered(self, answer: &Answer) {
        assert_eq!(answer.status, 200, "{self:?}: {}", answer.body);
        let found = answer.json();
        match self {
            Self::Verify => assert!(found["status"].is_string(), "{}", answer.body),
            Self::Events => assert_eq!(events(answer).last().map(|event| event["final"].clone()), Some(json!(true)), "{}", answer.body),
            Self::Batch => assert!(found["results"][0]["status"].is_string(), "{}", answer.body),
            Self::Domain => assert_eq!(found["domain"], "accepts.example", "{}", answer.body),
            Self::CheckV0 | Self::CheckV1 => assert!(found["is_reachable"].is_string(), "{}", answer.body),
        }
    }
}

fn events(answer: &Answer) -> Vec<Value> {
    let data = answer.body.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).expect("an event in JSON")).collect()
}

#[test]
fn ok_each_way_is_open_to_keys_with_its_scope() {
    for (key, may) in KEYS_OF {
        for way in WAYS {
            let answer = way.ask("mailbox_full@rcpt.test").key(key).send();
            if may.contains(&way) {
                way.assert_answered(&answer);
            } else {
                assert_refused(&answer, 403, "scope_missing");
            }
        }
    }
}

#[test]
fn err_no_way_is_open_without_a_key() {
    for way in WAYS {
        let ask = way.ask("mailbox_full@rcpt.test");
        assert_refused(&ask.send(), 401, "key_missing");
        assert_refused(&ask.clone().key("rcpt_crn").send(), 401, "key_unknown");
        // Whoever has no key does not learn whether a question would have been one.
        if way != Way::Domain {
            assert_refused(&ask.clone().body(json!({})).send(), 401, "key_missing");
        }
    }
}

/// A page asks about one address; whatever would serve a list is not for it.
#[test]
fn err_pages_have_one_way() {
    for way in WAYS {
        let ask = |origin: &str| {
            let ask = way.ask("mailbox_full@rcpt.test").with("x-rcpt-site", "site_shop_0123456789abcdef").with("origin", origin);
            if matches!(way, Way::Verify | Way::Events) { ask.field("nonce", json!(nonce())) } else { ask }
        };
        assert_refused(&ask("https://evil.example").send(), 403, "origin_refused");
        match way {
            Way::Verify | Way::Events => assert_eq!(ask(PAGE).send().status, 200),
            _ => assert_refused(&ask(PAGE).send(), 403, "scope_missing"),
        }
    }
}

#[test]
fn ok_test_keys_are_for_magic_addresses_whatever_the_way() {
    for way in WAYS {
        let ask = |email: &str| way.ask(email).key("test_all").send();
        match way {
            Way::Domain => assert_refused(&ask(""), 403, "test_key"),
            Way::Batch => {
                way.assert_answered(&ask("mailbox_full@rcpt.test"));
                assert_eq!(refusals(&ask("ada@accepts.example")), [(403, "test_key".to_owned())]);
            }
            _ => {
                way.assert_answered(&ask("mailbox_full@rcpt.test"));
                assert_refused(&ask("ada@accepts.example"), 403, "test_key");
            }
        }
    }
}

/// Status and code of each result of a batch that is a problem.
fn refusals(batch: &Answer) -> Vec<(u64, String)> {
    assert_eq!(batch.status, 200, "{}", batch.body);
    let results = batch.json()["results"].as_array().expect("results").clone();
    let problem = |result: &Value| Some((result["status"].as_u64()?, result["code"].as_str()?.to_owned()));
    results.iter().filter_map(|result| problem(result).or_else(|| problem(&result["problem"]))).collect()
}

#[test]
fn err_a_list_of_names_at_one_domain_in_one_batch() {
    // More than twice as many as may be, should a minute begin meanwhile.
    let names = (0..7).map(|n| format!("name{n}@netted.example")).collect();
    let ask = |emails: Vec<String>| Ask::of("").at("/v1/verify/batch", json!({ "emails": emails })).key("rcpt_crm");
    let refused = refusals(&ask(names).send());
    assert!((1..=4).contains(&refused.len()), "{refused:?}");
    assert!(refused.iter().all(|refusal| *refusal == (429, "too_many_mailboxes_of_domain".to_owned())), "{refused:?}");
    // Those who were asked about may be asked about again.
    assert_eq!(refusals(&ask(vec!["name0@netted.example".to_owned()]).send()), []);
    // What one way has used up is used up for the others.
    let mut n = 1000;
    for way in [Way::Verify, Way::Events, Way::CheckV0, Way::CheckV1] {
        assert_used_up_after(0, "too_many_mailboxes_of_domain", || {
            n += 1;
            way.ask(&format!("name{n}@netted.example")).key("rcpt_crm").send()
        });
    }
}

#[test]
fn ok_events_for_a_page_are_as_short_as_its_answers() {
    let ask = Ask::of("ada@accepts.example").site("shop", PAGE).with("accept", "text/event-stream");
    let answer = ask.send();
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream")));
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
    let events = events(&answer);
    assert_eq!(events.len(), 3, "{}", answer.body);
    for (n, event) in events.iter().enumerate() {
        let mut fields: Vec<&str> = event.as_object().expect("an object").keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["explanation", "final", "reason", "receipt", "status", "suggestion"], "{event}");
        assert_eq!((event["final"].as_bool(), event["receipt"].is_string()), (Some(n == 2), n == 2), "{event}");
    }
    assert!(!answer.body.contains("ada@"), "{}", answer.body);
    // What is refused is refused before the first event.
    assert_refused(&ask.send(), 409, "nonce_used");
    assert_refused(&ask.clone().field("nonce", Value::Null).send(), 422, "invalid_request");
}

/// Keys are set, and yet anyone may ask, since that is what was said; the budgets hold all the same.
#[test]
fn err_each_way_over_budget_where_anyone_may_ask() {
    let vars = [("RCPT_ACCESS", "open"), ("RCPT_KEYS", KEYS), ("RCPT_SECRET", SECRET), ("RCPT_DOH", "http://127.0.0.1:9/dns-query")];
    let worker = Worker::start_bound(&vars, &LIMITS[..1]).expect("a Worker");
    for (n, way) in WAYS.into_iter().enumerate() {
        let ask = way.ask("mailbox_full@rcpt.test").with("cf-connecting-ip", &format!("2001:db8:1:{n}::1"));
        way.assert_answered(&ask.send_to(&worker));
        let limit = usize::try_from(LIMITS[0].1).expect("small") - 1;
        let refused = assert_used_up_after(limit, "rate_limited", || ask.send_to(&worker));
        assert_eq!(refused.header("ratelimit"), Some(r#""per_ip";r=0;t=60"#), "{way:?}");
        assert_eq!(refused.header("ratelimit-policy"), Some(r#""per_ip";q=60;w=60"#), "{way:?}");
    }
}

#[test]
fn err_more_than_is_read() {
    let long = "a".repeat(17 * 1024);
    for way in [Way::Verify, Way::Events, Way::CheckV0, Way::CheckV1] {
        assert_refused(&way.ask(&long).key("rcpt_crm").send(), 413, "body_too_large");
    }
    let batch = |emails: Vec<String>| Ask::of("").at("/v1/verify/batch", json!({ "emails": emails })).key("rcpt_crm").send();
    assert_refused(&batch(vec![long; 8]), 413, "body_too_large");
    assert_refused(&batch(vec!["mailbox_full@rcpt.test".to_owned(); 101]), 422, "invalid_request");
    assert_eq!(batch(vec!["mailbox_full@rcpt.test".to_owned(); 100]).json()["results"].as_array().map(Vec::len), Some(100));
    let label = "/v1/domains/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example";
    assert_refused(&Ask::of("").at(label, Value::Null).key("rcpt_lists").send(), 422, "invalid_request");
}

#[test]
fn ok_answers_are_closed_to_whatever_a_browser_might_do_with_them() {
    let key = |way: Way| way.ask("mailbox_full@rcpt.test").key(if way == Way::Domain { "rcpt_lists" } else { "rcpt_crm" }).send();
    let site = Ask::of("mailbox_full@rcpt.test").site("shop", PAGE).send();
    let get = |path| Ask::of("").at(path, Value::Null).send();
    let mut answers: Vec<(String, u16, Answer)> = WAYS.iter().map(|way| (format!("{way:?}"), 200, key(*way))).collect();
    answers.extend([
        ("a page's".to_owned(), 200, site),
        ("refused".to_owned(), 401, Way::Verify.ask("").send()),
        ("wrong method".to_owned(), 405, get("/v1/verify")),
        ("nothing there".to_owned(), 404, get("/v2/verify")),
        ("alive".to_owned(), 200, get("/healthz")),
        ("keys".to_owned(), 200, get("/.well-known/jwks.json")),
        ("preflight".to_owned(), 204, preflight()),
    ]);
    for (what, status, answer) in answers {
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("cache-control", if what == "keys" { "public, max-age=300" } else { "no-store" }),
            ("vary", "origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{what}: {name}");
        }
        assert!(answer.header("x-request-id").is_some(), "{what}");
        assert_eq!(answer.header("strict-transport-security"), None, "{what}: there is no TLS on loopback");
    }
}

fn preflight() -> Answer {
    stack::http::send("OPTIONS", &format!("{}/v1/verify", GUARDED.worker.url), &[("origin", PAGE)], b"").expect("an answer")
}

/// What cannot be counted or looked up is refused; what needs neither is not held up. A part that hangs costs a request two seconds, and not two
/// for each address of a batch.
#[test]
fn err_counters_and_stores_out_of_order() {
    let vars = [
        ("RCPT_KEYS", KEYS),
        ("RCPT_SITES", "shop site_shop_0123456789abcdef https://shop.example level=dns"),
        ("RCPT_SECRET", SECRET),
        ("RCPT_DOH", "http://127.0.0.1:9/dns-query"),
    ];
    let page = || Ask::of("mailbox_full@rcpt.test").site("shop", PAGE);
    let key = || Ask::of("ada@accepts.example").key("rcpt_crm");
    for disorder in [Disorder::Fails, Disorder::Hangs] {
        let counters = Worker::start_out_of_order(&vars, &LIMITS.map(|(name, _)| name), disorder).expect("a Worker");
        assert_refused(&in_time(|| page().send_to(&counters)), 503, "access_unavailable");
        assert_refused(&in_time(|| key().send_to(&counters)), 503, "access_unavailable");
        assert_answered(&in_time(|| key().field("level", json!("dns")).send_to(&counters)));
        let emails: Vec<String> = (0..9).map(|n| format!("name{n}@accepts.example")).collect();
        let refused = refusals(&in_time(|| key().at("/v1/verify/batch", json!({ "emails": emails })).send_to(&counters)));
        assert_eq!(refused, vec![(503, "access_unavailable".to_owned()); 9], "{disorder:?}");
        let store = Worker::start_out_of_order(&vars, &["RCPT_STATE"], disorder).expect("a Worker");
        assert_refused(&in_time(|| page().send_to(&store)), 503, "access_unavailable");
        assert_answered(&in_time(|| key().send_to(&store)));
    }
}

/// Eighteen seconds of counting, where there are two.
#[test]
fn err_counters_that_dawdle_hold_no_batch_up() {
    let vars = [("RCPT_KEYS", KEYS), ("RCPT_SECRET", SECRET), ("RCPT_DOH", "http://127.0.0.1:9/dns-query")];
    let worker = Worker::start_out_of_order(&vars, &LIMITS.map(|(name, _)| name), Disorder::Dawdles).expect("a Worker");
    let emails: Vec<String> = (0..9).map(|n| format!("name{n}@accepts.example")).collect();
    let ask = Ask::of("").key("rcpt_crm").at("/v1/verify/batch", json!({ "emails": emails, "deadline_ms": 2000 }));
    let refused = refusals(&in_time(|| ask.send_to(&worker)));
    assert!((7..9).contains(&refused.len()), "{refused:?}");
    assert!(refused.iter().all(|refusal| *refusal == (503, "access_unavailable".to_owned())), "{refused:?}");
}

/// Two seconds for what hangs, and a few for the machine.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "a test may look at the clock: that refusals come in time is what it is about")]
fn in_time(ask: impl FnOnce() -> Answer) -> Answer {
    let began = Instant::now();
    let answer = ask();
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}: {}", began.elapsed(), answer.body);
    answer
}
