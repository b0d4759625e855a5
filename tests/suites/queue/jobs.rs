//! Jobs whose questions go through a real broker to workers that die.

use std::process::{Command, Stdio};
use std::time::Duration;

use stack::child::Kept;
use stack::http;
use stack::place::eventually;
use stack::rabbit::Rabbit;
use stack::redis::Redis;

use super::office::Office;
use super::rabbit;

pub(super) const HOSTS: usize = 12;
pub(super) const ADDRESSES: usize = 6_000;
pub(super) const WORKERS: usize = 3;
/// A worker is killed each time so many more are answered.
const STEP: usize = 500;

fn address(n: usize) -> (String, &'static str) {
    let (name, reason) = if n.is_multiple_of(10) { ("ghost", "mailbox_not_found") } else { ("user", "mailbox_accepted") };
    (format!("{name}{n}@host{}.crowd-accepts.example", 1 + n % HOSTS), reason)
}

fn list() -> String {
    (1..=ADDRESSES).map(|n| address(n).0 + "\n").collect()
}

fn assert_each_once(office: &Office, path: &str) {
    let results = office.results(path);
    assert_eq!(results.len(), ADDRESSES);
    for (n, (found, reason)) in results.iter().enumerate() {
        let (expected, right) = address(n + 1);
        assert_eq!((found, reason.as_str()), (&expected, right));
    }
}

fn assert_silent(process: &Kept) {
    let log = process.output();
    assert!(!log.contains("@host") && !log.contains("guest:guest") && !log.contains("user1"), "{log}");
}

/// The recipients that are asked where nobody dies.
fn uninterrupted() -> usize {
    let rabbit = rabbit::start().expect("a RabbitMQ");
    let office = Office::open(&rabbit.url(), HOSTS);
    let mut workers: Vec<Kept> = (0..WORKERS).map(|_| office.worker()).collect();
    let path = office.give(&list());
    office.wait_for_end(&path);
    assert_each_once(&office, &path);
    workers.iter_mut().for_each(Kept::stop);
    eventually(|| Some(office.recipients()).filter(|asked| *asked >= ADDRESSES)).expect("visits that ended")
}

/// Gives the list, and kills a worker after the other, at least `least` of them, with a new one for each; `halfway` is done once. Each address has to
/// be answered once and rightly. How many recipients were asked, and how many workers were killed.
pub(super) fn with_deaths(office: &Office, least: usize, mut halfway: impl FnMut()) -> (usize, usize) {
    let mut workers: Vec<Kept> = (0..WORKERS).map(|_| office.worker()).collect();
    let path = office.give(&list());
    let mut kills = 0;
    for done in (STEP..ADDRESSES).step_by(STEP) {
        office.wait_until(&path, done as u64);
        if office.look(&path)["state"] != "running" {
            break;
        }
        let mut victim = workers.remove(0);
        victim.kill();
        assert_silent(&victim);
        kills += 1;
        if done == ADDRESSES / 2 {
            halfway();
        }
        workers.push(office.worker());
    }
    let job = office.wait_for_end(&path);
    assert_eq!((job["counts"]["deliverable"].as_u64(), job["counts"]["undeliverable"].as_u64()), (Some(5_400), Some(600)), "{job}");
    assert_each_once(office, &path);
    assert!(kills >= least, "it was too fast to be disturbed: {kills} kills");
    workers.iter_mut().for_each(Kept::stop);
    workers.iter().chain([&office.prober]).for_each(assert_silent);
    let asked = eventually(|| Some(office.recipients()).filter(|asked| *asked >= ADDRESSES)).expect("visits that ended");
    (asked, kills)
}

/// Workers die, and the broker restarts in the middle.
fn disturbed(rabbit: &mut Rabbit, office: &Office) -> (usize, usize) {
    with_deaths(office, 8, || restart(rabbit, office))
}

fn restart(rabbit: &mut Rabbit, office: &Office) {
    rabbit.stop();
    assert_eq!(http::get(&format!("{}/healthz", office.url)).expect("an answer").status, 200, "nobody waits for the broker");
    let away = || http::get(&format!("{}/readyz", office.url)).ok().filter(|answer| answer.json()["queue"] == "away");
    assert_eq!(eventually(away).expect("it says so").status, 200);
    rabbit.restart().expect("it comes back");
}

