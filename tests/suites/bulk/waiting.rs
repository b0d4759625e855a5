//! Who is put off is asked again, and nobody waits for it; who is asked about twice is asked once.

use std::process::Output;

use prober::lab::Visit;
use stack::place::{Scratch, eventually};
use stack::whole::{Ports, RunningLab};

use super::{bulk, err, run, verify};

fn recipients(visits: &[Visit]) -> Vec<String> {
    let commands = visits.iter().flat_map(|visit| &visit.commands);
    commands.filter(|line| line.starts_with("RCPT")).cloned().collect()
}

/// The visits to a domain once so many recipients were asked there.
fn asked(lab: &RunningLab, domain: &str, least: usize) -> Vec<Visit> {
    let visits = || Some(lab.lab().visits_to(domain)).filter(|visits| recipients(visits).len() >= least);
    eventually(visits).expect("visits that ended")
}

fn reasons(out: &str, output: &Output) -> Vec<String> {
    assert_eq!(output.status.code(), Some(0), "{}", err(output));
    out.lines().map(|row| row.split(',').nth(2).unwrap_or_default().to_owned()).collect()
}

#[test]
fn ok_greylisted_ones_end_deliverable_and_the_others_did_not_wait() {
    let (folder, lab) = (Scratch::new("bulk").expect("a folder"), RunningLab::with_crowd(Ports::default(), 2).expect("a lab"));
    let others = (1..=40).map(|n| format!("user{n}@host{}.crowd-accepts.example\n", 1 + n % 2));
    let list = format!("ada@greylists-briefly.example\nada@greylists.example\n{}", others.collect::<String>());
    let (out, output) = verify(&folder, list.as_bytes(), &["--header", "no"], Some(&lab));
    assert!(reasons(&out, &output).iter().all(|reason| reason == "mailbox_accepted"), "{out}");
    let (briefly, strictly) = (asked(&lab, "greylists-briefly.example", 2), asked(&lab, "greylists.example", 2));
    let opened = |visits: &[Visit]| visits.iter().map(|visit| visit.opened_ms).collect::<Vec<_>>();
    let last_other = lab.lab().visits_to("host1.crowd-accepts.example").iter().map(|visit| visit.opened_ms).max().expect("a visit");
    let (first, again) = (opened(&briefly)[0], *opened(&strictly).last().expect("a visit"));
    assert!(again >= first + 20_000, "it came back when it was told to");
    assert!(last_other < again, "others were not held back");
}

#[test]
fn ok_one_mailbox_is_asked_once_however_often_it_stands_there() {
    let (folder, lab) = (Scratch::new("bulk").expect("a folder"), RunningLab::start(Ports::default()).expect("a lab"));
    let list =
        "ada@accepts.example\n ada@ACCEPTS.example\nghost@accepts.example\n\"ada\"@accepts.example\nADA@accepts.example\n".repeat(20);
    let (out, output) = verify(&folder, list.as_bytes(), &["--header", "no", "--format", "lines"], Some(&lab));
    let found = out.lines().filter(|row| row.contains(",mailbox_accepted,")).count();
    assert_eq!((found, out.lines().count()), (80, 100), "{} {out}", err(&output));
    let visits = asked(&lab, "accepts.example", 2);
    let commands = recipients(&visits);
    let of = |name: &str| commands.iter().filter(|line| line.contains(&format!("<{name}@"))).count();
    // Whether a host tells upper from lower case is its own affair (RFC 5321 §2.4), so that these are two.
    assert_eq!((of("ada"), of("ADA"), of("ghost")), (1, 1, 1), "{commands:?}");
    assert_eq!(visits.len(), 1, "one session serves all");
}

#[test]
fn ok_a_sample_says_what_the_whole_is_like() {
    let (folder, lab) = (Scratch::new("bulk").expect("a folder"), RunningLab::with_crowd(Ports::default(), 1).expect("a lab"));
    let row = |n: u32| format!("{}{n}@host1.crowd-accepts.example", if n.is_multiple_of(4) { "ghost" } else { "user" });
    let list = (1..=400).map(row).collect::<Vec<_>>().join("\n");
    let (out, output) = verify(&folder, list.as_bytes(), &["--header", "no", "--sample", "100"], Some(&lab));
    assert_eq!(reasons(&out, &output).len(), 400);
    let said = err(&output);
    assert!(said.contains("A sample of 100 of 400 addresses"), "{said}");
    let line = said.lines().find(|line| line.trim_start().starts_with("deliverable")).expect(&said);
    let numbers: Vec<f64> = line.split(|c: char| !c.is_ascii_digit() && c != '.').filter_map(|word| word.parse().ok()).collect();
    // The true share is 75 %; one sample in a million is farther off than this.
    assert!(numbers.len() == 3 && numbers[1] < numbers[0] && numbers[0] < numbers[2] && (53.0..97.0).contains(&numbers[0]), "{line}");
    let commands = recipients(&asked(&lab, "host1.crowd-accepts.example", 400));
    assert!((400..=402).contains(&commands.len()), "who was asked for the sample is not asked again: {}", commands.len());
}

#[test]
fn err_a_sample_of_nobody_alone() {
    let folder = Scratch::new("bulk").expect("a folder");
    std::fs::write(folder.path().join("in"), "ada@accepts.example\n").expect("written");
    let sample = |arguments: &[&str]| run(bulk(&folder, &[&["in", "--level", "syntax", "--sample", "0"], arguments].concat()), b"");
    let output = sample(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("--sample: expected a number from 1 where there is no -o, found 0"), "{}", err(&output));
    assert_eq!(sample(&["-o", "-"]).status.code(), Some(0), "beside an output it is none");
}
