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

fn plan() -> Plan {
    Plan {
        helo: HeloName::new(Domain::parse("prober.lab.example").expect("a domain")),
        mail_from: mailbox("probe@lab.example"),
        starttls: true,
        timeouts: Timeouts { greeting: 20 * SECOND, command: 10 * SECOND, quit: 2 * SECOND },
        limits: Limits::CAREFUL,
    }
}

fn errand(ticket: u64, address: &str) -> Errand {
    Errand { ticket, mailbox: mailbox(address), deadline: 60 * SECOND }
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

#[test]
fn ok_step_by_step_without_pipelining() {
    let told = play(
        &["ada@a.example", "bob@a.example"],
        "S: 220 mx ESMTP
         C: EHLO prober.lab.example
         S: 250-mx
         S: 250 SIZE 1000
         C: MAIL FROM:<probe@lab.example>
         S: 250 ok
         C: RCPT TO:<ada@a.example>
         S: 250 ok
         C: RCPT TO:<bob@a.example>
         S: 550 5.1.1 unknown
         (leaves)
         C: QUIT
         S: 221 bye",
    );
    assert_eq!(outcomes(&told), ["250", "550"]);
    assert_eq!(kept(&told[0].facts), ["rcpt target 250"]);
}

#[test]
fn ok_pipelined_only_where_offered() {
    let told = play(
        &["ada@a.example", "bob@a.example", "eve@a.example"],
        &format!(
            "{OPENING} C: RCPT TO:<ada@a.example>
             C: RCPT TO:<bob@a.example>
             C: RCPT TO:<eve@a.example>
             S: 250 ok
             S: 550 5.1.1 unknown
             S: 250 ok\\r\\n452 4.2.2 full
             (leaves)
             C: QUIT
             S: 221 bye"
        ),
    );
    assert_eq!(outcomes(&told), ["550", "250", "452"]);
}

#[test]
fn ok_errands_join_a_session_that_stands() {
    let told = play(
        &["ada@a.example"],
        &format!(
            "{OPENING} C: RCPT TO:<ada@a.example>
             (asks bob@a.example)
             C: RCPT TO:<bob@a.example>
             S: 250 ok\\r\\n250 ok
             S: 250 ok
             (20 s)
             (asks eve@b.example)
             C: RCPT TO:<eve@b.example>
             S: 550 5.1.1 unknown
             (leaves)
             C: QUIT
             S: 221 bye"
        ),
    );
    assert_eq!(outcomes(&told), ["250", "250", "550"]);
}

#[test]
fn ok_a_full_transaction_is_followed_by_another() {
    let limits = Limits { recipients: 2, ..Limits::CAREFUL };
    let told = play_by(
        Plan { limits, ..plan() },
        &["a@a.example", "b@a.example", "c@a.example"],
        &format!(
            "{OPENING} C: RCPT TO:<a@a.example>
             C: RCPT TO:<b@a.example>
             C: RSET
             C: MAIL FROM:<probe@lab.example>
             C: RCPT TO:<c@a.example>
             S: 250 ok\\r\\n250 ok\\r\\n250 ok\\r\\n250 ok\\r\\n250 ok\\r\\n550 5.1.1 no
             (leaves)
             C: QUIT
             S: 221 bye"
        ),
    );
    assert_eq!(outcomes(&told), ["250", "250", "550"]);
}

#[test]
fn ok_too_many_recipients_is_no_verdict_but_a_ceiling() {
    let told = play(
        &["a@a.example", "b@a.example"],
        &format!(
            "{OPENING} C: RCPT TO:<a@a.example>
             C: RCPT TO:<b@a.example>
             S: 250 ok\\r\\n250 ok\\r\\n452 4.5.3 too many recipients
             C: RSET
             C: MAIL FROM:<probe@lab.example>
             C: RCPT TO:<b@a.example>
             S: 250 ok\\r\\n250 ok\\r\\n250 ok
             (asks c@a.example)
             C: RSET
             C: MAIL FROM:<probe@lab.example>
             C: RCPT TO:<c@a.example>
             S: 250 ok\\r\\n250 ok\\r\\n250 ok
             (leaves)
             C: QUIT
             S: 221 bye"
        ),
    );
    assert_eq!(outcomes(&told), ["250", "250", "250"]);
}

#[test]
fn ok_a_session_that_takes_one_recipient_only_is_left_for_another() {
    let regions = "452 4.5.3 Recipients belong to multiple regions";
    let told = play(
        &["a@a.example", "b@a.example"],
        &format!(
            "{OPENING} C: RCPT TO:<a@a.example>
             C: RCPT TO:<b@a.example>
             S: 250 ok\\r\\n250 ok\\r\\n{regions}
             C: RSET
             C: MAIL FROM:<probe@lab.example>
             C: RCPT TO:<b@a.example>
             S: 250 ok\\r\\n250 ok\\r\\n{regions}
             C: QUIT
             S: 221 bye"
        ),
    );
    assert_eq!(outcomes(&told), ["250", "452 again"]);
}

#[test]
fn ok_a_session_is_left_before_its_host_gets_cross() {
    let limits = Limits { refusals: 2, ..Limits::CAREFUL };
    let told = play_by(
        Plan { limits, ..plan() },
        &["a@a.example", "b@a.example", "c@a.example", "d@a.example"],
        &format!(
            "{OPENING} C: RCPT TO:<a@a.example>
             C: RCPT TO:<b@a.example>
             S: 250 ok\\r\\n550 5.1.1 no
             S: 250 ok
             C: RCPT TO:<c@a.example>
             S: 550 5.1.1 no
             C: QUIT
             S: 221 bye"
        ),
    );
    assert_eq!(outcomes(&told), ["550", "250", "550", "Quit again"]);
}

#[test]
fn ok_a_refused_sender_says_nothing_of_the_mailbox() {
    let told = play(
        &["ada@a.example", "bob@a.example"],
        &format!(
            "{OPENING} C: RCPT TO:<ada@a.example>
             C: RCPT TO:<bob@a.example>
             S: 550 5.7.1 blocked using zen.spamhaus.org
             S: 503 5.5.1 need MAIL first
             S: 503 5.5.1 need MAIL first
             C: QUIT
             S: 221 bye"
        ),
    );
    assert_eq!(outcomes(&told), ["Quit", "Quit"]);
    assert_eq!(kept(&told[1].facts), ["greeting 220", "ehlo 250", "mail 550"]);
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
             (leaves)
             C: QUIT
             S: 221 bye"
        ));
        assert_eq!(facts.about(Recipient::Target).map(|seen| seen.reply.code.get()), Some(550));
    }
}

