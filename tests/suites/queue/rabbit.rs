//! A real RabbitMQ: what every queue promises, and what only a broker can: that it comes back with everything.

use std::sync::Arc;
use std::time::Duration;

use prober::queue::{Address, Broker, Inbox, Message as _, Place, Put, Task};
use stack::rabbit::Rabbit;
use tokio::time::timeout;

use super::conformance::{self, assert_none, finish, next, put, run, soon, task, tasks};

pub(super) fn start() -> Option<Rabbit> {
    let rabbit = Rabbit::start().expect("a RabbitMQ");
    if rabbit.is_none() {
        println!("left out: queue on RabbitMQ (rabbitmq-server is not installed)");
    }
    rabbit
}

fn open(rabbit: &Rabbit) -> Arc<dyn Broker> {
    let address: Address = rabbit.url().parse().expect("an address");
    address.open(false).expect("a broker")
}

#[test]
fn ok_rabbit() {
    let Some(rabbit) = start() else { return };
    conformance::all(&|| open(&rabbit), 0);
}

#[test]
fn ok_what_was_confirmed_survives_the_end_and_the_death_of_the_broker() {
    let Some(mut rabbit) = start() else { return };
    run(async {
        let (owner, worker) = (open(&rabbit), open(&rabbit));
        for id in 0..100 {
            put(&owner, "a.example", id).await;
        }
        let mut taking = tasks(&worker, 10);
        assert_eq!(finish(&mut taking, 1).await, [0]);
        tokio::task::block_in_place(|| rabbit.stop());
        tokio::task::block_in_place(|| rabbit.restart()).expect("it comes back");
        let (id, held) = next(&mut taking).await;
        assert_eq!(id, 1);
        rabbit.kill();
        // Said too late, and so it comes again.
        held.ack().await;
        // Put while nobody is there: it is confirmed once somebody is.
        let late = tokio::spawn({
            let owner = Arc::clone(&owner);
            async move { owner.put(&Place::Tasks, "a.example", task("a.example", 100).write()).await }
        });
        tokio::task::block_in_place(|| rabbit.restart()).expect("it comes back");
        assert_eq!(soon(late).await.expect("no panic"), Put::Confirmed);
        let mut numbers = finish(&mut taking, 100).await;
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=100).collect::<Vec<_>>(), "nothing is lost");
        assert_none(&mut taking, "and nothing doubled").await;
        assert!(owner.is_there() && worker.is_there());
    });
}

/// A broker that has too much reads nothing from those who put, and says nothing of it.
#[test]
fn ok_a_blocked_broker_is_waited_for() {
    let Some(rabbit) = start() else { return };
    run(async {
        let (owner, worker) = (open(&rabbit), open(&rabbit));
        put(&owner, "a.example", 0).await;
        let mark = |level: &'static [&'static str]| {
            let done = rabbit.control(&[&["set_vm_memory_high_watermark"], level].concat()).expect("rabbitmqctl");
            assert!(done.status.success(), "{done:?}");
        };
        tokio::task::block_in_place(|| mark(&["absolute", "1"]));
        let late = tokio::spawn({
            let owner = Arc::clone(&owner);
            async move { owner.put(&Place::Tasks, "a.example", task("a.example", 1).write()).await }
        });
        let is_away = async {
            while owner.is_there() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(Duration::from_mins(2), is_away).await.expect("what is not confirmed in time is given up");
        // Those who take are not blocked.
        let mut taking = tasks(&worker, 10);
        assert_eq!(finish(&mut taking, 1).await, [0]);
        tokio::task::block_in_place(|| mark(&["0.4"]));
        assert_eq!(soon(late).await.expect("no panic"), Put::Confirmed);
        assert!(owner.is_there(), "it is back");
        assert_eq!(finish(&mut taking, 1).await, [1]);
        put(&owner, "a.example", 2).await;
        // The broker had read the first try before it stopped reading; those behind it went with their channels.
        let (id, held) = next(&mut taking).await;
        held.ack().await;
        if id == 1 {
            assert_eq!(finish(&mut taking, 1).await, [2]);
        }
        assert_none(&mut taking, "twice at the most, however often it was tried").await;
    });
}

#[test]
fn ok_who_asks_the_lab_is_not_asked_for_the_internet() {
    let Some(rabbit) = start() else { return };
    run(async {
        let address: Address = rabbit.url().parse().expect("an address");
        let (lab, internet) = (address.open(true).expect("a queue"), address.open(false).expect("a queue"));
        put(&internet, "a.example", 1).await;
        assert_none(&mut tasks(&lab, 1), "it is not for the lab").await;
        assert_eq!(finish(&mut tasks(&internet, 1), 1).await, [1]);
    });
}

#[test]
fn ok_answers_for_whom_nobody_knows() {
    let Some(rabbit) = start() else { return };
    run(async {
        let broker = open(&rabbit);
        let place = Place::Answers("nobody".to_owned());
        assert_eq!(soon(broker.put(&place, "lane", b"{}".to_vec())).await, Put::NoSuchPlace);
    });
}

#[test]
fn ok_queues_that_somebody_removed_are_made_again() {
    let Some(rabbit) = start() else { return };
    run(async {
        let broker = open(&rabbit);
        put(&broker, "a.example", 1).await;
        let mut taking: Inbox<Task> = tasks(&broker, 1);
        next(&mut taking).await.1.ack().await;
        let removed = rabbit.control(&["delete_queue", "rcpt.tasks"]).expect("rabbitmqctl");
        assert!(removed.status.success(), "{removed:?}");
        put(&broker, "a.example", 2).await;
        assert_eq!(finish(&mut taking, 1).await, [2]);
    });
}
