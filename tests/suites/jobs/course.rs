//! How a job goes, from its list to its removal.

use std::fs;

use serde_json::{Value, json};
use stack::place::eventually;

use super::Office;

#[test]
fn ok_a_list_comes_back_with_its_verdicts() {
    let office = Office::open();
    let list = "id,email\n1,ada@accepts.example\n2,ghost@accepts.example\n3,nobody\n4\n";
    let path = office.give("?column=email", list);
    let job = office.wait_for(&path, "done");
    assert_eq!(job["counts"], json!({ "deliverable": 1, "risky": 0, "undeliverable": 2, "unknown": 0 }), "of rows: {job}");
    assert_eq!((job["progress"]["done"].as_u64(), job["without_verdict"].as_u64()), (Some(4), Some(1)), "{job}");
    assert_eq!((job["progress"]["unit"].as_str(), job["operators"][0]["done"].as_u64()), (Some("rows"), Some(2)), "{job}");
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

/// At no level may the counts say something else than the results.
#[test]
fn ok_counts_are_of_the_rows_at_every_level() {
    let office = Office::open();
    let list = "email\nada@accepts.example\nada@accepts.example\nghost@accepts.example\nada@null-mx.example\nnobody\n\"broken\n";
    for level in ["syntax", "dns", "smtp"] {
        let path = office.give(&format!("?level={level}"), list);
        let job = office.wait_for(&path, "done");
        let results = office.results(&path).body;
        for status in ["deliverable", "risky", "undeliverable", "unknown"] {
            let rows = results.lines().filter(|row| row.split(',').nth(1) == Some(status)).count();
            assert_eq!(job["counts"][status].as_u64(), u64::try_from(rows).ok(), "{level} {status}: {job}\n{results}");
        }
        assert_eq!((job["without_verdict"].as_u64(), job["progress"]["all"].as_u64()), (Some(1), Some(6)), "{level}: {job}");
    }
    let office = { office }.returned();
    let jobs = office.look("/v1/jobs")["jobs"].as_array().cloned().unwrap_or_default();
    let counts = |job: &Value| office.look(&format!("/v1/jobs/{}", job["id"].as_str().expect("an id")))["counts"].clone();
    assert!(jobs.len() == 3 && jobs.iter().all(|job| counts(job)["undeliverable"].as_u64() >= Some(1)), "they outlive the process");
}

#[test]
fn ok_results_in_the_form_that_is_asked_for() {
    let office = Office::open();
    let fetch = |path: &str, query: &str, accept: &str| {
        let answer = office.ask("alice-key", "GET", &format!("{path}/results{query}"), &[("accept", accept)], b"");
        assert_eq!(answer.status, 200, "{}", answer.body);
        (answer.header("content-type").expect("a type").to_owned(), answer.body)
    };
    let objects = |text: &str| text.lines().map(|line| serde_json::from_str(line).expect(line)).collect::<Vec<Value>>();
    // CSV as objects: each column by its name, whatever those are; what is no row is a line.
    let list = "id,E-Mail,id,,rcpt\r\n1,ada@accepts.example,2,\"a \"\"b\"\"\",x\r\n\r\n2,ghost@accepts.example,3,,\r\n\"broken\r\n4,x\r\n";
    let csv = office.give("?level=dns", list);
    office.wait_for(&csv, "done");
    let (media_type, body) = fetch(&csv, "?format=jsonl", "text/csv");
    let rows = objects(&body);
    assert_eq!((media_type.as_str(), rows.len()), ("application/jsonl", 4), "{body}");
    assert!(
        body.starts_with(
            r#"{"id":"1","E-Mail":"ada@accepts.example","id_2":"2","column_4":"a \"b\"","rcpt_2":"x","rcpt":{"status":"unknown""#
        ),
        "{body}"
    );
    assert_eq!((rows[2]["line"].as_str(), rows[2]["rcpt"]["error"].is_string()), (Some("\"broken"), true), "{body}");
    assert_eq!((&rows[3]["E-Mail"], rows[3]["rcpt"]["error"].as_str()), (&json!("x"), Some("expected 5 fields, found 2 fields")));
    assert_eq!(fetch(&csv, "", "application/x-ndjson"), ("application/x-ndjson".to_owned(), body));
    let own = fetch(&csv, "", "*/*");
    assert!(own.0.starts_with("text/csv") && own.1.starts_with(&list[..18]), "{}", own.1);
    assert_eq!((fetch(&csv, "?format=csv", "application/jsonl"), fetch(&csv, "", "text/html")), (own.clone(), own));
    // Without header, and plain lines.
    for (list, member, query) in
        [("1;ada@accepts.example\n", "column_1", "?header=false"), ("ada@accepts.example\n", "email", "?format=lines")]
    {
        let path = office.give(query, list);
        office.wait_for(&path, "done");
        let rows = objects(&fetch(&path, "?format=jsonl", "*/*").1);
        assert_eq!(
            (rows[0]["email"].as_str(), rows[0]["rcpt"]["reason"].as_str()),
            (Some("ada@accepts.example"), Some("mailbox_accepted"))
        );
        assert!(rows[0][member].is_string(), "{rows:?}");
    }
    // Objects as CSV.
    let path = office.give("?level=syntax", "{\"email\":\"\\\"a,b\\\"@x.example\",\"n\":1}\n\n[]\n{\"email\":\"nobody\"}");
    office.wait_for(&path, "done");
    let (media_type, body) = fetch(&path, "", "text/csv");
    let rows: Vec<&str> = body.lines().collect();
    assert!(media_type.starts_with("text/csv") && rows[0].starts_with("email,rcpt_status,rcpt_reason,") && rows.len() == 4, "{body}");
    assert!(rows[1].starts_with("\"\"\"a,b\"\"@x.example\",unknown,not_probed,"), "{body}");
    assert!(rows[2].starts_with(",,") && rows[2].contains("expected a JSON object"), "{body}");
    assert!(rows[3].starts_with("nobody,undeliverable,syntax_invalid,"), "{body}");
    let columns = |row: &str| row.split(',').count();
    assert_eq!((columns(rows[3]), columns(rows[0])), (16, 16));
    let refused = office.ask("alice-key", "GET", &format!("{path}/results?format=xml"), &[], b"");
    assert_eq!((refused.status, refused.json()["code"].as_str()), (422, Some("invalid_request")));
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
    // A decoy for each host, and when it died no more than fifty mailboxes of each were under way.
    assert!(commands().count() <= 2_000 + 4 + 4 * 50, "{} recipients were asked", commands().count());
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
