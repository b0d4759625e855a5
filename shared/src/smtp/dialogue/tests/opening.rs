//! Greeting, EHLO and STARTTLS.

use super::*;

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
