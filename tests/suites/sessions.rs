//! How the prober behaves as a guest: shared sessions, ceilings, greylists, pace, kept evidence; seen from the lab's own guest book.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a suite fails by panicking, and looks at the clock"
)]

use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use prober::lab::Visit;
use serde_json::{Value, json};
use stack::child::Kept;
use stack::http;
use stack::place::eventually;
use stack::whole::{Ports, RunningLab, start_prober};

/// So many hosts of each kind that load is tried with.
const CROWD: usize = 30;

struct Served {
    lab: RunningLab,
    _prober: Kept,
    url: String,
}

static SERVED: LazyLock<Served> = LazyLock::new(|| {
    let lab = RunningLab::with_crowd(Ports::default(), CROWD).expect("a lab");
    let (prober, url) = start_prober(&lab, 0, false).expect("a prober");
    Served { lab, _prober: prober, url }
});

fn verify(body: &Value) -> Value {
    http::post(&format!("{}/v1/verify", SERVED.url), body).expect("an answer").json()
}

fn reason(body: &Value) -> String {
    verify(body)["reason"].as_str().unwrap_or_default().to_owned()
}

/// Asks about all at once, and gives the reasons in order.
fn ask_all(addresses: &[String]) -> Vec<String> {
    thread::scope(|scope| {
        let asked: Vec<_> =
            addresses.iter().map(|address| scope.spawn(move || reason(&json!({ "email": address, "deadline_ms": 20_000 })))).collect();
        asked.into_iter().map(|one| one.join().expect("no panic")).collect()
    })
}

fn users(domain: &str, numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers.map(|n| format!("user{n}@{domain}")).collect()
}

/// The visits that were paid to a domain, once all that are open have ended.
fn visits(domain: &str, commands: usize) -> Vec<Visit> {
    let all_in = || Some(SERVED.lab.lab().visits_to(domain)).filter(|visits| count(visits, "") >= commands);
    eventually(all_in).unwrap_or_else(|| SERVED.lab.lab().visits_to(domain))
}

fn count(visits: &[Visit], verb: &str) -> usize {
    visits.iter().flat_map(|visit| &visit.commands).filter(|line| line.starts_with(verb)).count()
}

#[test]
fn ok_forty_mailboxes_share_one_session() {
    let addresses = users("postfix-like.example", 1..41);
    assert!(ask_all(&addresses).iter().all(|reason| reason == "mailbox_accepted"));
    // EHLO, MAIL, 40 mailboxes and one decoy, QUIT.
    let visits = visits("postfix-like.example", 44);
    assert_eq!(visits.len(), 1, "{visits:?}");
    assert_eq!((count(&visits, "RCPT"), count(&visits, "")), (41, 44), "{visits:?}");
    assert!(visits[0].quit && visits[0].commands.last().is_some_and(|line| line == "QUIT"));
}

#[test]
fn ok_a_session_is_left_before_its_host_gets_cross() {
    let addresses: Vec<String> = (1..41).map(|n| format!("ghost{n}@one-at-a-time.example")).collect();
    assert!(ask_all(&addresses).iter().all(|reason| reason == "mailbox_not_found"));
    let mut visits = visits("one-at-a-time.example", 40 + 5 * 3);
    // Where this machine is slow, a second session may have been tried once; the host turned it away, and nobody suffered by it.
    let turned_away = visits.extract_if(.., |visit| count(std::slice::from_ref(visit), "RCPT") == 0).count();
    assert!(turned_away <= 1, "{visits:?}");
    assert_eq!((visits.len(), count(&visits, "RCPT")), (5, 40), "8 refusals a session, and no decoy where one was refused: {visits:?}");
    assert!(visits.iter().all(|visit| visit.quit));
    // One at a time, as the host wishes.
    assert!(visits.windows(2).all(|pair| pair[0].closed_ms <= pair[1].opened_ms + 5), "{visits:?}");
}

