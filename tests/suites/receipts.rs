//! Receipts that workerd signed, checked by the very code that `edge/receipts.md` shows: with Node's `jose`, Python's `joserfc` and Rust's `ring`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a suite fails by panicking")]

#[path = "receipts/check.rs"]
#[allow(missing_docs, unreachable_pub, reason = "it stands here as the document shows it")]
mod check;

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use check::{Expected, check_receipt};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use stack::child;
use stack::http;
use stack::place::root;
use stack::stand_in::{Play, StandIn, response};
use stack::worker::{Worker, node};

const PAGE: &str = "https://shop.example";
const KEYS_PATH: &str = "/.well-known/jwks.json";

/// The first block of this language in the document.
fn shown(language: &str) -> String {
    let text = fs::read_to_string(root().join("edge/receipts.md")).expect("the document");
    let begins = format!("```{language}\n");
    let (_, rest) = text.split_once(&begins).expect("a block of this language");
    rest.split("```\n").next().expect("its end").to_owned()
}

/// A key, made by the command that the document shows.
fn key(name: &str) -> Value {
    let node = node().expect("node");
    let folder = node.parent().expect("a folder").to_string_lossy().into_owned();
    let path = format!("{folder}:{}", std::env::var_os("PATH").unwrap_or_default().to_string_lossy());
    let made = Command::new("sh").args(["-ec", &shown("sh")]).env("PATH", path).output().expect("a shell");
    let mut key: Value = serde_json::from_slice(&made.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&made.stderr)));
    assert!(key["kid"].as_str().is_some_and(|kid| kid.len() == "2026-01-31".len()), "{key}");
    key["kid"] = json!(name);
    key
}

/// Two keys, of which the first signs, and a Worker that has them.
static OURS: LazyLock<([Value; 2], Worker)> = LazyLock::new(|| {
    let keys = [key("ours"), key("retired")];
    let worker = worker(&[&keys[0], &keys[1]]);
    (keys, worker)
});

fn worker(keys: &[&Value]) -> Worker {
    let keys = json!({ "keys": keys }).to_string();
    Worker::start(0, &[("RCPT_RECEIPT_KEYS", &keys), ("RCPT_ORIGINS", PAGE)], false).unwrap_or_else(|error| panic!("{error}"))
}

/// What a receipt is put to: the question of one line of `run.mjs` and `run.py`.
fn question(worker: &Worker, email: &str) -> Value {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let nonce = format!("0123456789abcdef-{}", NEXT.fetch_add(1, Ordering::SeqCst));
    let body = json!({ "email": email, "level": "syntax", "nonce": nonce }).to_string();
    let headers = [("content-type", "application/json"), ("origin", PAGE)];
    let answer = http::send("POST", &format!("{}/v1/verify", worker.url), &headers, body.as_bytes()).expect("an answer").json();
    let receipt = answer["receipt"].as_str().unwrap_or_else(|| panic!("no receipt: {answer}"));
    json!({ "receipt": receipt, "email": email, "origin": PAGE, "nonce": nonce, "now": part(receipt, 1)["iat"] })
}

/// The same question with another value.
fn with(question: &Value, name: &str, value: Value) -> Value {
    let mut other = question.clone();
    other[name] = value;
    other
}

fn part(receipt: &str, n: usize) -> Value {
    let part = receipt.split('.').nth(n).expect("three parts");
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).expect("base64url")).expect("JSON")
}

/// The same question with one part of the receipt changed.
fn forged(question: &Value, n: usize, change: impl Fn(&mut Value)) -> Value {
    let receipt = question["receipt"].as_str().expect("a text");
    let (mut parts, mut changed): (Vec<String>, Value) = (receipt.split('.').map(str::to_owned).collect(), part(receipt, n));
    change(&mut changed);
    parts[n] = BASE64URL_NOPAD.encode(changed.to_string().as_bytes());
    with(question, "receipt", json!(parts.join(".")))
}

/// One that checks receipts: a line for each question, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Checker {
    Node,
    Python,
    Rust,
}

impl Checker {
    /// All that can be had here.
    fn all() -> Vec<Self> {
        if python().is_file() {
            return vec![Self::Node, Self::Python, Self::Rust];
        }
        println!("left out: receipts checked by Python's joserfc: target/python is not there; dev/python.sh makes it");
        vec![Self::Node, Self::Rust]
    }

    fn check(self, keys: &str, questions: &[Value]) -> Vec<String> {
        static SCRIPTS: LazyLock<PathBuf> = LazyLock::new(|| {
            // Below the project, so that Node finds its packages.
            let folder = root().join("target/receipts");
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(folder.join("check.mjs"), shown("js")).expect("a file");
            fs::write(folder.join("check.py"), shown("python")).expect("a file");
            folder
        });
        let suite = root().join("tests/suites/receipts");
        match self {
            Self::Node => {
                run(Command::new(node().expect("node")).arg(suite.join("run.mjs")).arg(SCRIPTS.join("check.mjs")), keys, questions)
            }
            Self::Python => run(Command::new(python()).arg(suite.join("run.py")).arg(SCRIPTS.join("check.py")), keys, questions),
            Self::Rust => in_rust(keys, questions),
        }
    }
}

