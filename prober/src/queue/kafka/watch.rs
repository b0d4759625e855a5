//! What the library tells a consumer: partitions that come and go, how far brokers are, and whether they are there.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;
use rdkafka::message::OwnedHeaders;
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Notify;
use tokio::task::block_in_place;

use super::client::{self, Ears, PATIENCE, Presence, Sign, UNREACHED};
use super::shelf::{Commit, Shelf};

/// A consumer that never joins a group has nothing to be told.
pub(super) struct Quiet(pub(super) Ears);

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        client::log(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.error(error, reason);
    }
}

impl ConsumerContext for Quiet {}

/// What is in a message.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// Its key.
    pub(crate) key: Option<Vec<u8>>,
    /// What it says; `None` where it says that there is nothing any more.
    pub(crate) value: Option<Vec<u8>>,
    /// What stands beside.
    pub(crate) headers: Option<OwnedHeaders>,
}

/// What a consumer's task, its user and the library share.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) topic: String,
    pub(super) presence: Arc<Presence>,
    /// Something may be handed out.
    pub(super) news: Notify,
    /// There may be room to fetch more, or something to commit.
    pub(super) change: Notify,
    pub(super) is_paused: AtomicBool,
    /// Whether a broker was connected, by the last statistics.
    was_up: AtomicBool,
    shelf: Mutex<Shelf<Record>>,
    ends: Mutex<HashMap<i32, i64>>,
}

impl Desk {
    pub(super) fn new(topic: String, most: usize, presence: Arc<Presence>) -> Self {
        let (news, change, is_paused, was_up) = (Notify::new(), Notify::new(), AtomicBool::new(false), AtomicBool::new(true));
        Self { topic, presence, news, change, is_paused, was_up, shelf: Mutex::new(Shelf::new(most)), ends: Mutex::default() }
    }

    pub(super) fn shelf(&self) -> MutexGuard<'_, Shelf<Record>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every partition of ours.
    pub(super) fn partitions(&self) -> Vec<i32> {
        self.shelf().partitions()
    }

    /// How many messages have not come yet, or were not handed out yet, as far as is known.
    pub(super) fn behind(&self) -> u64 {
        self.shelf().behind(&self.ends.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Commits what is new about these partitions.
    pub(super) fn commit<C: ConsumerContext>(&self, consumer: &impl Consumer<C>, partitions: &[i32]) {
        let commits = self.shelf().commits(partitions);
        if commits.is_empty() {
            return;
        }
        match waiting(|| consumer.commit(&list(&self.topic, &commits), CommitMode::Sync)) {
            Ok(()) => self.shelf().committed(&commits),
            Err(fault) => {
                tracing::debug!(topic = self.topic, %fault, "what was done cannot be noted now; this is tried again");
            }
        }
    }

    /// Partitions are ours, from where their last holder stopped.
    pub(super) fn assign<C: ConsumerContext>(&self, consumer: &impl Consumer<C>, list: &TopicPartitionList) {
        let committed = waiting(|| consumer.committed_offsets(list.clone(), PATIENCE));
        if let Err(fault) = &committed {
            tracing::warn!(topic = self.topic, %fault, "what was done ahead is not known, and is done once more");
        }
        let mut ours = self.shelf();
        for partition in partitions(list) {
            let known = committed.as_ref().ok().and_then(|list| list.find_partition(&self.topic, partition));
            let known = known.and_then(|known| match known.offset() {
                // The library takes it for granted that the text is one.
                Offset::Offset(offset) => {
                    Some((offset, catch_unwind(AssertUnwindSafe(|| known.metadata().to_owned())).unwrap_or_default()))
                }
                _ => None,
            });
            ours.assign(partition, known.as_ref().map(|(offset, note)| (*offset, note.as_str())));
        }
    }

    /// Partitions are to be somebody else's.
    fn revoke(&self, consumer: &BaseConsumer<Watch>, list: &TopicPartitionList) {
        let partitions = partitions(list);
        self.shelf().put_down(&partitions);
        self.shelf().spare_in_hand(&partitions);
        // Where they were taken from us, whoever has them by now has begun from what we committed before.
        if !consumer.assignment_lost() {
            self.commit(consumer, &partitions);
        }
        self.shelf().revoke(&partitions);
    }
}

/// The library has no other way to wait than to hold a thread; where there are others, they go on with our tasks meanwhile.
pub(super) fn waiting<T>(call: impl FnOnce() -> T) -> T {
    let has_others = Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
    if has_others { block_in_place(call) } else { call() }
}

fn partitions(list: &TopicPartitionList) -> Vec<i32> {
    list.elements().iter().map(rdkafka::topic_partition_list::TopicPartitionListElem::partition).collect()
}

fn list(topic: &str, commits: &[Commit]) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for (partition, offset, note) in commits {
        let mut element = list.add_partition(topic, *partition);
        // Offsets that brokers gave are offsets.
        let _ = element.set_offset(Offset::Offset(*offset));
        element.set_metadata(note);
    }
    list
}

/// The library's ear at a consumer.
pub(super) struct Watch(pub(super) Arc<Desk>);

impl ClientContext for Watch {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        client::log(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        client::heard(&self.0.presence, &error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        let is_up = statistics.brokers.values().any(|broker| broker.state == "UP");
        let was_up = self.0.was_up.swap(is_up, Ordering::Relaxed);
        match (was_up, is_up) {
            (_, true) => self.0.presence.reached(),
            // The library does not always say that the last of them has gone. Once may be a moment between two connections.
            (false, false) => self.0.presence.gone(Sign::Reach, UNREACHED),
            (true, false) => {}
        }
        let Some(topic) = statistics.topics.get(&self.0.topic) else { return };
        let ends = topic.partitions.iter().filter(|(_, partition)| partition.hi_offset >= 0);
        let ends = ends.map(|(number, partition)| (*number, partition.hi_offset)).collect();
        *self.0.ends.lock().unwrap_or_else(PoisonError::into_inner) = ends;
    }
}

impl ConsumerContext for Watch {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(list) => self.0.assign(consumer, list),
            Rebalance::Revoke(list) => self.0.revoke(consumer, list),
            Rebalance::Error(fault) => tracing::debug!(topic = self.0.topic, %fault, "partitions cannot be shared out"),
        }
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(list) if list.count() > 0 => {
                tracing::debug!(topic = self.0.topic, partitions = list.count(), "partitions came");
                if self.0.is_paused.load(Ordering::Relaxed) {
                    // Where this fails, a few more messages come than there is room for.
                    let _ = consumer.pause(list);
                }
            }
            Rebalance::Revoke(list) => tracing::debug!(topic = self.0.topic, partitions = list.count(), "partitions went"),
            _ => {}
        }
        self.0.news.notify_waiters();
    }
}
