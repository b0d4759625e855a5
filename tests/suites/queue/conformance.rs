//! What every kind of queue promises, tried with the same steps.
//!
//! Each step leaves the places as it found them: empty.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use prober::metrics::Metrics;
use prober::queue::{Answer, Answers, Broker, Fate, Held, Inbox, MOST_DELIVERIES, MOST_OCTETS, Message, Place, Put, Question, Task};
use shared::dns::MailRoute;
use shared::evidence::{DnsEvidence, RouteFact, UnixMillis};
use tokio::runtime::Runtime;
use tokio::time::timeout;

/// How long something may take that is to come.
const SOON: Duration = Duration::from_secs(30);
/// How long a whole step may take.
const LONG: Duration = Duration::from_mins(5);
/// How long is waited for something that is not to come.
const A_WHILE: Duration = Duration::from_millis(500);

/// As long as names of askers may be, and alike but for the end.
pub(super) const LONG_NAMES: [&str; 2] = [
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde1",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde2",
];

/// Opens another connection to the one queue, as another process would.
pub(super) type Open<'a> = &'a dyn Fn() -> Arc<dyn Broker>;

/// Every step, one after the other, with a queue that misses no more than so many deaths of those who had a letter in hand.
pub(super) fn all(open: Open<'_>, missed: u32) {
    run(order_within_a_lane(open));
    run(what_a_taker_leaves_is_handed_out_again(open));
    run(what_is_given_back_is_handed_out_again(open));
    run(no_more_than_so_many_at_a_time(open));
    run(several_takers_share(open));
    run(answers_reach_only_who_asked(open));
    run(answers_wait_for_who_is_away(open));
    run(what_is_unfit_is_set_aside(open));
    run(what_is_handed_out_too_often_is_set_aside(open, missed));
}

/// Threads that nobody waits for, however their step ends: what the library does on them may never come to an end.
struct Threads(Option<Runtime>);

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
    }
}

/// Runs a step on threads of its own.
pub(super) fn run(step: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
    let threads = Threads(Some(runtime));
    let in_time = threads.0.as_ref().map(|runtime| runtime.block_on(async { timeout(LONG, step).await }));
    in_time.expect("threads").expect("it ends");
}

/// What is to come.
pub(super) async fn soon<T>(coming: impl Future<Output = T>) -> T {
    timeout(SOON, coming).await.expect("it comes")
}

/// A task of one question whose number is `id`.
pub(super) fn task(lane: &str, id: i64) -> Task {
    let route = MailRoute::Implicit;
    let dns = DnsEvidence { at: UnixMillis(1), outcome: Ok(RouteFact { route, authenticated: false, ttl_s: 60 }) };
    let questions = vec![Question { id, address: format!("ada{id}@{lane}"), dns, tries: 0, seal: "seal".to_owned() }];
    Task { from: "here".to_owned(), job: "job".to_owned(), lane: lane.to_owned(), expires: UnixMillis(u64::MAX), questions }
}

/// Puts a task of this number.
pub(super) async fn put(broker: &Arc<dyn Broker>, lane: &str, id: i64) {
    let put = soon(broker.put(&Place::Tasks, lane, task(lane, id).write())).await;
    assert_eq!(put, Put::Confirmed);
}

/// Takes tasks, so many at a time.
pub(super) fn tasks(broker: &Arc<dyn Broker>, most: u16) -> Inbox<Task> {
    Inbox::open(Arc::clone(broker), &Place::Tasks, most, Arc::default())
}

/// The number of the next task, and its letter.
pub(super) async fn next(inbox: &mut Inbox<Task>) -> (i64, Held) {
    let (task, held) = soon(inbox.next()).await;
    (task.questions[0].id, held)
}

/// Takes and acks so many tasks; their numbers.
pub(super) async fn finish(inbox: &mut Inbox<Task>, count: usize) -> Vec<i64> {
    let mut numbers = Vec::new();
    for _ in 0..count {
        let (id, held) = next(inbox).await;
        held.ack().await;
        numbers.push(id);
    }
    numbers
}

/// Nothing comes.
pub(super) async fn assert_none<M: Message>(inbox: &mut Inbox<M>, why: &str) {
    assert!(timeout(A_WHILE, inbox.next()).await.is_err(), "{why}");
}

async fn order_within_a_lane(open: Open<'_>) {
    let (owner, worker) = (open(), open());
    for id in 0..50 {
        put(&owner, if id % 2 == 0 { "a.example" } else { "b.example" }, id).await;
    }
    let numbers = finish(&mut tasks(&worker, 10), 50).await;
    for lane in [0, 1] {
        let of_lane: Vec<i64> = numbers.iter().copied().filter(|id| id % 2 == lane).collect();
        assert!(of_lane.is_sorted() && of_lane.len() == 25, "{of_lane:?}");
    }
    soon(owner.close()).await;
    soon(worker.close()).await;
}