#[test]
fn ok_ceilings_are_learned_and_no_verdicts() {
    let addresses = users("few-recipients.example", 1..31);
    assert!(ask_all(&addresses).iter().all(|reason| reason == "mailbox_accepted"));
    let visits = visits("few-recipients.example", 31 + 2 * 6);
    assert_eq!(visits.len(), 1, "RSET, not another connection: {visits:?}");
    assert!(count(&visits, "RSET") >= 6 && visits[0].quit, "{visits:?}");
    let reasons = ask_all(&users("421-after-three.example", 1..13));
    assert!(
        reasons.iter().all(|reason| reason == "mailbox_accepted"),
        "{reasons:?} {:?}",
        SERVED.lab.lab().visits_to("421-after-three.example")
    );
}

/// A host that says each refusal twice: what it says next is about somebody else.
#[test]
fn err_a_host_that_stutters_condemns_nobody() {
    for domain in ["stutters.example", "stutters-slowly.example"] {
        let addresses: Vec<String> = (1..6).flat_map(|n| [format!("ghost{n}@{domain}"), format!("user{n}@{domain}")]).collect();
        for (address, reason) in addresses.iter().zip(ask_all(&addresses)) {
            let known = address.starts_with("user");
            let fits = if known { reason == "mailbox_accepted" } else { ["mailbox_not_found", "server_error"].contains(&&*reason) };
            assert!(fits, "{address}: {reason} {:?}", SERVED.lab.lab().visits_to(domain));
        }
    }
}

#[test]
fn ok_whom_a_second_session_would_have_asked_about_waits_for_the_first() {
    let ask = |n: u32| reason(&json!({ "email": format!("user{n}@one-at-a-time-slowly.example"), "deadline_ms": 20_000 }));
    let (first, second) = thread::scope(|scope| {
        let first = scope.spawn(|| ask(1));
        thread::sleep(Duration::from_millis(2_500));
        (scope.spawn(|| ask(2)).join(), first.join())
    });
    assert_eq!((first.expect("no panic").as_str(), second.expect("no panic").as_str()), ("mailbox_accepted", "mailbox_accepted"));
    assert!(visits("one-at-a-time-slowly.example", 5).len() > 1, "a second one was tried");
}

/// A host that takes 50 ms for each reply would need five seconds in one session.
#[test]
fn ok_a_second_session_is_opened_where_people_would_wait() {
    let addresses = users("slow-replies.example", 1..101);
    assert!(ask_all(&addresses).iter().all(|reason| reason == "mailbox_accepted"));
    let visits = visits("slow-replies.example", 101 + 2 * 3);
    let at_once =
        |visit: &Visit| visits.iter().filter(|other| other.opened_ms <= visit.opened_ms && visit.opened_ms < other.closed_ms).count();
    let most = visits.iter().map(at_once).max().unwrap_or(0);
    assert!((2..=4).contains(&most), "{visits:?}");
}

/// Two sessions at once are an operator's to begin with. Who holds one and asks about nobody makes way.
#[test]
fn ok_idle_sessions_make_way_for_others_of_their_operator() {
    let [one, two, three] = ["shares-places.example", "shares-places-too.example", "wants-a-place.example"];
    assert_eq!(ask_all(&[format!("user1@{one}"), format!("user1@{two}")]), ["mailbox_accepted"; 2]);
    assert_eq!(ask_all(&[format!("user1@{three}")]), ["mailbox_accepted"]);
    let held: Vec<u64> = [one, two].iter().flat_map(|domain| visits(domain, 5)).map(|visit| visit.closed_ms - visit.opened_ms).collect();
    assert!(held.iter().any(|ms| *ms < 2_000), "nobody waits out its two seconds: {held:?}");
}

/// Nor may one line keep its place for as long as it has somebody to ask about.
#[test]
fn ok_busy_sessions_make_way_for_others_of_their_operator() {
    let (many, late) = thread::scope(|scope| {
        let many = scope.spawn(|| ask_all(&users("asks-much.example", 1..81)));
        let slow = scope.spawn(|| ask_all(&users("asks-slowly.example", 1..2)));
        thread::sleep(Duration::from_millis(500));
        let late = ask_all(&users("asks-last.example", 1..2));
        (many.join().expect("no panic"), [late, slow.join().expect("no panic")].concat())
    });
    assert!(many.iter().chain(&late).all(|reason| reason == "mailbox_accepted"), "{many:?} {late:?}");
    let visits = visits("asks-much.example", 80 + 1 + 2 * 3);
    assert!(visits.len() > 1 && visits.iter().all(|visit| visit.quit), "a session is left in the middle: {visits:?}");
}

