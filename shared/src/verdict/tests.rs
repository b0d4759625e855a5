//! The judge by example: what was observed, and the reason that it comes to.

use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

use super::*;
use crate::dns::{DnsFailure, MailRoute, MxHost};
use crate::domain::host_name::HostName;
use crate::evidence::{
    Attempt, DnsEvidence, Evidence, Observation, Outcome, ProbeReport, Probing, Recipient, RouteFact, SessionEnd, SessionFacts, UnixMillis,
};
use crate::smtp::{Reply, Stage};

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

fn address(text: &str) -> Evidence {
    Evidence::of_text(text, NOW)
}

fn routed(outcome: Result<MailRoute, DnsFailure>) -> Evidence {
    let outcome = outcome.map(|route| RouteFact { route, authenticated: false, ttl_s: 60 });
    Evidence { dns: Some(DnsEvidence { at: NOW, outcome }), ..address("ada@a.example") }
}

fn hosts() -> MailRoute {
    let host = |preference, name| MxHost { preference, exchange: HostName::new(name) };
    MailRoute::Hosts { hosts: vec![host(10, "mx1.a.example"), host(20, "mx2.a.example")] }
}

fn probed(complete: bool, outcomes: Vec<Outcome>) -> Evidence {
    let attempt = |outcome| Attempt { host: HostName::new("mx.a.example"), ip: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), outcome };
    let attempts = outcomes.into_iter().map(attempt).collect();
    let report = ProbeReport { at: NOW, elapsed_ms: 1, complete, attempts, decoy_at: None, greylist_delay_s: None, transcript: Vec::new() };
    Evidence { probing: Probing::Reported(report), ..routed(Ok(hosts())) }
}

fn seen(stage: Stage, recipient: Option<Recipient>, raw: &str) -> Observation {
    Observation { stage, recipient, reply: Reply::parse(raw).expect("a reply") }
}

fn session(observations: Vec<Observation>, end: SessionEnd) -> Outcome {
    Outcome::Session(SessionFacts { tls: false, certificate: None, observations, end })
}

/// A session that got as far as RCPT, with these replies to it.
fn asked(target: &str, decoy: Option<&str>) -> Outcome {
    let mut observations = vec![
        seen(Stage::Greeting, None, "220 mx"),
        seen(Stage::Ehlo, None, "250 mx"),
        seen(Stage::Mail, None, "250 2.1.0 Ok"),
        seen(Stage::Rcpt, Some(Recipient::Target), target),
    ];
    observations.extend(decoy.map(|raw| seen(Stage::Rcpt, Some(Recipient::Decoy), raw)));
    session(observations, SessionEnd::Quit)
}

fn reason(evidence: &Evidence) -> Reason {
    judge(evidence).reason
}

const UNKNOWN: &str = "550 5.1.1 <x@a.example>: Recipient address rejected: User unknown";
const BLOCKED: &str = "554 5.7.1 Service unavailable; client host [192.0.2.1] blocked using zen.spamhaus.org";
const RELAY: &str = "554 5.7.1 <x@a.example>: Relay access denied";

#[test]
fn ok_the_address_alone() {
    assert_eq!(reason(&address("ada@@a.example")), Reason::SyntaxInvalid);
    assert_eq!(reason(&address("ada@[192.0.2.1]")), Reason::Unverifiable);
    assert_eq!(reason(&address("ada@company.invalid")), Reason::DomainNotFound);
    assert_eq!(reason(&address("ada@a.example")), Reason::NotProbed);
    for wanted in Reason::ALL {
        let text = alloc::format!("{wanted}@rcpt.test");
        assert_eq!(reason(&address(&text)), *wanted, "{text}");
        assert_eq!(reason(&address(&alloc::format!("{wanted}+case7@RCPT.test"))), *wanted);
    }
    // The rest of .test is what it is everywhere: reserved, and so nowhere.
    assert_eq!(reason(&address("someone@rcpt.test")), Reason::DomainNotFound);
    assert_eq!(reason(&address("accept_all@sub.rcpt.test")), Reason::DomainNotFound);
}

#[test]
fn ok_the_route() {
    assert_eq!(reason(&routed(Ok(MailRoute::NoSuchDomain))), Reason::DomainNotFound);
    assert_eq!(reason(&routed(Ok(MailRoute::Null))), Reason::DomainAcceptsNoMail);
    assert_eq!(reason(&routed(Ok(MailRoute::NoMail))), Reason::DomainAcceptsNoMail);
    assert_eq!(reason(&routed(Ok(hosts()))), Reason::NotProbed);
    for failure in [DnsFailure::TimedOut, DnsFailure::Unreachable, DnsFailure::ServerFailure, DnsFailure::Refused, DnsFailure::Malformed] {
        assert_eq!(reason(&routed(Err(failure))), Reason::DnsUnavailable);
    }
}

