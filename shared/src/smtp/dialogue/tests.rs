//! Transcripts, as a mail operator would read them: `S:` the server, `C:` what the dialogue must have sent since.

mod ends;
mod errands;
mod opening;
mod proof;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use super::*;
use crate::domain::Domain;
use crate::mailbox::Mailbox;
use crate::smtp::command::HeloName;

const SECOND: Duration = Duration::from_secs(1);

fn mailbox(text: &str) -> Mailbox {
    Mailbox::parse(text).expect("an address")
}

fn plan() -> Plan {
    Plan {
        helo: HeloName::new(Domain::parse("prober.lab.example").expect("a domain")),
        mail_from: mailbox("probe@lab.example"),
        starttls: true,
        pipelining: true,
        second_ehlo: true,
        timeouts: Timeouts { greeting: 20 * SECOND, command: 10 * SECOND, quit: 2 * SECOND },
        limits: Limits::CAREFUL,
    }
}

fn errand(ticket: u64, address: &str) -> Errand {
    Errand { ticket, mailbox: mailbox(address), deadline: 60 * SECOND, decoy: false }
}

/// What the dialogue wants to send now.
fn pump(dialogue: &mut Dialogue, now: Duration) -> String {
    let mut sent = String::new();
    while let Next::Send(bytes) = dialogue.next(now) {
        sent.push_str(&bytes);
    }
    sent
}

/// Plays a transcript against a dialogue. `\r\n` in a line parts two that come at once, `(closes)` ends the connection from the server's
/// side, `(11 s)` lets time pass, `(asks ADDRESS)` brings another errand, `(secured)` ends the handshake, `(leaves)` takes leave.
fn play_by(plan: Plan, targets: &[&str], transcript: &str) -> Vec<Told> {
    let mut now = Duration::ZERO;
    let mut dialogue = Dialogue::new(plan, now);
    let (mut sent, mut told) = (String::new(), Vec::new());
    for (ticket, target) in (0..).zip(targets) {
        dialogue.ask(errand(ticket, target), now);
    }
    let mut tickets = u64::try_from(targets.len()).expect("few")..;
    for line in transcript.lines().map(str::trim).filter(|line| !line.is_empty()) {
        sent.push_str(&pump(&mut dialogue, now));
        match line.split_once(": ") {
            Some(("C", expected)) => {
                let (first, rest) = sent.split_once("\r\n").unwrap_or_else(|| panic!("nothing was sent, expected {expected}"));
                assert_eq!(first, expected);
                sent = rest.to_string();
            }
            Some(("S", text)) => {
                assert_eq!(sent, "", "sent before {line}");
                dialogue.receive(format!("{}\r\n", text.replace("\\r\\n", "\r\n")).as_bytes(), now);
            }
            _ if line == "(closes)" => dialogue.closed(),
            _ if line == "(leaves)" => dialogue.leave(now),
            _ if line == "(secured)" => {
                assert!(matches!(dialogue.next(now), Next::Secure { .. }));
                dialogue.secured(Some(CertificateFault::UnknownIssuer), now);
            }
            _ if line == "(not secured)" => dialogue.not_secured(),
            _ => match line.trim_matches(['(', ')']).split_once(' ') {
                Some(("asks", address)) => dialogue.ask(errand(tickets.next().expect("one more"), address), now),
                _ => now += SECOND * line.trim_matches(|c: char| !c.is_ascii_digit()).parse().expect("seconds"),
            },
        }
        told.extend(dialogue.told());
    }
    sent.push_str(&pump(&mut dialogue, now));
    told.extend(dialogue.told());
    assert_eq!(sent, "", "sent at the end");
    assert_eq!(dialogue.next(now), Next::Close);
    told.sort_by_key(|told| told.ticket);
    told
}

fn play(targets: &[&str], transcript: &str) -> Vec<Told> {
    play_by(plan(), targets, transcript)
}

fn play_one(transcript: &str) -> SessionFacts {
    let mut told = play(&["ada@a.example"], transcript);
    assert_eq!(told.len(), 1, "{told:?}");
    told.remove(0).facts
}

/// The replies kept, as `stage recipient code`.
fn kept(facts: &SessionFacts) -> Vec<String> {
    let whom = |seen: &Observation| match seen.recipient {
        Some(Recipient::Target) => " target",
        Some(Recipient::Decoy) => " decoy",
        None => "",
    };
    facts.observations.iter().map(|seen| format!("{}{} {}", seen.stage, whom(seen), seen.reply.code)).collect()
}

/// What came of each errand: its code or how the session ended, and whether it goes elsewhere.
fn outcomes(told: &[Told]) -> Vec<String> {
    let one = |told: &Told| {
        let code = told.facts.about(Recipient::Target).map(|seen| seen.reply.code.to_string());
        let again = if told.again { " again" } else { "" };
        format!("{}{again}", code.unwrap_or_else(|| format!("{:?}", told.facts.end)))
    };
    told.iter().map(one).collect()
}

const OPENING: &str = "S: 220 mx
     C: EHLO prober.lab.example
     S: 250-mx
     S: 250 PIPELINING
     C: MAIL FROM:<probe@lab.example>\n";

/// The host is still in step: EHLO is answered as before.
const PROOF: &str = "C: EHLO prober.lab.example
     S: 250-mx
     S: 250 PIPELINING\n";
