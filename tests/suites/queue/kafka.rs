//! Kafka, by the client library's own broker.

use std::sync::Arc;

use prober::queue::Broker;
use stack::kafka::Kafka;

use super::conformance;

#[test]
fn ok_kafka() {
    let kafka = Kafka::start().expect("a broker");
    kafka.make_queue("rcpt", &["ada", "bob", "carol"]).expect("topics");
    let address = kafka.url("rcpt").parse().expect("an address");
    conformance::all(&|| Arc::new(prober::queue::kafka::Kafka::at(&address)) as Arc<dyn Broker>);
}
