//! From where, through what and over which family mail hosts are dialled.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a suite fails by panicking")]

use std::net::IpAddr;

use prober::lab::Visit;
use serde_json::{Value, json};
use stack::place::eventually;
use stack::socks::Socks;
use stack::whole::{Ports, RunningLab, rcpt};

fn verify(lab: &RunningLab, address: &str, settings: &[(&str, &str)]) -> Value {
    let mut command = rcpt().expect("rcpt");
    command.args(["verify", "--lab", "--format", "jsonl", "--deadline-ms", "8000", address]);
    let output = command.envs(lab.settings()).envs(settings.iter().copied()).output().expect("rcpt runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn visits(lab: &RunningLab, domain: &str, count: usize) -> Vec<Visit> {
    let all_in = || Some(lab.lab().visits_to(domain)).filter(|visits| visits.len() >= count);
    eventually(all_in).unwrap_or_else(|| lab.lab().visits_to(domain))
}

#[test]
fn ok_a_host_always_sees_the_same_of_our_addresses() {
    let lab = RunningLab::start(Ports::default()).expect("a lab");
    let ours: [IpAddr; 3] = [[127, 77, 0, 7], [127, 77, 0, 8], [127, 77, 0, 9]].map(IpAddr::from);
    let bind = ours.map(|ip| ip.to_string()).join(",");
    let domains = ["accepts.example", "offers-tls.example", "signed.example", "implicit.example", "helo-only.example", "utf8.example"];
    let mut seen = Vec::new();
    for domain in domains {
        for _ in 0..2 {
            let found = verify(&lab, &format!("postmaster@{domain}"), &[("RCPT_BIND", &bind)]);
            assert_ne!(found["smtp"]["code"], Value::Null, "{found}");
        }
        let visits = visits(&lab, domain, 2);
        let guests: Vec<IpAddr> = visits.iter().map(|visit| visit.guest.ip()).collect();
        assert!(guests.len() == 2 && guests[0] == guests[1] && ours.contains(&guests[0]), "{visits:?}");
        seen.push(guests[0]);
    }
    seen.sort();
    seen.dedup();
    assert!(seen.len() > 1, "one address does it all: {seen:?}");
}

#[test]
fn ok_a_proxy_is_given_addresses_and_never_names() {
    let lab = RunningLab::start(Ports::default()).expect("a lab");
    let proxy = Socks::start(("prober", "its word")).expect("a proxy");
    let url = format!("socks5://prober:its word@{}", proxy.address());
    let found = verify(&lab, "ada@accepts.example", &[("RCPT_PROXY", &url)]);
    assert_eq!(found["reason"], "mailbox_accepted", "{found}");
    assert_eq!(proxy.targets().iter().map(ToString::to_string).collect::<Vec<_>>(), [format!("127.77.1.1:{}", lab.lab().smtp_port())]);
    // What may not be dialled may not be dialled through it either.
    assert_eq!(verify(&lab, "ada@to-private-10.example", &[("RCPT_PROXY", &url)])["reason"], "unverifiable");
    assert_eq!(proxy.targets().len(), 1);
    let refused = format!("socks5://prober:another@{}", proxy.address());
    let found = verify(&lab, "ada@accepts.example", &[("RCPT_PROXY", &refused)]);
    assert_eq!((&found["status"], &found["reason"]), (&json!("unknown"), &json!("connect_failed")), "{found}");
    assert_eq!(lab.lab().visits_to("accepts.example").len(), 1);
}

#[test]
fn ok_a_host_without_the_wanted_family_is_not_reached() {
    let lab = RunningLab::start(Ports::default()).expect("a lab");
    let found = verify(&lab, "ada@accepts.example", &[("RCPT_FAMILY", "v6-only")]);
    assert_eq!(
        (&found["reason"], &found["about"], &found["smtp"]["ip"]),
        (&json!("connect_failed"), &json!("transient"), &Value::Null),
        "{found}"
    );
    assert_eq!(
        verify(&lab, "ada@dual-stack.example", &[("RCPT_FAMILY", "v6-first")])["reason"],
        "mailbox_accepted",
        "the other family is tried"
    );
}
