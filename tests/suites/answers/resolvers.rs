//! Two resolvers, each with its own idea of every domain: what the Worker makes of it, and how long it takes.

use std::time::Duration;

use serde_json::{Value, json};
use stack::dns_answer::{Says, domain_of, play};
use stack::place::eventually;
use stack::stand_in::StandIn;
use stack::worker::Worker;

use crate::timed;

/// What the first and the second resolver say, the reason to expect, whether the second is asked, and the most milliseconds it may take.
type Row = (&'static str, Says, Says, &'static str, bool, u64);

/// Half of the deadline and more is left for a machine that is busy; what is waited for on purpose is less.
const QUICK: u64 = 2_500;
const DEADLINE_MS: u64 = 5_000;

#[rustfmt::skip]
const TABLE: [Row; 20] = [
    ("good", Says::Data, Says::Nothing, "not_probed", false, QUICK),
    ("slow-first", Says::Nothing, Says::Data, "not_probed", true, QUICK),
    ("servfail-at-one", Says::ServerFailure, Says::Data, "not_probed", true, QUICK),
    ("refused-at-one", Says::Refused, Says::Data, "not_probed", true, QUICK),
    ("garbage-at-one", Says::Garbage, Says::Data, "not_probed", true, QUICK),
    ("truncated-at-one", Says::Truncated, Says::Data, "not_probed", true, QUICK),
    ("wrong-question-at-one", Says::OtherName, Says::Data, "not_probed", true, QUICK),
    ("wrong-id-at-one", Says::OtherId, Says::Data, "not_probed", true, QUICK),
    ("wrong-type-at-one", Says::OtherType, Says::Data, "not_probed", true, QUICK),
    ("redirect-at-one", Says::Elsewhere, Says::Data, "not_probed", true, QUICK),
    ("nxdomain-and-data", Says::NoSuchName, Says::Data, "not_probed", true, QUICK),
    ("nodata-and-data", Says::NoData, Says::Data, "not_probed", true, QUICK),
    ("unfounded-and-data", Says::Unfounded, Says::Data, "not_probed", true, QUICK),
    ("nxdomain-twice", Says::NoSuchName, Says::NoSuchName, "domain_not_found", true, QUICK),
    ("nxdomain-and-nodata", Says::NoSuchName, Says::NoData, "domain_accepts_no_mail", true, QUICK),
    ("nxdomain-and-silence", Says::NoSuchName, Says::Nothing, "domain_not_found", true, QUICK),
    ("nxdomain-and-servfail", Says::NoSuchName, Says::ServerFailure, "dns_unavailable", true, QUICK),
    ("nxdomain-and-garbage", Says::NoSuchName, Says::Garbage, "dns_unavailable", true, QUICK),
    ("all-fail", Says::ServerFailure, Says::Garbage, "dns_unavailable", true, QUICK),
    ("all-dead", Says::Nothing, Says::Nothing, "dns_unavailable", true, DEADLINE_MS),
];

fn resolver(of: fn(&Row) -> Says) -> StandIn {
    let says = move |request: &str| {
        let domain = domain_of(request).unwrap_or_default();
        TABLE.iter().find(|row| domain == format!("{}.example", row.0)).map_or(Says::Nothing, of)
    };
    StandIn::start_with(move |request| play(says(request), request)).expect("a port")
}

fn ask(worker: &Worker, domain: &str) -> (Value, Duration) {
    let body = json!({ "email": format!("ada@{domain}"), "level": "dns", "deadline_ms": DEADLINE_MS });
    timed(|| worker.verify(&body).expect("an answer").json())
}

#[test]
fn ok_what_two_resolvers_come_to() {
    let (first, second) = (resolver(|row| row.1), resolver(|row| row.2));
    let worker = Worker::start(0, &[("RCPT_DOH", &format!("{},{}", first.url(), second.url()))], false).expect("a Worker");
    for (name, _, _, reason, asks_both, most_ms) in TABLE {
        let before = second.asked();
        let (found, elapsed) = ask(&worker, &format!("{name}.example"));
        println!("{name:24} {:16} {:>6} ms", found["reason"].as_str().unwrap_or("?"), elapsed.as_millis());
        assert_eq!(found["reason"], reason, "{name}: {found}");
        assert_eq!(found["dns"]["route"] == "hosts", reason == "not_probed", "{name}: {found}");
        assert!(elapsed < Duration::from_millis(most_ms), "{name}: {elapsed:?}");
        assert_eq!(second.asked() > before, asks_both, "{name}");
    }
    // Whoever was too slow is hung up on.
    assert!(eventually(|| (first.left() > 0).then_some(())).is_some());
}

#[test]
fn ok_one_resolver_alone_is_believed() {
    let alone = StandIn::start_with(|request| {
        let says = if domain_of(request).as_deref() == Some("implicit.example") { Says::Implicit } else { Says::NoSuchName };
        play(says, request)
    });
    let alone = alone.expect("a port");
    let worker = Worker::start(0, &[("RCPT_DOH", &alone.url())], false).expect("a Worker");
    assert_eq!(ask(&worker, "nowhere.example").0["reason"], "domain_not_found");
    assert_eq!(ask(&worker, "implicit.example").0["dns"]["route"], "implicit");
}
