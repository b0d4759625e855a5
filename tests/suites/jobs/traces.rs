//! What is removed is gone: searched for as octets in every file that the prober keeps, logs of databases and freed pages among them.

use std::io::Write as _;
use std::net::TcpStream;

use prober::jobs::digest_of;
use stack::place::eventually;

use super::Office;

/// What must not be found of the jobs below: names, domains, the caller's key for the job, where its news went, and the name of a column.
const TRACES: [&str; 6] = ["user7", "host1.crowd-accepts", "ada@", "once-for-eve@", "hook-of-eve", "column-of-eve"];

fn traces(office: &Office) -> Vec<&'static str> {
    TRACES.into_iter().filter(|trace| office.holds(trace)).collect()
}

fn list() -> String {
    let rows = (1..=50).map(|n| format!("{n},user{n}@host1.crowd-accepts.example\n"));
    format!("id,column-of-eve\n{}51,ada@accepts.example\n", rows.collect::<String>())
}

/// Gives the list with everything that a caller may say; its path.
fn give(office: &Office) -> String {
    let headers = [
        ("idempotency-key", "once-for-eve@accepts.example"),
        ("rcpt-webhook", "http://127.0.0.1:9/hook-of-eve"),
        ("rcpt-webhook-every", "5"),
    ];
    let given = office.ask("alice-key", "POST", "/v1/jobs?column=column-of-eve", &headers, list().as_bytes());
    assert_eq!(given.status, 201, "{}", given.body);
    given.header("location").expect("a place").to_owned()
}

#[test]
fn ok_a_deleted_job_leaves_no_trace() {
    let office = Office::open_with(&[("RCPT_ALLOW_PRIVATE", "127.0.0.1/32")]);
    let path = give(&office);
    office.wait_for(&path, "done");
    let id = path.rsplit('/').next().expect("an id");
    let digest = digest_of(id, &mut list().as_bytes()).expect("read");
    assert_eq!(traces(&office), TRACES, "as long as the job is there, so are they");
    assert!(office.holds(&digest) && office.holds(id));
    assert_eq!(office.ask("alice-key", "DELETE", &path, &[], b"").status, 204);
    assert_eq!(traces(&office), Vec::<&str>::new());
    assert!(!office.holds(&digest) && !office.holds(id));
    // Hosts are named in the log, and nobody who is asked about there.
    let log = office.prober.output();
    let logged: Vec<&str> = TRACES.into_iter().filter(|trace| *trace != "host1.crowd-accepts" && log.contains(trace)).collect();
    assert_eq!(logged, Vec::<&str>::new());
}

#[test]
fn ok_a_job_that_is_cancelled_and_deleted_leaves_no_trace() {
    let office = Office::open_with(&[("RCPT_ALLOW_PRIVATE", "127.0.0.1/32")]);
    for cancel_first in [true, false] {
        let path = give(&office);
        eventually(|| (office.look(&path)["counts"]["deliverable"].as_u64() >= Some(1)).then_some(())).expect("some are answered");
        if cancel_first {
            // It may be over already.
            assert!([200, 409].contains(&office.ask("alice-key", "POST", &format!("{path}/cancel"), &[], b"").status));
        }
        assert_eq!(office.ask("alice-key", "DELETE", &path, &[], b"").status, 204);
        assert_eq!(traces(&office), Vec::<&str>::new(), "cancelled first: {cancel_first}");
    }
}

/// Sends less of a list than it says that there is.
fn begin_upload(office: &Office) -> TcpStream {
    let mut stream = TcpStream::connect(office.url.strip_prefix("http://").expect("a place")).expect("a connection");
    let rows = list().repeat(100);
    let head = "POST /v1/jobs?column=column-of-eve HTTP/1.1\r\nhost: x\r\nauthorization: Bearer alice-key\r\nidempotency-key: once-for-eve@accepts.example";
    stream.write_all(format!("{head}\r\ncontent-length: 10000000\r\n\r\n{rows}").as_bytes()).expect("written");
    eventually(|| office.holds("user7@host1").then_some(())).expect("it is on its way");
    stream
}

#[test]
fn ok_a_list_whose_sender_hangs_up_leaves_no_trace() {
    let office = Office::open();
    for _ in 0..5 {
        drop(begin_upload(&office));
        eventually(|| traces(&office).is_empty().then_some(())).expect("nothing is left");
    }
    let kept = std::fs::read_dir(office.folder.path()).expect("a folder").flatten().filter(|entry| entry.path().is_dir()).count();
    assert_eq!((kept, office.look("/v1/jobs")["jobs"].as_array().map(Vec::len)), (0, Some(0)));
}

#[test]
fn ok_a_list_that_was_coming_when_the_process_was_killed_leaves_no_trace() {
    let mut office = Office::open();
    let upload = begin_upload(&office);
    office.die_and_return();
    drop(upload);
    assert_eq!(traces(&office), Vec::<&str>::new());
    assert_eq!(office.look("/v1/jobs")["jobs"].as_array().map(Vec::len), Some(0));
}
