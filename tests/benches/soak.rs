//! A hundred thousand mixed requests, hostile ones among them, into one workerd: whether it is as fast and as large at the end as at the start.
//!
//! `cargo bench --package rcpt-tests --bench soak`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a bench looks at the clock, and fails by panicking"
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use stack::whole::{LAB_SECRET, Ports, RunningLab, start_prober_with};
use stack::workerd::{Usage, Workerd};
use ureq::Agent;

const REQUESTS: usize = 100_000;
/// Whoever asks at once.
const CLIENTS: usize = 4;
/// How much of it is looked at by itself.
const WINDOW: usize = 1_000;
const TENTH: usize = REQUESTS / 10;

/// A request: method, path, headers, body; and the statuses that are right.
struct Ask {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, &'static str)>,
    body: Vec<u8>,
    right: &'static [u16],
}

const JSON: (&str, &str) = ("content-type", "application/json");

/// The request of number `n`: every kind in each window, equally often.
fn ask(n: usize) -> Ask {
    let post = |path: &str, body: Vec<u8>, right| Ask { method: "POST", path: path.to_owned(), headers: vec![JSON], body, right };
    let verify =
        |email: String, level: &str| post("/v1/verify", json!({ "email": email, "level": level }).to_string().into_bytes(), &[200]);
    match n % 20 {
        0 => verify(format!("ada{n}@accepts.example"), "syntax"),
        1 => verify(format!("ada{n}@accepts.example"), "dns"),
        2 => verify("ada@accepts.example".to_owned(), "smtp"),
        3 => verify("ghost@accepts.example".to_owned(), "smtp"),
        4 => verify(format!("{n} is no address"), "smtp"),
        5 => verify(format!("ada@nowhere{n}.example"), "dns"),
        6 => verify(format!("\u{202e}{}@\u{0}\u{7f}xn--{n}", "é".repeat(n % 500)), "smtp"),
        7 => verify("mailbox_full@rcpt.test".to_owned(), "smtp"),
        8 => Ask { headers: vec![JSON, ("accept", "text/event-stream")], ..verify("ada@accepts.example".to_owned(), "smtp") },
        9 => post(
            "/v1/verify/batch",
            json!({ "emails": ["ada@accepts.example", n, "no address", "ada@null-mx.example"] }).to_string().into(),
            &[200],
        ),
        10 => post("/v1/check_email", json!({ "to_email": "ghost@accepts.example" }).to_string().into(), &[200]),
        11 => Ask { method: "GET", path: "/v1/domains/accepts.example".to_owned(), headers: vec![], body: vec![], right: &[200] },
        12 => Ask { method: "GET", path: format!("/v1/domains/%ff%00..%2f{n}"), headers: vec![], body: vec![], right: &[422] },
        13 => post("/v1/verify", vec![b'['; 15_000], &[422]),
        14 => post("/v1/verify", vec![b'a'; 100_000], &[413]),
        15 => post("/v1/verify", (0..=255).cycle().skip(n).take(2_000).collect(), &[400, 422]),
        16 => {
            Ask { headers: vec![("content-type", "multipart/form-data; boundary=\"\u{7e}")], ..post("/v1/verify", b"--".to_vec(), &[415]) }
        }
        17 => Ask { method: "PROPFIND", path: "/v1/verify".to_owned(), headers: vec![], body: vec![], right: &[405] },
        18 => Ask {
            method: "GET",
            path: format!("/{}?{n}", "../".repeat(n % 50)),
            headers: vec![("x-request-id", "a b\tc")],
            body: vec![],
            right: &[404],
        },
        _ => Ask { method: "GET", path: "/openapi.json".to_owned(), headers: vec![], body: vec![], right: &[200] },
    }
}

/// What was seen.
#[derive(Default)]
struct Seen {
    /// Of each request its number and time.
    times: Vec<(usize, Duration)>,
    wrong: Vec<String>,
    /// What workerd had used when so many had been asked.
    marks: BTreeMap<usize, Usage>,
}

