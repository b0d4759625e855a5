//! Messages of one topic, fetched ahead a little, handed out, and their ends committed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rdkafka::Message as _;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Headers as _, OwnedHeaders};
use rdkafka::metadata::MetadataTopic;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::address::Address;
use super::client::{self, AGAIN, PATIENCE, Presence, Wanted};
use super::shelf::{Parcel, Slot};
use super::watch::{Desk, Record, Watch, waiting};

/// How often ends are committed, where there are any.
const COMMIT: Duration = Duration::from_millis(100);
/// How soon after an error the next message is asked for.
const BREATH: Duration = Duration::from_millis(100);

/// Who takes from a topic.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Where Kafka is.
    pub(crate) address: Address,
    /// The topic.
    pub(crate) topic: String,
    /// How it is made where it is missing.
    pub(crate) wanted: Wanted,
    /// Those who share its messages.
    pub(crate) group: String,
    /// Whether we are alone in the group: then nobody need be waited for.
    pub(crate) is_alone: bool,
}

/// The messages. When it is dropped its partitions go to the others of its group, with all that was not ended.
#[derive(Debug)]
pub(crate) struct Intake {
    desk: Arc<Desk>,
    stop: watch::Sender<bool>,
}

/// The end of a consumer, for whoever waits for it.
#[derive(Debug)]
pub(crate) struct Leaving {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Leaving {
    /// Whether it has left.
    pub(crate) fn is_over(&self) -> bool {
        self.task.is_finished()
    }

    /// Has it leave, and waits until it has.
    pub(crate) async fn leave(self) {
        self.stop.send_replace(true);
        // Where it fell, there is nothing to wait for.
        let _ = self.task.await;
    }
}

/// A word about a message, from wherever it went.
#[derive(Debug, Clone)]
pub(crate) struct Ends(Arc<Desk>);

impl Intake {
    /// Begins to fetch, no more than `most` being handed out at a time without a word. The task ends when the intake is dropped, and has then
    /// left the group in good order.
    pub(crate) fn open(source: Source, most: usize, presence: Arc<Presence>) -> (Self, Leaving) {
        let desk = Arc::new(Desk::new(source.topic.clone(), most, presence));
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(fetch(source, Arc::clone(&desk), stopped));
        (Self { desk, stop: stop.clone() }, Leaving { stop, task })
    }

    /// The next message. A future that is dropped early loses nothing.
    pub(crate) async fn next(&self) -> Parcel<Record> {
        loop {
            // Listening before looking, so that nothing comes between.
            let mut news = std::pin::pin!(self.desk.news.notified());
            news.as_mut().enable();
            let parcel = self.desk.shelf().hand_out();
            match parcel {
                Some(parcel) => {
                    self.desk.change.notify_one();
                    return parcel;
                }
                None => news.await,
            }
        }
    }

    /// What says a word about messages.
    pub(crate) fn ends(&self) -> Ends {
        Ends(Arc::clone(&self.desk))
    }

    /// How many messages have not been handed out yet, as far as is known.
    pub(crate) fn behind(&self) -> u64 {
        self.desk.behind()
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

impl Ends {
    /// A message is done.
    pub(crate) fn end(&self, slot: Slot) {
        self.0.shelf().end(slot);
        self.0.news.notify_waiters();
    }

    /// A message that was handed out waits again.
    pub(crate) fn give_back(&self, parcel: Parcel<Record>) {
        self.0.shelf().give_back(parcel);
        self.0.news.notify_waiters();
    }

    /// A message stays in hand for long; whoever has it lives, and its being taken is no sign of anything.
    pub(crate) fn spare(&self, slot: Slot) {
        self.0.shelf().spare(slot);
    }

    /// Whether a message is ours still.
    pub(crate) fn holds(&self, slot: Slot) -> bool {
        self.0.shelf().holds(slot)
    }
}

/// Fetches until it is told to stop: 1. the topic is there; 2. a consumer; 3. its messages; 4. it leaves.
async fn fetch(source: Source, desk: Arc<Desk>, mut stop: watch::Receiver<bool>) {
    // 1. Topic.
    tokio::select! {
        () = client::ensure(&source.address, &desk.presence, &source.topic, source.wanted) => {}
        () = stopped(&mut stop) => return,
    }
    while !*stop.borrow() {
        // 2. Consumer.
        let consumer = match begin(&source, &desk) {
            Ok(consumer) => Arc::new(consumer),
            Err(fault) => {
                tracing::error!(topic = source.topic, %fault, "there is no consumer; this is tried again");
                sleep(AGAIN).await;
                continue;
            }
        };
        // 3. Messages.
        tokio::select! {
            () = pump(&consumer, &desk, &mut stop) => {}
            () = commit(&consumer, &desk) => {}
        }
        // 4. Leave.
        let desk = Arc::clone(&desk);
        let _ = spawn_blocking(move || leave(consumer, &desk)).await;
    }
}

/// Waits until it is to stop, or nobody is left who could say so.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stopped| *stopped).await);
}

fn begin(source: &Source, desk: &Arc<Desk>) -> Result<StreamConsumer<Watch>, KafkaError> {
    let consumer: StreamConsumer<Watch> =
        config(&source.address).set("group.id", &source.group).create_with_context(Watch(Arc::clone(desk)))?;
    if source.is_alone {
        // Who is alone need not wait until the group has sat down together.
        let list = everything(&consumer, &source.topic)?;
        desk.assign(&consumer, &list);
        consumer.assign(&list)?;
    } else {
        consumer.subscribe(&[source.topic.as_str()])?;
    }
    Ok(consumer)
}

/// All of a topic, from where it was left.
fn everything(consumer: &StreamConsumer<Watch>, topic: &str) -> Result<TopicPartitionList, KafkaError> {
    let metadata = waiting(|| consumer.fetch_metadata(Some(topic), PATIENCE))?;
    let mut list = TopicPartitionList::new();
    for partition in metadata.topics().iter().filter(|found| found.name() == topic).flat_map(MetadataTopic::partitions) {
        list.add_partition_offset(topic, partition.id(), Offset::Stored)?;
    }
    if list.count() == 0 { Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition)) } else { Ok(list) }
}