fn python() -> PathBuf {
    root().join("target/python/bin/python")
}

fn run(command: &mut Command, keys: &str, questions: &[Value]) -> Vec<String> {
    let mut lines = questions.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    lines.push('\n');
    let output = child::run(command.env("RCPT_JWKS", keys), lines.as_bytes()).expect("a program");
    let answers: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), questions.len(), "{answers:?}\n{}", String::from_utf8_lossy(&output.stderr));
    answers
}

fn in_rust(keys: &str, questions: &[Value]) -> Vec<String> {
    let (keys, mut seen) = (http::get(keys).expect("an answer").json(), HashSet::new());
    let check = |question: &Value| {
        let text = |name: &str| question[name].as_str().expect("a text");
        let now = question["now"].as_u64().expect("a number");
        // The form that the document presumes, as the product itself makes it.
        let mailbox = shared::mailbox::Mailbox::parse(text("email")).expect("a mailbox").normalized();
        let expected = Expected { mailbox: &mailbox, origin: text("origin"), nonce: text("nonce"), now };
        let status = check_receipt(text("receipt"), &keys, &expected, &mut seen);
        status.map_or_else(
            || "refused".to_owned(),
            |status| format!("{status} {}", part(text("receipt"), 1)["reason"].as_str().expect("a text")),
        )
    };
    questions.iter().map(check).collect()
}

#[test]
fn ok_the_document_shows_what_is_run() {
    let run = fs::read_to_string(root().join("tests/suites/receipts/check.rs")).expect("a file");
    assert_eq!(run, shown("rust"));
}

#[test]
fn err_whatever_is_not_as_it_was_said() {
    let ((_, ours), strange) = (&*OURS, worker(&[&key("ours")]));
    let good = question(ours, "mailbox_full@rcpt.test");
    let expiry = part(good["receipt"].as_str().expect("a text"), 1)["exp"].as_u64().expect("a number");
    let unsigned = good["receipt"].as_str().and_then(|receipt| receipt.rsplit_once('.')).map(|(signed, _)| format!("{signed}."));
    let refused = [
        ("a changed status", forged(&good, 1, |claims| claims["status"] = json!("deliverable"))),
        ("a changed time", forged(&good, 1, |claims| claims["exp"] = json!(expiry + 1))),
        ("another algorithm", forged(&good, 0, |header| header["alg"] = json!("none"))),
        ("another type", forged(&good, 0, |header| header["typ"] = json!("JWT"))),
        ("no signature", with(&good, "receipt", json!(unsigned))),
        ("no receipt", with(&good, "receipt", json!("mailbox_full"))),
        ("another origin", with(&good, "origin", json!("https://evil.example"))),
        ("another question", with(&good, "nonce", json!("fedcba9876543210"))),
        ("another address", with(&good, "email", json!("accept_all@rcpt.test"))),
        ("an expired one", with(&good, "now", json!(expiry + 1))),
        ("another's key of the same name", question(&strange, "mailbox_full@rcpt.test")),
    ];
    let mut questions: Vec<Value> = refused.iter().map(|(_, question)| question.clone()).collect();
    // That it is good to its last second after all shows that each of these was refused for what it says; after that it is used up.
    questions.extend([with(&good, "now", json!(expiry - 1)), good]);
    for checker in Checker::all() {
        let answers = checker.check(&format!("{}{KEYS_PATH}", ours.url), &questions);
        for ((what, _), answer) in refused.iter().zip(&answers) {
            assert!(answer.starts_with("refused"), "{checker:?}: {what}: {answer}");
        }
        assert_eq!(answers[refused.len()], "risky mailbox_full", "{checker:?}");
        assert!(answers[refused.len() + 1].starts_with("refused"), "{checker:?}: a second time: {}", answers[refused.len() + 1]);
    }
}

#[test]
fn ok_however_an_address_is_spelt() {
    let (_, worker) = &*OURS;
    let spelt = |email: &str, other: &str| with(&question(worker, email), "email", json!(other));
    let questions = [
        spelt("Ada@Bücher.example", "Ada@xn--bcher-kva.example"),
        spelt("Ada@xn--bcher-kva.example", "Ada@BÜCHER.Example"),
        spelt("e\u{301}mile@accepts.example", "émile@accepts.example"),
        spelt("Ada@accepts.example", "ada@accepts.example"),
    ];
    for checker in Checker::all() {
        let answers = checker.check(&format!("{}{KEYS_PATH}", worker.url), &questions);
        assert!(answers[..3].iter().all(|answer| answer == "unknown not_probed"), "{checker:?}: {answers:?}");
        assert!(answers[3].starts_with("refused"), "{checker:?}: another local part: {answers:?}");
    }
}