#[test]
fn ok_workers_die_and_the_broker_restarts_and_each_address_is_answered_once() {
    let Some(mut rabbit) = rabbit::start() else { return };
    let plainly = uninterrupted();
    let office = Office::open(&rabbit.url(), HOSTS);
    let (asked, kills) = disturbed(&mut rabbit, &office);
    println!(
        "{ADDRESSES} addresses, {WORKERS} workers: {plainly} RCPT uninterrupted; {asked} with {kills} kills and a restart of the broker"
    );
    assert!(asked < plainly * 3 / 2, "{asked} recipients were asked, {plainly} where nobody dies");
    let left = rabbit.control(&["list_queues", "name", "messages", "--no-table-headers"]).expect("rabbitmqctl");
    let left = String::from_utf8_lossy(&left.stdout).into_owned();
    assert!(left.lines().count() == 3 && left.lines().all(|line| line.ends_with("\t0")), "no address stays in the broker: {left}");
}

#[test]
fn ok_with_a_shared_cache_deaths_cost_less() {
    let (Some(mut rabbit), Some(redis)) = (rabbit::start(), Redis::start().expect("a Redis")) else {
        println!("left out: queue with a shared cache (redis-server or rabbitmq-server is not installed)");
        return;
    };
    let settings = vec![("RCPT_QUEUE", rabbit.url()), ("RCPT_CACHE", redis.url())];
    let office = Office::open_with(settings, HOSTS);
    let (asked, kills) = disturbed(&mut rabbit, &office);
    println!("{ADDRESSES} addresses, {WORKERS} workers, a shared cache: {asked} RCPT with {kills} kills and a restart of the broker");
    assert!(asked < ADDRESSES * 3 / 2, "{asked} recipients were asked");
}

#[test]
fn ok_a_job_survives_its_prober_and_takes_what_was_answered_meanwhile() {
    let Some(rabbit) = rabbit::start() else { return };
    let mut office = Office::open(&rabbit.url(), HOSTS);
    let _workers = [office.worker(), office.worker()];
    let path = office.give(&list());
    office.wait_until(&path, 500);
    office.die_and_return();
    office.wait_until(&path, 2_500);
    office.post(&format!("{path}/pause"));
    let before = office.done(&path);
    assert!(before < ADDRESSES as u64, "it was too fast to be paused");
    // What workers say of a job that is paused is taken from the queue and dropped.
    let is_empty = || {
        let queues = rabbit.control(&["list_queues", "messages", "--no-table-headers"]).expect("rabbitmqctl");
        String::from_utf8_lossy(&queues.stdout).lines().all(|count| count == "0").then_some(())
    };
    eventually(is_empty).expect("the queues run empty");
    assert_eq!(office.done(&path), before, "nothing is kept for a job that is paused");
    office.post(&format!("{path}/resume"));
    office.wait_for_end(&path);
    assert_each_once(&office, &path);
}

#[test]
fn ok_greylisted_ones_end_deliverable_and_the_others_did_not_wait() {
    let Some(rabbit) = rabbit::start() else { return };
    let office = Office::open(&rabbit.url(), 2);
    let _workers = [office.worker(), office.worker()];
    let others = (1..=40).map(|n| format!("user{n}@host{}.crowd-accepts.example", 1 + n % 2)).collect::<Vec<_>>().join("\n");
    let path = office.give(&format!("ada@greylists-briefly.example\nada@greylists.example\n{others}\n"));
    office.wait_until(&path, 40);
    // Everybody else is answered while at least the stricter one waits.
    let meanwhile = office.look(&path);
    assert_eq!(meanwhile["state"], "running", "{meanwhile}");
    office.wait_for_end(&path);
    assert!(office.results(&path).iter().all(|(_, reason)| reason == "mailbox_accepted"), "{:?}", office.results(&path));
    let opened = |domain: &str| -> Vec<u64> { office.lab.lab().visits_to(domain).iter().map(|visit| visit.opened_ms).collect() };
    let strictly = eventually(|| Some(opened("greylists.example")).filter(|visits| visits.len() >= 2)).expect("visits that ended");
    let (first, again) = (strictly.iter().min().expect("one"), strictly.iter().max().expect("another"));
    assert!(*again >= first + 20_000, "it came back when it was told to");
    assert!(opened("host1.crowd-accepts.example").iter().all(|visit| visit < again), "others were not held back");
}

