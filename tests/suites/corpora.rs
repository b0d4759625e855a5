//! Addresses, replies and typos that others collected, where the corpora are present: beside the project, or where RCPT_CORPORA says.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a suite fails by panicking")]

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use shared::domain::host_name::HostName;
use shared::domain::operator::Operator;
use stack::child;
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
    let output = child::run(rcpt().expect("rcpt").args(arguments), input.as_bytes()).expect("rcpt runs");
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
        if matches!(finding, "mailbox_not_found" | "mailbox_disabled" | "domain_not_hosted") && !expected.iter().any(of_mailbox) {
            condemned.push(format!("{row}\n  as {found}"));
        }
    }
    assert!(condemned.is_empty(), "{}", condemned.join("\n"));
    assert!(agreeing * 100 >= rows.len() * 97, "{agreeing} of {}", rows.len());
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

/// Patterns that name no operator of ours, and why.
const NO_OPERATOR: [(&str, &str); 14] = [
    ("outlook.com", "covers Outlook.com and Microsoft 365 alike, which answer differently"),
    ("protection.outlook.com", "the same"),
    ("microsoft.com", "the company's own hosts"),
    ("office365.com", "names clients' hosts, not exchangers"),
    ("mail.yourdomain.com", "a placeholder"),
    ("*.*.compute.amazonaws.com", "customers' own machines"),
    ("amazonaws.com", "the same, and everything else that is rented there"),
    ("*.corp.*.yahoo.com", "the company's own mail, not its customers'"),
    ("exchange.dewile.net", "one household's host"),
    ("mail.h-email.net", "private or parked, the source names nobody"),
    ("mail.mxproc.com", "the same"),
    ("mail.nickstel.com", "the same"),
    ("*.post-host.net", "the same"),
    ("*.user-mail.net", "the same"),
];

fn operator_of(exchange: &str) -> Option<&'static str> {
    Operator::of_exchange(&HostName::new(exchange)).map(|operator| operator.id)
}

#[test]
fn ok_operators() {
    let Some((_, rows)) = rows("operators.jsonl") else { return };
    let mut missed = Vec::new();
    for row in &rows {
        let pattern = row["pattern"].as_str().expect("a pattern");
        // A glob's star is a label; an exact name and a substring are read as the name itself.
        let exchange = pattern.replace('*', "label");
        if operator_of(&exchange).is_none() {
            missed.push(pattern);
        }
        assert_eq!(operator_of(&format!("{exchange}.evil.example")), None, "{pattern}");
    }
    missed.sort_unstable();
    missed.dedup();
    let mut excepted: Vec<&str> = NO_OPERATOR.iter().map(|(pattern, _)| *pattern).collect();
    excepted.sort_unstable();
    assert_eq!(missed, excepted);
}

/// Providers whose answers differ must not be taken for one another, whatever the breadth of the source's pattern.
#[test]
fn ok_operators_of_consequence() {
    let Some((_, rows)) = rows("operators.jsonl") else { return };
    for (provider, id) in [
        ("Gmail", "google"),
        ("G Suite", "google"),
        ("GOOGLE", "google"),
        ("MS365", "microsoft365"),
        ("Microsoft Outlook", "microsoft365"),
        ("Microsoft Outlook Hotmail", "outlook"),
        ("Apple iCloud", "icloud"),
        ("AOL", "yahoo"),
        ("Yahoo Small Business", "yahoo"),
        ("ProtonMail", "proton"),
        ("Yandex", "yandex"),
        ("Zoho", "zoho"),
        ("qq", "qq"),
        ("mimecast", "mimecast"),
        ("messagelabs", "symantec"),
        ("spamexperts", "spamexperts"),
    ] {
        let named: Vec<_> = rows.iter().filter(|row| row["provider"] == provider).collect();
        assert!(!named.is_empty(), "{provider}");
        for row in named {
            let exchange = row["pattern"].as_str().expect("a pattern").replace('*', "label");
            assert_eq!(operator_of(&exchange), Some(id), "{row}");
        }
    }
    assert_eq!(operator_of("mta5.am0.yahoodns.net"), Some("yahoo"));
    assert_eq!(operator_of("mx1.mail.yahoo.co.jp"), Some("yahoo_japan"));
    assert_eq!(operator_of("googlemail.com.evil.example"), None);
}
