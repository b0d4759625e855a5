//! Kafka, by the client library's own broker: what every queue promises, and what only a broker can.

use std::sync::Arc;
use std::time::Duration;

use prober::queue::{Address, Broker, Inbox, MOST_DELIVERIES, Message as _, Place, Put, Task};
use stack::kafka::Kafka;

use super::conformance::{self, LONG_NAMES, assert_none, finish, put, run, soon, task, tasks};
use super::jobs::{ADDRESSES, HOSTS, WORKERS, with_deaths};
use super::office::Office;

fn open(kafka: &Kafka, prefix: &str) -> Arc<dyn Broker> {
    let address: Address = kafka.url(prefix).parse().expect("an address");
    address.open(false).expect("a queue")
}

#[test]
fn ok_kafka() {
    Kafka::with(|kafka| {
        kafka.make_queue("rcpt", &["ada", "bob", "carol", "here", LONG_NAMES[0], LONG_NAMES[1]]).expect("topics");
        // That a letter is in hand is noted beside the offsets, which this broker takes nothing of while partitions move.
        conformance::all(&|| open(kafka, "rcpt"), MOST_DELIVERIES);
    })
    .expect("a broker");
}

async fn is_there(broker: &Arc<dyn Broker>, is_there: bool) {
    while broker.is_there() != is_there {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn ok_brokers_may_go_and_come_back() {
    Kafka::with(|kafka| {
        kafka.make_queue("rcpt", &[]).expect("topics");
        run(async {
            let (owner, worker) = (open(kafka, "rcpt"), open(kafka, "rcpt"));
            for id in 0..20 {
                put(&owner, "a.example", id).await;
            }
            let mut taking = tasks(&worker, 5);
            assert_eq!(finish(&mut taking, 5).await, [0, 1, 2, 3, 4]);
            kafka.go().expect("gone");
            // Put while nobody is there: it is confirmed once somebody is.
            let late = tokio::spawn({
                let owner = Arc::clone(&owner);
                async move { owner.put(&Place::Tasks, "a.example", task("a.example", 20).write()).await }
            });
            for broker in [&owner, &worker] {
                soon(is_there(broker, false)).await;
            }
            kafka.come_back().expect("back");
            assert_eq!(soon(late).await.expect("no panic"), Put::Confirmed);
            // Ends are committed a few times a second: the last of them may have come too late, and their tasks once more.
            let mut numbers = Vec::new();
            while numbers.iter().filter(|id| **id >= 5).count() < 16 {
                numbers.extend(finish(&mut taking, 1).await);
            }
            assert_none(&mut taking, "nothing is doubled").await;
            numbers.retain(|id| *id >= 5);
            numbers.sort_unstable();
            assert_eq!(numbers, (5..=20).collect::<Vec<_>>(), "and nothing lost");
            for broker in [&owner, &worker] {
                soon(is_there(broker, true)).await;
            }
        });
    })
    .expect("a broker");
}

/// Those who share a topic share its partitions: with one worker more, some of them move, and what was done goes along.
#[test]
fn ok_with_every_worker_that_comes_and_goes_partitions_move() {
    Kafka::with(|kafka| {
        kafka.make_queue("rcpt", &[]).expect("topics");
        run(async {
            let owner = open(kafka, "rcpt");
            for id in 0..64 {
                put(&owner, &format!("{id}.example"), id).await;
            }
            let brokers = [open(kafka, "rcpt"), open(kafka, "rcpt"), open(kafka, "rcpt")];
            let mut numbers = finish(&mut tasks(&brokers[0], 1), 8).await;
            let (mut second, mut third) = (tasks(&brokers[1], 4), tasks(&brokers[2], 4));
            while numbers.len() < 64 {
                let (task, held) = soon(async {
                    tokio::select! { found = second.next() => found, found = third.next() => found }
                })
                .await;
                numbers.push(task.questions[0].id);
                held.ack().await;
            }
            numbers.sort_unstable();
            assert_eq!(numbers, (0..64).collect::<Vec<_>>(), "each once, whoever had it");
            assert_none(&mut second, "nothing is left").await;
            assert_none(&mut third, "nothing is left").await;
            for broker in &brokers {
                soon(broker.close()).await;
            }
        });
    })
    .expect("a broker");
}

/// That there is no such topic is an answer of the brokers', however long they are asked for it.
#[test]
fn err_a_topic_that_nobody_made_is_no_outage() {
    Kafka::with(|kafka| {
        kafka.make_queue("rcpt", &[]).expect("topics");
        kafka.deny("rcpt.answers.nobody").expect("denied");
        run(async {
            let broker = open(kafka, "rcpt");
            let place = Place::Answers("nobody".to_owned());
            assert_eq!(soon(broker.put(&place, "lane", b"{}".to_vec())).await, Put::NoSuchPlace);
            assert!(broker.is_there());
        });
    })
    .expect("a broker");
}

/// A broker that lets nobody make topics may make them itself.
#[test]
fn ok_topics_are_made_where_they_are_missing() {
    Kafka::with(|kafka| {
        run(async {
            let (owner, worker) = (open(kafka, "new"), open(kafka, "new"));
            put(&owner, "a.example", 1).await;
            let mut taking = Inbox::<Task>::open(worker, &Place::Tasks, 2, Arc::default());
            assert_eq!(finish(&mut taking, 1).await, [1]);
        });
    })
    .expect("a broker");
}

/// Three workers, one of which dies each time so many more are answered: its partitions go to the others, and to the one that comes.
#[test]
fn ok_workers_die_and_partitions_move_and_each_address_is_answered_once() {
    Kafka::with(|kafka| {
        kafka.make_queue("rcpt.lab", &[]).expect("topics");
        let office = Office::open(&kafka.url("rcpt"), HOSTS);
        let (asked, kills) = with_deaths(&office, 4, || ());
        println!("{ADDRESSES} addresses, {WORKERS} workers on Kafka: {asked} RCPT with {kills} kills");
        // With each death and each newcomer, what was in hand in the partitions that move is asked once more; a shared Redis would know it.
        assert!(asked < ADDRESSES * 2, "{asked} recipients were asked");
        assert!(kafka.read("rcpt.lab.set-aside").expect("a topic").is_empty());
    })
    .expect("a broker");
}
