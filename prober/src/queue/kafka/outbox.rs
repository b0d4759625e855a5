//! Messages put into topics, again and again until a broker has confirmed them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use rdkafka::util::Timeout;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::address::Address;
use super::client::{self, AGAIN, Ears, Presence, Sign};
use super::watch::Record;

/// How long to wait, when all is over, for what was not confirmed yet.
const PARTING: Duration = Duration::from_secs(5);

/// A put that takes longer is not being confirmed; that there is no such topic is known after ten seconds (`topic.metadata.propagation.max.ms`).
const LONG: Duration = Duration::from_secs(15);

/// Why a message is not taken, whenever it is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no such topic.
    NoSuchTopic,
    /// It is longer than the topic takes.
    TooLarge,
    /// We may not write there.
    NotAllowed,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSuchTopic => "there is no such topic",
            Self::TooLarge => "the message is longer than the topic takes (max.message.bytes)",
            Self::NotAllowed => "we may not write to the topic",
        })
    }
}

impl Refusal {
    fn of(error: &KafkaError) -> Option<Self> {
        match error.rdkafka_error_code()? {
            RDKafkaErrorCode::UnknownTopic | RDKafkaErrorCode::UnknownTopicOrPartition => Some(Self::NoSuchTopic),
            RDKafkaErrorCode::MessageSizeTooLarge => Some(Self::TooLarge),
            RDKafkaErrorCode::TopicAuthorizationFailed => Some(Self::NotAllowed),
            _ => None,
        }
    }

    /// Whether a broker said so; how long a message is, the library knows by itself.
    fn is_of_brokers(self) -> bool {
        self != Self::TooLarge
    }
}

/// The way out.
#[derive(Clone)]
pub(crate) struct Outbox {
    producer: FutureProducer<Ears>,
    presence: Arc<Presence>,
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("presence", &self.presence).finish_non_exhaustive()
    }
}

impl Outbox {
    /// The way out as soon as the system has threads for it: that the properties are good was seen when the address was read. Nothing is
    /// connected yet.
    pub(crate) async fn open_in_time(address: &Address, presence: &Arc<Presence>) -> Self {
        loop {
            match Self::open(address, Arc::clone(presence)) {
                Ok(outbox) => return outbox,
                Err(fault) => tracing::error!(fault, "there is no producer; this is tried again"),
            }
            sleep(AGAIN).await;
        }
    }

    fn open(address: &Address, presence: Arc<Presence>) -> Result<Self, String> {
        let producer = config(address).create_with_context(Ears(Arc::clone(&presence))).map_err(|error: KafkaError| error.to_string())?;
        Ok(Self { producer, presence })
    }

    /// Puts a message and waits until it is confirmed, as long as that takes; it may then be there twice.
    ///
    /// # Errors
    /// [`Refusal`], where waiting does not help.
    pub(crate) async fn put(&self, topic: &str, record: &Record) -> Result<(), Refusal> {
        loop {
            match self.patiently(self.producer.send(message(topic, record), Timeout::Never)).await {
                Ok(_) => {
                    self.presence.answered();
                    return Ok(());
                }
                Err((error, _)) => {
                    if let Some(refusal) = Refusal::of(&error) {
                        if refusal.is_of_brokers() {
                            self.presence.answered();
                        }
                        return Err(refusal);
                    }
                    self.presence.gone(Sign::Puts, &error.to_string());
                    sleep(AGAIN).await;
                }
            }
        }
    }

    /// What comes of a put; that it takes long is a sign, and it goes on.
    async fn patiently<T>(&self, putting: impl Future<Output = T>) -> T {
        let mut putting = std::pin::pin!(putting);
        if let Ok(put) = timeout(LONG, &mut putting).await {
            return put;
        }
        self.presence.gone(Sign::Puts, "what is put is not confirmed");
        putting.await
    }

    /// Waits a moment for what was not confirmed yet.
    pub(crate) async fn close(&self) {
        let producer = self.producer.clone();
        let _ = spawn_blocking(move || producer.flush(PARTING)).await;
    }
}

/// The settings of a producer.
pub(super) fn config(address: &Address) -> ClientConfig {
    let mut config = client::config(address);
    // Every copy that is in step has it before it is confirmed.
    config.set("acks", "all").set("linger.ms", "5").set("compression.type", "lz4");
    // A topic that is not there after a third of the time will not be.
    config.set("message.timeout.ms", "30000").set("topic.metadata.propagation.max.ms", "10000");
    // As Java's clients choose partitions, so that topics of theirs and ours that have the same keys can be joined.
    config.set("partitioner", "murmur2_random");
    client::with_properties(config, address)
}

fn message<'a>(topic: &'a str, record: &'a Record) -> FutureRecord<'a, [u8], [u8]> {
    let mut message = FutureRecord::to(topic);
    message.key = record.key.as_deref();
    message.payload = record.value.as_deref();
    message.headers.clone_from(&record.headers);
    message
}
