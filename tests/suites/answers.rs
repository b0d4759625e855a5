//! How the Worker finds its answers: from resolvers and probers that fail, progressively, many at once, and in other words.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a suite fails by panicking")]

#[path = "answers/batch.rs"]
mod batch;
#[path = "answers/domains.rs"]
mod domains;
#[path = "answers/kept.rs"]
mod kept;
#[path = "answers/probers.rs"]
mod probers;
#[path = "answers/progress.rs"]
mod progress;
#[path = "answers/reacher.rs"]
mod reacher;
#[path = "answers/resolvers.rs"]
mod resolvers;
#[path = "answers/transcript.rs"]
mod transcript;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use stack::whole::{Ports, Whole};

static WHOLE: LazyLock<Whole> = LazyLock::new(|| Whole::start(Ports::default(), &[], false).unwrap_or_else(|error| panic!("{error}")));

/// What `call` gives, and how long it took.
#[expect(clippy::disallowed_methods, reason = "a test may look at the clock: that answers come in time is what it is about")]
fn timed<T>(call: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let given = call();
    (given, began.elapsed())
}
