//! Transcripts, as a mail operator would read them: `S:` the server, `C:` what the dialogue must have sent since.

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

fn plan(targets: &[&str]) -> Plan {
    Plan {
        helo: HeloName::new(Domain::parse("prober.lab.example").expect("a domain")),
        mail_from: mailbox("probe@lab.example"),
        targets: targets.iter().map(|target| mailbox(target)).collect(),
        decoy: Some(mailbox("decoy@a.example")),
        timeouts: Timeouts { greeting: 20 * SECOND, command: 10 * SECOND, quit: 2 * SECOND },
        deadline: 60 * SECOND,
    }
}

/// What the dialogue wants to send now.
fn pump(dialogue: &mut Dialogue, now: Duration) -> String {
    let mut sent = String::new();
    while let Next::Send(bytes) = dialogue.next(now) {
        sent.push_str(&bytes);
    }
    sent
}

/// Plays a transcript against a dialogue. `\r\n` in a line parts two that come at once, `(closes)` ends the connection from the server's side, `(11 s)` lets time pass.
fn play(plan: Plan, transcript: &str) -> Vec<SessionFacts> {
    let mut now = Duration::ZERO;
    let mut dialogue = Dialogue::new(plan, now);
    let mut sent = String::new();
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
            _ => now += SECOND * line.trim_matches(|c: char| !c.is_ascii_digit()).parse().expect("seconds"),
        }
    }
    sent.push_str(&pump(&mut dialogue, now));
    assert_eq!(sent, "", "sent at the end");
    assert_eq!(dialogue.next(now), Next::Close);
    dialogue.facts(false)
}