/// Two who were accepted wait for one decoy, and who asked about it runs out of time before it is answered.
#[test]
fn ok_whoever_has_time_left_asks_about_the_decoy_itself() {
    let ask = |user: &str, deadline_ms: u32| verify(&json!({ "email": format!("{user}@slow-rcpt.example"), "deadline_ms": deadline_ms }));
    let (hasty, patient) = thread::scope(|scope| {
        let hasty = scope.spawn(|| ask("ada", 8_000));
        thread::sleep(Duration::from_millis(500));
        let patient = ask("postmaster", 25_000);
        (hasty.join().expect("no panic"), patient)
    });
    assert_eq!((&hasty["reason"], &patient["reason"]), (&json!("mailbox_accepted"), &json!("mailbox_accepted")), "{hasty} {patient}");
    assert_eq!(patient["traits"]["accept_all"], "no", "{patient}");
}

#[test]
fn ok_nobody_dials_twice_for_the_same_mailbox() {
    let addresses = vec!["ada@dual-stack.example".to_owned(); 20];
    assert!(ask_all(&addresses).iter().all(|reason| reason == "mailbox_accepted"));
    let visits = visits("dual-stack.example", 5);
    assert_eq!(visits.iter().flat_map(|visit| &visit.commands).filter(|line| line.contains("<ada@")).count(), 1, "{visits:?}");
}

#[test]
fn ok_starttls_where_it_is_offered() {
    let found = verify(&json!({ "email": "ada@wants-tls.example" }));
    assert_eq!((&found["reason"], &found["smtp"]["tls"]), (&json!("mailbox_accepted"), &json!(true)), "{found}");
    assert!(visits("wants-tls.example", 6).iter().all(|visit| visit.tls && visit.quit));
    for domain in ["broken-tls.example", "refuses-tls.example", "drops-at-tls.example"] {
        let found = verify(&json!({ "email": format!("ada@{domain}") }));
        assert_eq!((&found["reason"], &found["smtp"]["tls"]), (&json!("mailbox_accepted"), &json!(false)), "{domain}: {found}");
    }
}

#[test]
fn ok_a_decoy_goes_into_another_session_where_one_misleads() {
    let found = verify(&json!({ "email": "ada@regions.example" }));
    assert_eq!((&found["reason"], &found["traits"]["accept_all"]), (&json!("mailbox_accepted"), &json!("no")), "{found}");
    let visits = visits("regions.example", 8);
    assert_eq!((visits.len(), count(&visits, "RCPT")), (2, 2), "{visits:?}");
}

#[test]
fn ok_a_greylist_is_waited_for_by_who_has_the_time() {
    let began = Instant::now();
    let patient = verify(&json!({ "email": "ada@greylists-briefly.example", "deadline_ms": 15_000 }));
    assert_eq!(patient["reason"], "mailbox_accepted", "{patient}");
    assert!(began.elapsed() >= Duration::from_secs(2));
    let visits = visits("greylists-briefly.example", 9);
    assert_eq!(visits.iter().flat_map(|visit| &visit.commands).filter(|line| line.contains("<ada@")).count(), 2, "{visits:?}");

    let hasty = verify(&json!({ "email": "postmaster@greylists-briefly.example", "deadline_ms": 1_000 }));
    assert_eq!((&hasty["reason"], &hasty["status"]), (&json!("greylisted"), &json!("unknown")), "{hasty}");
    let wait = hasty["retry_after_s"].as_u64().expect("when to come back");
    assert!((1..=3).contains(&wait), "{hasty}");
    // Too early: it is answered from what is kept, since asking would only make the host start anew.
    let early = verify(&json!({ "email": "postmaster@greylists-briefly.example", "deadline_ms": 500 }));
    assert_eq!((&early["reason"], &early["as_of"]), (&json!("greylisted"), &hasty["as_of"]), "{early}");
    thread::sleep(Duration::from_secs(wait + 1));
    assert_eq!(reason(&json!({ "email": "postmaster@greylists-briefly.example", "deadline_ms": 1_000 })), "mailbox_accepted");
    let known = http::get(&format!("{}/v1/domains/greylists-briefly.example", SERVED.url)).expect("an answer").json();
    assert_eq!((&known["greylist"]["delay_s"], &known["greylist"]["stated"]), (&json!(2), &json!(true)), "{known}");
}