fn main() {
    let lab = RunningLab::start(Ports::default()).expect("a lab");
    let (_prober, prober_url) = start_prober_with(&lab, 0, &[("RCPT_LOG", "warn")], false).expect("a prober");
    let doh = lab.lab().doh_url();
    let vars = [("RCPT_DOH", doh.as_str()), ("RCPT_PROBER", prober_url.as_str()), ("RCPT_SECRET", LAB_SECRET)];
    let worker = Workerd::start(&vars).expect("the Worker");
    let (next, seen) = (AtomicUsize::new(0), Mutex::new(Seen::default()));
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| work(&worker, &next, &seen));
        }
    });
    let seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("Soak ({REQUESTS} mixed requests by {CLIENTS} clients, {:.0} a second):", as_f64(REQUESTS) / began.elapsed().as_secs_f64());
    println!("  answered wrongly                       {}", seen.wrong.len());
    seen.wrong.iter().take(5).for_each(|wrong| println!("    {wrong}"));
    for percent in [50, 99] {
        let (early, late) = (percentile(&seen, WINDOW, percent), percentile(&seen, REQUESTS - WINDOW, percent));
        let ratio = late.as_secs_f64() / early.as_secs_f64();
        println!("  p{percent} of the second thousand, the last   {:.2} ms, {:.2} ms: {ratio:.2} × (at most 1.2)", ms(early), ms(late));
    }
    let spent = |from: usize, to: usize| seen.marks[&to].cpu.saturating_sub(seen.marks[&from].cpu) / u32::try_from(to - from).unwrap_or(1);
    let (early, late) = (spent(WINDOW, TENTH), spent(REQUESTS - TENTH, REQUESTS));
    println!(
        "  time on a processor, first and last tenth   {:.2} ms, {:.2} ms: {:.2} ×",
        ms(early),
        ms(late),
        late.as_secs_f64() / early.as_secs_f64()
    );
    let memory = seen.marks.iter().map(|(asked, usage)| format!("{asked}: {}", usage.resident_kb)).collect::<Vec<_>>();
    println!("  memory in KB, by requests              {}", memory.join(", "));
    assert!(seen.wrong.is_empty(), "every request is answered as it deserves");
}

fn work(worker: &Workerd, next: &AtomicUsize, seen: &Mutex<Seen>) {
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(Duration::from_mins(1)))
        .build()
        .into();
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= REQUESTS {
            return;
        }
        let ask = ask(n);
        let began = Instant::now();
        let status = send(&agent, &worker.url, &ask);
        let took = began.elapsed();
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.times.push((n, took));
        if !status.as_ref().is_ok_and(|status| ask.right.contains(status)) {
            seen.wrong.push(format!("{n}: {} {}: expected {:?}, found {status:?}", ask.method, ask.path, ask.right));
        }
        if (n + 1).is_multiple_of(TENTH) || n + 1 == WINDOW {
            seen.marks.insert(n + 1, worker.usage().expect("it runs"));
        }
    }
}

fn send(agent: &Agent, url: &str, ask: &Ask) -> Result<u16, String> {
    let mut request = ureq::http::Request::builder().method(ask.method).uri(format!("{url}{}", ask.path));
    for (name, value) in &ask.headers {
        request = request.header(*name, *value);
    }
    let answer = if ask.body.is_empty() {
        agent.run(request.body(()).map_err(|error| error.to_string())?)
    } else {
        agent.run(request.body(&ask.body[..]).map_err(|error| error.to_string())?)
    };
    let mut answer = answer.map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    answer.body_mut().read_to_vec().map_err(|error| error.to_string())?;
    Ok(status)
}

/// Of the window that begins with the request of number `from`.
fn percentile(seen: &Seen, from: usize, percent: usize) -> Duration {
    let mut times: Vec<Duration> = seen.times.iter().filter(|(n, _)| (from..from + WINDOW).contains(n)).map(|(_, took)| *took).collect();
    times.sort();
    times.get(times.len() * percent / 100).copied().unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
fn as_f64(count: usize) -> f64 {
    count as f64
}