fn play_one(transcript: &str) -> SessionFacts {
    play(plan(&["ada@a.example"]), transcript).remove(0)
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

#[test]
fn ok_step_by_step_without_pipelining() {
    let facts = play_one(
        "S: 220 mx ESMTP
         C: EHLO prober.lab.example
         S: 250-mx
         S: 250 SIZE 1000
         C: MAIL FROM:<probe@lab.example>
         S: 250 ok
         C: RCPT TO:<ada@a.example>
         S: 250 ok
         C: RCPT TO:<decoy@a.example>
         S: 550 5.1.1 unknown
         C: QUIT
         S: 221 bye",
    );
    assert_eq!(kept(&facts), ["greeting 220", "ehlo 250", "mail 250", "rcpt target 250", "rcpt decoy 550", "quit 221"]);
    assert_eq!(facts.end, SessionEnd::Quit);
}

#[test]
fn ok_pipelined_only_where_offered() {
    let facts = play_one(
        "S: 220 mx
         C: EHLO prober.lab.example
         S: 250-mx
         S: 250-pipelining
         S: 250 HELP
         C: MAIL FROM:<probe@lab.example>
         C: RCPT TO:<ada@a.example>
         S: 250 ok
         S: 250 ok
         C: RCPT TO:<decoy@a.example>
         C: QUIT
         S: 250 ok
         S: 221 bye",
    );
    assert_eq!(kept(&facts), ["greeting 220", "ehlo 250", "mail 250", "rcpt target 250", "rcpt decoy 250", "quit 221"]);
}

#[test]
fn ok_a_refused_target_is_not_followed_by_a_decoy() {
    let facts = play_one(
        "S: 220 mx
         C: EHLO prober.lab.example
         S: 250-mx
         S: 250 PIPELINING
         C: MAIL FROM:<probe@lab.example>
         C: RCPT TO:<ada@a.example>
         S: 250 ok
         S: 550 5.1.1 unknown
         C: QUIT
         S: 221 bye",
    );
    assert_eq!(kept(&facts), ["greeting 220", "ehlo 250", "mail 250", "rcpt target 550", "quit 221"]);
}

#[test]
fn ok_several_targets_one_decoy() {
    let facts = play(
        plan(&["ada@a.example", "bob@a.example", "eve@a.example"]),
        "S: 220 mx
         C: EHLO prober.lab.example
         S: 250 mx
         C: MAIL FROM:<probe@lab.example>
         S: 250 ok
         C: RCPT TO:<ada@a.example>
         S: 550 5.1.1 unknown
         C: RCPT TO:<bob@a.example>
         S: 250 ok
         C: RCPT TO:<eve@a.example>
         S: 452 4.2.2 full
         C: RCPT TO:<decoy@a.example>
         S: 550 5.1.1 unknown
         C: QUIT
         S: 221 bye",
    );
    let codes: Vec<_> = facts.iter().map(|one| one.about(Recipient::Target).map(|seen| seen.reply.code.get()).expect("asked")).collect();
    assert_eq!(codes, [550, 250, 452]);
    assert!(facts.iter().all(|one| one.about(Recipient::Decoy).is_some()));
}

#[test]
fn ok_a_refused_sender_says_nothing_of_the_mailbox() {
    let facts = play_one(
        "S: 220 mx
         C: EHLO prober.lab.example
         S: 250-mx
         S: 250 PIPELINING
         C: MAIL FROM:<probe@lab.example>
         C: RCPT TO:<ada@a.example>
         S: 550 5.7.1 blocked using zen.spamhaus.org
         S: 503 5.5.1 need MAIL first
         C: QUIT
         S: 221 bye",
    );
    assert_eq!(kept(&facts), ["greeting 220", "ehlo 250", "mail 550", "quit 221"]);
    assert!(facts.about(Recipient::Target).is_none());
}

#[test]
fn ok_helo_where_ehlo_is_unknown() {
    for code in [500, 501, 502, 503, 504] {
        let facts = play_one(&format!(
            "S: 220 mx
             C: EHLO prober.lab.example
             S: {code} what
             C: HELO prober.lab.example
             S: 250 mx
             C: MAIL FROM:<probe@lab.example>
             S: 250 ok
             C: RCPT TO:<ada@a.example>
             S: 550 5.1.1 unknown
             C: QUIT
             S: 221 bye"
        ));
        assert_eq!(facts.about(Recipient::Target).map(|seen| seen.reply.code.get()), Some(550));
    }
}

#[test]
fn ok_a_refusal_at_the_door_is_left_with_quit() {
    let refused = play_one("S: 554 5.7.1 blocked\nC: QUIT\nS: 221 bye");
    assert_eq!(kept(&refused), ["greeting 554", "quit 221"]);
    let refused = play_one("S: 220 mx\nC: EHLO prober.lab.example\nS: 550 5.7.1 no PTR\nC: QUIT\nS: 221 bye");
    assert_eq!(kept(&refused), ["greeting 220", "ehlo 550", "quit 221"]);
}

#[test]
fn ok_421_ends_the_session_at_any_point() {
    for (before, stage) in [("", Stage::Greeting), ("S: 220 mx\nC: EHLO prober.lab.example\n", Stage::Ehlo)] {
        let facts = play_one(&format!("{before}S: 421 4.3.2 going down\nC: QUIT"));
        assert_eq!(facts.observations.last().map(|seen| (seen.stage, seen.reply.code.get())), Some((stage, 421)));
    }
}

#[test]
fn ok_421_behind_a_refusal_does_not_take_it_back() {
    let facts = play_one(
        "S: 220 mx
         C: EHLO prober.lab.example
         S: 250 mx
         C: MAIL FROM:<probe@lab.example>
         S: 250 ok
         C: RCPT TO:<ada@a.example>
         S: 550 5.1.1 unknown\\r\\n421 4.7.0 too many errors
         C: QUIT
         (closes)",
    );
    assert_eq!(facts.about(Recipient::Target).map(|seen| seen.reply.code.get()), Some(550));
    assert_eq!(facts.end, SessionEnd::Quit);
}

#[test]
fn err_closed_in_the_middle_keeps_what_was_said() {
    let facts = play_one(
        "S: 220 mx
         C: EHLO prober.lab.example
         S: 250 mx
         C: MAIL FROM:<probe@lab.example>
         S: 250 ok
         C: RCPT TO:<ada@a.example>
         (closes)",
    );
    assert_eq!(facts.end, SessionEnd::Closed { stage: Stage::Rcpt });
    assert_eq!(kept(&facts), ["greeting 220", "ehlo 250", "mail 250"]);
}

#[test]
fn ok_closed_at_the_decoy_keeps_the_target() {
    let facts = play_one(
        "S: 220 mx
         C: EHLO prober.lab.example
         S: 250 mx
         C: MAIL FROM:<probe@lab.example>
         S: 250 ok
         C: RCPT TO:<ada@a.example>
         S: 250 ok
         C: RCPT TO:<decoy@a.example>
         (closes)",
    );
    assert_eq!(facts.about(Recipient::Target).map(|seen| seen.reply.code.get()), Some(250));
    assert!(facts.about(Recipient::Decoy).is_none());
}

#[test]
fn err_silence_is_a_timeout_and_quit_is_still_said() {
    let facts = play_one("(19 s)\n(1 s)\nC: QUIT");
    assert_eq!(facts.end, SessionEnd::TimedOut { stage: Stage::Greeting });
    let facts = play_one("S: 220 mx\nC: EHLO prober.lab.example\n(10 s)\nC: QUIT");
    assert_eq!(facts.end, SessionEnd::TimedOut { stage: Stage::Ehlo });
}

#[test]
fn err_a_slow_drip_ends_at_the_deadline() {
    let mut dialogue = Dialogue::new(plan(&["ada@a.example"]), Duration::ZERO);
    let mut now = Duration::ZERO;
    let mut reads = 0;
    while let Next::Read { until, .. } = dialogue.next(now) {
        assert!(until <= 60 * SECOND);
        // A byte just in time, for ever.
        now = until.saturating_sub(Duration::from_millis(1)).max(now) + Duration::from_millis(2);
        dialogue.receive(b"2", now);
        reads += 1;
        assert!(reads < 100);
    }
    assert_eq!(dialogue.facts(false).first().map(|facts| facts.end), Some(SessionEnd::TimedOut { stage: Stage::Greeting }));
}

#[test]
fn err_replies_out_of_step_condemn_nobody() {
    // The refusal was sent before RCPT was: it cannot be about the target.
    let facts = play_one(
        "S: 220 mx
         C: EHLO prober.lab.example
         S: 250 mx
         C: MAIL FROM:<probe@lab.example>
         S: 250 ok\\r\\n550 5.1.1 no such user
         C: QUIT",
    );
    assert_eq!(facts.end, SessionEnd::Garbled { stage: Stage::Rcpt, error: ReplyError::OutOfStep });
    assert!(facts.about(Recipient::Target).is_none());
    // One reply too many in a pipelined group: the refusal may be anybody's.
    let facts = play_one(
        "S: 220 mx
         C: EHLO prober.lab.example
         S: 250-mx
         S: 250 PIPELINING
         C: MAIL FROM:<probe@lab.example>
         C: RCPT TO:<ada@a.example>
         S: 250 ok\\r\\n550 5.1.1 no such user\\r\\n250 ok
         C: QUIT",
    );
    assert_eq!(facts.end, SessionEnd::Garbled { stage: Stage::Quit, error: ReplyError::OutOfStep });
    let facts = play_one("S: 220 mx\\r\\n250 talkative\nC: QUIT");
    assert_eq!(facts.end, SessionEnd::Garbled { stage: Stage::Ehlo, error: ReplyError::OutOfStep });
}

#[test]
fn err_what_is_no_smtp() {
    let facts = play_one("S: HTTP/1.1 400 Bad Request\nC: QUIT");
    assert_eq!(facts.end, SessionEnd::Garbled { stage: Stage::Greeting, error: ReplyError::NoCode });
    assert!(facts.observations.is_empty());
}

#[test]
fn ok_smtputf8_is_asked_for_where_it_is_needed_and_offered() {
    let facts = play(
        plan(&["ädä@a.example"]),
        "S: 220 mx
         C: EHLO prober.lab.example
         S: 250-mx
         S: 250 SMTPUTF8
         C: MAIL FROM:<probe@lab.example> SMTPUTF8
         S: 250 ok
         C: RCPT TO:<ädä@a.example>
         S: 550 5.1.1 unknown
         C: QUIT
         S: 221 bye",
    );
    assert_eq!(facts[0].end, SessionEnd::Quit);
}

#[test]
fn ok_without_smtputf8_the_mailbox_is_not_asked() {
    let facts = play(
        plan(&["ädä@a.example"]),
        "S: 220 mx
         C: EHLO prober.lab.example
         S: 250 mx
         C: QUIT
         S: 221 bye",
    );
    assert_eq!(facts[0].end, SessionEnd::Smtputf8NotOffered);
    assert!(facts[0].about(Recipient::Target).is_none());
}

#[test]
fn ok_bytes_may_come_one_at_a_time() {
    let mut dialogue = Dialogue::new(plan(&["ada@a.example"]), Duration::ZERO);
    for byte in b"220-mx\r\n220 ESMTP\r\n" {
        assert!(matches!(dialogue.next(Duration::ZERO), Next::Read { stage: Stage::Greeting, .. }));
        dialogue.receive(&[*byte], Duration::ZERO);
    }
    assert_eq!(dialogue.next(Duration::ZERO), Next::Send("EHLO prober.lab.example\r\n".to_string()));
}

#[test]
fn ok_any_bytes_end_without_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let pieces: [&[u8]; 10] =
        [b"220 a\r\n", b"250 ok\n", b"250-", b"\xff\xfe", b"\r\n", b"550 5.1.1 x\r\n", b"421 x\r\n", b"99", b"354 go\r\n", b"\0"];
    for _ in 0..2_000 {
        let mut dialogue = Dialogue::new(plan(&["ada@a.example", "ädä@a.example"]), Duration::ZERO);
        let mut now = Duration::ZERO;
        let mut bytes = Vec::new();
        for _ in 0..12 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.clear();
            bytes.extend_from_slice(pieces[usize::try_from(state % 10).expect("small")]);
            while let Next::Send(_) = dialogue.next(now) {}
            dialogue.receive(&bytes, now);
            now += Duration::from_millis(state % 3000);
        }
        while !matches!(dialogue.next(now), Next::Close) {
            now += SECOND;
            assert!(now < 200 * SECOND);
        }
        assert_eq!(dialogue.facts(false).len(), 2);
    }
}

#[test]
fn ok_a_talkative_server_does_not_fill_the_evidence() {
    let line = format!("S: 550-5.1.1 {}\n", "ä".repeat(1_000)).repeat(30);
    let facts = play_one(&format!("{line}S: 550 5.1.1 end\nC: QUIT\nS: 221 bye"));
    assert!(facts.observations.iter().all(|seen| seen.reply.text.len() <= MAX_KEPT));
}
