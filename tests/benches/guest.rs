//! What the prober asks of its hosts, beside what the protocol makes unavoidable; and what two thousand probes that wait cost.
//!
//! `cargo bench --package rcpt-tests --bench guest`. The lab, its guest book and the prober are on this machine; ratios are claims, the rest is
//! this machine's.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a bench looks at the clock, and fails by panicking"
)]

#[path = "guest/round_trips.rs"]
mod round_trips;
#[path = "guest/waiting.rs"]
mod waiting;

fn main() {
    let only = std::env::args().nth(1).filter(|word| !word.starts_with('-'));
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if wanted("round_trips") {
        round_trips::print();
    }
    if wanted("waiting") {
        waiting::print();
    }
}
