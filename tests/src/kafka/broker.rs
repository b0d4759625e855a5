//! The process of a broker: it is told by lines on standard input what to do, answers each with a line, and ends when there are no more.

use std::io::{self, BufRead as _, Write as _};

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::RDKafkaRespErr;

/// What the program is called with to be one.
pub const COMMAND: &str = "kafka";
/// The answer to what was done.
pub(super) const DONE: &str = "done";
/// Makes a topic; its name and how many partitions follow.
pub(super) const MAKE: &str = "make";
/// Says of a topic, whose name follows, that there is none.
pub(super) const DENY: &str = "deny";
/// Reachable for nobody any more.
pub(super) const GO: &str = "go";
/// There again.
pub(super) const COME_BACK: &str = "come-back";

/// Says where it is, and then does as it is told.
///
/// # Errors
/// Where it does not come up, or is told what it does not understand.
pub fn serve() -> io::Result<()> {
    let cluster: MockCluster<'static, DefaultProducerContext> = MockCluster::new(1).map_err(io::Error::other)?;
    say(&cluster.bootstrap_servers())?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let done = match line.split(' ').collect::<Vec<_>>()[..] {
            [MAKE, topic, partitions] => cluster.create_topic(topic, partitions.parse().map_err(io::Error::other)?, 1),
            [DENY, topic] => cluster.topic_error(topic, RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART),
            [GO] => cluster.broker_down(-1),
            [COME_BACK] => cluster.broker_up(-1),
            _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, line)),
        };
        say(&done.map_or_else(|fault| fault.to_string(), |()| DONE.to_owned()))?;
    }
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
