//! How a job goes, from its list to its removal.

use std::fs;

use serde_json::Value;
use stack::place::eventually;

use super::Office;

#[test]
fn ok_a_list_comes_back_with_its_verdicts() {
    let office = Office::open();
    let list = "id,email\n1,ada@accepts.example\n2,ghost@accepts.example\n3,nobody\n4\n";
    let path = office.give("?column=email", list);
    let job = office.wait_for(&path, "done");
    assert_eq!((job["counts"]["deliverable"].as_u64(), job["counts"]["undeliverable"].as_u64()), (Some(1), Some(1)), "{job}");
    assert_eq!((job["progress"]["done"].as_u64(), job["operators"][0]["done"].as_u64()), (Some(2), Some(2)), "{job}");
    let results = office.results(&path);
    assert_eq!((results.status, results.header("content-type")), (200, Some("text/csv; charset=utf-8")));
    let rows: Vec<&str> = results.body.lines().collect();
    assert!(rows[0].starts_with("id,email,rcpt_status,rcpt_reason,"), "{}", results.body);
    assert!(rows[1].starts_with("1,ada@accepts.example,deliverable,mailbox_accepted,"), "{}", rows[1]);
    assert!(rows[2].starts_with("2,ghost@accepts.example,undeliverable,mailbox_not_found,"), "{}", rows[2]);
    assert!(rows[3].contains(",syntax_invalid,") && rows[4].ends_with("found 1 field\""), "{}", results.body);
    let path = office.give("", "{\"email\":\"ada@accepts.example\"}\n");
    office.wait_for(&path, "done");
    let results = office.results(&path);
    let row: Value = serde_json::from_str(&results.body).expect("JSON");
    assert_eq!((results.header("content-type"), row["rcpt"]["reason"].as_str()), (Some("application/jsonl"), Some("mailbox_accepted")));
}

#[test]
fn ok_results_meanwhile_pause_and_resume() {
    let office = Office::open();
    let list = (1..=120).map(|n| format!("user{n}@slow-replies.example")).collect::<Vec<_>>().join("\n");
    let path = office.give("", &list);
    let answered = || office.results(&path).body.matches(",mailbox_accepted,").count();
    eventually(|| (answered() >= 3).then_some(())).expect("some are answered");
    let meanwhile = office.results(&path).body;
    assert!(meanwhile.lines().count() == 120 && meanwhile.contains("not answered yet"), "{meanwhile}");
    let paused = office.ask("alice-key", "POST", &format!("{path}/pause"), &[], b"");
    assert_eq!((paused.status, paused.json()["state"].as_str()), (200, Some("paused")), "{}", paused.body);
    let before = answered();
    assert_eq!(office.ask("alice-key", "POST", &format!("{path}/pause"), &[], b"").status, 409, "it waits already");
    assert_eq!(answered(), before, "nobody is asked");
    assert!(before < 120, "it was too fast to be paused");
    assert_eq!(office.ask("alice-key", "POST", &format!("{path}/resume"), &[], b"").status, 200);
    let events = office.ask("alice-key", "GET", &format!("{path}/events"), &[], b"");
    assert_eq!(events.header("content-type"), Some("text/event-stream"));
    let end = events.body.split("\n\n").find(|event| event.starts_with("event: end")).expect(&events.body);
    let job: Value = serde_json::from_str(end.split_once("data: ").expect("data").1).expect("JSON");
    assert_eq!((job["state"].as_str(), answered()), (Some("done"), 120));
    assert!(events.body.contains("event: progress\ndata: {"), "{}", events.body);
}

#[test]
fn ok_a_job_survives_its_process() {
    let mut office = Office::open();
    let list: Vec<String> = (1..=2_000).map(|n| format!("user{n}@host{}.crowd-accepts.example", 1 + n % 4)).collect();
    let path = office.give("", &list.join("\n"));
    eventually(|| (office.look(&path)["progress"]["done"].as_u64() >= Some(300)).then_some(())).expect("some are answered");
    office.die_and_return();
    let job = office.wait_for(&path, "done");
    assert_eq!(job["counts"]["deliverable"], 2_000, "{job}");
    let commands = || office.lab.lab().guest_book().into_iter().flat_map(|visit| visit.commands).filter(|line| line.starts_with("RCPT"));
    eventually(|| (commands().count() >= 2_000).then_some(())).expect("visits that ended");
    assert!(commands().count() <= 2_000 + 4 + 64, "{} recipients were asked", commands().count());
}

