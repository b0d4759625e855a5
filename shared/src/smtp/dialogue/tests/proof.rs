//! Refusals wait for proof that replies are in step with commands.

use super::*;

/// What a host does with RCPT and every other command, as a number of replies to each.
#[derive(Debug, Clone, Copy)]
struct Doubling {
    positive: bool,
    refusal: bool,
    /// After how many further commands the second reply comes; at once is 0.
    late_by: usize,
}

/// A host that knows names that start with `user`, and replies twice as `doubling` says.
#[derive(Debug)]
struct Host {
    doubling: Doubling,
    late: Vec<(usize, String)>,
}

impl Host {
    fn answer(&mut self, command: &str) -> String {
        let known = !command.starts_with("RCPT") || command.contains("<user");
        let reply = match command.get(..4) {
            Some("EHLO") => "250-mx\r\n250 PIPELINING\r\n",
            Some("QUIT") => "221 bye\r\n",
            _ if known => "250 ok\r\n",
            _ => "550 5.1.1 unknown\r\n",
        };
        let doubles =
            !matches!(command.get(..4), Some("EHLO" | "QUIT")) && if known { self.doubling.positive } else { self.doubling.refusal };
        let mut said = String::new();
        for (left, _) in &mut self.late {
            *left -= 1;
        }
        for (_, late) in self.late.extract_if(.., |(left, _)| *left == 0) {
            said.push_str(&late);
        }
        said.push_str(reply);
        match (doubles, self.doubling.late_by) {
            (false, _) => {}
            (true, 0) => said.push_str(reply),
            (true, late_by) => self.late.push((late_by, reply.to_string())),
        }
        said
    }
}

/// Asks a host about `addresses` in one session, in reads of `read` octets; who joins one by one comes after each answer.
fn ask_host(plan: Plan, host: &mut Host, addresses: &[&str], read: usize, one_by_one: bool) -> Vec<Told> {
    let mut dialogue = Dialogue::new(plan, Duration::ZERO);
    let (mut told, mut coming) = (Vec::new(), addresses.iter().zip(0..));
    let mut octets: Vec<u8> = b"220 mx\r\n".to_vec();
    if !one_by_one {
        coming.by_ref().for_each(|(address, n)| dialogue.ask(errand(n, address), Duration::ZERO));
    }
    for _ in 0..10_000 {
        match dialogue.next(Duration::ZERO) {
            Next::Close => break,
            Next::Send(text) => {
                let said: String = text.lines().map(|command| host.answer(command)).collect();
                octets.extend(said.into_bytes());
            }
            Next::Read { .. } if octets.is_empty() => dialogue.closed(),
            Next::Read { .. } => {
                let rest = octets.split_off(read.min(octets.len()));
                dialogue.receive(&mem::replace(&mut octets, rest), Duration::ZERO);
            }
            Next::Idle => match coming.next() {
                Some((address, n)) => dialogue.ask(errand(n, address), Duration::ZERO),
                None => dialogue.leave(Duration::ZERO),
            },
            Next::Secure { .. } => panic!("no STARTTLS is offered"),
        }
        told.extend(dialogue.told());
    }
    told.extend(dialogue.told());
    told
}

/// Every way of asking: in groups or step by step, about all at once or one by one, in reads of any size.
fn ways() -> impl Iterator<Item = (Plan, bool, usize)> {
    let sizes = [1, 8, 19, 40, 512, 4096];
    [(true, true), (true, false), (false, true), (false, false)]
        .into_iter()
        .flat_map(move |(pipelining, one_by_one)| sizes.into_iter().map(move |read| (Plan { pipelining, ..plan() }, one_by_one, read)))
}

/// Every way of replying twice.
fn doublings() -> impl Iterator<Item = Doubling> {
    [(false, false), (true, false), (false, true), (true, true)]
        .into_iter()
        .flat_map(|(positive, refusal)| (0..4).map(move |late_by| Doubling { positive, refusal, late_by }))
}

/// Whatever a host doubles, and however its replies are cut into reads: nobody is condemned who exists.
#[test]
fn err_a_host_that_replies_twice_condemns_nobody() {
    let names = ["ghost1@a.example", "user1@a.example", "ghost2@a.example", "user2@a.example", "user3@a.example", "ghost3@a.example"];
    let mut refused = 0;
    for doubling in doublings() {
        for (plan, one_by_one, read) in ways() {
            for shift in 0..names.len() {
                let mut names = names;
                names.rotate_left(shift);
                let told = ask_host(plan.clone(), &mut Host { doubling, late: Vec::new() }, &names, read, one_by_one);
                assert!(told.len() == names.len() || one_by_one, "{told:?}");
                for one in told.iter().filter(|one| !one.again && one.facts.end == SessionEnd::Quit) {
                    let name = names[usize::try_from(one.ticket).expect("small")];
                    let is_refused = one.facts.about(Recipient::Target).is_some_and(|seen| seen.reply.code.get() == 550);
                    assert!(!(is_refused && name.starts_with("user")), "{name} is condemned: {doubling:?} {one_by_one} {read} {names:?}");
                    refused += u32::from(is_refused);
                }
            }
        }
    }
    // A quarter of the hosts double nothing, and more than that only what they accept or refuse.
    assert!(refused > 2_000, "{refused}");
}