#[test]
fn ok_who_asked() {
    let with = |probing| Evidence { probing, ..routed(Ok(hosts())) };
    assert_eq!(reason(&with(Probing::ProberUnavailable)), Reason::ProberUnavailable);
    assert_eq!(reason(&with(Probing::Declined)), Reason::NotProbed);
    // Time was over before anybody was asked, so nobody can be blamed.
    assert_eq!(reason(&probed(false, vec![])), Reason::TimedOut);
}

#[test]
fn ok_one_host() {
    for (target, decoy, expected) in [
        ("250 2.1.5 Ok", Some(UNKNOWN), Reason::MailboxAccepted),
        ("250 2.1.5 Ok", Some("250 2.1.5 Ok"), Reason::AcceptAll),
        // An unanswered, blocked or deferred decoy proves nothing.
        ("250 2.1.5 Ok", None, Reason::MailboxAccepted),
        ("250 2.1.5 Ok", Some(BLOCKED), Reason::MailboxAccepted),
        ("250 2.1.5 Ok", Some("450 4.7.1 Greylisted"), Reason::MailboxAccepted),
        (UNKNOWN, None, Reason::MailboxNotFound),
        ("550 5.4.1 Recipient address rejected: Access denied. [x.prod.outlook.com]", None, Reason::MailboxNotFound),
        ("552 5.2.2 Mailbox full", None, Reason::MailboxFull),
        ("452 4.2.2 Over quota", None, Reason::MailboxFull),
        ("550 5.2.1 The email account that you tried to reach is disabled", None, Reason::MailboxDisabled),
        ("450 4.7.1 Greylisted, try again in 300 seconds", None, Reason::Greylisted),
        (BLOCKED, None, Reason::SenderBlocked),
        ("451 4.3.0 Temporary server error", None, Reason::ServerError),
        ("550 no", None, Reason::Unverifiable),
    ] {
        assert_eq!(reason(&probed(false, vec![asked(target, decoy)])), expected, "{target} / {decoy:?}");
    }
}

#[test]
fn ok_a_blocklist_is_about_us_at_every_stage() {
    for stage in Stage::REPLYING {
        let recipient = (stage == Stage::Rcpt).then_some(Recipient::Target);
        let evidence = probed(true, vec![session(vec![seen(stage, recipient, BLOCKED)], SessionEnd::Quit)]);
        assert_eq!(reason(&evidence), Reason::SenderBlocked, "{stage}");
        assert_eq!(judge(&evidence).about(), About::Us);
    }
}

#[test]
fn err_no_word_before_rcpt_condemns() {
    for stage in [Stage::Greeting, Stage::Ehlo, Stage::Mail] {
        let evidence = probed(true, vec![session(vec![seen(stage, None, UNKNOWN)], SessionEnd::Quit)]);
        assert_eq!(judge(&evidence).status(), Status::Unknown, "{stage}");
    }
}

#[test]
fn ok_several_hosts() {
    let refused = || Outcome::ConnectFailed;
    for (complete, outcomes, expected) in [
        // The first that answers about the mailbox decides, wherever it stands.
        (false, vec![refused(), asked("250 Ok", Some(UNKNOWN))], Reason::MailboxAccepted),
        (false, vec![asked(BLOCKED, None), asked(UNKNOWN, None)], Reason::MailboxNotFound),
        (true, vec![refused(), refused()], Reason::ConnectFailed),
        (true, vec![refused(), Outcome::ConnectTimedOut], Reason::TimedOut),
        (true, vec![asked("450 4.7.1 Greylisted", None), refused()], Reason::Greylisted),
        // "Not mine" holds only if all hosts of the route say so.
        (true, vec![asked(RELAY, None), asked(RELAY, None)], Reason::DomainNotHosted),
        (false, vec![asked(RELAY, None), asked(RELAY, None)], Reason::Unverifiable),
        (true, vec![asked(RELAY, None), refused()], Reason::ConnectFailed),
        (true, vec![Outcome::NoAddress, Outcome::NoAddress], Reason::DomainAcceptsNoMail),
        (true, vec![Outcome::NoAddress, Outcome::NotRoutable], Reason::Unverifiable),
        (true, vec![Outcome::NoAddress, asked(RELAY, None)], Reason::Unverifiable),
        (true, vec![Outcome::AddressUnavailable { failure: DnsFailure::TimedOut }], Reason::DnsUnavailable),
        (true, vec![Outcome::NotRoutable], Reason::Unverifiable),
        (true, vec![Outcome::OutsideLab], Reason::NotProbed),
    ] {
        let evidence = probed(complete, outcomes);
        assert_eq!(reason(&evidence), expected, "{evidence:?}");
    }
}

