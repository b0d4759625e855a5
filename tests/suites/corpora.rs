//! Addresses, replies and typos that others collected, where the corpora are present: beside the project, or where RCPT_CORPORA says.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a suite fails by panicking")]

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use stack::place::root;
use stack::whole::rcpt;

/// The rows of a file, and its text; `None` where the corpora are not here.
#[expect(clippy::disallowed_methods, reason = "the suite's own variable")]
fn rows(file: &str) -> Option<(String, Vec<Value>)> {
    let folder = std::env::var("RCPT_CORPORA").map_or_else(|_| root().join("../shared/corpora"), PathBuf::from);
    let Ok(text) = fs::read_to_string(folder.join(file)) else {
        println!("left out: corpora (no {file} beside the project; RCPT_CORPORA names another folder)");
        return None;
    };
    let rows = text.lines().map(|line| serde_json::from_str(line).expect("a JSON row")).collect();
    Some((text, rows))
}

/// What `rcpt` prints for `input`, a JSON object a line.
fn run(arguments: &[&str], input: &str) -> Vec<Value> {
    let mut child = rcpt().expect("rcpt").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("rcpt runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("rcpt ends");
    writer.join().expect("no panic").expect("everything was read");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn of_table(name: &str) -> &str {
    match name {
        "ok" => "accepted",
        "relay_denied_or_domain_not_hosted" => "domain_not_hosted",
        "greylisted_or_try_later" => "greylisted",
        "blocked_sender_ip_reputation" => "sender_blocked",
        "policy_or_auth_required" => "policy_refused",
        other => other,
    }
}

#[test]
fn ok_addresses() {
    let Some((text, rows)) = rows("addresses.jsonl") else { return };
    let found = run(&["verify", "--level", "syntax", "--format", "jsonl", "-"], &text);
    assert_eq!(found.len(), rows.len());
    let (mut settled, mut differing) = (0, Vec::new());
    for (row, found) in rows.iter().zip(&found) {
        assert_eq!(row["address"], found["email"]);
        let Some(valid) = row["valid_strict"].as_bool() else { continue };
        settled += 1;
        if found["syntax"]["valid"] != valid {
            differing.push(row["address"].to_string());
        }
    }
    assert!(settled > 500 && differing.len() * 100 <= settled * 3, "{} of {settled} differ:\n{}", differing.len(), differing.join("\n"));
}

#[test]
fn ok_replies() {
    let Some((text, rows)) = rows("replies.jsonl") else { return };
    let found = run(&["reply", "--format", "jsonl", "-"], &text);
    assert_eq!(found.len(), rows.len());
    let (mut agreeing, mut condemned) = (0, Vec::new());
    for (row, found) in rows.iter().zip(&found) {
        let alternatives = row["ours_alt"].as_array().into_iter().flatten().chain([&row["ours"]]);
        let expected: Vec<&str> = alternatives.filter_map(Value::as_str).map(of_table).collect();
        let finding = found["finding"].as_str().expect("a finding");
        agreeing += usize::from(expected.contains(&finding));
        let of_mailbox = |name: &&str| name.starts_with("mailbox_") || *name == "domain_not_hosted" || *name == "accepted";
        if matches!(finding, "mailbox_not_found" | "mailbox_disabled") && !expected.iter().any(of_mailbox) {
            condemned.push(format!("{row}\n  as {found}"));
        }
    }
    assert!(condemned.is_empty(), "{}", condemned.join("\n"));
    assert!(agreeing * 100 >= rows.len() * 95, "{agreeing} of {}", rows.len());
}

#[test]
fn ok_typos() {
    let Some((_, rows)) = rows("typos.jsonl") else { return };
    let addresses = rows.iter().map(|row| format!("ada@{}", row["domain"].as_str().expect("a domain")));
    let input = addresses.collect::<Vec<_>>().join("\n");
    let found = run(&["verify", "--level", "syntax", "--format", "jsonl", "-"], &input);
    let (mut corrected, mut typos) = (0, 0);
    for (row, found) in rows.iter().zip(&found) {
        let suggestion = found["suggestion"].as_str().and_then(|text| text.strip_prefix("ada@"));
        match row["expect"].as_str() {
            None => assert_eq!(suggestion, None, "{row}"),
            Some(meant) => {
                typos += 1;
                corrected += usize::from(suggestion == Some(meant));
            }
        }
    }
    // Without asking the DNS; the rest waits until it is known that mail has nowhere to go.
    assert!(corrected * 100 >= typos * 80, "{corrected} of {typos}");
}
