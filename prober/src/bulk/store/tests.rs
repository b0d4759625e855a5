use super::*;
use crate::bulk::input::beside;

/// A file that goes when it is dropped.
struct Place(std::path::PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("rcpt-store-{name}-{}", std::process::id())))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(beside(&self.0, suffix));
        }
    }
}

fn report() -> ProbeReport {
    ProbeReport {
        at: crate::clock::now(),
        elapsed_ms: 1,
        complete: true,
        attempts: Vec::new(),
        decoy_at: None,
        greylist_delay_s: None,
        transcript: Vec::new(),
    }
}

fn asked(id: i64, reason: Reason, due_ms: Option<u64>) -> Asked {
    Asked { id, report: report(), verdict: Verdict { reason, attempt: None }, tries: 1, due_ms }
}

#[test]
fn ok_each_mailbox_once_and_what_is_kept_stays() {
    let place = Place::new("once");
    {
        let store = Store::open(&place.0, Access::Alone).expect("a file");
        let domain = store.domain("x.example").expect("an id");
        assert_eq!(store.domain("x.example"), Ok(domain));
        for address in ["a@x.example", "b@x.example", "a@x.example", "c@x.example"] {
            store.add_mailbox(domain, address).expect("kept");
        }
        assert_eq!(store.waiting(domain, 0, false).map(|all| all.len()), Ok(3));
        let answers = [asked(1, Reason::MailboxAccepted, None), asked(2, Reason::Greylisted, Some(7))];
        store.keep_answers(&answers).expect("kept");
    }
    let store = Store::open(&place.0, Access::Alone).expect("the same file");
    let (all, counts) = store.mailboxes().expect("counts");
    assert_eq!((all, counts.total(), counts.of(Status::Deliverable)), (3, 1, 1), "who was put off has no answer yet");
    assert_eq!(store.next_due(), Ok(Some(7)));
    assert_eq!(store.waiting(1, 0, false).map(|all| all.len()), Ok(1));
}

#[test]
fn ok_deaths_are_known_in_the_next_life() {
    let place = Place::new("deaths");
    for _ in 0..2 {
        let store = Store::open(&place.0, Access::Alone).expect("a file");
        store.set_note("rows", "3").expect("kept");
        for id in [17, 17, 4] {
            store.add_death(id).expect("kept");
        }
    }
    let store = Store::open(&place.0, Access::Alone).expect("the same file");
    let mut deaths = store.deaths().expect("read");
    deaths.sort_unstable();
    assert_eq!(deaths, [(4, 2), (17, 4)]);
}

#[test]
fn err_two_runs_with_one_file() {
    let place = Place::new("two");
    let first = Store::open(&place.0, Access::Alone).expect("a file");
    first.set_note("phase", "ask").expect("kept");
    let second = Store::open(&place.0, Access::Alone).expect_err("it is taken");
    assert!(second.contains("another run"), "{second}");
}

#[test]
fn ok_a_second_answer_changes_nothing() {
    let place = Place::new("second");
    let store = Store::open(&place.0, Access::Alone).expect("a file");
    let domain = store.domain("x.example").expect("an id");
    for address in ["a@x.example", "b@x.example"] {
        store.add_mailbox(domain, address).expect("kept");
    }
    let (first, late) = (asked(1, Reason::MailboxAccepted, None), asked(1, Reason::MailboxNotFound, None));
    assert_eq!(store.keep_answers(&[first, late]), Ok(vec![true, false]));
    // Put off, it takes the answer to its second try, and none to its first any more.
    let again = |tries, reason, due_ms| Asked { tries, ..asked(2, reason, due_ms) };
    assert_eq!(store.keep_answers(&[again(1, Reason::Greylisted, Some(7))]), Ok(vec![true]));
    assert_eq!(
        store.keep_answers(&[again(1, Reason::MailboxNotFound, None), again(2, Reason::MailboxAccepted, None)]),
        Ok(vec![false, true])
    );
    let (_, counts) = store.mailboxes().expect("counts");
    assert_eq!((counts.of(Status::Deliverable), counts.total()), (2, 2));
    assert!(store.open_mailbox(2, 2).is_ok_and(|found| found.is_none()), "it has its answer");
}
