//! The table, printed.

use std::fmt::Write as _;

use serde_json::json;

use super::sources::SOURCES;
use super::table::table;

/// The table for people, in columns.
pub fn list_human() -> String {
    let width = |of: fn(&super::Row) -> usize| table().iter().map(of).max().unwrap_or(0);
    let (addresses, verdicts) = (width(|row| row.address.chars().count()), width(|row| verdict(row).len()));
    let mut text = String::new();
    for row in table() {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{:addresses$}  {:verdicts$}  {}", row.address, verdict(row), row.plays);
    }
    text
}

/// The table, one JSON object a line.
pub fn list_jsonl() -> String {
    let mut text = String::new();
    for row in table() {
        let line = json!({
            "address": row.address, "plays": row.plays, "status": row.reason.status().as_str(), "reason": row.reason.as_str(),
        });
        // Writing to a String does not fail.
        let _ = writeln!(text, "{line}");
    }
    text
}

/// The sources for people, each as the flags that lead to it.
pub fn list_sources_human() -> String {
    let mut text = String::new();
    for source in SOURCES {
        let flags = format!("--bind {} --helo {} --mail-from probe@{}", source.address, source.helo, source.domain);
        // Writing to a String does not fail.
        let _ = writeln!(text, "{flags:100}  {}", source.plays);
    }
    text
}

/// The sources, one JSON object a line.
pub fn list_sources_jsonl() -> String {
    let mut text = String::new();
    for source in SOURCES {
        let mail_from = format!("probe@{}", source.domain);
        let line = json!({ "bind": source.address, "helo": source.helo, "mail_from": mail_from, "plays": source.plays });
        // Writing to a String does not fail.
        let _ = writeln!(text, "{line}");
    }
    text
}

fn verdict(row: &super::Row) -> String {
    format!("{}/{}", row.reason.status(), row.reason)
}
