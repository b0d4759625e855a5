//! Two thousand probes at once into hosts that keep them waiting: when they end, what they weigh, and what others notice of them.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stack::http;
use stack::whole::{Ports, RunningLab, start_prober_with};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Hosts of each kind; every one is asked about one mailbox.
const HOSTS: usize = 667;
const KINDS: [&str; 3] = ["crowd-silent.example", "crowd-tarpit.example", "crowd-slow-banner.example"];
const DEADLINE: Duration = Duration::from_secs(12);

pub(crate) fn print() {
    let lab = RunningLab::with_crowd(Ports::default(), HOSTS).expect("a lab");
    let (_prober, url) = start_prober_with(&lab, 0, &[("RCPT_MAX_PROBES", "4000"), ("RCPT_LOG", "warn")], false).expect("a prober");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let authority = url.trim_start_matches("http://").to_owned();
    println!("Waiting ({} probes at once, {} of each kind, deadline {} s):", HOSTS * KINDS.len(), HOSTS, DEADLINE.as_secs());
    // Whatever is set up once is set up before anything is weighed.
    (0..50).for_each(|_| drop(good(&url)));
    let idle: Vec<Duration> = (0..200).map(|_| timed(|| drop(good(&url)))).collect();
    let before = resident(&authority);
    let asked: Vec<_> = (0..HOSTS)
        .flat_map(|n| KINDS.map(|kind| json!({ "email": format!("ada@host{}.{kind}", n + 1), "deadline_ms": millis(DEADLINE) })))
        .map(|body| runtime.spawn(post(authority.clone(), body)))
        .collect();
    let begun = Instant::now();
    std::thread::sleep(Duration::from_secs(3));
    let (mut health, mut busy, mut most) = (Vec::new(), Vec::new(), 0);
    while begun.elapsed() < DEADLINE.saturating_sub(Duration::from_secs(2)) {
        health.push(timed(|| drop(http::get(&format!("{url}/healthz")).expect("an answer"))));
        busy.push(timed(|| drop(good(&url))));
        most = most.max(resident(&authority));
    }
    let running = running(&url);
    let answers: Vec<(Value, Duration)> = runtime.block_on(async {
        let mut answers = Vec::new();
        for one in asked {
            answers.push(one.await.expect("no panic"));
        }
        answers
    });
    let count = answers.len();
    let right = answers.iter().filter(|(answer, _)| answer["reason"] == "timed_out").count();
    let last = answers.iter().map(|(_, took)| *took).max().unwrap_or_default();
    println!("  unknown/timed_out                      {right} of {count}");
    println!("  under way when looked at               {running}");
    println!(
        "  the last answer after                  {:.2} s ({:.3} × the deadline)",
        last.as_secs_f64(),
        last.as_secs_f64() / DEADLINE.as_secs_f64()
    );
    let own = answers.iter().filter_map(|(answer, _)| Some(answer["timing_ms"]["dns"].as_f64()? + answer["timing_ms"]["smtp"].as_f64()?));
    println!("  the same by the prober's own clock     {:.2} s", own.fold(0.0, f64::max) / 1e3);
    println!(
        "  memory of the prober                   {before} KB before, {most} KB meanwhile: {} KB a probe",
        (most - before) / count.max(1)
    );
    println!(
        "  GET /healthz meanwhile                 p50 {:.2} ms, p99 {:.2} ms ({} asked)",
        ms(at(&mut health, 50)),
        ms(at(&mut health, 99)),
        health.len()
    );
    let (calm, loaded) = (at(&mut idle.clone(), 50), at(&mut busy, 50));
    println!(
        "  a good host                            {:.2} ms alone, {:.2} ms beside them: {:.2} ×",
        ms(calm),
        ms(loaded),
        loaded.as_secs_f64() / calm.as_secs_f64()
    );
}

/// Asks a host that answers at once, anew each time.
fn good(url: &str) -> Value {
    let answer = http::post(&format!("{url}/v1/verify"), &json!({ "email": "user1@host1.crowd-accepts.example", "max_age_s": 0 }));
    let answer = answer.expect("an answer").json();
    assert_eq!(answer["reason"], "mailbox_accepted", "{answer}");
    answer
}

async fn post(authority: String, body: Value) -> (Value, Duration) {
    let began = Instant::now();
    let body = body.to_string();
    let mut stream = TcpStream::connect(&authority).await.expect("the prober takes connections");
    let head = format!(
        "POST /v1/verify HTTP/1.1\r\nhost: {authority}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("read");
    let (_, json) = answer.split_once("\r\n\r\n").expect("head and body");
    (serde_json::from_str(json).expect("JSON"), began.elapsed())
}

/// The resident memory of the prober that listens here, in KB (proc(5), VmRSS).
fn resident(authority: &str) -> usize {
    let is_it = |process: &fs::DirEntry| {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        // The shell that keeps it has the same words in its own line.
        let words: Vec<&[u8]> = line.split(|octet| *octet == 0).collect();
        words.first().is_some_and(|program| program.ends_with(b"/rcpt")) && words.contains(&authority.as_bytes())
    };
    let process = fs::read_dir("/proc").expect("/proc").flatten().find(is_it).expect("the prober's process");
    let status = fs::read_to_string(process.path().join("status")).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// How many probes are under way, as the prober counts them.
fn running(url: &str) -> String {
    let metrics = http::get(&format!("{url}/metrics")).expect("metrics").body;
    metrics.lines().find_map(|line| line.strip_prefix("rcpt_probes_running ")).unwrap_or_default().to_owned()
}

fn timed(call: impl FnOnce()) -> Duration {
    let began = Instant::now();
    call();
    began.elapsed()
}

fn at(times: &mut [Duration], percent: usize) -> Duration {
    times.sort();
    times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
