//! Kafka as a queue: the trait's words in Kafka's.
//!
//! Tasks are keyed by their lane, so that one partition has all questions for a host, and one worker of the group has the partition. What is
//! done is committed as the lowest offset that is not, with the others beside it (`super::offsets`), so that a letter that takes long holds nobody
//! back, and what a dead worker did is not done again. Each asker has a topic for its answers, of one partition.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all, ready};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::address::Address;
use super::client::{self, Presence, Wanted};
use super::intake::{Ends, Intake, Leaving, Source};
use super::outbox::{Outbox, Refusal};
use super::shelf::Parcel;
use super::watch::Record;
use crate::queue::{Broker, Held, Place, Put, Receipt, Taker};

/// So many workers can share the tasks, where the topic is ours to make.
const PARTITIONS: i32 = 32;
/// How long topics of ours keep letters, read or not.
const KEEPS: Duration = Duration::from_hours(24);
/// How long consumers may take to leave.
const PARTING: Duration = Duration::from_secs(10);

/// Kafka.
pub struct Kafka {
    address: Address,
    presence: Arc<Presence>,
    outbox: OnceCell<Outbox>,
    /// Topics that were seen to be there.
    topics: Mutex<HashMap<Place, Arc<OnceCell<()>>>>,
    /// Consumers that are there or about to leave.
    consumers: Mutex<Vec<Leaving>>,
}

impl fmt::Debug for Kafka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kafka").field("address", &self.address).field("presence", &self.presence).finish_non_exhaustive()
    }
}

impl Kafka {
    /// A queue at this address. Nothing is connected yet; all that it does has to be asked for on threads of `tokio`.
    pub fn at(address: &Address) -> Self {
        let (presence, outbox) = (Arc::default(), OnceCell::new());
        Self { address: address.clone(), presence, outbox, topics: Mutex::default(), consumers: Mutex::default() }
    }

    /// The way out, opened when it is first needed.
    async fn outbox(&self) -> &Outbox {
        self.outbox.get_or_init(|| Outbox::open_in_time(&self.address, &self.presence)).await
    }

    /// The topic of a place.
    fn topic(&self, place: &Place) -> String {
        place.name(&self.address.prefix)
    }

    /// Waits until the place is there. Answers are for who has made it: where nobody has, nobody waits for them.
    async fn ensure(&self, place: &Place) {
        if matches!(place, Place::Answers(_)) {
            return;
        }
        let seen = Arc::clone(self.topics.lock().unwrap_or_else(PoisonError::into_inner).entry(place.clone()).or_default());
        let topic = self.topic(place);
        seen.get_or_init(|| client::ensure(&self.address, &self.presence, &topic, wanted(place))).await;
    }

    async fn put_until_confirmed(&self, place: &Place, lane: &str, body: Vec<u8>) -> Put {
        self.ensure(place).await;
        let topic = self.topic(place);
        let record = Record { key: Some(lane.as_bytes().to_vec()).filter(|key| !key.is_empty()), value: Some(body), headers: None };
        match self.outbox().await.put(&topic, &record).await {
            Ok(()) => Put::Confirmed,
            Err(refusal) => {
                if refusal != Refusal::NoSuchTopic {
                    tracing::error!(topic, %refusal, "a letter is not taken");
                }
                Put::NoSuchPlace
            }
        }
    }
}

fn wanted(place: &Place) -> Wanted {
    let partitions = Some(if matches!(place, Place::Tasks) { PARTITIONS } else { 1 });
    // What was set aside is for a person, who may come on Monday.
    let keeps = (*place != Place::SetAside).then_some(KEEPS);
    Wanted { partitions, keeps }
}

impl Broker for Kafka {
    fn put<'a>(&'a self, place: &'a Place, lane: &'a str, body: Vec<u8>) -> BoxFuture<'a, Put> {
        self.put_until_confirmed(place, lane, body).boxed()
    }

    fn take(&self, place: &Place, most: u16) -> Box<dyn Taker> {
        let topic = self.topic(place);
        let source = Source {
            address: self.address.clone(),
            wanted: wanted(place),
            group: topic.clone(),
            is_alone: matches!(place, Place::Answers(_)),
            topic,
        };
        let (intake, leaving) = Intake::open(source, most.into(), Arc::clone(&self.presence));
        let mut consumers = self.consumers.lock().unwrap_or_else(PoisonError::into_inner);
        consumers.retain(|leaving| !leaving.is_over());
        consumers.push(leaving);
        Box::new(Hand(intake))
    }

    fn is_there(&self) -> bool {
        self.presence.is_there()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async {
            let consumers = std::mem::take(&mut *self.consumers.lock().unwrap_or_else(PoisonError::into_inner));
            // Where the brokers are gone, nobody can be left in good order.
            let _ = timeout(PARTING, join_all(consumers.into_iter().map(Leaving::leave))).await;
            if let Some(outbox) = self.outbox.get() {
                outbox.close().await;
            }
        }
        .boxed()
    }
}

/// Who takes letters.
struct Hand(Intake);

impl Taker for Hand {
    fn next(&mut self) -> BoxFuture<'_, Held> {
        async {
            let parcel = self.0.next().await;
            let body = parcel.message.value.clone().unwrap_or_default();
            Held::new(body, parcel.deliveries, Box::new(Slip { ends: self.0.ends(), parcel }))
        }
        .boxed()
    }
}

/// The word about one letter.
struct Slip {
    ends: Ends,
    parcel: Parcel<Record>,
}

impl Receipt for Slip {
    fn ack(self: Box<Self>) -> BoxFuture<'static, ()> {
        self.ends.end(self.parcel.slot);
        ready(()).boxed()
    }

    fn give_back(self: Box<Self>) -> BoxFuture<'static, ()> {
        self.ends.give_back(self.parcel);
        ready(()).boxed()
    }
}