async fn what_a_taker_leaves_is_handed_out_again(open: Open<'_>) {
    let (owner, first, second) = (open(), open(), open());
    for id in 0..4 {
        put(&owner, "a.example", id).await;
    }
    let mut taking = tasks(&first, 4);
    let mut held = Vec::new();
    for expected in 0..4 {
        let (id, letter) = next(&mut taking).await;
        assert_eq!(id, expected);
        held.push(letter);
    }
    held.remove(1).ack().await;
    // It went without a word about the others: a process that is killed says none.
    drop(taking);
    drop(held);
    let mut taking = tasks(&second, 4);
    let mut numbers = finish(&mut taking, 3).await;
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 2, 3]);
    assert_none(&mut taking, "what was acked is gone").await;
    drop(taking);
    soon(second.close()).await;
}

async fn what_is_given_back_is_handed_out_again(open: Open<'_>) {
    let (owner, worker) = (open(), open());
    put(&owner, "a.example", 7).await;
    let mut taking = tasks(&worker, 1);
    let (id, held) = next(&mut taking).await;
    held.give_back().await;
    assert_eq!((id, finish(&mut taking, 1).await), (7, vec![7]));
    assert_none(&mut taking, "once").await;
    drop(taking);
    soon(worker.close()).await;
}

async fn no_more_than_so_many_at_a_time(open: Open<'_>) {
    let (owner, worker) = (open(), open());
    for id in 0..5 {
        put(&owner, "a.example", id).await;
    }
    let mut taking = tasks(&worker, 3);
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(next(&mut taking).await.1);
    }
    assert_none(&mut taking, "three are in hand").await;
    held.remove(0).ack().await;
    let (id, fourth) = next(&mut taking).await;
    assert_eq!(id, 3);
    held.push(fourth);
    assert_none(&mut taking, "three are in hand again").await;
    for letter in held {
        letter.ack().await;
    }
    assert_eq!(finish(&mut taking, 1).await, [4]);
    drop(taking);
    soon(worker.close()).await;
}

async fn several_takers_share(open: Open<'_>) {
    let (owner, first, second) = (open(), open(), open());
    let (mut one, mut other) = (tasks(&first, 1), tasks(&second, 1));
    for id in 0..20 {
        put(&owner, &format!("{id}.example"), id).await;
    }
    let mut numbers = Vec::new();
    while numbers.len() < 20 {
        let ((id, held), inbox) = tokio::select! {
            found = next(&mut one) => (found, 1),
            found = next(&mut other) => (found, 2),
        };
        held.ack().await;
        numbers.push((id, inbox));
    }
    numbers.sort_unstable();
    assert!(numbers.iter().enumerate().all(|(n, (id, _))| i64::try_from(n) == Ok(*id)), "each once: {numbers:?}");
    drop((one, other));
    soon(first.close()).await;
    soon(second.close()).await;
}

fn answers(job: &str) -> Answers {
    Answers { job: job.to_owned(), answers: vec![Answer { id: 1, tries: 0, seal: "seal".to_owned(), fate: Fate::Unasked, took_ms: 1 }] }
}

fn place_of(name: &str) -> Place {
    Place::Answers(name.to_owned())
}

fn post(broker: &Arc<dyn Broker>, name: &str) -> Inbox<Answers> {
    Inbox::open(Arc::clone(broker), &place_of(name), 10, Arc::default())
}

async fn answers_reach_only_who_asked(open: Open<'_>) {
    reach_only_who_asked(open, ["ada", "bob"]).await;
    reach_only_who_asked(open, LONG_NAMES).await;
}

async fn reach_only_who_asked(open: Open<'_>, names: [&str; 2]) {
    let (ada, bob, worker) = (open(), open(), open());
    let (mut to_ada, mut to_bob) = (post(&ada, names[0]), post(&bob, names[1]));
    // Both have taken their places once nothing came for a while.
    assert_none(&mut to_ada, "nothing yet").await;
    assert_none(&mut to_bob, "nothing yet").await;
    for (name, job) in [(names[0], "a1"), (names[1], "b1"), (names[0], "a2")] {
        assert_eq!(soon(worker.put(&place_of(name), "lane", answers(job).write())).await, Put::Confirmed);
    }
    let mut heard = Vec::new();
    for _ in 0..2 {
        let (message, held) = soon(to_ada.next()).await;
        heard.push(message.job);
        held.ack().await;
    }
    let (message, held) = soon(to_bob.next()).await;
    held.ack().await;
    assert_eq!((heard, message.job), (vec!["a1".to_owned(), "a2".to_owned()], "b1".to_owned()));
    assert_none(&mut to_ada, "no more for Ada").await;
    assert_none(&mut to_bob, "no more for Bob").await;
}

