//! A Kafka-protocol broker in this process: the one that the client library brings for tests. It shares partitions out among a group, keeps
//! offsets, can go and come back, and keeps messages in memory: the last 5 MiB or 100,000 of each partition. It lets nobody make topics but us.

use std::io;
use std::time::Duration;

use rdkafka::Message as _;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Header, Headers as _, OwnedHeaders};
use rdkafka::metadata::MetadataPartition;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

/// How long one answer of the broker's may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A broker that goes with its owner.
pub struct Kafka {
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl Kafka {
    /// Starts one on a free port.
    ///
    /// # Errors
    /// Where it does not come up.
    pub fn start() -> io::Result<Self> {
        Ok(Self { cluster: MockCluster::new(1).map_err(io::Error::other)? })
    }

    /// Its address, for names that begin so. Whoever dies there is missed after a few seconds.
    pub fn url(&self, prefix: &str) -> String {
        format!("kafka://{}/{prefix}?session.timeout.ms=3000&heartbeat.interval.ms=300", self.cluster.bootstrap_servers())
    }

    /// `HOST:PORT`, for clients of a test's own.
    pub fn brokers(&self) -> String {
        self.cluster.bootstrap_servers()
    }

    /// Makes a topic.
    ///
    /// # Errors
    /// Where it is there already.
    pub fn make(&self, topic: &str, partitions: i32) -> io::Result<()> {
        self.cluster.create_topic(topic, partitions, 1).map_err(io::Error::other)
    }

    /// The topics that a queue with this prefix has, with answers for these.
    ///
    /// # Errors
    /// As [`Self::make`].
    pub fn make_queue(&self, prefix: &str, askers: &[&str]) -> io::Result<()> {
        self.make(&format!("{prefix}.tasks"), 8)?;
        self.make(&format!("{prefix}.set-aside"), 1)?;
        askers.iter().try_for_each(|name| self.make(&format!("{prefix}.answers.{name}"), 1))
    }

    /// Nobody reaches it any more.
    ///
    /// # Errors
    /// Where it does not do so.
    pub fn go(&self) -> io::Result<()> {
        self.cluster.broker_down(-1).map_err(io::Error::other)
    }

    /// It is there again, with all that it had.
    ///
    /// # Errors
    /// Where it does not do so.
    pub fn come_back(&self) -> io::Result<()> {
        self.cluster.broker_up(-1).map_err(io::Error::other)
    }
}

/// A message as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its key.
    pub key: Option<String>,
    /// What it says; `None` for a tombstone.
    pub value: Option<Vec<u8>>,
    /// What stands beside it.
    pub headers: Vec<(String, String)>,
    /// When it came, in milliseconds since the Unix epoch.
    pub at_ms: i64,
}

impl Received {
    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What it says, as JSON; null where it is none.
    pub fn json(&self) -> serde_json::Value {
        self.value.as_deref().and_then(|value| serde_json::from_slice(value).ok()).unwrap_or_default()
    }
}

/// A message to send: key, value, headers.
pub type Sent<'a> = (Option<&'a str>, Option<&'a [u8]>, &'a [(&'a str, &'a str)]);

impl Kafka {
    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.brokers()).set("group.id", "reader").set("enable.auto.commit", "false");
        config
    }

    /// Sends messages and waits until they are there.
    ///
    /// # Errors
    /// Where they are not taken.
    pub fn send(&self, topic: &str, messages: &[Sent<'_>]) -> io::Result<()> {
        let producer: BaseProducer = self.config().create().map_err(io::Error::other)?;
        for (key, value, beside) in messages {
            let mut record = BaseRecord::<str, [u8]>::to(topic);
            (record.key, record.payload) = (*key, *value);
            if !beside.is_empty() {
                let insert = |headers: OwnedHeaders, (key, value): &(&str, &str)| headers.insert(Header { key, value: Some(*value) });
                record = record.headers(beside.iter().fold(OwnedHeaders::new(), insert));
            }
            producer.send(record).map_err(|(error, _)| io::Error::other(error))?;
            producer.poll(Duration::ZERO);
        }
        producer.flush(PATIENCE).map_err(io::Error::other)
    }

    /// Everything in a topic at this moment, in the order of coming.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn read(&self, topic: &str) -> io::Result<Vec<Received>> {
        let consumer: BaseConsumer = self.config().create().map_err(io::Error::other)?;
        let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).map_err(io::Error::other)?;
        let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions().iter().map(MetadataPartition::id));
        let (mut list, mut left) = (TopicPartitionList::new(), 0);
        for partition in partitions {
            let (low, high) = consumer.fetch_watermarks(topic, partition, PATIENCE).map_err(io::Error::other)?;
            left += high - low;
            list.add_partition_offset(topic, partition, Offset::Beginning).map_err(io::Error::other)?;
        }
        consumer.assign(&list).map_err(io::Error::other)?;
        let mut all = Vec::new();
        while left > 0 {
            let message = consumer.poll(PATIENCE).ok_or(io::ErrorKind::TimedOut)?.map_err(io::Error::other)?;
            all.push(received(&message));
            left -= 1;
        }
        all.sort_by_key(|message| message.at_ms);
        Ok(all)
    }
}

fn received(message: &BorrowedMessage<'_>) -> Received {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = message.headers().into_iter().flat_map(BorrowedHeaders::iter);
    Received {
        key: message.key().map(text),
        value: message.payload().map(<[u8]>::to_vec),
        headers: headers.map(|header| (header.key.to_owned(), header.value.map(text).unwrap_or_default())).collect(),
        at_ms: message.timestamp().to_millis().unwrap_or(0),
    }
}
