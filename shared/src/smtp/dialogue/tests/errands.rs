//! Errands: grouped, joined, parted into transactions and sessions.

use super::*;

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
         C: EHLO prober.lab.example
         S: 250-mx ESMTP
         S: 250 SIZE 1000
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
             {PROOF}
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
             C: RSET
             C: MAIL FROM:<probe@lab.example>
             C: RCPT TO:<eve@b.example>
             S: 250 ok\\r\\n250 ok\\r\\n550 5.1.1 unknown
             {PROOF}
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
             {PROOF}
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