#[test]
fn ok_a_delay_that_nobody_states_is_learnt() {
    let ask = |name: &str, deadline_ms: u32| {
        verify(&json!({ "email": format!("{name}@greylists-silently.example"), "deadline_ms": deadline_ms, "max_age_s": 0 }))
    };
    let first = ask("ada", 1_000);
    assert_eq!((&first["reason"], &first["retry_after_s"]), (&json!("greylisted"), &json!(300)), "what is customary: {first}");
    eventually(|| (ask("ada", 1_000)["reason"] == "mailbox_accepted").then_some(())).expect("it lets us in");
    let next = ask("postmaster", 1_000);
    let wait = next["retry_after_s"].as_u64().expect("when to come back");
    assert!(next["reason"] == "greylisted" && (1..300).contains(&wait), "what was learnt: {next}");
    assert_eq!(ask("postmaster", 60_000)["reason"], "mailbox_accepted", "and it is waited for");
}

#[test]
fn ok_a_route_that_blocks_us_is_not_tried_to_its_end() {
    let found = verify(&json!({ "email": "ada@all-block.example", "deadline_ms": 8_000 }));
    assert_eq!((&found["reason"], &found["about"]), (&json!("sender_blocked"), &json!("us")), "{found}");
    assert_eq!(visits("all-block.example", 2).len(), 2, "of four hosts");
}

#[test]
fn ok_evidence_is_kept_as_long_as_the_caller_takes_it() {
    let ask = |max_age_s: Option<u32>| verify(&json!({ "email": "ghost@implicit.example", "max_age_s": max_age_s }));
    let (first, again) = (ask(None), ask(Some(3600)));
    assert_eq!((&first["reason"], &first["as_of"]), (&json!("mailbox_not_found"), &again["as_of"]));
    assert_eq!(first["smtp"]["code"], again["smtp"]["code"]);
    assert!(!again["smtp"]["text"].as_str().unwrap_or_default().contains("ghost"), "what is kept names nobody: {again}");
    let anew = ask(Some(0));
    assert!(anew["as_of"].as_str() > first["as_of"].as_str(), "{anew}");
    let asked = || Some(SERVED.lab.lab().visits_to("implicit.example")).filter(|visits| count(visits, "QUIT") > 0);
    let visits = eventually(asked).expect("a visit");
    assert_eq!(count(&visits, "RCPT TO:<ghost@"), 2, "{visits:?}");
}

#[test]
fn ok_a_host_that_complains_is_given_time() {
    let ask = |deadline_ms: u32| verify(&json!({ "email": "ada@too-many.example", "deadline_ms": deadline_ms, "max_age_s": 0 }));
    for _ in 0..3 {
        let found = ask(8_000);
        assert_eq!(found["reason"], "rate_limited", "{found} {:?}", SERVED.lab.lab().visits_to("too-many.example"));
    }
    // The session says QUIT in its own time; the complaint is heeded after it.
    let paused = eventually(|| Some(ask(100)).filter(|found| found["smtp"]["stage"] == "connect")).expect("a pause");
    assert_eq!((&paused["reason"], &paused["about"]), (&json!("rate_limited"), &json!("us")), "{paused}");
    assert!(paused["retry_after_s"].as_u64().is_some_and(|after| after >= 1), "{paused}");
}