#[test]
fn ok_sessions_that_broke_off() {
    let accepted = || vec![seen(Stage::Greeting, None, "220 mx"), seen(Stage::Ehlo, None, "250 mx")];
    let error = crate::smtp::parser::ReplyError::LineTooLong;
    for (end, expected) in [
        (SessionEnd::Closed { stage: Stage::Mail }, Reason::ServerError),
        (SessionEnd::TimedOut { stage: Stage::Mail }, Reason::TimedOut),
        (SessionEnd::Garbled { stage: Stage::Mail, error }, Reason::ServerError),
        (SessionEnd::TlsFailed, Reason::ServerError),
    ] {
        assert_eq!(reason(&probed(true, vec![session(accepted(), end)])), expected, "{end:?}");
        assert_eq!(reason(&probed(true, vec![session(vec![], end)])), expected, "{end:?}");
    }
}

#[test]
fn err_replies_out_of_step_prove_nothing() {
    let error = crate::smtp::parser::ReplyError::OutOfStep;
    for raw in ["250 2.1.5 Ok", UNKNOWN] {
        let observations = vec![seen(Stage::Rcpt, Some(Recipient::Target), raw)];
        let evidence = probed(true, vec![session(observations, SessionEnd::Garbled { stage: Stage::Quit, error })]);
        assert_eq!(reason(&evidence), Reason::ServerError, "{raw}");
    }
}

#[test]
fn ok_the_verdict_names_the_attempt_it_rests_on() {
    let evidence = probed(false, vec![Outcome::ConnectFailed, asked(UNKNOWN, None)]);
    assert_eq!(judge(&evidence).attempt, Some(1));
    let evidence = probed(true, vec![asked("450 4.7.1 Greylisted", None), Outcome::ConnectFailed]);
    assert_eq!(judge(&evidence).attempt, Some(0));
}

#[test]
fn ok_what_is_worth_asking_next() {
    for level in [Level::Syntax, Level::Dns, Level::Smtp] {
        for text in ["ada@@a.example", "ada@[192.0.2.1]", "accept_all@rcpt.test", "ada@localdomain.invalid"] {
            assert_eq!(next_step(&address(text), level), Step::Judge, "{text}");
        }
    }
    assert_eq!(next_step(&address("ada@a.example"), Level::Syntax), Step::Judge);
    assert_eq!(next_step(&address("ada@a.example"), Level::Dns), Step::Resolve);
    assert_eq!(next_step(&routed(Ok(hosts())), Level::Dns), Step::Judge);
    assert_eq!(next_step(&routed(Ok(hosts())), Level::Smtp), Step::Probe);
    assert_eq!(next_step(&routed(Ok(MailRoute::Null)), Level::Smtp), Step::Judge);
    assert_eq!(next_step(&routed(Err(DnsFailure::TimedOut)), Level::Smtp), Step::Judge);
    assert_eq!(next_step(&probed(true, vec![]), Level::Smtp), Step::Judge);
}

fn run_by(exchanges: &[&str]) -> MailRoute {
    let hosts = exchanges.iter().zip(1..).map(|(name, preference)| MxHost { preference, exchange: HostName::new(name) });
    MailRoute::Hosts { hosts: hosts.collect() }
}

#[test]
fn ok_who_answers_after_data_is_not_asked() {
    let yahoo = || run_by(&["mta5.am0.yahoodns.net", "mta6.am0.yahoodns.net"]);
    let evidence = routed(Ok(yahoo()));
    assert_eq!(next_step(&evidence, Level::Smtp), Step::Judge);
    assert_eq!(reason(&evidence), Reason::Unverifiable);
    assert!(explanation::explain(&evidence, &judge(&evidence)).starts_with("This operator accepts every name while asked"));
    // Replies that were kept from a time when nobody knew are worth no more.
    for target in ["250 recipient ok", UNKNOWN] {
        let dns = routed(Ok(yahoo())).dns;
        assert_eq!(reason(&Evidence { dns, ..probed(true, vec![asked(target, None)]) }), Reason::Unverifiable, "{target}");
    }
    // Another's host may tell.
    for exchanges in [["mx.a.example", "mta5.am0.yahoodns.net"], ["mta5.am0.yahoodns.net", "mx.a.example"]] {
        assert_eq!(next_step(&routed(Ok(run_by(&exchanges))), Level::Smtp), Step::Probe, "{exchanges:?}");
    }
    assert_eq!(next_step(&routed(Ok(MailRoute::Implicit)), Level::Smtp), Step::Probe);
}
