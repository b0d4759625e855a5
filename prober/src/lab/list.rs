//! The table, printed.

use std::fmt::Write as _;

use serde_json::json;

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

fn verdict(row: &super::Row) -> String {
    format!("{}/{}", row.reason.status(), row.reason)
}
