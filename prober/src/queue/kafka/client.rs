//! What every client of ours has in common: its settings, its word about the brokers, and topics made where they are missing.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{FutureProducer, Producer as _};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::address::Address;

/// How long one question about topics may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// What is said where no broker is connected.
pub(super) const UNREACHED: &str = "no broker can be reached";
/// How soon to try again what failed.
pub(super) const AGAIN: Duration = Duration::from_secs(1);
/// The longest message, in octets: a letter, and what Kafka adds.
const MOST_OCTETS: &str = "8388608";

/// What was said of the brokers before their going may come after it: that they are there again is believed this much later.
const SETTLED: Duration = Duration::from_secs(3);

/// What shows that the brokers are away.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sign {
    /// None of them can be reached.
    Reach = 1,
    /// What was put is not confirmed.
    Puts = 2,
}

/// Whether the brokers are there, as far as was seen last; their going and coming back are logged once each.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    /// Which signs there are that they are not.
    signs: AtomicU8,
    /// When the last of them came.
    gone_at: Mutex<Option<Instant>>,
}

impl Presence {
    /// None of them is.
    pub(super) fn gone(&self, sign: Sign, fault: &str) {
        *self.gone_at() = Some(Instant::now());
        if self.signs.fetch_or(sign as u8, Ordering::Relaxed) == 0 {
            tracing::warn!(fault, "Kafka is away; it is waited for");
        }
    }

    /// One of them has just answered a put.
    pub(super) fn answered(&self) {
        self.clear(u8::MAX);
    }

    /// One of them is connected, by a client's statistics. Messages that come are no sign: they may have been fetched long ago.
    pub(super) fn reached(&self) {
        if self.gone_at().is_none_or(|gone_at| gone_at.elapsed() >= SETTLED) {
            self.clear(Sign::Reach as u8);
        }
    }

    fn clear(&self, signs: u8) {
        let before = self.signs.fetch_and(!signs, Ordering::Relaxed);
        if before != 0 && before & !signs == 0 {
            tracing::info!("Kafka is back");
        }
    }

    fn gone_at(&self) -> MutexGuard<'_, Option<Instant>> {
        self.gone_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether one is.
    pub(crate) fn is_there(&self) -> bool {
        self.signs.load(Ordering::Relaxed) == 0
    }
}

/// A client's word about its brokers.
#[derive(Debug, Clone, Default)]
pub(super) struct Ears(pub(super) Arc<Presence>);

impl ClientContext for Ears {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        log(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        heard(&self.0, &error, reason);
    }
}

/// The library's own words. What matters to operators is said in ours; connections that come and go are what brokers do.
pub(super) fn log(level: RDKafkaLogLevel, facility: &str, text: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => tracing::error!(facility, text, "librdkafka"),
        _ => tracing::debug!(facility, text, "librdkafka"),
    }
}

/// The library has an error that belongs to no message.
pub(super) fn heard(presence: &Presence, error: &KafkaError, reason: &str) {
    match error {
        KafkaError::Global(RDKafkaErrorCode::AllBrokersDown) => presence.gone(Sign::Reach, UNREACHED),
        KafkaError::Global(RDKafkaErrorCode::Authentication) => tracing::error!(reason, "Kafka does not know us"),
        other => tracing::debug!(fault = %other, reason, "Kafka"),
    }
}

/// Settings for any client.
pub(super) fn config(address: &Address) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &address.brokers).set("client.id", "rcpt");
    config.set("message.max.bytes", MOST_OCTETS).set("reconnect.backoff.max.ms", "2000");
    config
}

/// The settings with the user's own on top.
pub(super) fn with_properties(mut config: ClientConfig, address: &Address) -> ClientConfig {
    for (name, value) in &address.properties {
        config.set(name, value);
    }
    config
}

/// A topic as we would make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Wanted {
    /// Into how many parts its messages are shared out; `None` for a topic of the user's, which is as the brokers make it.
    pub(crate) partitions: Option<i32>,
    /// How long it keeps messages, read or not; as the brokers have it where nothing is said.
    pub(crate) keeps: Option<Duration>,
}

