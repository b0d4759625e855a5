//! A Kafka-protocol broker in a process of its own: the one that the client library brings for tests. It shares partitions out among a group, keeps
//! offsets, can go and come back, and keeps messages in memory: the last 5 MiB or 100,000 of each partition. It lets nobody make topics but us.

pub mod broker;

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rdkafka::Message as _;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Header, Headers as _, OwnedHeaders};
use rdkafka::metadata::MetadataPartition;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::place::program;

/// How long one answer of the broker's may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// With how many brokers a test is tried, where they fall.
const BROKERS: usize = 3;

/// A broker that goes with its owner.
#[derive(Debug)]
pub struct Kafka {
    address: String,
    process: Mutex<Process>,
}

/// Its process: one line each way for everything that it is told.
#[derive(Debug)]
struct Process {
    child: Child,
    tells: ChildStdin,
    hears: Receiver<String>,
}

impl Process {
    fn start() -> io::Result<Self> {
        let mut command = Command::new(program("dev")?);
        let mut child = command.arg(broker::COMMAND).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (Some(tells), Some(said)) = (child.stdin.take(), child.stdout.take()) else { return Err(io::ErrorKind::BrokenPipe.into()) };
        let (send, hears) = channel();
        thread::spawn(move || BufReader::new(said).lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Ok(Self { child, tells, hears })
    }

    fn hear(&self) -> io::Result<String> {
        self.hears.recv_timeout(PATIENCE).map_err(io::Error::other)
    }

    fn ask(&mut self, words: &str) -> io::Result<()> {
        writeln!(self.tells, "{words}")?;
        let answer = self.hear()?;
        if answer == broker::DONE { Ok(()) } else { Err(io::Error::other(format!("{words}: {answer}"))) }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that fell is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Kafka {
    /// Starts one on a free port.
    ///
    /// # Errors
    /// Where it does not come up.
    pub fn start() -> io::Result<Self> {
        let process = Process::start()?;
        Ok(Self { address: process.hear()?, process: Mutex::new(process) })
    }

    /// Runs a test with a broker. Where members of a group come and go at once, this broker now and then ends by an assertion of its own
    /// (`rdkafka_mock_cgrp.c`) or stands still, which says nothing of us: what failed meanwhile is tried again with another.
    ///
    /// # Errors
    /// Where it does not come up, or falls each time.
    pub fn with(test: impl Fn(&Self)) -> io::Result<()> {
        for _ in 0..BROKERS {
            let kafka = Self::start()?;
            let Err(fault) = catch_unwind(AssertUnwindSafe(|| test(&kafka))) else { return Ok(()) };
            let Some(last_words) = kafka.last_words() else { resume_unwind(fault) };
            println!("the broker fell, and the test is tried with another: {last_words}");
        }
        Err(io::Error::other("the broker fell each time"))
    }

    /// What it said in falling, where it did; that it does nothing any more counts as well.
    fn last_words(&self) -> Option<String> {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if process.ask(&format!("{} still-there 1", broker::MAKE)).is_ok() {
            return None;
        }
        // One that stands still goes as well.
        let _ = process.child.kill();
        let mut words = String::new();
        process.child.stderr.take()?.read_to_string(&mut words).ok()?;
        Some(if words.is_empty() { "without a word".to_owned() } else { words })
    }

    fn ask(&self, words: &str) -> io::Result<()> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).ask(words)
    }

    /// Its address, for names that begin so. Whoever dies there is missed after a few seconds.
    pub fn url(&self, prefix: &str) -> String {
        format!("kafka://{}/{prefix}?session.timeout.ms=3000&heartbeat.interval.ms=300", self.address)
    }

    /// `HOST:PORT`, for clients of a test's own.
    pub fn brokers(&self) -> &str {
        &self.address
    }

    /// Makes a topic.
    ///
    /// # Errors
    /// Where it is there already.
    pub fn make(&self, topic: &str, partitions: i32) -> io::Result<()> {
        self.ask(&format!("{} {topic} {partitions}", broker::MAKE))
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

    /// Says of a topic from now on that there is none.
    ///
    /// # Errors
    /// Where it does not do so.
    pub fn deny(&self, topic: &str) -> io::Result<()> {
        self.ask(&format!("{} {topic}", broker::DENY))
    }

    /// Nobody reaches it any more.
    ///
    /// # Errors
    /// Where it does not do so.
    pub fn go(&self) -> io::Result<()> {
        self.ask(broker::GO)
    }

    /// It is there again, with all that it had.
    ///
    /// # Errors
    /// Where it does not do so.
    pub fn come_back(&self) -> io::Result<()> {
        self.ask(broker::COME_BACK)
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