#[test]
fn ok_no_address_that_is_not_global_is_ever_dialled() {
    let rows = prober::lab::table().iter().filter(|row| row.address.contains("@to-") || row.address.contains("loopback"));
    let rows: Vec<_> = rows.collect();
    assert!(rows.len() >= 18, "{rows:?}");
    for row in rows {
        let found = verify(&json!({ "email": row.address, "deadline_ms": 4_000 }));
        assert_eq!(found["reason"], "unverifiable", "{}: {found}", row.address);
        assert!(found["explanation"].as_str().is_some_and(|text| text.contains("private addresses")), "{found}");
        assert_eq!(found["smtp"]["stage"], "connect");
    }
    // A name that changes between two look-ups is dialled where its address was looked at, or not at all.
    for n in 0..8 {
        let found = verify(&json!({ "email": format!("ada{n}@rebinds.example"), "deadline_ms": 4_000 }));
        let ip = found["smtp"]["ip"].as_str().unwrap_or_default();
        let refused = found["reason"] == "unverifiable";
        assert!(refused == (ip == "127.0.0.1"), "{found}");
    }
}

#[test]
fn ok_those_who_wait_end_at_their_deadline_and_hinder_nobody() {
    let kinds = ["crowd-silent.example", "crowd-tarpit.example", "crowd-slow-banner.example"];
    let hosts = || (1..=CROWD).flat_map(|n| kinds.map(|kind| format!("ada@host{n}.{kind}")));
    let took = thread::scope(|scope| {
        let ask = |email: String| scope.spawn(move || verify(&json!({ "email": email, "deadline_ms": 3_000 })));
        let waiting: Vec<_> = hosts().map(ask).collect();
        for n in 1..=20 {
            assert_eq!(
                reason(&json!({ "email": format!("user{n}@host1.crowd-accepts.example"), "deadline_ms": 2_500 })),
                "mailbox_accepted"
            );
            assert_eq!(http::get(&format!("{}/healthz", SERVED.url)).expect("an answer").status, 200);
        }
        let answers = waiting.into_iter().map(|one| one.join().expect("no panic"));
        answers
            .map(|found| {
                assert_eq!(found["reason"], "timed_out", "{found}");
                found["timing_ms"]["dns"].as_f64().unwrap_or_default() + found["timing_ms"]["smtp"].as_f64().unwrap_or_default()
            })
            .collect::<Vec<_>>()
    });
    assert_eq!(took.len(), CROWD * kinds.len());
    // Not before it, and not long after it however busy this machine is.
    assert!(took.iter().all(|ms| (2_800.0..6_000.0).contains(ms)), "{took:?}");
}

#[test]
fn ok_what_is_known_of_a_domain() {
    assert_eq!(reason(&json!({ "email": "anyone@accept-all.example" })), "accept_all");
    let of = |domain: &str| http::get(&format!("{}/v1/domains/{domain}", SERVED.url)).expect("an answer");
    let known = of("accept-all.example").json();
    assert_eq!((&known["accept_all"]["known"], &known["rcpt_can_prove"]), (&json!("yes"), &json!("no")), "{known}");
    let yahoo = of("yahoo-like.example").json();
    assert_eq!((&yahoo["operator"]["id"], &yahoo["rcpt_can_prove"]), (&json!("yahoo"), &json!("no")), "{yahoo}");
    assert_eq!(of("nowhere.example").json()["route"]["kind"], "no_such_domain");
    let bad = of("a..b");
    assert_eq!((bad.status, &bad.json()["code"]), (422, &json!("invalid_request")), "{}", bad.body);
}

#[test]
fn ok_metrics_count_by_closed_lists() {
    assert_eq!(reason(&json!({ "email": "ada@accepts.example" })), "mailbox_accepted");
    let metrics = http::get(&format!("{}/metrics", SERVED.url)).expect("metrics");
    for part in
        ["rcpt_probes_total{operator=\"other\",reason=\"mailbox_accepted\"}", "rcpt_source_fit 1.0", "rcpt_probe_seconds_bucket", "# EOF"]
    {
        assert!(metrics.body.contains(part), "{part}: {}", metrics.body);
    }
    assert!(!metrics.body.contains("example"), "no domain is a label: {}", metrics.body);
}
