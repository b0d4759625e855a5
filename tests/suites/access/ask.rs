//! A Worker with every rule, and how it is asked.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use stack::dns_answer::{Says, play};
use stack::http::{self, Answer};
use stack::stand_in::{Play, StandIn, response};
use stack::worker::Worker;

pub(crate) const SECRET: &str = "a secret of some length";
const TURNSTILE_SECRET: &str = "the widget's secret";
pub(crate) const PAGE: &str = "https://shop.example";
/// Of the keys `rcpt_crm`, `rcpt_lists`, `test_key` and `test_all`: `printf %s KEY | sha256sum`.
pub(crate) const KEYS: &str = "
    crm       35e134ff2164b3833b70d236ef59a9d64dc50ca806fcd8d5bc4603b73d1983e7 verify batch
    lists     f70279c2618787c38e36fc2d032068c85cdfbbb2cb25b2ade755ab3c05637dae batch domains
    tests     92488e1e3eeecdf99f3ed2ce59233efb4b4fb612d5655c0ce9ea52b5a502e655 verify
    trial     4a486003a88d10431eaadd35790205ad4fbdb4a96ef05aeac8cc9d03bcd42617 verify batch domains
";
pub(crate) const SITES: &str = "
    shop     site_shop_0123456789abcdef https://shop.example https://www.shop.example
    shallow  site_shallow_0123456789abcdef https://shop.example level=syntax
    guarded  site_guarded_0123456789abcdef https://shop.example turnstile
    busy     site_busy_0123456789abcdef https://shop.example
    looker   site_looker_0123456789abcdef https://shop.example level=dns
    own      site_own_0123456789abcdef https://shop.example budget=RCPT_NEW_MAILBOXES_FREE
";
/// The example key of RFC 8037, appendix A.
const RECEIPT_KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"one","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// Small, so that they are soon used up, and each test has a caller, site or domain of its own.
pub(crate) const LIMITS: [(&str, i64); 5] =
    [("RCPT_PER_IP", 8), ("RCPT_PER_SITE", 20), ("RCPT_PER_DOMAIN", 8), ("RCPT_NEW_MAILBOXES", 3), ("RCPT_NEW_MAILBOXES_FREE", 5)];

pub(crate) struct Guarded {
    pub(crate) worker: Worker,
    /// Every domain has a mail host, and there is no prober: how far a question went is told by its reason.
    _doh: StandIn,
    pub(crate) turnstile: StandIn,
}

pub(crate) static GUARDED: LazyLock<Guarded> = LazyLock::new(|| {
    let doh = StandIn::start_with(|request| play(Says::Data, request)).expect("a port");
    let turnstile = StandIn::start_with(siteverify).expect("a port");
    let vars = [
        ("RCPT_DOH", doh.url()),
        ("RCPT_SECRET", SECRET.to_owned()),
        ("RCPT_KEYS", KEYS.to_owned()),
        ("RCPT_SITES", SITES.to_owned()),
        ("RCPT_TURNSTILE_URL", turnstile.url()),
        ("RCPT_TURNSTILE_SECRET", TURNSTILE_SECRET.to_owned()),
        ("RCPT_RECEIPT_KEYS", RECEIPT_KEYS.to_owned()),
        ("RCPT_QUOTAS", LIMITS.map(|(name, limit)| format!("{name}={limit}")).join(",")),
    ];
    let vars: Vec<(&str, &str)> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let worker = Worker::start_bound(&vars, &LIMITS).unwrap_or_else(|error| panic!("{error}"));
    Guarded { worker, _doh: doh, turnstile }
});

