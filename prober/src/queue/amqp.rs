//! RabbitMQ by AMQP 0.9.1: queues that are copied to disk before they confirm, and letters that are handed out until they are acked.

mod link;
mod places;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicNackOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::uri::AMQPUri;
use lapin::{BasicProperties, Channel, Confirmation, Consumer};
use tokio::sync::{Mutex, mpsc};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};

use super::{Broker, Held, Place, Put, Receipt, Standing, Taker};
use link::{Link, PATIENCE, REFUSED, in_time};

/// What is written to disk before it is confirmed (AMQP 0.9.1 §1.8, delivery-mode).
const PERSISTENT: u8 = 2;
/// The code of a channel that is closed in good order (AMQP 0.9.1 §1.2, reply-success).
const REPLY_SUCCESS: u16 = 200;
/// How long the broker may take to confirm; what it has not confirmed by then is put again.
const LONG: Duration = Duration::from_mins(1);
/// A taker of our own that died is missed by the broker within two heartbeats; who takes our answers after this is somebody else.
const MISSED: Duration = Duration::from_secs(25);

/// A RabbitMQ. Letters go and come over connections of their own, since a broker that has too much stops reading from those who put.
pub struct Amqp {
    puts: Link,
    takes: Arc<Link>,
    /// What all names begin with.
    prefix: &'static str,
    putting: Mutex<Option<Channel>>,
    /// Whether somebody else takes our answers.
    taken: Arc<AtomicBool>,
}

impl fmt::Debug for Amqp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Amqp").field("there", &self.is_there()).finish_non_exhaustive()
    }
}

impl Amqp {
    /// The RabbitMQ at this address, where the names of our queues begin with `prefix`; it need not be there yet.
    pub fn at(uri: &AMQPUri, prefix: &'static str) -> Self {
        let [puts, takes] = Link::two_to(uri);
        Self { puts, takes: Arc::new(takes), prefix, putting: Mutex::default(), taken: Arc::default() }
    }

    fn taking(&self, place: &Place, most: u16) -> Taking {
        let (link, taken) = (Arc::clone(&self.takes), Arc::clone(&self.taken));
        Taking { link, prefix: self.prefix, place: place.clone(), most, taken }
    }

    /// The channel that letters go out on.
    async fn channel(&self) -> Channel {
        let mut putting = self.putting.lock().await;
        if let Some(channel) = putting.as_ref().filter(|channel| channel.status().connected()) {
            return channel.clone();
        }
        loop {
            match open_to_put(&self.puts, self.prefix).await {
                Ok(channel) => {
                    self.puts.is_back();
                    return putting.insert(channel).clone();
                }
                Err(fault) => self.puts.rest(&fault).await,
            }
        }
    }
}

async fn open_to_put(link: &Link, prefix: &str) -> lapin::Result<Channel> {
    let connection = link.connection().await;
    in_time(PATIENCE, async {
        let channel = connection.create_channel().await?;
        places::declare(&channel, prefix, &Place::SetAside).await?;
        places::declare(&channel, prefix, &Place::Tasks).await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(channel)
    })
    .await
}

impl Broker for Amqp {
    fn put<'a>(&'a self, place: &'a Place, _lane: &'a str, body: Vec<u8>) -> BoxFuture<'a, Put> {
        async move {
            loop {
                let channel = self.channel().await;
                match in_time(LONG, put_once(&channel, place, &place.name(self.prefix), &body)).await {
                    Ok(Some(put)) => {
                        self.puts.is_back();
                        return put;
                    }
                    // It would not have it now, or a place is gone that is always there: somebody has removed it.
                    Ok(None) => {
                        self.putting.lock().await.take();
                        self.puts.pause().await;
                    }
                    Err(fault) => {
                        // With its channel goes what waits in it: a broker that is blocked would otherwise get it once for each try.
                        self.putting.lock().await.take();
                        let _ = timeout(PATIENCE, channel.close(REPLY_SUCCESS, "given up".into())).await;
                        self.puts.rest(&fault).await;
                    }
                }
            }
        }
        .boxed()
    }

    fn take(&self, place: &Place, most: u16) -> Box<dyn Taker> {
        let (give, letters) = mpsc::unbounded_channel();
        let taking = tokio::spawn(keep_taking(self.taking(place, most), give));
        Box::new(Hand { letters, taking: taking.abort_handle() })
    }

    fn is_there(&self) -> bool {
        self.puts.is_there()
    }

    fn standing(&self) -> Standing {
        match (self.puts.is_refused(), self.taken.load(Ordering::Relaxed), self.is_there()) {
            (true, ..) => Standing::Refusing,
            (_, true, _) => Standing::Taken,
            (_, _, true) => Standing::There,
            (_, _, false) => Standing::Away,
        }
    }

    fn greet(&self) -> BoxFuture<'_, Result<(), String>> {
        async {
            tokio::select! {
                _ = self.channel() => Ok(()),
                () = self.puts.refusal() => Err(REFUSED.to_owned()),
            }
        }
        .boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async {
            self.takes.close().await;
            self.puts.close().await;
        }
        .boxed()
    }
}