#[test]
fn ok_starttls_where_it_is_offered() {
    let told = play(
        &["ada@a.example"],
        "S: 220 mx
         C: EHLO prober.lab.example
         S: 250-mx
         S: 250-PIPELINING
         S: 250 STARTTLS
         C: STARTTLS
         S: 220 go
         (secured)
         C: EHLO prober.lab.example
         S: 250 mx
         C: MAIL FROM:<probe@lab.example>
         S: 250 ok
         C: RCPT TO:<ada@a.example>
         S: 250 ok
         (leaves)
         C: QUIT
         S: 221 bye",
    );
    assert!(told[0].facts.tls);
    assert_eq!(told[0].facts.certificate, Some(CertificateFault::UnknownIssuer));
}

#[test]
fn ok_starttls_that_is_refused_hinders_nothing() {
    let facts = play_one(
        "S: 220 mx
         C: EHLO prober.lab.example
         S: 250-mx
         S: 250 STARTTLS
         C: STARTTLS
         S: 454 4.7.0 TLS not available
         C: MAIL FROM:<probe@lab.example>
         S: 250 ok
         C: RCPT TO:<ada@a.example>
         S: 250 ok
         (leaves)
         C: QUIT
         S: 221 bye",
    );
    assert!(!facts.tls && facts.about(Recipient::Target).is_some());
}

#[test]
fn err_starttls_that_fails_ends_the_connection() {
    let opening = "S: 220 mx\nC: EHLO prober.lab.example\nS: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\n";
    assert_eq!(play_one(&format!("{opening}S: 220 go\n(not secured)")).end, SessionEnd::TlsFailed);
    assert_eq!(play_one(&format!("{opening}S: 220 go\n(10 s)")).end, SessionEnd::TimedOut { stage: Stage::Starttls });
    // What is said before the handshake was not said by the host (CVE-2011-0411 is the server's side of it).
    let injected = play_one(&format!("{opening}S: 220 go\\r\\n250 injected\nC: QUIT"));
    assert_eq!(injected.end, SessionEnd::Garbled { stage: Stage::Starttls, error: ReplyError::OutOfStep });
}