/// Whose clock is behind the Worker's gets receipts that were made in its future.
#[test]
fn ok_where_the_clock_is_a_little_behind() {
    let (_, worker) = &*OURS;
    let asked = question(worker, "mailbox_full@rcpt.test");
    let early = with(&asked, "now", json!(asked["now"].as_u64().map(|now| now - 5)));
    for checker in Checker::all() {
        assert_eq!(
            checker.check(&format!("{}{KEYS_PATH}", worker.url), std::slice::from_ref(&early)),
            ["risky mailbox_full"],
            "{checker:?}"
        );
    }
}

/// The steps of the document: learnt of, in front, alone.
#[test]
fn ok_keys_change_without_a_receipt_being_refused() {
    let (old, new) = (key("old"), key("new"));
    let (first, second) = (worker(&[&old, &new]), worker(&[&new, &old]));
    let (before, after) = (question(&first, "accept_all@rcpt.test"), question(&second, "accept_all@rcpt.test"));
    let kid = |question: &Value| part(question["receipt"].as_str().expect("a text"), 0)["kid"].clone();
    assert_eq!((kid(&before), kid(&after)), (json!("old"), json!("new")));
    let published = http::get(&format!("{}{KEYS_PATH}", second.url)).expect("an answer").json();
    let left = json!({ "keys": [published["keys"][0]] }).to_string();
    let third = StandIn::start(Play::Answer(response("200 OK", "application/jwk-set+json", left.as_bytes()))).expect("a port");
    let expiry = part(before["receipt"].as_str().expect("a text"), 1)["exp"].as_u64().expect("a number");
    let at = |now: u64| with(&before, "now", json!(now));
    for checker in Checker::all() {
        for keys in [&first.url, &second.url] {
            let answers = checker.check(&format!("{keys}{KEYS_PATH}"), &[at(expiry + 1), at(expiry - 1), after.clone()]);
            assert!(answers[0].starts_with("refused"), "{checker:?}: expired: {answers:?}");
            assert_eq!(answers[1..], ["risky accept_all", "risky accept_all"], "{checker:?}");
        }
        let answers = checker.check(&third.url(), &[before.clone(), after.clone()]);
        assert!(answers[0].starts_with("refused") && answers[1] == "risky accept_all", "{checker:?}: {answers:?}");
    }
}

#[test]
fn ok_the_published_keys() {
    let ([ours, retired], worker) = &*OURS;
    let answer = http::get(&format!("{}{KEYS_PATH}", worker.url)).expect("an answer");
    let public = |key: &Value| json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key["kid"], "x": key["x"] });
    assert_eq!(answer.json(), json!({ "keys": [public(ours), public(retired)] }));
    assert_eq!(answer.header("content-type"), Some("application/jwk-set+json"));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
}

#[test]
fn ok_what_is_in_a_receipt() {
    let (_, worker) = &*OURS;
    let asked = question(worker, "mailbox_full@rcpt.test");
    let receipt = asked["receipt"].as_str().expect("a text");
    assert_eq!(part(receipt, 0), json!({ "alg": "EdDSA", "kid": "ours", "typ": "rcpt+jwt" }));
    let claims = part(receipt, 1);
    assert_eq!((&claims["iss"], &claims["aud"], &claims["nonce"]), (&json!(worker.url), &json!(PAGE), &asked["nonce"]));
    assert_eq!((&claims["status"], &claims["reason"], &claims["policy"]), (&json!("risky"), &json!("mailbox_full"), &json!("1")));
    assert_eq!(claims["exp"].as_u64(), claims["iat"].as_u64().map(|iat| iat + 600));
    assert_eq!(claims.as_object().map(serde_json::Map::len), Some(10), "{claims}");
    let other = question(worker, "mailbox_full@rcpt.test");
    assert_ne!(part(other["receipt"].as_str().expect("a text"), 1)["salt"], claims["salt"]);
}

#[test]
fn ok_only_where_one_is_asked_for() {
    let ask = |worker: &Worker, body: &Value| worker.verify(body).expect("an answer").json();
    assert_eq!(ask(&OURS.1, &json!({ "email": "mailbox_full@rcpt.test" })).get("receipt"), None);
    let without = Worker::start(0, &[], false).expect("a Worker");
    let found = ask(&without, &json!({ "email": "mailbox_full@rcpt.test", "nonce": "0123456789abcdef" }));
    assert_eq!((&found["reason"], found.get("receipt")), (&json!("mailbox_full"), Some(&Value::Null)));
    assert_eq!(http::get(&format!("{}{KEYS_PATH}", without.url)).expect("an answer").json(), json!({ "keys": [] }));
}
