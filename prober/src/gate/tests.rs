use std::time::Duration;

use shared::domain::host_name::HostName;

use super::window::{TRIAL, WINDOW};
use super::*;

const BLOCKED: FindingKind = FindingKind::SenderBlocked;

fn operator(exchange: &str) -> Option<Operator> {
    Operator::of_exchange(&HostName::new(exchange))
}

fn google() -> Option<Operator> {
    operator("aspmx.l.google.com")
}

fn microsoft() -> Option<Operator> {
    operator("a-example.mail.protection.outlook.com")
}

/// A host of its own network, asked about a domain of its own.
fn hear_apart(gate: &Gate, n: u8, finding: FindingKind, now: Instant) {
    gate.heard(None, (&format!("a{n}.example"), IpAddr::from([192, 0, n, 1])), finding, now);
}

fn hear(gate: &Gate, operator: Option<Operator>, finding: FindingKind, now: Instant) {
    gate.heard(operator, ("a.example", IpAddr::from([192, 0, 2, 1])), finding, now);
}

#[test]
fn ok_it_closes_by_share_and_opens_by_trial() {
    let (gate, now) = (Gate::default(), Instant::now());
    (0..19).for_each(|_| hear(&gate, google(), BLOCKED, now));
    assert!(gate.admits(google(), now), "too few to tell");
    hear(&gate, google(), BLOCKED, now);
    assert!(!gate.admits(google(), now));
    assert_eq!(gate.closed(), ["google"]);
    assert!(gate.admits(None, now), "others are not concerned");
    let later = now + TRIAL;
    assert!(gate.admits(google(), later), "one is let through");
    assert!(!gate.admits(google(), later), "and only one");
    hear(&gate, google(), FindingKind::MailboxNotFound, later);
    assert!(gate.admits(google(), later) && gate.closed().is_empty());
}

#[test]
fn ok_a_trial_that_is_blocked_leaves_it_closed() {
    let (gate, now) = (Gate::default(), Instant::now());
    (0..20).for_each(|_| hear(&gate, google(), BLOCKED, now));
    // All that closed it is long past, and the trial is one answer only.
    let later = now + WINDOW * 2;
    assert!(gate.admits(google(), later));
    hear(&gate, google(), BLOCKED, later);
    assert!(!gate.admits(google(), later));
}

#[test]
fn ok_one_cross_domain_or_network_is_one_voice() {
    let (gate, now) = (Gate::default(), Instant::now());
    for n in 0..100 {
        gate.heard(None, ("many.example", IpAddr::from([192, 0, n, 1])), BLOCKED, now);
        gate.heard(None, (&format!("a{n}.example"), IpAddr::from([198, 51, 100, n])), BLOCKED, now);
        gate.heard(None, (&format!("b{n}.example"), IpAddr::from([0x2001_u16, 0xdb8, 7, n.into(), 0, 0, 0, 1])), BLOCKED, now);
    }
    assert!(gate.admits(None, now), "one domain with many hosts, and many with one network");
    (0..12).for_each(|n| hear_apart(&gate, n, FindingKind::Accepted, now));
    (12..40).for_each(|n| hear_apart(&gate, n, BLOCKED, now));
    assert!(!gate.admits(None, now), "as soon as most are of one mind");
}

#[test]
fn ok_old_answers_are_forgotten_and_canaries_count_at_once() {
    let (gate, now) = (Gate::default(), Instant::now());
    (0..19).for_each(|_| hear(&gate, google(), BLOCKED, now));
    hear(&gate, google(), BLOCKED, now + WINDOW + Duration::from_secs(1));
    assert!(gate.admits(google(), now));
    gate.canary(google(), true, now);
    assert!(!gate.admits(google(), now));
    gate.canary(google(), false, now);
    assert!(gate.admits(google(), now));
}

#[test]
fn ok_shut_for_all_it_still_tries() {
    let (gate, now) = (Gate::default(), Instant::now());
    hear_apart(&gate, 1, FindingKind::Accepted, now);
    for operator in [google(), microsoft()] {
        gate.canary(operator, true, now);
    }
    assert!(gate.is_shut(now) && !gate.admits(None, now), "two of three are closed");
    assert!(gate.admits(None, now + TRIAL), "one is let through for the others");
    assert!(!gate.admits(None, now + TRIAL), "and only one");
    let later = now + WINDOW + Duration::from_secs(1);
    assert!(!gate.is_shut(later) && gate.admits(None, later), "what nobody confirmed for so long stops nobody else");
    assert!(gate.admits(google(), later) && !gate.admits(google(), later), "its own operator is tried first");
}
