//! Every temperament of the lab: which mailboxes each of the two calls invalid that are there, or may well be.

use prober::lab::{Row, table};
use shared::verdict::Status;

use super::lists::Entry;
use super::run::Program;

/// What a verdict comes to, in the words of the two.
const WORDS: [(&str, &str); 4] = [("deliverable", "safe"), ("risky", "risky"), ("unknown", "unknown"), ("undeliverable", "invalid")];

/// Rows by what is true of their mailbox.
const TRUTHS: [(&str, &[Status]); 3] = [
    ("takes mail", &[Status::Deliverable]),
    ("may exist: its host does not say", &[Status::Risky, Status::Unknown]),
    ("does not exist", &[Status::Undeliverable]),
];

/// Magic addresses, and an operator whose hosts the lab has no addresses for, since Rcpt never dials them.
const OURS_ALONE: [&str; 2] = ["@rcpt.test", "@yahoo-like.example"];

pub(crate) fn print() {
    let rows: Vec<&Row> = table().iter().filter(|row| !OURS_ALONE.iter().any(|domain| row.address.ends_with(domain))).collect();
    let entry = |row: &&Row| Entry { email: row.address.to_owned(), domain: String::new(), is_known: false };
    let entries: Vec<Entry> = rows.iter().map(entry).collect();
    let peer = Program::Peer(rows.len()).run(0, &entries).words;
    let ours = Program::Ours(rows.len()).run(0, &entries).words;
    println!("What each makes of the {} addresses of `rcpt lab --list`:\n", rows.len());
    println!("| mailbox | asked by | deliverable | risky | unknown | undeliverable |");
    println!("|---|---|---|---|---|---|");
    for (truth, statuses) in TRUTHS {
        line(truth, "`check-if-email-exists`", &rows, statuses, &peer);
        line(truth, "Rcpt", &rows, statuses, &ours);
    }
    println!();
    for (who, words) in [("check-if-email-exists", &peer), ("Rcpt", &ours)] {
        println!("What {who} calls invalid that takes mail or may:");
        let is_there = |row: &Row| row.reason.status() != Status::Undeliverable;
        let wrong = rows.iter().zip(words).filter(|(row, word)| is_there(row) && is(word, "undeliverable"));
        wrong.for_each(|(row, _)| println!("  {:36} {}", row.address, row.plays));
    }
    for (who, words) in [("check-if-email-exists", &peer), ("Rcpt", &ours)] {
        println!("What {who} calls deliverable that does not exist:");
        let wrong = rows.iter().zip(words).filter(|(row, word)| row.reason.status() == Status::Undeliverable && is(word, "deliverable"));
        wrong.for_each(|(row, _)| println!("  {:36} {}", row.address, row.plays));
    }
}

fn is(word: &str, status: &str) -> bool {
    WORDS.iter().any(|(ours, theirs)| *ours == status && (word == *ours || word == *theirs))
}

fn line(truth: &str, who: &str, rows: &[&Row], statuses: &[Status], words: &[String]) {
    let there = |(row, _): &(&&Row, &String)| statuses.contains(&row.reason.status());
    let count = |status: &str| rows.iter().zip(words).filter(there).filter(|(_, word)| is(word, status)).count();
    let counts = WORDS.map(|(status, _)| count(status).to_string());
    println!("| {truth} | {who} | {} |", counts.join(" | "));
}