/// `None` where it is to be put again.
async fn put_once(channel: &Channel, place: &Place, name: &str, body: &[u8]) -> lapin::Result<Option<Put>> {
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let properties = BasicProperties::default().with_delivery_mode(PERSISTENT).with_content_type("application/json".into());
    let confirm = channel.basic_publish(ShortString::default(), name.into(), options, body, properties).await?;
    Ok(match confirm.await? {
        Confirmation::Ack(None) => Some(Put::Confirmed),
        Confirmation::Ack(Some(_)) if matches!(place, Place::Answers(_)) => Some(Put::NoSuchPlace),
        Confirmation::Ack(Some(_)) | Confirmation::Nack(_) | Confirmation::NotRequested => None,
    })
}

/// Somebody who takes from a place.
struct Taking {
    link: Arc<Link>,
    prefix: &'static str,
    place: Place,
    most: u16,
    taken: Arc<AtomicBool>,
}

/// Takes letters for ever, over one connection after the other.
async fn keep_taking(taking: Taking, give: mpsc::UnboundedSender<Delivery>) {
    let mut taken_since = None;
    loop {
        let ended = match taking.open().await {
            Ok(Some((channel, consumer))) => {
                taking.link.is_back();
                taken_since = None;
                if matches!(taking.place, Place::Answers(_)) {
                    taking.taken.store(false, Ordering::Relaxed);
                }
                pass_on(channel, consumer, &give).await
            }
            Ok(None) => {
                taking.look_at_rival(*taken_since.get_or_insert_with(Instant::now));
                None
            }
            Err(fault) => Some(fault),
        };
        match ended {
            Some(fault) => taking.link.rest(&fault).await,
            None => taking.link.pause().await,
        }
    }
}

impl Taking {
    /// Begins to take; `None` where somebody takes already what is ours alone.
    async fn open(&self) -> lapin::Result<Option<(Channel, Consumer)>> {
        let connection = self.link.connection().await;
        in_time(PATIENCE, async {
            let channel = connection.create_channel().await?;
            places::declare(&channel, self.prefix, &Place::SetAside).await?;
            let takers = places::declare(&channel, self.prefix, &self.place).await?;
            if takers > 0 && matches!(self.place, Place::Answers(_)) {
                // One that is gone already is closed.
                let _ = channel.close(REPLY_SUCCESS, "taken".into()).await;
                return Ok(None);
            }
            channel.basic_qos(self.most, BasicQosOptions::default()).await?;
            let (name, options) = (self.place.name(self.prefix).into(), BasicConsumeOptions::default());
            let consumer = channel.basic_consume(name, ShortString::default(), options, FieldTable::default()).await?;
            Ok(Some((channel, consumer)))
        })
        .await
    }

    /// Somebody takes our answers, and it may be what is left of us as we were a moment ago.
    fn look_at_rival(&self, since: Instant) {
        if since.elapsed() > MISSED && !self.taken.swap(true, Ordering::Relaxed) {
            tracing::error!(
                "another `rcpt serve` takes our answers, and jobs wait: two of them run on copies of one RCPT_DATA. Stop one, or remove the file \
                 `name` from its RCPT_DATA and start it again"
            );
        }
    }
}

/// Passes letters on until the connection or the place is gone. With the channel everything goes back that was not acked.
async fn pass_on(channel: Channel, mut consumer: Consumer, give: &mpsc::UnboundedSender<Delivery>) -> Option<lapin::Error> {
    while let Some(next) = consumer.next().await {
        match next {
            Ok(delivery) => drop(give.send(delivery)),
            // That the channel was closed, as one is on which acks were too long in coming, is no refusal of us: the next one shows.
            Err(fault) => return Some(fault).filter(|fault| !fault.is_amqp_error()),
        }
    }
    drop(channel);
    None
}

struct Hand {
    letters: mpsc::UnboundedReceiver<Delivery>,
    taking: AbortHandle,
}

impl Taker for Hand {
    fn next(&mut self) -> BoxFuture<'_, Held> {
        async {
            loop {
                match self.letters.recv().await {
                    // What came over a connection that is gone will come again.
                    Some(delivery) if delivery.acker.usable() => return held(delivery),
                    Some(_) => {}
                    None => std::future::pending().await,
                }
            }
        }
        .boxed()
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.taking.abort();
    }
}

fn held(mut delivery: Delivery) -> Held {
    let body = std::mem::take(&mut delivery.data);
    Held::new(body, places::deliveries(&delivery), Box::new(Slip(delivery)))
}

struct Slip(Delivery);

impl Receipt for Slip {
    fn ack(self: Box<Self>) -> BoxFuture<'static, ()> {
        // Where it cannot be said the connection is gone, and the letter comes again.
        async move { drop(self.0.ack(BasicAckOptions::default()).await) }.boxed()
    }

    fn give_back(self: Box<Self>) -> BoxFuture<'static, ()> {
        let options = BasicNackOptions { requeue: true, ..BasicNackOptions::default() };
        async move { drop(self.0.nack(options).await) }.boxed()
    }
}
