//! Long lists of good rows: every row comes out in its place.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::time::Duration;

use stack::place::Scratch;
use stack::whole::{Ports, RunningLab};

use super::run::{Cost, command, heard, ratio, to_the_end};

/// Hosts, each of which takes the mail of twenty domains.
const HOSTS: usize = 1_000;
const DOMAINS: usize = 20 * HOSTS;

/// The `n`th row: its domain is another one from row to row.
fn row(n: usize) -> String {
    let (domain, name) = (n * 7_919 % DOMAINS, if n.is_multiple_of(10) { "ghost" } else { "user" });
    format!("{n},\"Name {n}, of no account\",{name}{n}@site{}.host{}.crowd-accepts.example,note {n}", 1 + domain % 20, 1 + domain / 20)
}

fn write(folder: &Path, rows: usize) {
    let mut list = BufWriter::new(File::create(folder.join("in")).expect("a file"));
    writeln!(list, "id,name,email,note").expect("written");
    (0..rows).for_each(|n| writeln!(list, "{}", row(n)).expect("written"));
    list.flush().expect("written");
}

/// Counts the rows of the output, each of which must be the row that went in.
fn check(folder: &Path, rows: usize, reason: impl Fn(usize) -> &'static str) {
    let out = BufReader::new(File::open(folder.join("out")).expect("the output"));
    let mut count = 0;
    for (n, line) in out.lines().skip(1).enumerate() {
        let line = line.expect("UTF-8");
        let behind = line.strip_prefix(&row(n)).expect("the row that went in");
        assert_eq!(behind.split(',').nth(2), Some(reason(n)), "{line}");
        count += 1;
    }
    assert_eq!(count, rows);
}

pub(crate) fn print_rows() {
    let (folder, lab) = start(1_000_000);
    let (cost, _) = to_the_end(command(folder.path(), Some(&lab), &["--level", "dns"]));
    check(folder.path(), 1_000_000, |_| "not_probed");
    line("1,000,000 rows by DNS, 20,000 domains", 1_000_000, &cost, &lab);
}

pub(crate) fn print_smtp() {
    let (folder, lab) = start(100_000);
    let (cost, _) = to_the_end(command(folder.path(), Some(&lab), &[]));
    check(folder.path(), 100_000, |n| if n.is_multiple_of(10) { "mailbox_not_found" } else { "mailbox_accepted" });
    // Visits are written down when they end.
    std::thread::sleep(Duration::from_secs(3));
    line("100,000 addresses by SMTP, 1,000 hosts", 100_000, &cost, &lab);
}

fn start(rows: usize) -> (Scratch, RunningLab) {
    let folder = Scratch::new("million").expect("a folder");
    write(folder.path(), rows);
    (folder, RunningLab::with_crowd(Ports::default(), HOSTS).expect("a lab"))
}

fn line(what: &str, rows: usize, cost: &Cost, lab: &RunningLab) {
    let (connections, commands) = heard(&lab.lab().guest_book());
    let questions = usize::try_from(lab.lab().questions()).expect("few");
    let per_second = ratio(rows, 1) / cost.wall.as_secs_f64();
    println!("{what}: rows in = rows out, in order, columns intact");
    println!("  {:.1} s, {per_second:.0} a second, {} KB of memory at the most", cost.wall.as_secs_f64(), cost.memory);
    println!(
        "  {connections} connections, {:.4} an address; {commands} commands, {:.3} an address; {questions} DNS questions, {:.4} an address",
        ratio(connections, rows),
        ratio(commands, rows),
        ratio(questions, rows)
    );
}
