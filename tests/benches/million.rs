//! Lists of a size that people have: a million rows by DNS, a hundred thousand by SMTP, a run that is killed twenty times, and two gigabytes of
//! broken rows.
//!
//! `cargo bench --package rcpt-tests --bench million [rows | smtp | kills | broken]`. The lab is in this process and the run in another; both are
//! on this machine, so rates are this machine's. Rows and commands are counted, and a wrong count ends the bench.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a bench looks at the clock, and fails by panicking"
)]

#[path = "million/broken.rs"]
mod broken;
#[path = "million/kills.rs"]
mod kills;
#[path = "million/lists.rs"]
mod lists;
#[path = "million/run.rs"]
mod run;

fn main() {
    let only = std::env::args().nth(1).filter(|word| !word.starts_with('-'));
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if wanted("rows") {
        lists::print_rows();
    }
    if wanted("smtp") {
        lists::print_smtp();
    }
    if wanted("kills") {
        kills::print();
    }
    if wanted("broken") {
        broken::print();
    }
}