#[test]
fn ok_a_worker_that_is_asked_to_stop_leaves_in_good_order() {
    let Some(rabbit) = rabbit::start() else { return };
    let office = Office::open(&rabbit.url(), HOSTS);
    let mut first = office.worker();
    let path = office.give(&list());
    office.wait_until(&path, 500);
    first.stop();
    assert!(first.output().contains("stopped"), "{}", first.output());
    let visits = office.lab.lab().guest_book();
    assert!(!visits.is_empty() && visits.iter().all(|visit| visit.quit), "it took leave of every host");
    let _second = office.worker();
    office.wait_for_end(&path);
    assert_each_once(&office, &path);
}

#[test]
fn ok_a_prober_works_itself_unless_it_is_told_not_to() {
    let Some(rabbit) = rabbit::start() else { return };
    let office = Office::open_with(vec![("RCPT_QUEUE", rabbit.url()), ("RCPT_WORK", "on".to_owned())], HOSTS);
    let path = office.give("user1@host1.crowd-accepts.example\nghost2@host2.crowd-accepts.example\n");
    let job = office.wait_for_end(&path);
    assert_eq!((job["counts"]["deliverable"].as_u64(), job["counts"]["undeliverable"].as_u64()), (Some(1), Some(1)), "{job}");
}

/// Nobody works: that fails nowhere, so it is said, and no time is named. It ends when somebody comes.
#[test]
fn ok_a_job_that_no_worker_takes_says_so() {
    let Some(rabbit) = rabbit::start() else { return };
    let office = Office::open_with(vec![("RCPT_QUEUE", rabbit.url()), ("RCPT_DEADLINE_MS", "1000".to_owned())], 1);
    let is_silent = |is: u8| {
        let metrics = http::get(&format!("{}/metrics", office.url)).expect("an answer").body;
        metrics.lines().any(|line| line == format!("rcpt_queue_silent {is}")).then_some(())
    };
    assert_eq!(is_silent(0), Some(()), "nothing waits");
    let path = office.give("user1@host1.crowd-accepts.example\n");
    eventually(|| is_silent(1)).expect("it is counted");
    // What was seen when it was given is told for a while.
    let job = eventually(|| Some(office.look(&path)).filter(|job| job["operators"][0]["eta_s"].is_u64())).expect("it has a host");
    assert!(job["state"] == "running" && job["eta_s"].is_null(), "{job}");
    let log = office.prober.output();
    assert_eq!(log.matches("nobody answers: is a `rcpt work` running with the same RCPT_QUEUE?").count(), 1, "{log}");
    assert!(!log.contains("user1"), "{log}");
    let _worker = office.worker();
    office.wait_for_end(&path);
    assert_eq!(is_silent(0), Some(()), "somebody answered");
}

