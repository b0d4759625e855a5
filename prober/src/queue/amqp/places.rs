//! Places as RabbitMQ keeps them: quorum queues (RabbitMQ 3.10 or newer), with a place for what they give up.

use lapin::Channel;
use lapin::message::Delivery;
use lapin::options::QueueDeclareOptions;
use lapin::types::{AMQPValue, FieldTable};

use super::super::{MOST_DELIVERIES, Place};

/// A week in milliseconds: how long answers wait for a `rcpt serve` that does not come back, and how long what was set aside is kept.
const A_WEEK_MS: i64 = 7 * 24 * 3_600_000;
/// How much may be set aside; the oldest goes first.
const MOST_SET_ASIDE: i64 = 10_000;
/// What is handed out so often is set aside by the broker itself. Takers do so earlier, and count it.
const DELIVERY_LIMIT: i64 = 2 * MOST_DELIVERIES as i64;

/// Makes a place, unless it is there; how many take from it.
///
/// # Errors
/// Where the broker has another queue of that name, or is gone.
pub(super) async fn declare(channel: &Channel, prefix: &str, place: &Place) -> lapin::Result<u32> {
    let name = place.name(prefix).into();
    channel.queue_declare(name, QueueDeclareOptions::durable(), arguments(prefix, place)).await.map(|queue| queue.consumer_count())
}

fn arguments(prefix: &str, place: &Place) -> FieldTable {
    let mut table = FieldTable::default();
    let mut set = |name: &str, value: AMQPValue| {
        table.insert(name.into(), value);
    };
    set("x-queue-type", text("quorum"));
    match place {
        Place::SetAside => {
            set("x-message-ttl", AMQPValue::LongLongInt(A_WEEK_MS));
            set("x-max-length", AMQPValue::LongLongInt(MOST_SET_ASIDE));
        }
        Place::Tasks | Place::Answers(_) => {
            set("x-delivery-limit", AMQPValue::LongLongInt(DELIVERY_LIMIT));
            set("x-dead-letter-exchange", text(""));
            set("x-dead-letter-routing-key", text(&Place::SetAside.name(prefix)));
        }
    }
    if matches!(place, Place::Answers(_)) {
        set("x-expires", AMQPValue::LongLongInt(A_WEEK_MS));
    }
    table
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

/// How often a letter was handed out: quorum queues count it, others only say that it was not the first time.
pub(super) fn deliveries(delivery: &Delivery) -> u32 {
    let counted = delivery.properties.headers().as_ref().and_then(|headers| headers.inner().get("x-delivery-count"));
    let before = match counted {
        Some(AMQPValue::LongLongInt(count)) => u32::try_from(*count).unwrap_or(u32::MAX),
        Some(AMQPValue::LongInt(count)) => u32::try_from(*count).unwrap_or(u32::MAX),
        Some(AMQPValue::ShortInt(count)) => u32::try_from(*count).unwrap_or(u32::MAX),
        Some(AMQPValue::ShortShortInt(count)) => u32::try_from(*count).unwrap_or(u32::MAX),
        Some(AMQPValue::LongUInt(count)) => *count,
        _ => delivery.redelivered.into(),
    };
    before.saturating_add(1)
}
