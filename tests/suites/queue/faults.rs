//! Workers with faults: they say what cannot be, die of what they are asked, or have another clock. No mailbox is condemned by them, and no job is
//! kept from its end.

use std::sync::Arc;
use std::time::Duration;

use prober::queue::{Address, Answer, Answers, Broker, Fate, MOST_DELIVERIES, Message as _, Place, Put, Question, Task};
use shared::dns::MailRoute;
use shared::domain::host_name::HostName;
use shared::evidence::{Attempt, Observation, Outcome, ProbeReport, Recipient, SessionEnd, SessionFacts, UnixMillis};
use shared::smtp::{Reply, Stage};
use stack::http;
#[cfg(feature = "kafka")]
use stack::kafka::Kafka;
use stack::place::eventually;
use tokio::task::block_in_place;
use tokio::time::timeout;

use super::conformance::{run, soon, tasks};
use super::office::Office;
use super::rabbit;

const ACCEPTED: &str = "250 2.1.5 Ok\r\n";
const UNKNOWN: &str = "550 5.1.1 User unknown\r\n";

/// The queue of an office in the lab, as its workers see it.
fn open(url: &str) -> Arc<dyn Broker> {
    let address: Address = url.parse().expect("an address");
    address.open(true).expect("a queue")
}

/// The first host of the mailbox.
fn host_of(question: &Question) -> HostName {
    match &question.dns.outcome.as_ref().expect("a route").route {
        MailRoute::Hosts { hosts } => hosts[0].exchange.clone(),
        other => panic!("expected hosts, found {other:?}"),
    }
}

/// A report in which this host says this of the mailbox.
fn says(host: HostName, reply: &str) -> Fate {
    let reply = Reply::parse(reply).expect("a reply");
    let observations = vec![Observation { stage: Stage::Rcpt, recipient: Some(Recipient::Target), reply }];
    let outcome = Outcome::Session(SessionFacts { tls: false, certificate: None, observations, end: SessionEnd::Quit });
    let attempts = vec![Attempt { host, ip: None, outcome }];
    let (at, transcript) = (UnixMillis(1), Vec::new());
    let report = ProbeReport { at, elapsed_ms: 1, complete: false, attempts, decoy_at: None, greylist_delay_s: None, transcript };
    Fate::Asked { report: Box::new(report) }
}

