//! How sessions end, in good order and otherwise.

use super::*;

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
    assert_eq!(outcomes(&told), ["250", "421 again", "Quit again"]);
}

#[test]
fn err_closed_in_the_middle_keeps_what_was_said() {
    let told = play(
        &["a@a.example", "b@a.example", "c@a.example"],
        &format!("{OPENING}C: RCPT TO:<a@a.example>\nC: RCPT TO:<b@a.example>\nC: RCPT TO:<c@a.example>\nS: 250 ok\nS: 250 ok\n(closes)"),
    );
    // Others were answered before, so it may have been for their sake; elsewhere those behind come first.
    assert_eq!(outcomes(&told), ["250", "Closed { stage: Rcpt } again", "Closed { stage: Rcpt } again"]);
    let alone =
        play(&["a@a.example", "b@a.example"], &format!("{OPENING}C: RCPT TO:<a@a.example>\nC: RCPT TO:<b@a.example>\nS: 250 ok\n(closes)"));
    assert_eq!(outcomes(&alone), ["Closed { stage: Rcpt }", "Closed { stage: Rcpt } again"]);
    assert_eq!(kept(&told[1].facts), ["greeting 220", "ehlo 250", "mail 250"]);
}

#[test]
fn err_silence_is_a_timeout_and_quit_is_still_said() {
    // Before the greeting a guest is silent.
    let facts = play_one("(19 s)\n(1 s)");
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
    assert_eq!(dialogue.next(3 * SECOND), Next::Close);
    assert_eq!(dialogue.told().len(), 1);
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
    let facts = play_one("S: HTTP/1.1 400 Bad Request");
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
         C: EHLO prober.lab.example
         S: 250-mx
         S: 250 SMTPUTF8
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

/// Some hosts offer it within TLS only.
#[test]
fn ok_smtputf8_that_tls_might_have_brought_is_not_missed() {
    let offers = "S: 220 mx\nC: EHLO prober.lab.example\nS: 250-mx\nS: 250 STARTTLS\n";
    let refused = play(&["ädä@a.example"], &format!("{offers}C: STARTTLS\nS: 454 not now\n(leaves)\nC: QUIT\nS: 221 bye"));
    assert_eq!(outcomes(&refused), ["TlsFailed"]);
    let plain = play_by(Plan { starttls: false, ..plan() }, &["ädä@a.example"], &format!("{offers}(leaves)\nC: QUIT\nS: 221 bye"));
    assert_eq!(outcomes(&plain), ["TlsFailed"]);
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

#[test]
fn ok_421_at_mail_is_the_answer_to_all_behind_it() {
    let told = play(
        &["a@a.example", "b@a.example"],
        &format!("{OPENING}C: RCPT TO:<a@a.example>\nC: RCPT TO:<b@a.example>\nS: 421 4.7.0 too many connections\nC: QUIT"),
    );
    assert_eq!(outcomes(&told), ["Quit", "Quit"]);
    assert!(told.iter().all(|told| kept(&told.facts).last().is_some_and(|last| last == "mail 421")));
}

/// A host that replies twice to each RCPT it refuses shifts every reply behind; its words give it away.
#[test]
fn err_a_reply_that_names_another_mailbox_condemns_nobody() {
    let transcript = format!(
        "{OPENING}C: RCPT TO:<ghost@a.example>
         C: RCPT TO:<ada@a.example>
         S: 250 Ok
         S: 550 <ghost@a.example>: rejected
         S: 550 <ghost@a.example>: User unknown
         C: QUIT"
    );
    let told = play(&["ghost@a.example", "ada@a.example"], &transcript);
    assert!(matches!(told[1].facts.end, SessionEnd::Garbled { error: ReplyError::OutOfStep, .. }), "{told:?}");
    assert_eq!(told[1].facts.about(Recipient::Target), None);
    // A mailbox under another name is nobody whom we asked about.
    let transcript = format!(
        "{OPENING}C: RCPT TO:<ada+news@a.example>\nS: 250 Ok\nS: 550 5.1.1 <ada@a.example>: User unknown\n{PROOF}(leaves)\nC: QUIT\nS: 221 bye"
    );
    assert_eq!(outcomes(&play(&["ada+news@a.example"], &transcript)), ["550"]);
}
