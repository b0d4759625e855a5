//! Connections, commands and time for one address and for a thousand of one domain.

use std::sync::Arc;
use std::time::{Duration, Instant};

use prober::config::{Config, Given};
use prober::lab::Visit;
use prober::probe::{Prober, Wishes};
use prober::verify::{Question, verify};
use shared::verdict::{Level, Reason};
use stack::place::eventually;
use stack::whole::{Ports, RunningLab};
use tokio::runtime::Runtime;

/// How long the lab's slow host takes for each reply.
const PER_REPLY: Duration = Duration::from_millis(50);
/// What every host takes in one transaction (RFC 5321 §4.5.3.1.8).
const RECIPIENTS: usize = 100;
/// The refusals after which a session is left.
const REFUSALS: usize = 8;

/// What asking took.
struct Cost {
    wall: Duration,
    visits: Vec<Visit>,
}

impl Cost {
    fn commands(&self) -> usize {
        self.visits.iter().map(|visit| visit.commands.len()).sum()
    }

    fn recipients(visit: &Visit) -> usize {
        visit.commands.iter().filter(|line| line.starts_with("RCPT")).count()
    }

    /// EHLO, MAIL and QUIT of each session, RSET and MAIL for each further transaction, and RCPT for each address and the decoys.
    fn unavoidable(&self, addresses: usize, decoys: usize) -> usize {
        let further = |visit: &Visit| Self::recipients(visit).div_ceil(RECIPIENTS).saturating_sub(1);
        addresses + decoys + self.visits.iter().map(|visit| 3 + 2 * further(visit)).sum::<usize>()
    }

    /// How many sessions stood at once at the most.
    fn at_once(&self) -> usize {
        let at = |time: u64| self.visits.iter().filter(|visit| visit.opened_ms <= time && time < visit.closed_ms).count();
        self.visits.iter().map(|visit| at(visit.opened_ms)).max().unwrap_or(0)
    }
}

/// Asks about all at once with a prober of its own, and waits until every session has ended.
fn ask(lab: &RunningLab, runtime: &Runtime, domain: &str, addresses: Vec<String>, expected: Reason) -> Cost {
    let mut config = Config::from_given(Given::default(), true).expect("the lab's settings");
    config.dns = vec![lab.lab().dns()];
    config.smtp_port = lab.lab().smtp_port();
    let (count, began) = (addresses.len(), Instant::now());
    let prober = runtime.block_on(async {
        let prober = Arc::new(Prober::new(&config).expect("a prober"));
        let ask = |email: String| {
            let prober = Arc::clone(&prober);
            tokio::spawn(async move {
                let patience = Duration::from_mins(5);
                let question = Question { email: &email, level: Level::Smtp, patience, wishes: Wishes::default(), request_id: "bench" };
                verify(&prober, question).await.reason()
            })
        };
        let asked: Vec<_> = addresses.into_iter().map(ask).collect();
        for one in asked {
            assert_eq!(one.await.expect("no panic"), expected);
        }
        prober
    });
    let wall = began.elapsed();
    runtime.block_on(prober.farewells().finish(Duration::from_secs(5)));
    let asked = |visits: &[Visit]| visits.iter().map(Cost::recipients).sum::<usize>();
    let visits = eventually(|| Some(lab.lab().visits_to(domain)).filter(|visits| asked(visits) >= count)).expect("visits that ended");
    Cost { wall, visits }
}

pub(crate) fn print() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    println!("Round trips (one domain each; the slow host takes 50 ms for each reply):");
    println!("  {:42} {:>9} {:>11} {:>7} {:>6} {:>11} {:>7} {:>6}", "", "sessions", "commands", "least", "×", "ms/address", "least", "×");
    let users = |count: usize, domain: &str| (1..=count).map(|n| format!("user{n}@{domain}")).collect::<Vec<_>>();
    let ghosts = |count: usize, domain: &str| (1..=count).map(|n| format!("ghost{n}@{domain}")).collect::<Vec<_>>();
    for (what, domain, addresses, expected) in [
        ("1 address, slow host", "slow-replies.example", users(1, "slow-replies.example"), Reason::MailboxAccepted),
        ("1,000 known, slow host", "slow-replies.example", users(1_000, "slow-replies.example"), Reason::MailboxAccepted),
        ("1,000 known, Postfix's limits", "postfix-like.example", users(1_000, "postfix-like.example"), Reason::MailboxAccepted),
        ("1,000 unknown, Postfix's limits", "postfix-like.example", ghosts(1_000, "postfix-like.example"), Reason::MailboxNotFound),
    ] {
        let lab = RunningLab::start(Ports::default()).expect("a lab");
        let count = addresses.len();
        let cost = ask(&lab, &runtime, domain, addresses, expected);
        line(what, &cost, count, domain == "slow-replies.example");
        if expected == Reason::MailboxNotFound {
            println!("  {:42} {:>9} (the least: {})", "  of these, sessions", cost.visits.len(), count.div_ceil(REFUSALS));
        }
    }
}

fn line(what: &str, cost: &Cost, addresses: usize, slow: bool) {
    let decoys =
        usize::from(cost.visits.iter().flat_map(|visit| &visit.commands).filter(|line| line.starts_with("RCPT")).count() > addresses);
    let (commands, least) = (cost.commands(), cost.unavoidable(addresses, decoys));
    let per_address = cost.wall.as_secs_f64() * 1e3 / as_f64(addresses);
    print!("  {what:42} {:>9} {commands:>11} {least:>7} {:>6.3} {per_address:>11.2}", cost.visits.len(), as_f64(commands) / as_f64(least));
    if slow {
        // Nobody waits for the reply to QUIT.
        let replies = least - cost.visits.len();
        let floor = PER_REPLY.as_secs_f64() * 1e3 * as_f64(replies) / as_f64(cost.at_once().max(1)) / as_f64(addresses);
        println!(" {floor:>7.2} {:>6.3}", per_address / floor);
    } else {
        println!();
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
fn as_f64(count: usize) -> f64 {
    count as f64
}
