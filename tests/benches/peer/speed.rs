//! How fast, how much asked, how much held, and how much of it right.

use std::time::Duration;

use super::lists::{Entry, List, lists};
use super::run::{Outcome, Program};

/// How many addresses are asked about at once: each of the two is given the number at which it does best.
const AT_ONCE: [usize; 3] = [8, 64, 256];
/// The list whose host ends each session after twenty refusals, which the bare dialogue knows nothing of.
const NOT_BARE: &str = "the same, Postfix's limits";

pub(crate) fn print() {
    println!("Beside check-if-email-exists 0.11.11, in the same lab, at its best of {AT_ONCE:?} addresses at once:\n");
    println!("| list | asked by | at once | a second | connections | at one host | commands | DNS questions | p99 | memory | right |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for list in lists() {
        let (at_once, outcome) = best(&list, Program::Peer);
        line(list.name, &list, "`check-if-email-exists`", &at_once.to_string(), &outcome);
        let (at_once, ours) = best(&list, Program::Ours);
        line("", &list, "Rcpt, in the same way", &at_once.to_string(), &ours);
        line("", &list, "`rcpt bulk`", "", &Program::Bulk.run(list.crowd, &list.entries));
        if list.name != NOT_BARE {
            // In as many sessions as Rcpt holds.
            let bare = Program::Plain(ours.at_one_host()).run(list.crowd, &list.entries);
            line("", &list, "the bare dialogue", "", &bare);
        }
    }
    println!(
        "\nConnections, commands and DNS questions are those of one address; \"at one host\" is the most connections that stood there at once.\n"
    );
}

/// The run with the most right answers, and of these the fastest.
fn best(list: &List, program: impl Fn(usize) -> Program) -> (usize, Outcome) {
    let tried = AT_ONCE.map(|at_once| (at_once, program(at_once).run(list.crowd, &list.entries)));
    let rank = |outcome: &Outcome| (usize::MAX - right(&list.entries, outcome), outcome.wall);
    tried.into_iter().min_by_key(|(_, outcome)| rank(outcome)).expect("some were tried")
}

fn right(entries: &[Entry], outcome: &Outcome) -> usize {
    assert_eq!(entries.len(), outcome.words.len(), "an answer for each");
    let is_right = |(entry, word): &(&Entry, &String)| {
        let (good, bad) = (["safe", "deliverable", "2"], ["invalid", "undeliverable", "5"]);
        if entry.is_known { good.contains(&word.as_str()) } else { bad.contains(&word.as_str()) }
    };
    entries.iter().zip(&outcome.words).filter(is_right).count()
}

fn line(name: &str, list: &List, who: &str, at_once: &str, outcome: &Outcome) {
    let addresses = list.entries.len();
    let each = |count: usize| format!("{:.2}", as_f64(count) / as_f64(addresses));
    let commands = outcome.visits.iter().map(|visit| visit.commands.len()).sum();
    println!(
        "| {name} | {who} | {at_once} | {} | {:.3} | {} | {} | {} | {} | {:.0} MB | {:.1} % |",
        thousands((as_f64(addresses) / outcome.wall.as_secs_f64()).round()),
        as_f64(outcome.visits.len()) / as_f64(addresses),
        outcome.at_one_host(),
        each(commands),
        each(usize::try_from(outcome.questions).expect("few")),
        p99(&outcome.times),
        as_f64(outcome.memory) / 1e3,
        as_f64(right(&list.entries, outcome)) / as_f64(addresses) * 100.0,
    );
}

/// From the time when an address is taken up until its answer is there; a list that is answered as a whole has no such time.
fn p99(times: &[u64]) -> String {
    let mut times = times.to_vec();
    times.sort_unstable();
    let longest = times.get(times.len() * 99 / 100).copied().map(Duration::from_micros).filter(|time| !time.is_zero());
    longest.map_or_else(String::new, |time| format!("{:.0} ms", time.as_secs_f64() * 1e3))
}

/// A whole number with its thousands parted.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let part = |(n, digit): (usize, char)| {
        let comma = (n > 0 && (digits.len() - n).is_multiple_of(3)).then_some(',');
        comma.into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(part).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
fn as_f64(count: usize) -> f64 {
    count as f64
}