fn fails(variables: &[(&str, &str)], arguments: &[&str]) -> (Option<i32>, String) {
    let mut command: Command = stack::whole::rcpt().expect("rcpt");
    let command = command.arg("work").args(arguments).envs(variables.iter().copied()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut worker = command.spawn().expect("rcpt runs");
    let ended = (0..6).find_map(|_| eventually(|| worker.try_wait().expect("it can be waited for")));
    worker.kill().expect("it has ended, or does so now");
    let output = worker.wait_with_output().expect("what it said");
    (ended.and_then(|status| status.code()), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn err_a_worker_that_has_nobody_to_work_for() {
    let cases = [
        ("amqp://me:pa ss@host:x", "RCPT_QUEUE: expected amqp://"),
        ("http://me:secret@host/", "RCPT_QUEUE: expected embedded"),
        ("amqps://me:secret@host/", "RCPT_QUEUE: expected amqp://: TLS to RabbitMQ is not spoken here; between sites, lay a tunnel"),
        ("embedded", "RCPT_QUEUE: expected the queue of an `rcpt serve`, found none"),
    ];
    for (queue, expected) in cases {
        let (code, said) = fails(&[("RCPT_QUEUE", queue)], &["--lab"]);
        assert!(code == Some(2) && said.contains(expected), "{queue}: {said}");
        assert!(!said.contains("secret") && !said.contains("pa ss"), "{said}");
    }
    let (code, said) = fails(&[("RCPT_QUEUE", "amqp://127.0.0.1:9")], &[]);
    assert!(code == Some(2) && said.contains("RCPT_HELO and RCPT_MAIL_FROM are not set"), "{said}");
}

/// Refused as who we are, or for where we want to be: that is no outage.
#[test]
fn err_a_broker_that_refuses_us() {
    let Some(rabbit) = rabbit::start() else { return };
    let right = rabbit.url();
    let cases =
        [right.replace("guest:guest", "guest:secret"), right.replace("guest:guest", "nobody:guest"), right.replace("%2f", "elsewhere")];
    for url in &cases {
        let (code, said) = fails(&[("RCPT_QUEUE", url)], &["--lab"]);
        assert!(code == Some(2) && said.contains("RCPT_QUEUE: RabbitMQ refuses us: check user, password and virtual host"), "{said}");
        assert!(!said.contains("secret") && !said.contains("working") && !said.contains("the queue is gone"), "{said}");
    }
    let office = Office::open(&cases[0], 1);
    let refusing = || http::get(&format!("{}/readyz", office.url)).ok().filter(|answer| answer.json()["queue"] == "refusing");
    office.give("user1@host1.crowd-accepts.example\n");
    assert_eq!(eventually(refusing).expect("it says so").status, 200);
    let log = office.prober.output();
    assert!(log.contains("ERROR") && log.matches("RabbitMQ refuses us").count() == 1 && !log.contains("secret"), "{log}");
}

/// Two with copies of one folder have one name: the second says so, and takes nothing from the first.
#[test]
fn err_two_probers_of_one_name() {
    let Some(rabbit) = rabbit::start() else { return };
    let mut office = Office::open(&rabbit.url(), 1);
    let is_seated = || {
        let queues = rabbit.control(&["list_queues", "name", "consumers", "--no-table-headers"]).expect("rabbitmqctl");
        String::from_utf8_lossy(&queues.stdout).lines().any(|line| line.contains("answers") && line.ends_with("\t1")).then_some(())
    };
    eventually(is_seated).expect("it takes its answers");
    let (copy, url, _folder) = office.copy();
    let says = |word| http::get(&format!("{url}/readyz")).ok().filter(|answer| answer.json()["queue"] == word).map(drop);
    let _worker = office.worker();
    let path = office.give("user1@host1.crowd-accepts.example\nghost2@host1.crowd-accepts.example\n");
    office.wait_for_end(&path);
    // Which takes longer than a taker of its own from before could be there.
    (0..6).find_map(|_| eventually(|| says("taken"))).expect("it says so");
    assert!(copy.output().contains("two of them run on copies of one RCPT_DATA"), "{}", copy.output());
    assert!(office.prober.output().matches("copies of one").count() == 0, "{}", office.prober.output());
    // Its own jobs wait, since the first would drop what it hears of them.
    let mut first = std::mem::replace(&mut office.prober, copy);
    office.url.clone_from(&url);
    let path = office.give("user3@host1.crowd-accepts.example\n");
    eventually(|| (office.look(&path)["progress"]["doing"] == "asking").then_some(())).expect("it has looked up its domain");
    first.stop();
    (0..3).find_map(|_| eventually(|| says("there"))).expect("once it is alone");
    office.wait_for_end(&path);
}

#[test]
fn ok_a_broker_that_is_away_is_said_once_and_waited_for() {
    let url = format!("amqp://me:secret@127.0.0.1:{}", stack::place::free_port().expect("a port"));
    let office = Office::open(&url, 1);
    let mut worker = office.worker();
    let path = office.give("user1@host1.crowd-accepts.example\n");
    // Some tries later.
    std::thread::sleep(Duration::from_secs(2));
    for process in [&worker, &office.prober] {
        let log = process.output();
        assert_eq!(log.matches("the queue is gone").count(), 1, "{log}");
        assert!(!log.contains("secret") && !log.contains("user1"), "{log}");
    }
    assert_eq!(office.look(&path)["state"], "running", "it waits");
    worker.stop();
    assert!(worker.output().contains("stopped"), "{}", worker.output());
}
