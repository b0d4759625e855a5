//! Kafka, as a queue and for streams. A map; without the feature `kafka` there is only the address, so that it can be said what is missing.

mod address;
#[cfg(feature = "kafka")]
mod broker;
#[cfg(feature = "kafka")]
mod client;
#[cfg(feature = "kafka")]
mod intake;
#[cfg(feature = "kafka")]
mod offsets;
#[cfg(feature = "kafka")]
mod outbox;
#[cfg(feature = "kafka")]
mod settings;
#[cfg(feature = "kafka")]
mod shelf;
#[cfg(feature = "kafka")]
mod watch;

pub use address::{Address, is_name};
#[cfg(feature = "kafka")]
pub use broker::Kafka;
#[cfg(feature = "kafka")]
pub(crate) use {
    client::{Presence, Wanted, ensure},
    intake::{Ends, Intake, Source},
    outbox::{Outbox, Refusal},
    shelf::{Parcel, Slot},
    watch::Record,
};

/// What is said where the address of a Kafka is given to a build that has none.
pub const ABSENT: &str = "this build of rcpt has no Kafka: build it where there is a C++ compiler, with the feature kafka";