async fn answers_wait_for_who_is_away(open: Open<'_>) {
    let (carol, worker) = (open(), open());
    let mut taking = post(&carol, "carol");
    assert_none(&mut taking, "nothing yet").await;
    drop(taking);
    soon(carol.close()).await;
    assert_eq!(soon(worker.put(&place_of("carol"), "lane", answers("c1").write())).await, Put::Confirmed);
    let back = open();
    let (message, held) = soon(post(&back, "carol").next()).await;
    held.ack().await;
    assert_eq!(message.job, "c1");
}

/// Takes everything that was set aside.
async fn set_aside(broker: &Arc<dyn Broker>, count: usize) -> Vec<Vec<u8>> {
    let mut taker = broker.take(&Place::SetAside, 10);
    let mut bodies = Vec::new();
    while bodies.len() < count {
        let held = soon(taker.next()).await;
        bodies.push(held.body().to_vec());
        held.ack().await;
    }
    assert!(timeout(A_WHILE, taker.next()).await.is_err(), "no more than that");
    bodies
}

async fn what_is_unfit_is_set_aside(open: Open<'_>) {
    let (owner, worker) = (open(), open());
    let metrics = Arc::<Metrics>::default();
    let unfit: [&[u8]; 4] = [b"{", br#"{"version":9}"#, b"\xff\xfe", br#"{"version":2,"message":{"job":"ada@a.example"}}"#];
    for body in unfit {
        assert_eq!(soon(owner.put(&Place::Tasks, "a.example", body.to_vec())).await, Put::Confirmed);
    }
    assert_eq!(soon(owner.put(&Place::Tasks, "a.example", vec![b' '; MOST_OCTETS + 1])).await, Put::Confirmed);
    put(&owner, "a.example", 5).await;
    let mut taking = Inbox::<Task>::open(Arc::clone(&worker), &Place::Tasks, 2, Arc::clone(&metrics));
    let (task, held) = soon(taking.next()).await;
    held.ack().await;
    assert_eq!(task.questions[0].id, 5, "they stop nobody");
    let mut bodies = set_aside(&owner, 5).await;
    bodies.sort_unstable_by_key(Vec::len);
    assert!(unfit.iter().all(|body| bodies.iter().any(|other| other == body)), "as they came");
    let counted = metrics.text();
    for (fault, count) in [("unreadable", 3), ("unknown_version", 1), ("too_large", 1)] {
        let line = format!("rcpt_queue_set_aside_total{{queue=\"tasks\",fault=\"{fault}\"}} {count}");
        assert!(counted.contains(&line), "{line}: {counted}");
    }
    drop(taking);
    assert_none(&mut tasks(&owner, 1), "nothing is left").await;
}

/// Takes the task of this number, and dies of it. Where ends are told with some delay, one of an earlier step may come once more.
async fn die_of(worker: &Arc<dyn Broker>, number: i64) {
    let mut taking = tasks(worker, 1);
    loop {
        let (id, held) = next(&mut taking).await;
        if id == number {
            return;
        }
        held.ack().await;
    }
}

async fn what_is_handed_out_too_often_is_set_aside(open: Open<'_>, missed: u32) {
    let (owner, worker) = (open(), open());
    let mut told = post(&owner, "here");
    assert_none(&mut told, "nothing yet").await;
    put(&owner, "a.example", 66).await;
    for _ in 0..MOST_DELIVERIES {
        die_of(&worker, 66).await;
    }
    // Whoever comes to it now sets it aside, which may take a while where takers have to agree on who has what.
    let mut left = missed;
    let mut bodies = std::pin::pin!(set_aside(&owner, 1));
    let bodies = loop {
        tokio::select! {
            () = die_of(&worker, 66) => left = left.checked_sub(1).expect("it is handed out no more"),
            bodies = &mut bodies => break bodies,
        }
    };
    assert_eq!(Task::read(&bodies[0]), Ok(task("a.example", 66)));
    let (Answers { job, answers }, held) = soon(told.next()).await;
    held.ack().await;
    let expected = task("a.example", 66).questions[0].end(Fate::Lost, 0);
    assert!(job == "job" && answers == [expected], "who asked is told");
    assert_none(&mut told, "once").await;
}