/// The settings of a consumer, but for its group.
pub(super) fn config(address: &Address) -> ClientConfig {
    let mut config = client::config(address);
    config.set("auto.offset.reset", "earliest");
    config.set("enable.auto.commit", "false").set("enable.auto.offset.store", "false");
    // Partitions that stay stay while others move; whoever dies is missed after ten seconds.
    config.set("partition.assignment.strategy", "cooperative-sticky");
    config.set("session.timeout.ms", "10000").set("heartbeat.interval.ms", "1000");
    config.set("queued.min.messages", "100").set("queued.max.messages.kbytes", "16384");
    config.set("statistics.interval.ms", "2000");
    client::with_properties(config, address)
}

/// Commits what is done, for ever. Each commit is waited for on a thread of its own: the library tells of those that nobody waits for nothing.
async fn commit(consumer: &Arc<StreamConsumer<Watch>>, desk: &Arc<Desk>) {
    let mut ticks = interval(COMMIT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let (consumer, desk) = (Arc::clone(consumer), Arc::clone(desk));
        let _ = spawn_blocking(move || desk.commit(&*consumer, &desk.partitions())).await;
    }
}

/// Messages onto the shelf, until it is told to stop or the consumer can go on no more.
async fn pump(consumer: &StreamConsumer<Watch>, desk: &Desk, stop: &mut watch::Receiver<bool>) {
    loop {
        tokio::select! {
            message = consumer.recv() => match message {
                Ok(message) => arrive(consumer, desk, &message),
                Err(KafkaError::MessageConsumptionFatal(code)) => {
                    tracing::warn!(topic = desk.topic, fault = %code, "the consumer begins anew");
                    return;
                }
                Err(fault) => {
                    tracing::debug!(topic = desk.topic, %fault, "no message");
                    sleep(BREATH).await;
                }
            },
            () = desk.change.notified() => {}
            () = stopped(stop) => return,
        }
        make_room(consumer, desk);
    }
}

fn arrive(consumer: &StreamConsumer<Watch>, desk: &Desk, message: &BorrowedMessage<'_>) {
    let record = Record {
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers: message.headers().map(BorrowedHeaders::detach),
    };
    let beside = record.headers.iter().flat_map(OwnedHeaders::iter).map(|header| header.key.len() + header.value.map_or(0, <[u8]>::len));
    let octets = message.key_len() + message.payload_len() + beside.sum::<usize>();
    let deliveries = desk.shelf().arrive(message.partition(), message.offset(), octets, record);
    // What was taken before and not ended may be what its taker died of. That it is taken again is known before it is.
    if deliveries.is_some_and(|deliveries| deliveries > 1) {
        desk.commit(consumer, &[message.partition()]);
    }
    desk.news.notify_waiters();
}

/// Fetching pauses while enough waits, and goes on when little does.
fn make_room(consumer: &StreamConsumer<Watch>, desk: &Desk) {
    let is_paused = desk.is_paused.load(Ordering::Relaxed);
    if desk.shelf().is_to_pause(is_paused) == is_paused {
        return;
    }
    let Ok(ours) = consumer.assignment() else { return };
    let changed = if is_paused { consumer.resume(&ours) } else { consumer.pause(&ours) };
    match changed {
        Ok(()) => desk.is_paused.store(!is_paused, Ordering::Relaxed),
        Err(fault) => tracing::debug!(topic = desk.topic, %fault, "fetching does not pause or go on"),
    }
}

/// Commits what is done, and gives the partitions to the others.
fn leave(consumer: Arc<StreamConsumer<Watch>>, desk: &Desk) {
    let partitions = desk.partitions();
    desk.shelf().put_down(&partitions);
    desk.commit(&*consumer, &partitions);
    desk.shelf().revoke(&partitions);
    drop(consumer);
}
