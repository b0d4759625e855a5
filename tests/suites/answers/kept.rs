//! What the Worker keeps: routes as long as the DNS allows, and evidence of mailboxes where it has a place for it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use shared::evidence::UnixMillis;
use stack::dns_answer::{Says, domain_of, play};
use stack::place::eventually;
use stack::stand_in::{Play, StandIn, response};
use stack::whole::{LAB_SECRET, start_prober};
use stack::worker::Worker;

use crate::WHOLE;

fn ask(worker: &Worker, body: &Value) -> Value {
    worker.verify(body).expect("an answer").json()
}

#[test]
fn ok_routes_are_kept_as_long_as_the_dns_allows() {
    let resolver = StandIn::start_with(|request| {
        let says = match domain_of(request).unwrap_or_default().as_str() {
            "there.example" => Says::Data,
            "nowhere.example" => Says::NoSuchName,
            "implicit.example" => Says::Implicit,
            _ => Says::ServerFailure,
        };
        play(says, request)
    });
    let resolver = resolver.expect("a port");
    let worker = Worker::start(0, &[("RCPT_DOH", &resolver.url())], false).expect("a Worker");
    let route = |domain: &str, max_age_s: Option<u32>| {
        let found = ask(&worker, &json!({ "email": format!("ada@{domain}"), "level": "dns", "max_age_s": max_age_s }));
        (found["dns"]["route"].clone(), found["reason"].clone(), found["as_of"].clone())
    };
    for (domain, questions, kept) in
        [("there.example", 1, true), ("nowhere.example", 1, true), ("implicit.example", 3, true), ("fails.example", 1, false)]
    {
        let before = resolver.asked();
        let first = route(domain, None);
        assert_eq!(resolver.asked() - before, questions, "{domain}");
        // It is kept behind the answer.
        let again = eventually(|| Some(route(domain, Some(600))).filter(|again| again.2 == first.2));
        assert_eq!(again.is_some(), kept, "{domain}");
        if let Some(again) = again {
            assert_eq!(again, first, "{domain}");
            let before = resolver.asked();
            assert_eq!(route(domain, None), first, "{domain}");
            assert_eq!(resolver.asked(), before, "{domain}");
            let anew = route(domain, Some(0));
            assert_eq!((&anew.0, &anew.1), (&first.0, &first.1), "{domain}");
            assert!(anew.2.as_str() > first.2.as_str() && resolver.asked() > before, "{domain}");
        }
    }
}

/// A Worker with a place for evidence, and `prober` to ask.
fn worker(prober: &str) -> Worker {
    let doh = WHOLE.lab.lab().doh_url();
    let vars = [("RCPT_DOH", doh.as_str()), ("RCPT_PROBER", prober), ("RCPT_SECRET", LAB_SECRET)];
    Worker::start_with_evidence(&vars).expect("a Worker")
}

#[test]
fn ok_what_hosts_say_of_a_mailbox_is_kept_and_not_what_they_think_of_us() {
    let (mut prober, url) = start_prober(&WHOLE.lab, 0, false).expect("a prober");
    let worker = worker(&url);
    let of = |email: &str, max_age_s: Option<u32>| ask(&worker, &json!({ "email": email, "max_age_s": max_age_s, "deadline_ms": 4_000 }));
    let (ghost, blocked) = ("ghost.of.the.opera@accepts.example", "ada@blocks-at-rcpt.example");
    let (first, about_us) = (of(ghost, None), of(blocked, None));
    assert_eq!((&first["reason"], &about_us["reason"]), (&json!("mailbox_not_found"), &json!("sender_blocked")));
    prober.kill();
    let again = eventually(|| Some(of(ghost, Some(3_600))).filter(|again| again["reason"] == "mailbox_not_found")).expect("kept");
    assert_eq!((&again["as_of"], &again["smtp"]["code"]), (&first["as_of"], &first["smtp"]["code"]));
    assert!(!again["smtp"]["text"].as_str().unwrap_or_default().contains("ghost"), "what is kept names nobody: {again}");
    assert_eq!(of(blocked, None)["reason"], "prober_unavailable");
    assert_eq!(of(ghost, Some(0))["reason"], "prober_unavailable");
    let found = names_anybody(worker.state(), b"ghost.of.the.opera");
    assert!(found.is_none(), "{found:?}");
}

/// The file below `folder` that holds `name`.
fn names_anybody(folder: &Path, name: &[u8]) -> Option<std::path::PathBuf> {
    fs::read_dir(folder).ok()?.filter_map(Result::ok).find_map(|entry| {
        let path = entry.path();
        let holds = |octets: Vec<u8>| octets.windows(name.len()).any(|window| window == name);
        if path.is_dir() { names_anybody(&path, name) } else { fs::read(&path).is_ok_and(holds).then_some(path) }
    })
}

/// A report of two days ago: nobody who says nothing takes it; who does gets it at once, and behind it the prober is asked anew.
#[test]
fn ok_old_evidence_is_found_out_anew_behind_the_answer() {
    let now = prober::clock::now();
    let report = |at: UnixMillis| {
        let reply = json!({ "code": 550, "enhanced": "5.1.1", "text": "User unknown" });
        let seen = json!([{ "stage": "rcpt", "recipient": "target", "reply": reply }]);
        let outcome = json!({ "kind": "session", "tls": false, "observations": seen, "end": { "kind": "quit" } });
        let attempts = json!([{ "host": "mx1.accepts.example", "ip": null, "outcome": outcome }]);
        json!({ "kind": "report", "at": at.0, "elapsed_ms": 1, "complete": true, "attempts": attempts }).to_string()
    };
    let old = report(UnixMillis(now.0 - 2 * 86_400_000));
    let prober = StandIn::start(Play::AnswerAfter(Duration::from_millis(300), response("200 OK", "application/json", old.as_bytes())));
    let prober = prober.expect("a port");
    let worker = worker(&prober.url());
    let of = |max_age_s: Option<u32>| ask(&worker, &json!({ "email": "ada@accepts.example", "max_age_s": max_age_s }));
    assert_eq!(of(None)["reason"], "mailbox_not_found");
    let kept = || Some(of(Some(300_000))).filter(|found| found["timing_ms"]["smtp"].as_f64().is_some_and(|ms| ms < 250.0));
    assert_eq!(eventually(kept).expect("it comes at once")["reason"], "mailbox_not_found");
    let before = prober.asked();
    let _ = of(Some(300_000));
    assert!(eventually(|| (prober.asked() > before).then_some(())).is_some(), "it is asked anew");
    // Too old for this one, who waits for the prober.
    let before = prober.asked();
    assert_eq!(of(Some(3_600))["reason"], "mailbox_not_found");
    assert!(prober.asked() > before);
}
