//! Letters read, and those that cannot be read set aside: they stop nobody.

use std::marker::PhantomData;
use std::sync::Arc;

use super::message::{MOST_DELIVERIES, Message, Unfit};
use super::{Broker, Held, Place, Taker};
use crate::metrics::Metrics;

/// Messages of one kind from one place.
pub struct Inbox<M> {
    broker: Arc<dyn Broker>,
    taker: Box<dyn Taker>,
    kind: &'static str,
    metrics: Arc<Metrics>,
    messages: PhantomData<fn() -> M>,
}

impl<M: Message> Inbox<M> {
    /// The messages at `place`, no more than `most` in hand at a time.
    pub fn open(broker: Arc<dyn Broker>, place: &Place, most: u16, metrics: Arc<Metrics>) -> Self {
        Self { taker: broker.take(place, most), broker, kind: place.kind(), metrics, messages: PhantomData }
    }

    /// The next message, with the letter that it came in. A future that is dropped early loses nothing.
    pub async fn next(&mut self) -> (M, Held) {
        loop {
            let held = self.taker.next().await;
            match read(&held) {
                Ok(message) => return (message, held),
                Err(fault) => self.set_aside(held, fault),
            }
        }
    }

    /// In a task of its own, so that nobody waits for it and nothing interrupts it. Who asked is told first.
    fn set_aside(&self, held: Held, fault: Unfit) {
        self.metrics.set_aside(self.kind, fault.as_str());
        let (queue, fault, octets) = (self.kind, fault.as_str(), held.body().len());
        tracing::warn!(queue, fault, octets, deliveries = held.deliveries(), "a letter cannot be worked on and is set aside");
        let broker = Arc::clone(&self.broker);
        let obituary = M::read(held.body()).ok().and_then(|message| message.obituary());
        tokio::spawn(async move {
            if let Some((place, body)) = obituary {
                // Where nobody of that name is left, nobody wants to know.
                let _ = broker.put(&place, "", body).await;
            }
            let _ = broker.put(&Place::SetAside, "", held.body().to_vec()).await;
            held.ack().await;
        });
    }
}

fn read<M: Message>(held: &Held) -> Result<M, Unfit> {
    if held.deliveries() > MOST_DELIVERIES { Err(Unfit::TooOften) } else { M::read(held.body()) }
}