/// Answers a task, once whoever asked has a place for that.
async fn answer(broker: &Arc<dyn Broker>, task: &Task, answers: Vec<Answer>) {
    let (body, place) = (Answers { job: task.job.clone(), answers }.write(), Place::Answers(task.from.clone()));
    let putting = async {
        while broker.put(&place, "", body.clone()).await != Put::Confirmed {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    soon(putting).await;
}

fn counted(office: &Office, line: &str) -> bool {
    http::get(&format!("{}/metrics", office.url)).expect("an answer").body.lines().any(|found| found == line)
}

#[test]
fn err_answers_that_do_not_fit_condemn_nobody() {
    let Some(rabbit) = rabbit::start() else { return };
    let office = Office::open(&rabbit.url(), 2);
    let path = office.give("user1@host1.crowd-accepts.example\nuser2@host2.crowd-accepts.example\n");
    let mut lies = [0, 0];
    run(async {
        let broker = open(&rabbit.url());
        let mut taking = tasks(&broker, 1);
        while block_in_place(|| office.look(&path)["state"] == "running") {
            let Ok((task, held)) = timeout(Duration::from_millis(500), taking.next()).await else { continue };
            assert_eq!(task.questions.len(), 1);
            let question = &task.questions[0];
            let which = usize::from(question.address.starts_with("user2"));
            lies[which] += 1;
            // Somebody who does not know what was asked: of the right host, to the right number.
            let forged = Answer { seal: "0".repeat(64), ..question.end(says(host_of(question), UNKNOWN), 1) };
            answer(&broker, &task, vec![forged]).await;
            // A worker that mixes hosts up, and in the end does so no more.
            let fate = if which == 1 && lies[1] > 1 {
                says(host_of(question), ACCEPTED)
            } else {
                says(HostName::new("mx.elsewhere.example"), UNKNOWN)
            };
            answer(&broker, &task, vec![question.end(fate, 1)]).await;
            held.ack().await;
        }
        drop(taking);
        broker.close().await;
    });
    let reasons: Vec<String> = office.results(&path).into_iter().map(|(_, reason)| reason).collect();
    assert_eq!((reasons, lies), (vec!["timed_out".to_owned(), "mailbox_accepted".to_owned()], [5, 2]));
    assert_eq!(office.look(&path)["counts"]["undeliverable"], 0);
    for (fault, count) in [("unasked", 7), ("other_host", 6)] {
        assert!(counted(&office, &format!("rcpt_queue_misfits_total{{fault=\"{fault}\"}} {count}")), "{fault}");
    }
    let log = office.prober.output();
    assert!(log.contains("an answer does not fit") && !log.contains("user1") && !log.contains("elsewhere"), "{log}");
}

/// Whoever takes a task with the address dies; each other one is answered. How many died.
async fn dies_of(broker: &Arc<dyn Broker>, office: &Office, path: &str, fatal: &str) -> u32 {
    let mut deaths = 0;
    while block_in_place(|| office.look(path)["state"] == "running") {
        let mut taking = tasks(broker, 1);
        while let Ok((task, held)) = timeout(Duration::from_secs(5), taking.next()).await {
            if task.questions.iter().any(|question| question.address == fatal) {
                deaths += 1;
                assert!(deaths <= 3 * MOST_DELIVERIES, "it ends nowhere");
                break;
            }
            let end = |question: &Question| question.end(says(host_of(question), ACCEPTED), 1);
            answer(broker, &task, task.questions.iter().map(end).collect()).await;
            held.ack().await;
        }
    }
    deaths
}

fn a_fatal_mailbox_ends_unknown_and_takes_none_along(url: &str) {
    let office = Office::open(url, 1);
    let others = (1..=6).map(|n| format!("user{n}@host1.crowd-accepts.example")).collect::<Vec<_>>().join("\n");
    let path = office.give(&format!("fatal@host1.crowd-accepts.example\n{others}\n"));
    let mut deaths = 0;
    run(async {
        let broker = open(url);
        deaths = dies_of(&broker, &office, &path, "fatal@host1.crowd-accepts.example").await;
        broker.close().await;
    });
    let results = office.results(&path);
    for (address, reason) in &results {
        let right = if address.starts_with("fatal") { "timed_out" } else { "mailbox_accepted" };
        assert_eq!(reason, right, "{results:?}");
    }
    println!("{deaths} deaths of one mailbox at {}", url.split(':').next().unwrap_or_default());
    assert!(results.len() == 7 && deaths <= 2 * MOST_DELIVERIES, "{deaths} deaths");
    assert!(counted(&office, "rcpt_queue_lost_total 1"));
    let log = office.prober.output();
    assert!(log.contains("a mailbox ends without an answer") && !log.contains("fatal@"), "{log}");
}

#[test]
fn ok_a_fatal_mailbox_on_rabbit() {
    let Some(rabbit) = rabbit::start() else { return };
    a_fatal_mailbox_ends_unknown_and_takes_none_along(&rabbit.url());
}

#[cfg(feature = "kafka")]
#[test]
fn ok_a_fatal_mailbox_on_kafka() {
    Kafka::with(|kafka| {
        kafka.make_queue("rcpt.lab", &[]).expect("topics");
        a_fatal_mailbox_ends_unknown_and_takes_none_along(&kafka.url("rcpt"));
    })
    .expect("a broker");
}

/// What a broker did not confirm in time is put again, and what was not acked in time is handed out again.
#[test]
fn ok_a_death_that_is_told_twice_is_one() {
    let Some(rabbit) = rabbit::start() else { return };
    let office = Office::open(&rabbit.url(), 1);
    let path = office.give("user1@host1.crowd-accepts.example\nuser2@host1.crowd-accepts.example\n");
    run(async {
        let broker = open(&rabbit.url());
        let mut taking = tasks(&broker, 1);
        let (task, held) = soon(taking.next()).await;
        for _ in 0..2 {
            answer(&broker, &task, task.end_all(&Fate::Lost).answers).await;
        }
        held.ack().await;
        drop(taking);
        broker.close().await;
    });
    let _worker = office.worker();
    office.wait_for_end(&path);
    let reasons: Vec<String> = office.results(&path).into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(reasons, ["mailbox_accepted"; 2]);
    assert!(counted(&office, "rcpt_queue_lost_total 0") && counted(&office, "rcpt_queue_misfits_total{fault=\"unasked\"} 0"));
}

#[test]
fn ok_a_worker_whose_clock_is_ahead_asks_all_the_same() {
    let Some(rabbit) = rabbit::start() else { return };
    let office = Office::open(&rabbit.url(), 1);
    let path = office.give("user1@host1.crowd-accepts.example\n");
    run(async {
        let broker = open(&rabbit.url());
        let mut taking = tasks(&broker, 1);
        let (task, held) = soon(taking.next()).await;
        // By its clock the task is over.
        let late = task.end_all(&Fate::Late { expires: task.expires });
        answer(&broker, &task, late.answers).await;
        held.ack().await;
        let (again, held) = soon(taking.next()).await;
        assert!(again.expires == UnixMillis(u64::MAX) && again.questions == task.questions, "it is over by no clock");
        held.give_back().await;
        drop(taking);
        broker.close().await;
    });
    let _worker = office.worker();
    office.wait_for_end(&path);
    assert_eq!(office.results(&path)[0].1, "mailbox_accepted");
    assert!(office.prober.output().contains("a worker's clock is minutes ahead"), "{}", office.prober.output());
}

/// A task that is over by the worker's clock: nobody is asked, who asked is told, and it is counted.
#[test]
fn ok_a_worker_says_that_a_task_came_late() {
    let Some(rabbit) = rabbit::start() else { return };
    let office = Office::open(&rabbit.url(), 1);
    run(async {
        let broker = open(&rabbit.url());
        let mut told = prober::queue::Inbox::<Answers>::open(Arc::clone(&broker), &Place::Answers("me".to_owned()), 5, Arc::default());
        assert!(timeout(Duration::from_millis(500), told.next()).await.is_err(), "nothing yet");
        let expires = UnixMillis(1_000);
        let task = Task { from: "me".to_owned(), expires, ..super::conformance::task("host1.crowd-accepts.example", 7) };
        assert_eq!(soon(broker.put(&Place::Tasks, "lane", task.write())).await, Put::Confirmed);
        let worker = block_in_place(|| office.worker());
        let (said, held) = soon(told.next()).await;
        held.ack().await;
        assert!(said == task.end_all(&Fate::Late { expires }));
        assert!(worker.output().contains("a task came after its time"), "{}", worker.output());
        drop(told);
        broker.close().await;
    });
    assert_eq!(eventually(|| Some(office.recipients())), Some(0), "nobody was asked");
}
