//! Two probers that share one real Redis: what one learns serves the other, and a Redis that goes makes nobody wrong.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a suite fails by panicking, and looks at the clock"
)]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stack::child::Kept;
use stack::http;
use stack::place::eventually;
use stack::redis::Redis;
use stack::whole::{Ports, RunningLab, start_prober_with};

struct Pair {
    lab: RunningLab,
    probers: [(Kept, String); 2],
}

impl Pair {
    fn start(redis: &Redis) -> Self {
        let lab = RunningLab::start(Ports::default()).expect("a lab");
        let url = redis.url();
        let probers = [0, 1].map(|_| start_prober_with(&lab, 0, &[("RCPT_CACHE", url.as_str())], false).expect("a prober"));
        Self { lab, probers }
    }

    fn ask(&self, which: usize, body: &Value) -> Value {
        http::post(&format!("{}/v1/verify", self.probers[which].1), body).expect("an answer").json()
    }

    /// Whether a command that begins so is heard so often at the hosts of a domain, and no more, once their sessions have ended.
    fn hears(&self, times: usize, domain: &str, start: &str) -> bool {
        let heard = || {
            let visits = self.lab.lab().visits_to(domain);
            visits.iter().flat_map(|visit| &visit.commands).filter(|line| line.starts_with(start)).count()
        };
        eventually(|| (heard() >= times).then_some(())).is_some() && heard() == times
    }
}

#[test]
fn ok_what_one_learns_serves_the_other_and_a_redis_may_go() {
    let Some(mut redis) = Redis::start().expect("a Redis") else {
        println!("left out: shared cache (redis-server is not installed)");
        return;
    };
    let pair = Pair::start(&redis);
    mailbox_and_neighbour(&pair);
    greylist(&pair);
    pace(&pair);
    let contents = redis.contents().expect("its contents");
    assert!(contents.contains("rcpt:1:mailbox:") && contents.contains("rcpt:1:pace:"), "{contents}");
    for word in ["ada", "ghost", "postmaster", "secret"] {
        assert!(!contents.contains(&format!("{word}@")) && !contents.contains(&format!("\"{word}\"")), "{word}: {contents}");
    }
    gone_and_back(&pair, &mut redis);
}

fn mailbox_and_neighbour(pair: &Pair) {
    let (first, second) =
        (pair.ask(0, &json!({ "email": "ghost@accepts.example" })), pair.ask(1, &json!({ "email": "ghost@accepts.example" })));
    assert_eq!((&first["reason"], &first["as_of"]), (&json!("mailbox_not_found"), &second["as_of"]), "{second}");
    // The refused neighbour told the first prober that not everything is accepted, so the second asks no decoy.
    assert_eq!(pair.ask(1, &json!({ "email": "ada@accepts.example" }))["traits"]["accept_all"], "no");
    assert!(pair.hears(2, "accepts.example", "RCPT"), "the unknown one by the first, the known one by the second, and no decoy");
    assert_eq!(pair.ask(0, &json!({ "email": "one@accept-all.example" }))["reason"], "accept_all");
    assert_eq!(pair.ask(1, &json!({ "email": "two@accept-all.example" }))["reason"], "accept_all");
    assert!(pair.hears(3, "accept-all.example", "RCPT"), "one, its decoy, and two");
}

fn greylist(pair: &Pair) {
    let ask = |which, deadline_ms: u32| pair.ask(which, &json!({ "email": "ada@greylists-briefly.example", "deadline_ms": deadline_ms }));
    let first = ask(0, 1_000);
    assert_eq!(first["reason"], "greylisted", "{first}");
    // The other knows that it is too early, and waits for the right time.
    assert_eq!(ask(1, 500)["as_of"], first["as_of"]);
    assert_eq!(ask(1, 10_000)["reason"], "mailbox_accepted");
    assert!(pair.hears(2, "greylists-briefly.example", "RCPT TO:<ada@"));
}

fn pace(pair: &Pair) {
    let ask = |which: usize, deadline_ms: u32| {
        pair.ask(which, &json!({ "email": "ada@too-many.example", "deadline_ms": deadline_ms, "max_age_s": 0 }))
    };
    for _ in 0..3 {
        assert_eq!(ask(0, 8_000)["reason"], "rate_limited");
    }
    let visits = pair.lab.lab().visits_to("too-many.example").len();
    let paused = eventually(|| Some(ask(1, 300)).filter(|found| found["smtp"]["stage"] == "connect")).expect("the other pauses too");
    assert_eq!(paused["reason"], "rate_limited", "{paused}");
    assert!(pair.lab.lab().visits_to("too-many.example").len() <= visits + 1, "it did not dial");
}

fn gone_and_back(pair: &Pair, redis: &mut Redis) {
    redis.kill();
    let began = Instant::now();
    for which in [0, 1] {
        assert_eq!(pair.ask(which, &json!({ "email": "postmaster@implicit.example" }))["reason"], "mailbox_accepted");
        assert_eq!(pair.ask(which, &json!({ "email": "ghost@implicit.example" }))["reason"], "mailbox_not_found");
    }
    assert!(began.elapsed() < Duration::from_secs(8), "slower, not slow: {:?}", began.elapsed());
    assert!(pair.probers[0].0.output().contains("the shared cache is gone"));
    redis.restart().expect("it comes back");
    let shared = eventually(|| {
        // A mailbox that nobody asked about before, each time.
        let email = format!("ghost{}@yandex-like.example", Instant::now().duration_since(began).as_micros());
        let (first, second) = (pair.ask(0, &json!({ "email": email })), pair.ask(1, &json!({ "email": email })));
        (first["as_of"] == second["as_of"]).then_some(())
    });
    assert!(shared.is_some(), "sharing resumes");
}