#[test]
fn ok_a_group_with_a_refusal_is_believed_once_ehlo_is_answered_as_before() {
    let told = play(
        &["a@a.example", "b@a.example", "c@a.example"],
        &format!(
            "{OPENING} C: RCPT TO:<a@a.example>
             C: RCPT TO:<b@a.example>
             C: RCPT TO:<c@a.example>
             S: 250 ok\\r\\n250 ok\\r\\n550 5.1.1 unknown\\r\\n250 ok
             {PROOF}
             (asks d@a.example)
             C: MAIL FROM:<probe@lab.example>
             C: RCPT TO:<d@a.example>
             S: 250 ok\\r\\n250 ok
             (leaves)
             C: QUIT
             S: 221 bye"
        ),
    );
    assert_eq!(outcomes(&told), ["250", "550", "250", "250"]);
}

#[test]
fn ok_a_host_that_refuses_a_second_ehlo_is_believed_by_its_farewell() {
    for second in ["503 5.5.1 Already identified", "250 mx", "250 ok"] {
        let asked = format!(
            "{OPENING}C: RCPT TO:<a@a.example>\nS: 250 ok\\r\\n550 5.1.1 unknown\nC: EHLO prober.lab.example\nS: {second}\nC: QUIT\n"
        );
        assert_eq!(outcomes(&play(&["a@a.example"], &format!("{asked}S: 221 bye"))), ["550"], "{second}");
        // Without it nothing is.
        let unproven = play(&["a@a.example"], &format!("{asked}S: 250-mx\\r\\n250 PIPELINING"));
        assert_eq!(outcomes(&unproven), ["Garbled { stage: Quit, error: OutOfStep } again"], "{second}");
        assert_eq!(outcomes(&play(&["a@a.example"], &format!("{asked}(closes)"))), ["Quit again"], "{second}");
    }
    let plan = Plan { second_ehlo: false, ..plan() };
    let told = play_by(plan, &["a@a.example"], &format!("{OPENING}C: RCPT TO:<a@a.example>\nS: 250 ok\\r\\n550 no\nC: QUIT\nS: 221 bye"));
    assert_eq!(outcomes(&told), ["550"]);
}

#[test]
fn ok_the_only_mailbox_that_is_asked_about_needs_no_proof() {
    let told = play(
        &["a@a.example"],
        "S: 220 mx
         C: EHLO prober.lab.example
         S: 250-mx
         S: 250 SIZE 1000
         C: MAIL FROM:<probe@lab.example>
         S: 250 ok
         C: RCPT TO:<a@a.example>
         S: 550 5.1.1 unknown
         (leaves)
         C: QUIT
         (closes)",
    );
    assert_eq!(outcomes(&told), ["550"]);
}

#[test]
fn ok_a_decoy_needs_no_proof() {
    let mut dialogue = Dialogue::new(plan(), Duration::ZERO);
    dialogue.ask(errand(0, "ada@a.example"), Duration::ZERO);
    dialogue.ask(Errand { decoy: true, ..errand(1, "decoy@a.example") }, Duration::ZERO);
    for said in ["220 mx\r\n", "250-mx\r\n250 PIPELINING\r\n", "250 ok\r\n250 ok\r\n550 5.1.1 unknown\r\n"] {
        pump(&mut dialogue, Duration::ZERO);
        dialogue.receive(said.as_bytes(), Duration::ZERO);
    }
    assert_eq!(outcomes(&dialogue.told()), ["250", "550"]);
    assert_eq!(dialogue.next(Duration::ZERO), Next::Idle);
}

#[test]
fn ok_an_answer_does_not_wait_for_ever_while_others_come() {
    let told = play(
        &["a@a.example", "b@a.example"],
        &format!(
            "{OPENING} C: RCPT TO:<a@a.example>
             C: RCPT TO:<b@a.example>
             S: 250 ok\\r\\n550 5.1.1 unknown
             (asks c@a.example)
             C: RCPT TO:<c@a.example>
             (1 s)
             (asks d@a.example)
             S: 250 ok
             S: 250 ok
             {PROOF}
             C: MAIL FROM:<probe@lab.example>
             C: RCPT TO:<d@a.example>
             S: 250 ok\\r\\n250 ok
             (leaves)
             C: QUIT
             S: 221 bye"
        ),
    );
    assert_eq!(outcomes(&told), ["550", "250", "250", "250"]);
}

#[test]
fn err_a_host_that_breaks_off_proves_nothing() {
    // 421 may stand in the place of an answer: the refusal before it is anybody's.
    let asked = format!("{OPENING}C: RCPT TO:<a@a.example>\nC: RCPT TO:<b@a.example>\n");
    let told =
        play(&["a@a.example", "b@a.example"], &format!("{asked}S: 250 ok\\r\\n550 no\\r\\n550 no\\r\\n421 4.7.0 too many errors\nC: QUIT"));
    assert_eq!(outcomes(&told), ["Quit again", "Quit again"]);
    let told = play(&["a@a.example", "b@a.example"], &format!("{asked}S: 250 ok\\r\\n550 no\n(closes)"));
    assert_eq!(outcomes(&told), ["Closed { stage: Rcpt } again", "Closed { stage: Rcpt } again"]);
}

#[test]
fn err_a_surplus_behind_a_group_sends_all_of_it_elsewhere() {
    let asked = format!("{OPENING}C: RCPT TO:<a@a.example>\nC: RCPT TO:<b@a.example>\n");
    let told = play(&["a@a.example", "b@a.example"], &format!("{asked}S: 250 ok\\r\\n250 ok\\r\\n550 no\\r\\n250 ok\nC: QUIT"));
    assert!(told.iter().all(|one| one.again && matches!(one.facts.end, SessionEnd::Garbled { .. })), "{told:?}");
}
