//! The queue: what every kind of it promises, and jobs whose questions go through it.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a suite fails by panicking")]

#[path = "queue/conformance.rs"]
mod conformance;
#[path = "queue/faults.rs"]
mod faults;
#[cfg(feature = "kafka")]
#[path = "queue/kafka.rs"]
mod kafka;

#[path = "queue/jobs.rs"]
mod jobs;
#[path = "queue/office.rs"]
mod office;
#[path = "queue/rabbit.rs"]
mod rabbit;

use std::sync::Arc;

use prober::queue::{Broker, Embedded};

#[test]
fn ok_embedded() {
    let embedded: Arc<dyn Broker> = Arc::new(Embedded::default());
    conformance::all(&|| Arc::clone(&embedded), 0);
}