/// Cloudflare's siteverify as it is documented, by token; and out of order in several ways.
fn siteverify(request: &str) -> Play {
    let asked: Value = request.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok()).unwrap_or_default();
    let told = |told: Value| Play::Answer(response("200 OK", "application/json", told.to_string().as_bytes()));
    match asked["response"].as_str() {
        _ if asked["secret"] != TURNSTILE_SECRET => told(json!({ "success": false, "error-codes": ["invalid-input-secret"] })),
        Some("good") => told(json!({ "success": true, "hostname": "shop.example", "error-codes": [] })),
        Some("of another page") => told(json!({ "success": true, "hostname": "evil.example", "error-codes": [] })),
        Some("of no page") => told(json!({ "success": true, "error-codes": [] })),
        Some("of a wrong secret") => told(json!({ "success": false, "error-codes": ["invalid-input-secret"] })),
        Some("outage") => Play::Answer(response("500 Internal Server Error", "text/plain", b"oh")),
        Some("garbage") => Play::Answer(response("200 OK", "text/html", b"<html>success: true")),
        Some("hangs up") => Play::Close,
        Some("hangs") => Play::Silence,
        _ => told(json!({ "success": false, "error-codes": ["timeout-or-duplicate"] })),
    }
}

/// One question; each is from an address of its own unless it says otherwise.
#[derive(Clone)]
pub(crate) struct Ask {
    path: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Value,
}

static NEXT: AtomicUsize = AtomicUsize::new(0);

fn fresh() -> usize {
    NEXT.fetch_add(1, Ordering::SeqCst)
}

pub(crate) fn nonce() -> String {
    format!("nonce-0123456789-{}", fresh())
}

impl Ask {
    pub(crate) fn of(email: &str) -> Self {
        let n = fresh();
        let headers =
            vec![("content-type", "application/json".to_owned()), ("cf-connecting-ip", format!("198.51.{}.{}", n / 250, n % 250))];
        Self { path: "/v1/verify", headers, body: json!({ "email": email }) }
    }

    /// The same at another path, with another body: null for none, which is a GET.
    pub(crate) fn at(self, path: &'static str, body: Value) -> Self {
        Self { path, body, ..self }
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.with("authorization", &format!("Bearer {key}"))
    }

    pub(crate) fn body(self, body: Value) -> Self {
        Self { body, ..self }
    }

    /// From a page of a site, with a nonce of its own.
    pub(crate) fn site(self, site: &str, origin: &str) -> Self {
        let site = format!("site_{site}_0123456789abcdef");
        self.with("x-rcpt-site", &site).with("origin", origin).field("nonce", json!(nonce()))
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn field(mut self, name: &str, value: Value) -> Self {
        self.body[name] = value;
        self
    }

    pub(crate) fn send(&self) -> Answer {
        self.send_to(&GUARDED.worker)
    }

    pub(crate) fn send_to(&self, worker: &Worker) -> Answer {
        let headers: Vec<(&str, &str)> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (method, body) = if self.body.is_null() { ("GET", String::new()) } else { ("POST", self.body.to_string()) };
        http::send(method, &format!("{}{}", worker.url, self.path), &headers, body.as_bytes()).expect("an answer")
    }
}

/// A verdict.
#[track_caller]
pub(crate) fn assert_answered(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.json()["reason"].is_string(), "{}", answer.body);
    answer.json()
}

/// A problem, and nothing of a verdict in it.
#[track_caller]
pub(crate) fn assert_refused(answer: &Answer, status: u16, code: &str) {
    let problem = answer.json();
    assert_eq!((answer.status, problem["code"].as_str()), (status, Some(code)), "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let fields: Vec<&str> = problem.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(fields, ["code", "detail", "request_id", "status", "title", "type"], "{}", answer.body);
    assert!(!answer.body.contains(".example") && !answer.body.contains("@accepts"), "{}", answer.body);
    assert_eq!(answer.header("www-authenticate"), (status == 401).then_some("Bearer"));
    assert_eq!(answer.header("retry-after"), (status == 429).then_some("60"));
}

/// Asks until it is refused: at the latest when the budget is used up in the minute that begins meanwhile.
#[track_caller]
pub(crate) fn assert_used_up_after(limit: usize, code: &str, mut ask: impl FnMut() -> Answer) -> Answer {
    for n in 0..=limit * 2 {
        let answer = ask();
        if answer.status != 200 {
            assert!(n >= limit, "refused after {n}: {}", answer.body);
            assert_refused(&answer, 429, code);
            return answer;
        }
    }
    panic!("never refused with {code}");
}
