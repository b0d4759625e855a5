//! A queue in this process, which ends with it: what a process alone needs, since its store knows what was not answered.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use tokio::sync::Notify;

use super::{Broker, Held, Place, Put, Receipt, Taker};

/// The most letters that are set aside; the oldest go first.
const MOST_SET_ASIDE: usize = 1_000;

/// Places by name.
#[derive(Debug, Default)]
pub struct Embedded {
    shelves: Mutex<HashMap<Place, Arc<Shelf>>>,
}

/// The letters of one place.
#[derive(Debug, Default)]
struct Shelf {
    stock: Mutex<Stock>,
    news: Notify,
}

/// Letters by the number of their coming, so that one that is given back has its old place.
#[derive(Debug, Default)]
struct Stock {
    letters: BTreeMap<u64, Letter>,
    next: u64,
}

#[derive(Debug, Clone)]
struct Letter {
    body: Vec<u8>,
    deliveries: u32,
}

impl Shelf {
    fn stock(&self) -> MutexGuard<'_, Stock> {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, body: Vec<u8>, most: usize) {
        let mut stock = self.stock();
        let number = stock.next;
        stock.next += 1;
        stock.letters.insert(number, Letter { body, deliveries: 0 });
        if stock.letters.len() > most {
            stock.letters.pop_first();
        }
        drop(stock);
        self.news.notify_waiters();
    }

    fn put_back(&self, letters: impl IntoIterator<Item = (u64, Letter)>) {
        self.stock().letters.extend(letters);
        self.news.notify_waiters();
    }
}

impl Embedded {
    fn shelf(&self, place: &Place) -> Arc<Shelf> {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(shelves.entry(place.clone()).or_default())
    }

    fn is_known(&self, place: &Place) -> bool {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner).contains_key(place)
    }
}

impl Broker for Embedded {
    fn put<'a>(&'a self, place: &'a Place, _lane: &'a str, body: Vec<u8>) -> BoxFuture<'a, Put> {
        if matches!(place, Place::Answers(_)) && !self.is_known(place) {
            return ready(Put::NoSuchPlace).boxed();
        }
        self.shelf(place).put(body, if *place == Place::SetAside { MOST_SET_ASIDE } else { usize::MAX });
        ready(Put::Confirmed).boxed()
    }

    fn take(&self, place: &Place, most: u16) -> Box<dyn Taker> {
        Box::new(Hand { shelf: self.shelf(place), most: most.into(), held: Arc::default() })
    }

    fn is_there(&self) -> bool {
        true
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }
}

/// What a taker has and said nothing of.
type InHand = Arc<Mutex<BTreeMap<u64, Letter>>>;

struct Hand {
    shelf: Arc<Shelf>,
    most: usize,
    held: InHand,
}

fn lock(held: &InHand) -> MutexGuard<'_, BTreeMap<u64, Letter>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hand {
    fn try_next(&self) -> Option<Held> {
        let mut held = lock(&self.held);
        if held.len() >= self.most {
            return None;
        }
        let (number, mut letter) = self.shelf.stock().letters.pop_first()?;
        letter.deliveries += 1;
        held.insert(number, letter.clone());
        let receipt = Slip { shelf: Arc::clone(&self.shelf), held: Arc::clone(&self.held), number };
        Some(Held::new(letter.body, letter.deliveries, Box::new(receipt)))
    }
}

impl Taker for Hand {
    fn next(&mut self) -> BoxFuture<'_, Held> {
        async {
            let place = Arc::clone(&self.shelf);
            loop {
                // Listening before looking, so that nothing comes between.
                let mut news = std::pin::pin!(place.news.notified());
                news.as_mut().enable();
                match self.try_next() {
                    Some(held) => return held,
                    None => news.await,
                }
            }
        }
        .boxed()
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        let letters = std::mem::take(&mut *lock(&self.held));
        self.shelf.put_back(letters);
    }
}

struct Slip {
    shelf: Arc<Shelf>,
    held: InHand,
    number: u64,
}

impl Slip {
    /// `None` where its taker went meanwhile, and somebody else has it.
    fn take_out(&self) -> Option<Letter> {
        lock(&self.held).remove(&self.number)
    }
}

impl Receipt for Slip {
    fn ack(self: Box<Self>) -> BoxFuture<'static, ()> {
        self.take_out();
        // Its taker has room for another one.
        self.shelf.news.notify_waiters();
        ready(()).boxed()
    }

    fn give_back(self: Box<Self>) -> BoxFuture<'static, ()> {
        let letter = self.take_out();
        self.shelf.put_back(letter.map(|letter| (self.number, letter)));
        ready(()).boxed()
    }
}