#[test]
fn ok_a_refusal_at_the_door_is_left_with_quit() {
    let refused = play_one("S: 554 5.7.1 blocked\nC: QUIT\nS: 221 bye");
    assert_eq!(kept(&refused), ["greeting 554"]);
    let refused = play_one("S: 220 mx\nC: EHLO prober.lab.example\nS: 550 5.7.1 no PTR\nC: QUIT\nS: 221 bye");
    assert_eq!(kept(&refused), ["greeting 220", "ehlo 550"]);
}

#[test]
fn ok_421_ends_the_session_at_any_point() {
    for (before, stage) in [("", Stage::Greeting), ("S: 220 mx\nC: EHLO prober.lab.example\n", Stage::Ehlo)] {
        let facts = play_one(&format!("{before}S: 421 4.3.2 going down\nC: QUIT"));
        assert_eq!(facts.observations.last().map(|seen| (seen.stage, seen.reply.code.get())), Some((stage, 421)));
    }
    // The first answer of a session is an answer; a later one is the session's own.
    let lone = play_one(&format!("{OPENING}C: RCPT TO:<ada@a.example>\nS: 250 ok\nS: 421 4.7.0 slow down\nC: QUIT"));
    assert_eq!(lone.about(Recipient::Target).map(|seen| seen.reply.code.get()), Some(421));
    let asked = "C: RCPT TO:<a@a.example>\nC: RCPT TO:<b@a.example>\nC: RCPT TO:<c@a.example>\n";
    let told = play(
        &["a@a.example", "b@a.example", "c@a.example"],
        &format!("{OPENING}{asked}S: 250 ok\nS: 250 ok\nS: 421 4.7.0 slow down\nC: QUIT"),
    );
    assert_eq!(outcomes(&told), ["250", "421 again", "Quit"]);
}

#[test]
fn ok_421_behind_a_refusal_does_not_take_it_back() {
    let facts = play_one(&format!(
        "{OPENING}C: RCPT TO:<ada@a.example>
         S: 250 ok
         S: 550 5.1.1 unknown\\r\\n421 4.7.0 too many errors
         C: QUIT
         (closes)"
    ));
    assert_eq!(facts.about(Recipient::Target).map(|seen| seen.reply.code.get()), Some(550));
    assert_eq!(facts.end, SessionEnd::Quit);
}

#[test]
fn err_closed_in_the_middle_keeps_what_was_said() {
    let told = play(
        &["a@a.example", "b@a.example", "c@a.example"],
        &format!("{OPENING}C: RCPT TO:<a@a.example>\nC: RCPT TO:<b@a.example>\nC: RCPT TO:<c@a.example>\nS: 250 ok\nS: 250 ok\n(closes)"),
    );
    // The one whose reply was due bears the end; those behind it are asked elsewhere.
    assert_eq!(outcomes(&told), ["250", "Closed { stage: Rcpt }", "Closed { stage: Rcpt } again"]);
    assert_eq!(kept(&told[1].facts), ["greeting 220", "ehlo 250", "mail 250"]);
}

#[test]
fn err_silence_is_a_timeout_and_quit_is_still_said() {
    let facts = play_one("(19 s)\n(1 s)\nC: QUIT");
    assert_eq!(facts.end, SessionEnd::TimedOut { stage: Stage::Greeting });
    let facts = play_one("S: 220 mx\nC: EHLO prober.lab.example\n(10 s)\nC: QUIT");
    assert_eq!(facts.end, SessionEnd::TimedOut { stage: Stage::Ehlo });
}

#[test]
fn err_an_errand_ends_at_its_own_deadline() {
    let mut dialogue = Dialogue::new(plan(), Duration::ZERO);
    dialogue.ask(Errand { deadline: SECOND, ..errand(1, "ada@a.example") }, Duration::ZERO);
    dialogue.ask(Errand { deadline: 3 * SECOND, ..errand(2, "bob@a.example") }, Duration::ZERO);
    assert_eq!(dialogue.next(Duration::ZERO), Next::Read { stage: Stage::Greeting, until: SECOND });
    assert_eq!(dialogue.next(SECOND), Next::Read { stage: Stage::Greeting, until: 3 * SECOND });
    assert_eq!(
        dialogue.told().iter().map(|told| (told.ticket, told.facts.end)).collect::<Vec<_>>(),
        [(1, SessionEnd::TimedOut { stage: Stage::Greeting })]
    );
    assert_eq!(dialogue.next(3 * SECOND), Next::Send("QUIT\r\n".to_string()));
    assert_eq!(dialogue.told().len(), 1);
    assert_eq!(dialogue.next(3 * SECOND), Next::Close);
}

