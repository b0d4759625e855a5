//! Workers that die and come: every message has a verdict in the end.

use std::collections::BTreeMap;
use std::time::Duration;

use stack::child::Kept;
use stack::kafka::Kafka;
use stack::whole::{Ports, RunningLab};

use super::{with_broker, work};

/// How many addresses.
const COUNT: usize = 3_000;

/// A worker that takes its time, so that it can be killed on the way.
fn slow(kafka: &Kafka, lab: &RunningLab) -> Kept {
    Kept::start(work(kafka, lab).args(["--concurrency", "2"]), false).expect("a worker")
}

/// Which messages have verdicts in the output, and how many.
fn places(kafka: &Kafka) -> BTreeMap<String, usize> {
    let mut places = BTreeMap::new();
    for message in kafka.read("out").expect("messages") {
        *places.entry(message.header("rcpt-from").expect("a place").to_owned()).or_default() += 1;
    }
    places
}

#[test]
fn ok_whoever_dies_every_message_has_its_verdict() {
    with_broker(6, |kafka| {
        let lab = RunningLab::with_crowd(Ports::default(), 20).expect("a lab");
        let emails: Vec<String> = (0..COUNT).map(|n| format!("user{n}@host{}.crowd-accepts.example", 1 + n % 20)).collect();
        let messages: Vec<stack::kafka::Sent<'_>> =
            emails.iter().map(|email| (Some(email.as_str()), Some(email.as_bytes()), &[][..])).collect();
        kafka.send("in", &messages).expect("sent");
        let mut workers: Vec<Kept> = (0..3).map(|_| slow(kafka, &lab)).collect();
        let mut deaths = 0;
        // A death every few seconds, each of which has the others share anew, until all is done.
        for round in 0..40 {
            std::thread::sleep(Duration::from_secs(2));
            if places(kafka).len() == COUNT {
                break;
            }
            if deaths < 6 && !places(kafka).is_empty() {
                let n = round % workers.len();
                workers[n].kill();
                workers[n] = slow(kafka, &lab);
                deaths += 1;
            }
        }
        let places = places(kafka);
        let said: String = workers.iter().map(Kept::output).collect();
        assert_eq!(places.len(), COUNT, "{deaths} deaths\n{said}");
        let twice = places.values().sum::<usize>() - COUNT;
        println!("{deaths} deaths, {twice} of {COUNT} verdicts came more than once");
        assert!(deaths >= 2, "they were too fast to be killed");
        // This broker takes no commits while partitions are being shared out, which is what each death brings about.
        assert!(twice < COUNT / 2, "{twice} of {COUNT} came more than once");
    });
}
