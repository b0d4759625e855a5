//! Whose jobs they are.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use serde_json::json;
use stack::child;
use stack::http;
use stack::place::{Scratch, eventually};
use stack::whole::{Ports, RunningLab, rcpt, start_prober, start_prober_with};

use super::{KEYS, Office};

#[test]
fn err_without_a_key_and_with_a_wrong_one() {
    let office = Office::open();
    let path = office.give("?level=syntax", "ada@accepts.example\n");
    let verbs = [
        ("POST", "/v1/jobs".to_owned()),
        ("GET", "/v1/jobs".to_owned()),
        ("GET", path.clone()),
        ("DELETE", path.clone()),
        ("GET", format!("{path}/events")),
        ("GET", format!("{path}/results")),
        ("POST", format!("{path}/pause")),
        ("POST", format!("{path}/resume")),
        ("POST", format!("{path}/cancel")),
    ];
    for (method, path) in &verbs {
        let nobody = http::send(method, &format!("{}{path}", office.url), &[], b"").expect("an answer");
        assert_eq!((nobody.status, nobody.json()["code"].as_str()), (401, Some("key_missing")), "{method} {path}");
        assert_eq!(nobody.header("www-authenticate"), Some("Bearer"));
        let stranger = office.ask("mallory-key", method, path, &[], b"");
        assert_eq!((stranger.status, stranger.json()["code"].as_str()), (401, Some("key_unknown")), "{method} {path}");
        if path.len() > "/v1/jobs".len() {
            let bob = office.ask("bob-key", method, path, &[], b"");
            assert_eq!((bob.status, bob.json()["code"].as_str()), (404, Some("not_found")), "{method} {path}");
        }
    }
    assert_eq!(office.ask("bob-key", "GET", "/v1/jobs", &[], b"").json(), json!({ "jobs": [] }));
    assert_eq!(office.look("/v1/jobs")["jobs"].as_array().map(Vec::len), Some(1), "nothing of all that touched it");
}

#[test]
fn ok_the_same_job_given_twice_is_one() {
    let office = Office::open();
    let give_list =
        |key: &str, query: &str, list: &[u8]| office.ask(key, "POST", &format!("/v1/jobs{query}"), &[("idempotency-key", "june")], list);
    let give = |key: &str, query: &str| give_list(key, query, b"ada@accepts.example\n");
    let (first, second) = (give("alice-key", "?level=syntax"), give("alice-key", "?level=syntax"));
    assert_eq!((first.status, second.status), (201, 200), "{}", second.body);
    assert_eq!(first.json()["id"], second.json()["id"]);
    assert_eq!(first.json()["id"].as_str().map(str::len), Some(32));
    for other in [
        give("alice-key", "?level=dns"),
        give_list("alice-key", "?level=syntax", b"bob@accepts.example\n"),
        give_list("alice-key", "?level=syntax", b"ada@accepts.example"),
        give_list("alice-key", "?level=syntax", b""),
    ] {
        assert_eq!((other.status, other.json()["code"].as_str()), (422, Some("idempotency_key_reused")), "{}", other.body);
    }
    assert_eq!(give("alice-key", "?level=syntax").json()["id"], first.json()["id"], "none of these took its place");
    assert_eq!(give("bob-key", "?level=dns").status, 201, "another's keys are another's");
}

/// What `curl -F list=@list.csv` sends.
const FORM: &str = "--------------------------kx3cHG5Mv2\r\nContent-Disposition: form-data; name=\"list\"; filename=\"list.csv\"\r\n\
    Content-Type: text/csv\r\n\r\nemail\nada@accepts.example\n\r\n--------------------------kx3cHG5Mv2--\r\n";