#[test]
fn err_a_slow_drip_ends_at_the_deadline() {
    let mut dialogue = Dialogue::new(plan(), Duration::ZERO);
    dialogue.ask(errand(1, "ada@a.example"), Duration::ZERO);
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
    assert_eq!(dialogue.told().first().map(|told| told.facts.end), Some(SessionEnd::TimedOut { stage: Stage::Greeting }));
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
    let facts = play_one(&format!(
        "{OPENING}C: RCPT TO:<ada@a.example>
         S: 250 ok\\r\\n550 5.1.1 no such user\\r\\n250 ok
         C: QUIT"
    ));
    assert_eq!(facts.end, SessionEnd::Garbled { stage: Stage::Rcpt, error: ReplyError::OutOfStep });
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
    let told = play(
        &["ada@a.example", "ädä@a.example"],
        "S: 220 mx
         C: EHLO prober.lab.example
         S: 250-mx
         S: 250 SMTPUTF8
         C: MAIL FROM:<probe@lab.example>
         S: 250 ok
         C: RCPT TO:<ada@a.example>
         S: 250 ok
         C: RSET
         S: 250 ok
         C: MAIL FROM:<probe@lab.example> SMTPUTF8
         S: 250 ok
         C: RCPT TO:<ädä@a.example>
         S: 550 5.1.1 unknown
         (leaves)
         C: QUIT
         S: 221 bye",
    );
    assert_eq!(outcomes(&told), ["250", "550"]);
}

#[test]
fn ok_without_smtputf8_the_mailbox_is_not_asked() {
    let told = play(&["ädä@a.example"], "S: 220 mx\nC: EHLO prober.lab.example\nS: 250 mx\n(leaves)\nC: QUIT\nS: 221 bye");
    assert_eq!(told[0].facts.end, SessionEnd::Smtputf8NotOffered);
    assert!(told[0].facts.about(Recipient::Target).is_none());
}

#[test]
fn ok_bytes_may_come_one_at_a_time() {
    let mut dialogue = Dialogue::new(plan(), Duration::ZERO);
    dialogue.ask(errand(1, "ada@a.example"), Duration::ZERO);
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
        let mut dialogue = Dialogue::new(
            Plan { limits: Limits { refusals: 2, recipients: 1, in_flight: 2, ..Limits::CAREFUL }, ..plan() },
            Duration::ZERO,
        )
        .recorded();
        ["ada@a.example", "ädä@a.example", "bob@a.example"]
            .into_iter()
            .zip(0..)
            .for_each(|(one, n)| dialogue.ask(errand(n, one), Duration::ZERO));
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
        let mut told = dialogue.told().len();
        while !matches!(dialogue.next(now), Next::Close) {
            match dialogue.next(now) {
                Next::Idle => dialogue.leave(now),
                Next::Secure { .. } => dialogue.not_secured(),
                _ => now += SECOND,
            }
            assert!(now < 200 * SECOND);
        }
        told += dialogue.told().len();
        assert_eq!(told, 3, "every errand is told once");
    }
}

#[test]
fn ok_a_talkative_server_does_not_fill_the_evidence() {
    let line = format!("S: 550-5.1.1 {}\n", "ä".repeat(1_000)).repeat(30);
    let facts = play_one(&format!("{line}S: 550 5.1.1 end\nC: QUIT\nS: 221 bye"));
    assert!(facts.observations.iter().all(|seen| seen.reply.text.len() <= MAX_KEPT));
}

#[test]
fn ok_transcripts_mask_who_was_asked_about() {
    let mut dialogue = Dialogue::new(plan(), Duration::ZERO).recorded();
    dialogue.ask(errand(1, "Ada@a.example"), Duration::ZERO);
    for line in ["220 mx Ada's house", "250 mx", "250 ok", "550 5.1.1 <ada@a.example>: adamant no, ada"] {
        while let Next::Send(_) = dialogue.next(Duration::ZERO) {}
        dialogue.receive(format!("{line}\r\n").as_bytes(), Duration::ZERO);
    }
    let transcript = dialogue.transcript().expect("recorded");
    assert_eq!(
        transcript.masked(),
        [
            "S: 220 mx …'s house",
            "C: EHLO prober.lab.example",
            "S: 250 mx",
            "C: MAIL FROM:<probe@lab.example>",
            "S: 250 ok",
            "C: RCPT TO:<…@a.example>",
            "S: 550 5.1.1 <…@a.example>: adamant no, …",
        ]
    );
    assert!(transcript.plain().iter().any(|line| line == "C: RCPT TO:<Ada@a.example>"));
}
