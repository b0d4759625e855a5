//! Rcpt beside the crate `check-if-email-exists` and beside a client that does nothing but the dialogue: the same lab, the same addresses, one
//! after the other in one run; and what either makes of every row of the lab's table.
//!
//! `cargo bench --package rcpt-tests --bench peer [speed | rows]`. Counts and ratios are claims; rates are this machine's. The peer finds hosts by
//! the system's resolver, and so all of this runs in a network of its own, whose resolver is the lab. Where that cannot be had, or the peer cannot
//! be built, the bench says so and leaves out the whole comparison.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a bench looks at the clock, and fails by panicking"
)]

#[path = "peer/lists.rs"]
mod lists;
#[path = "peer/ours.rs"]
mod ours;
#[path = "peer/plain.rs"]
mod plain;
#[path = "peer/rows.rs"]
mod rows;
#[path = "peer/run.rs"]
mod run;
#[path = "peer/speed.rs"]
mod speed;
#[path = "peer/world.rs"]
mod world;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        // What this program starts of itself.
        ["ours", port, at_once] => ours::run(port, at_once),
        ["plain", port, sessions] => plain::run(port, sessions),
        ["inside", parts @ ..] => print(parts),
        parts => {
            if let Err(lack) = world::enter(parts) {
                println!("Beside check-if-email-exists: left out, {lack}");
            }
        }
    }
}

fn print(parts: &[&str]) {
    if parts.is_empty() || parts.contains(&"speed") {
        speed::print();
    }
    if parts.is_empty() || parts.contains(&"rows") {
        rows::print();
    }
}