/// Waits until there is such a topic, and makes it where there is none.
pub(crate) async fn ensure(address: &Address, presence: &Arc<Presence>, topic: &str, wanted: Wanted) {
    let mut is_told = false;
    while let Err(fault) = try_ensure(address, presence, topic, wanted).await {
        if !std::mem::replace(&mut is_told, true) {
            tracing::warn!(topic, fault, "there is no such topic yet, and it cannot be made; this is tried again");
        }
        sleep(AGAIN).await;
    }
}

/// 1. nothing to do where it is there; 2. make it; 3. brokers that let nobody make topics may make them themselves when they are asked for.
async fn try_ensure(address: &Address, presence: &Arc<Presence>, topic: &str, wanted: Wanted) -> Result<(), String> {
    // 1. There.
    if look(address, presence, topic, false).await? {
        return Ok(());
    }
    // 2. Made.
    let made = make(address, topic, wanted).await;
    if made.is_ok() {
        tracing::info!(topic, partitions = wanted.partitions, "a topic was made");
        return Ok(());
    }
    // 3. Makes itself.
    if look(address, presence, topic, true).await? { Ok(()) } else { made }
}

/// Whether a topic is there; with `make`, brokers are told that it is wanted.
async fn look(address: &Address, presence: &Arc<Presence>, topic: &str, make: bool) -> Result<bool, String> {
    let (config, ears, name) = (with_properties(config(address), address), Ears(Arc::clone(presence)), topic.to_owned());
    let look = move || -> Result<bool, KafkaError> {
        let metadata = if make {
            let client: FutureProducer<Ears> = config.create_with_context(ears)?;
            client.client().fetch_metadata(Some(&name), PATIENCE)?
        } else {
            let client: BaseConsumer<super::watch::Quiet> = config.create_with_context(super::watch::Quiet(ears))?;
            client.client().fetch_metadata(Some(&name), PATIENCE)?
        };
        Ok(metadata.topics().iter().any(|found| found.name() == name && found.error().is_none() && !found.partitions().is_empty()))
    };
    spawn_blocking(look).await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

async fn make(address: &Address, topic: &str, wanted: Wanted) -> Result<(), String> {
    let admin: AdminClient<DefaultClientContext> =
        with_properties(config(address), address).create().map_err(|error: KafkaError| error.to_string())?;
    let keeps = wanted.keeps.map(|keeps| keeps.as_millis().to_string());
    // -1: as many as the brokers have by default (KIP-464).
    let mut new = NewTopic::new(topic, wanted.partitions.unwrap_or(-1), TopicReplication::Fixed(-1));
    if wanted.partitions.is_some() {
        new = new.set("max.message.bytes", MOST_OCTETS);
    }
    if let Some(keeps) = &keeps {
        new = new.set("retention.ms", keeps).set("segment.ms", keeps);
    }
    let options = AdminOptions::new().request_timeout(Some(PATIENCE));
    let made = admin.create_topics(&[new], &options).await.map_err(|error| error.to_string())?;
    match made.into_iter().next() {
        Some(Err((_, code))) if code != RDKafkaErrorCode::TopicAlreadyExists => Err(code.to_string()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ok_what_was_said_before_brokers_went_does_not_bring_them_back() {
        let presence = Presence::default();
        presence.reached();
        assert!(presence.is_there());
        presence.gone(Sign::Reach, UNREACHED);
        presence.reached();
        assert!(!presence.is_there(), "statistics of a moment ago");
        advance(SETTLED).await;
        presence.reached();
        assert!(presence.is_there());
    }

    #[tokio::test(start_paused = true)]
    async fn ok_brokers_that_are_connected_and_confirm_nothing_are_away() {
        let presence = Presence::default();
        presence.gone(Sign::Puts, "nothing is confirmed");
        advance(SETTLED).await;
        presence.reached();
        assert!(!presence.is_there());
        presence.answered();
        assert!(presence.is_there());
    }
}
