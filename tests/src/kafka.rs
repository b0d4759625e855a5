//! A Kafka-protocol broker in this process: the one that the client library brings for tests. It shares partitions out among a group, keeps
//! offsets, can go and come back, and keeps messages in memory: the last 5 MiB or 100,000 of each partition. It lets nobody make topics but us.

use std::io;

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

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