#[test]
fn err_lists_that_cannot_be_meant() {
    let office = Office::open();
    for (query, list, part) in [
        ("?level=deep", "ada@accepts.example", "in the query: level: expected syntax, dns or smtp, found \"deep\""),
        ("?format=xml", "ada@accepts.example", "in the query: format: expected csv, jsonl or lines, found \"xml\""),
        ("?header=perhaps", "ada@accepts.example", "in the query: header: expected true or false, found \"perhaps\""),
        ("?delimiter=ab", "ada@accepts.example", "in the query: delimiter: expected one ASCII character or \"tab\", found \"ab\""),
        ("?level=dns&level=dns", "ada@accepts.example", "in the query: level: expected it once, found it twice"),
        (
            "?colour=red",
            "ada@accepts.example",
            "in the query: expected level, format, delimiter, header, column or encoding, found \"colour\"",
        ),
        ("?delimiter=%C3%A9", "ada@accepts.example", "expected one ASCII character"),
        ("?delimiter=%22", "ada@accepts.example", "expected one ASCII character"),
        ("?encoding=klingon", "ada@accepts.example", "expected an encoding"),
        ("", "id,name\n1,Ada\n", "no column of addresses was found; name it by column in the query: one of"),
        ("?column=mail", "id,email\n1,ada@accepts.example\n", "column in the query: expected one of \"id\", \"email\""),
        ("", "", "expected a list with at least one row, found none"),
        ("?level=dns", "\n\r\n\n", "expected a list with at least one row, found none"),
        ("", "email\n", "expected a list with at least one row, found none"),
        ("", r#"{"emails":["ada@accepts.example"]}"#, "one address a line), found one JSON object without an address"),
        ("", "[\n  \"ada@accepts.example\"\n]\n", "one address a line), found a JSON array"),
        ("", FORM, "one address a line), found a form (multipart/form-data), and not the list itself"),
    ] {
        let answer = office.ask("alice-key", "POST", &format!("/v1/jobs{query}"), &[], list.as_bytes());
        assert_eq!(answer.status, 422, "{query}: {}", answer.body);
        assert!(answer.json()["detail"].as_str().is_some_and(|detail| detail.contains(part)), "{}", answer.body);
    }
    assert_eq!(office.look("/v1/jobs"), json!({ "jobs": [] }));
    assert!(!office.holds("accepts.example"), "what was refused is not kept");
    let path = office.give("?level=syntax", r#"{"email":"ada@accepts.example"}"#);
    let asked = office.ask("alice-key", "GET", &format!("{path}/results?format=xml"), &[], b"");
    assert_eq!(asked.status, 422, "{}", asked.body);
    assert_eq!(asked.json()["detail"], "in the query: format: expected csv or jsonl, found \"xml\"");
    let odd = office.ask("alice-key", "GET", "/v1/jobs/%ff", &[], b"");
    assert_eq!((odd.status, odd.json()["code"].as_str()), (404, Some("not_found")), "{}", odd.body);
}

#[test]
fn err_more_than_a_key_may_hold() {
    // A hundredth of a MiB, or 10,485 octets.
    let office = Office::open_with(&[("RCPT_JOBS_MAX_GIB", "0.000009765625")]);
    let list = "ada@accepts.example\n".repeat(600);
    let refused = |list: &str| {
        let answer = office.ask("alice-key", "POST", "/v1/jobs?level=syntax", &[], list.as_bytes());
        (answer.status, answer.json()["code"].as_str().map(str::to_owned))
    };
    assert_eq!(refused(&list), (507, Some("quota_exceeded".to_owned())));
    assert!(!office.holds("ada@accepts.example"), "nothing of it is kept");
    // One that does not say how long it is, is told so when it is too long.
    let place = office.url.strip_prefix("http://").expect("a place");
    let mut stream = TcpStream::connect(place).expect("a connection");
    let head =
        "POST /v1/jobs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer alice-key\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let chunk = format!("{:x}\r\n{list}\r\n0\r\n\r\n", list.len());
    stream.write_all(format!("{head}{chunk}").as_bytes()).expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 507") && answer.contains("quota_exceeded"), "{answer}");
    let path = office.give("?level=syntax", "ada@accepts.example\n");
    office.wait_for(&path, "done");
    // What was found out counts, too; another's key has room of its own.
    assert_eq!(refused("ada@accepts.example\n"), (507, Some("quota_exceeded".to_owned())));
    assert_eq!(office.ask("bob-key", "POST", "/v1/jobs?level=syntax", &[], b"ada@accepts.example\n").status, 201);
    assert_eq!(office.ask("alice-key", "DELETE", &path, &[], b"").status, 204);
    assert_eq!(office.ask("alice-key", "POST", "/v1/jobs?level=syntax", &[], b"ada@accepts.example\n").status, 201, "there is room again");
}

#[test]
fn err_where_no_jobs_are_kept() {
    let lab = RunningLab::start(Ports::default()).expect("a lab");
    let (_prober, url) = start_prober(&lab, 0, false).expect("a prober");
    let answer = http::send("POST", &format!("{url}/v1/jobs"), &[("authorization", "Bearer x")], b"a@x.example").expect("an answer");
    assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("jobs_disabled")));
}

