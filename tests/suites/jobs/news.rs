//! News of jobs: signed, tried again, set aside, and never sent to our own neighbours.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use shared::wire::signature::{HEADER, Secret, Signed, check};
use stack::place::eventually;

use super::Office;

/// What a receiver does with the `n`th request.
#[derive(Debug, Clone)]
enum Play {
    Answer(&'static str),
    Redirect(String),
    Silence,
}

/// A receiver of news that writes down what comes: heads and bodies.
struct Receiver {
    port: u16,
    seen: Arc<Mutex<Vec<(String, String)>>>,
}

impl Receiver {
    fn start(play: impl Fn(usize) -> Play + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (book, play) = (Arc::clone(&seen), Arc::new(play));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (book, play) = (Arc::clone(&book), Arc::clone(&play));
                thread::spawn(move || answer(stream, &book, &*play));
            }
        });
        Self { port, seen }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/news?of=jobs", self.port)
    }

    fn seen(&self) -> Vec<(String, String)> {
        self.seen.lock().expect("unpoisoned").clone()
    }
}

fn answer(mut stream: TcpStream, book: &Mutex<Vec<(String, String)>>, play: &dyn Fn(usize) -> Play) {
    let (mut held, mut buffer) = (Vec::new(), [0; 4096]);
    let request = loop {
        let length = stream.read(&mut buffer).unwrap_or(0);
        held.extend_from_slice(&buffer[..length]);
        let text = String::from_utf8_lossy(&held).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let wanted = header(head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
            if body.len() >= wanted {
                break (head.to_owned(), body.to_owned());
            }
        }
        if length == 0 {
            return;
        }
    };
    let number = {
        let mut book = book.lock().expect("unpoisoned");
        book.push(request);
        book.len()
    };
    let response = match play(number) {
        Play::Answer(status) => format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
        Play::Redirect(place) => format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n"),
        Play::Silence => return thread::sleep(Duration::from_secs(15)),
    };
    // Who has gone wants no answer.
    let _ = stream.write_all(response.as_bytes());
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// An office whose news may go to 127.0.0.1 and to no other private address.
fn office() -> Office {
    Office::open_with(&[("RCPT_ALLOW_PRIVATE", "127.0.0.1/32")])
}

fn give(office: &Office, url: &str, every: Option<&str>, list: &str) -> String {
    let mut headers = vec![("rcpt-webhook", url)];
    headers.extend(every.map(|every| ("rcpt-webhook-every", every)));
    let given = office.ask("alice-key", "POST", "/v1/jobs", &headers, list.as_bytes());
    assert_eq!(given.status, 201, "{}", given.body);
    given.header("location").expect("a place").to_owned()
}

/// The job's news once none of it waits any more.
fn settled(office: &Office, path: &str) -> Vec<Value> {
    for _ in 0..240 {
        let news = office.look(path)["webhook"]["deliveries"].as_array().cloned().unwrap_or_default();
        if !news.is_empty() && news.iter().all(|one| one["state"] != "waiting") {
            return news;
        }
        thread::sleep(Duration::from_millis(250));
    }
    Vec::new()
}

#[test]
fn ok_failures_are_tried_again_and_news_is_signed() {
    let office = office();
    let receiver = Receiver::start(|n| match n {
        1 | 3 | 4 => Play::Answer("500 Internal Server Error"),
        2 => Play::Silence,
        5 => Play::Answer("429 Too Many Requests"),
        _ => Play::Answer("204 No Content"),
    });
    let path = give(&office, &receiver.url(), None, "ada@accepts.example\n");
    let news = settled(&office, &path);
    assert_eq!((news[0]["state"].as_str(), news[0]["tries"].as_u64()), (Some("delivered"), Some(6)), "{news:?}");
    let seen = receiver.seen();
    let id = news[0]["id"].as_str();
    assert!(seen.len() == 6 && seen.iter().all(|(head, _)| header(head, "rcpt-delivery") == id), "{seen:?}");
    let secret = office.look(&path)["webhook"]["secret"].as_str().map(str::to_owned).expect("a secret");
    let secret = Secret::new(secret).expect("long enough");
    for (head, body) in &seen {
        let signed = Signed { method: "POST", path: "/news", body: body.as_bytes() };
        let signature = header(head, HEADER).expect("a signature");
        assert!(check(&secret, signed, signature, prober::clock::now().seconds()).is_ok(), "{head}");
        assert!(head.starts_with("POST /news?of=jobs HTTP/1.1") && !body.contains('@'), "{head} {body}");
    }
    let body: Value = serde_json::from_str(&seen[5].1).expect("JSON");
    assert_eq!((body["event"].as_str(), body["counts"]["deliverable"].as_u64()), (Some("done"), Some(1)), "{body}");
}

#[test]
fn ok_news_by_batches() {
    let office = office();
    let receiver = Receiver::start(|_| Play::Answer("200 OK"));
    let list = (1..=60).map(|n| format!("user{n}@slow-replies.example")).collect::<Vec<_>>().join("\n");
    let path = give(&office, &receiver.url(), Some("10"), &list);
    office.wait_for(&path, "done");
    let news = settled(&office, &path);
    let batches = news.iter().filter(|one| one["id"].as_str().is_some_and(|id| id.contains("-batch-"))).count();
    assert!((1..=6).contains(&batches) && news.len() == batches + 1, "{news:?}");
}

#[test]
fn ok_news_that_nobody_takes_does_not_pile_up() {
    let office = office();
    let receiver = Receiver::start(|_| Play::Answer("500 Internal Server Error"));
    // Long enough to be under way at the third try.
    let list = (1..=240).map(|n| format!("user{n}@slow-replies.example")).collect::<Vec<_>>().join("\n");
    let path = give(&office, &receiver.url(), Some("1"), &list);
    let news = || office.look(&path)["webhook"]["deliveries"].as_array().cloned().unwrap_or_default();
    eventually(|| (receiver.seen().len() >= 3).then_some(())).expect("tries");
    let batches = news();
    assert_eq!((batches.len(), batches[0]["state"].as_str()), (1, Some("waiting")), "{batches:?}");
    office.wait_for(&path, "done");
    let at_end = news();
    assert!(at_end.len() == 2 && at_end[1]["id"].as_str().is_some_and(|id| id.ends_with("-done-0")), "{at_end:?}");
}

#[test]
fn err_numbers_of_answers_that_cannot_be_meant() {
    let office = office();
    for every in ["0", "-1", "1.5", "many", "1000000001", "9223372036854775808", "18446744073709551615", "18446744073709551616"] {
        let headers = [("rcpt-webhook", "https://hooks.example.com/"), ("rcpt-webhook-every", every)];
        let refused = office.ask("alice-key", "POST", "/v1/jobs", &headers, b"ada@accepts.example\n");
        let expected = "rcpt-webhook-every: expected a number of answers of 1 to 1000000000, beside rcpt-webhook";
        assert!(refused.status == 422 && refused.json()["detail"] == expected, "{every}: {}", refused.body);
    }
    let path = give(&office, "https://hooks.example.com/", Some("1000000000"), "ada@accepts.example\n");
    assert_eq!(office.look(&path)["webhook"]["every"], 1_000_000_000);
}

#[test]
fn err_redirects_are_not_followed() {
    let office = office();
    let inner = Receiver::start(|_| Play::Answer("200 OK"));
    let place = inner.url();
    let outer = Receiver::start(move |n| if n == 1 { Play::Redirect(place.clone()) } else { Play::Answer("410 Gone") });
    let path = give(&office, &outer.url(), None, "ada@accepts.example\n");
    let news = settled(&office, &path);
    assert_eq!((news[0]["state"].as_str(), news[0]["fault"].as_str()), (Some("dead"), Some("it answered 410")), "{news:?}");
    assert_eq!((outer.seen().len(), inner.seen().len()), (2, 0));
}

#[test]
fn err_private_addresses_are_never_dialled() {
    let office = Office::open();
    let receiver = Receiver::start(|_| Play::Answer("200 OK"));
    for url in [&receiver.url(), "http://169.254.169.254/latest", "ftp://hooks.accepts.example/", "http://[::1]/"] {
        let refused = office.ask("alice-key", "POST", "/v1/jobs", &[("rcpt-webhook", url)], b"ada@accepts.example\n");
        assert_eq!(refused.status, 422, "{url}: {}", refused.body);
    }
    // A name that leads to such an address is found out when it is looked up.
    for name in ["mx1.loopback.example", "mx1.to-private-10.example", "mx1.to-metadata.example"] {
        let path = give(&office, &format!("http://{name}:{}/", receiver.port), None, "ada@accepts.example\n");
        let news = settled(&office, &path);
        assert_eq!((news[0]["state"].as_str(), news[0]["tries"].as_u64()), (Some("dead"), Some(1)), "{name}: {news:?}");
    }
    assert!(receiver.seen().is_empty());
}

#[test]
fn ok_news_outlives_the_process() {
    let mut office = office();
    let receiver = Receiver::start(|n| if n < 3 { Play::Answer("503 Service Unavailable") } else { Play::Answer("200 OK") });
    let path = give(&office, &receiver.url(), None, "ada@accepts.example\n");
    eventually(|| (!receiver.seen().is_empty()).then_some(())).expect("a first try");
    office.die_and_return();
    let news = settled(&office, &path);
    assert_eq!((news.len(), news[0]["state"].as_str()), (1, Some("delivered")), "{news:?}");
    assert!(receiver.seen().len() >= 3);
}