#[test]
fn ok_a_deleted_job_leaves_no_address() {
    let office = Office::open();
    let list = (1..=50).map(|n| format!("user{n}@host1.crowd-accepts.example")).collect::<Vec<_>>().join("\n");
    let path = office.give("", &list);
    office.wait_for(&path, "done");
    assert!(office.holds("user7@host1"), "it is there as long as the job is");
    assert_eq!(office.ask("alice-key", "DELETE", &path, &[], b"").status, 204);
    assert_eq!(office.ask("alice-key", "GET", &path, &[], b"").status, 404);
    assert!(!office.holds("user7@") && !office.holds("crowd-accepts"), "nothing is left");
    // Nor of a job that was under way.
    let path = office.give("", "ada@silent.example\nada@accepts.example\n");
    assert_eq!(office.ask("alice-key", "DELETE", &path, &[], b"").status, 204);
    assert!(!office.holds("silent.example"));
    let log = office.prober.output();
    assert!(!log.contains("user7") && !log.contains("ada@"), "nor in the log");
}

#[test]
fn ok_a_cancelled_job_keeps_what_was_answered() {
    let office = Office::open();
    let list = (1..=120).map(|n| format!("user{n}@slow-replies.example")).collect::<Vec<_>>().join("\n");
    let path = office.give("", &list);
    let answered = || office.results(&path).body.matches(",mailbox_accepted,").count();
    eventually(|| (answered() >= 1).then_some(())).expect("some are answered");
    let cancelled = office.ask("alice-key", "POST", &format!("{path}/cancel"), &[], b"");
    assert_eq!(cancelled.json()["state"], "cancelled", "{}", cancelled.body);
    assert!((1..120).contains(&answered()));
    assert_eq!(office.ask("alice-key", "POST", &format!("{path}/resume"), &[], b"").status, 409);
}

#[test]
fn ok_what_is_resumed_while_it_comes_to_a_halt_stays_in_hand() {
    let office = Office::open_with(&[("RCPT_DEADLINE_MS", "8000")]);
    let path = office.give("", "ada@silent.example\n");
    eventually(|| (office.look(&path)["progress"]["doing"] == "asking").then_some(())).expect("it is asked about");
    std::thread::scope(|scope| {
        let pausing = scope.spawn(|| office.ask("alice-key", "POST", &format!("{path}/pause"), &[], b"").status);
        eventually(|| (office.look(&path)["state"] == "paused").then_some(())).expect("it is told to wait");
        let resumed = office.ask("alice-key", "POST", &format!("{path}/resume"), &[], b"");
        assert_eq!((resumed.status, resumed.json()["state"].as_str()), (200, Some("running")), "{}", resumed.body);
        assert_eq!(pausing.join().expect("no panic"), 200);
    });
    // One that nobody had in hand could neither be followed nor be stopped.
    let events = office.ask("alice-key", "GET", &format!("{path}/events"), &[], b"");
    assert!(events.body.starts_with("event: progress"), "{}", events.body);
    assert!(events.body.contains("\"state\":\"done\""), "{}", events.body);
}

#[test]
fn ok_what_others_keep_in_the_folder_is_left_alone() {
    let mut office = Office::open();
    let stray = "0123456789abcdef0123456789abcdef";
    for name in ["photos", stray] {
        fs::create_dir(office.folder.path().join(name)).expect("a folder");
        fs::write(office.folder.path().join(name).join("one"), "x").expect("a file");
    }
    office.die_and_return();
    let is_there = |name: &str| office.folder.path().join(name).join("one").exists();
    assert!(is_there("photos") && !is_there(stray), "a job's folder without an entry was being removed");
}