#[test]
fn err_half_of_what_jobs_need_is_said_at_the_start() {
    let (lab, folder) = (RunningLab::start(Ports::default()).expect("a lab"), Scratch::new("half").expect("a folder"));
    let data = folder.path().display().to_string();
    for (settings, said) in [
        (&[("RCPT_DATA", data.as_str())][..], "RCPT_DATA is set and RCPT_KEYS is not: nobody can give jobs"),
        (&[("RCPT_KEYS", KEYS)], "RCPT_KEYS is set and RCPT_DATA is not: nobody can give jobs"),
    ] {
        let (prober, _) = start_prober_with(&lab, 0, settings, false).expect("a prober");
        assert_eq!(prober.output().matches(said).count(), 1, "{}", prober.output());
    }
    let (prober, _) = start_prober_with(&lab, 0, &[("RCPT_DATA", &data), ("RCPT_KEYS", KEYS)], false).expect("a prober");
    assert!(!prober.output().contains("nobody can give jobs"), "{}", prober.output());
}

/// How `rcpt serve` ends with this as `RCPT_DATA`, and what it says.
fn serves_no_jobs(data: &Path) -> (Option<i32>, String) {
    let mut command = rcpt().expect("rcpt");
    command.args(["serve", "--lab", "--listen", "127.0.0.1:0"]).env("RCPT_DATA", data).env("RCPT_KEYS", KEYS);
    let output = child::run(&mut command, b"").expect("rcpt runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn err_a_folder_that_another_prober_has() {
    let mut office = Office::open();
    let (code, said) = serves_no_jobs(office.folder.path());
    let expected = format!("RCPT_DATA: {}: expected a folder of its own, found another `rcpt serve` at it", office.folder.path().display());
    assert!(code == Some(2) && said.contains(&expected), "{code:?}: {said}");
    // One that was killed has it no more.
    for _ in 0..3 {
        office.die_and_return();
    }
}

#[test]
fn err_a_file_in_place_of_a_folder() {
    let folder = Scratch::new("file").expect("a folder");
    let file = folder.path().join("data");
    std::fs::write(&file, "mine").expect("written");
    let (code, said) = serves_no_jobs(&file);
    assert!(
        code == Some(2) && said.contains(&format!("RCPT_DATA: {}: expected a folder, found a file", file.display())),
        "{code:?}: {said}"
    );
    assert_eq!(std::fs::read(&file).expect("it is there"), b"mine");
}

#[test]
fn err_too_many_lists_at_once_are_one_keys_own_trouble() {
    let office = Office::open();
    let path = office.give("?level=syntax", "ada@accepts.example\n");
    let place = office.url.strip_prefix("http://").expect("a place");
    let begin = |_| {
        let mut stream = TcpStream::connect(place).expect("a connection");
        let head = "POST /v1/jobs?level=syntax HTTP/1.1\r\nhost: x\r\nauthorization: Bearer alice-key\r\ncontent-length: 1000\r\n\r\nada@";
        stream.write_all(head.as_bytes()).expect("written");
        stream
    };
    let uploads: Vec<TcpStream> = (0..16).map(begin).collect();
    // By the list of jobs, which takes no place itself.
    let coming = || office.look("/v1/jobs")["jobs"].as_array().map(|jobs| jobs.iter().filter(|job| job["state"] == "receiving").count());
    eventually(|| (coming() == Some(16)).then_some(())).expect("all are on their way");
    assert_eq!(office.results(&path).status, 503, "no place is left");
    let refused = office.ask("alice-key", "POST", "/v1/jobs?level=syntax", &[], b"ada@accepts.example\n");
    assert_eq!((refused.status, refused.json()["code"].as_str()), (503, Some("overloaded")), "{}", refused.body);
    assert_eq!(office.ask("bob-key", "POST", "/v1/jobs?level=syntax", &[], b"ada@accepts.example\n").status, 201);
    drop(uploads);
    eventually(|| (office.results(&path).status == 200).then_some(())).expect("there are places again");
}
