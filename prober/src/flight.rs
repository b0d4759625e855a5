//! One question at a time: whoever asks the same while it is under way waits for the same answer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// Questions under way, by name.
#[derive(Debug)]
pub struct Flights<T> {
    under_way: Mutex<HashMap<String, watch::Receiver<Option<T>>>>,
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self { under_way: Mutex::default() }
    }
}

/// Takes a question off the list, however it ended.
struct Landing<'a, T> {
    flights: &'a Flights<T>,
    name: &'a str,
}

impl<T> Drop for Landing<'_, T> {
    fn drop(&mut self) {
        self.flights.list().remove(self.name);
    }
}

/// An answer, and whose question brought it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brought<T> {
    /// Our own.
    Ours(T),
    /// That of somebody who asked before us, with their wishes and their deadline.
    Theirs(T),
}

impl<T> Brought<T> {
    /// The answer.
    pub fn answer(self) -> T {
        match self {
            Self::Ours(answer) | Self::Theirs(answer) => answer,
        }
    }
}

impl<T: Clone> Flights<T> {
    /// The answer to the question `name`: by `ask`, unless somebody is asking it already. `None` where theirs did not come by `deadline`.
    ///
    /// What an answer teaches is to be kept by `ask` itself, and looked up there: between its end and whatever is done with it afterwards,
    /// the next one may ask already.
    pub async fn join(&self, name: &str, deadline: Instant, ask: impl Future<Output = T>) -> Option<Brought<T>> {
        loop {
            match self.board(name) {
                Ok(sender) => {
                    let _landing = Landing { flights: self, name };
                    let answer = ask.await;
                    sender.send_replace(Some(answer.clone()));
                    return Some(Brought::Ours(answer));
                }
                Err(mut receiver) => match timeout_at(deadline, receiver.wait_for(Option::is_some)).await {
                    Ok(Ok(answer)) => return answer.clone().map(Brought::Theirs),
                    // Whoever asked was called off; now it is our turn.
                    Ok(Err(_)) => {}
                    Err(_) => return None,
                },
            }
        }
    }

    fn board(&self, name: &str) -> Result<watch::Sender<Option<T>>, watch::Receiver<Option<T>>> {
        let mut list = self.list();
        if let Some(receiver) = list.get(name) {
            return Err(receiver.clone());
        }
        let (sender, receiver) = watch::channel(None);
        list.insert(name.to_owned(), receiver);
        Ok(sender)
    }
}

impl<T> Flights<T> {
    fn list(&self) -> MutexGuard<'_, HashMap<String, watch::Receiver<Option<T>>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ok_one_asks_and_all_hear() {
        let (flights, asked) = (Flights::default(), AtomicU32::new(0));
        let deadline = Instant::now() + Duration::from_secs(10);
        let ask = || async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            asked.fetch_add(1, Ordering::SeqCst)
        };
        let (one, two, other) =
            tokio::join!(flights.join("a", deadline, ask()), flights.join("a", deadline, ask()), flights.join("b", deadline, ask()));
        let (Some(Brought::Ours(first)), Some(Brought::Theirs(second)), Some(Brought::Ours(third))) = (one, two, other) else {
            panic!("{one:?} {two:?} {other:?}");
        };
        assert!(first == second && first != third);
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert!(flights.list().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn ok_whoever_is_called_off_leaves_the_question_to_the_next() {
        let flights = Flights::default();
        let deadline = Instant::now() + Duration::from_secs(10);
        let called_off = tokio::time::timeout(Duration::from_secs(1), flights.join("a", deadline, std::future::pending::<u32>()));
        let (first, second) = tokio::join!(called_off, async {
            tokio::task::yield_now().await;
            flights.join("a", deadline, async { 7 }).await
        });
        assert!(first.is_err());
        assert_eq!(second, Some(Brought::Ours(7)));
    }

    #[tokio::test(start_paused = true)]
    async fn err_nobody_waits_past_its_own_deadline() {
        let flights = Flights::default();
        let soon = Instant::now() + Duration::from_secs(1);
        let slow = flights.join("a", soon, async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            1
        });
        let (_, late) = tokio::join!(slow, async {
            tokio::task::yield_now().await;
            flights.join("a", soon, async { 2 }).await
        });
        assert_eq!(late, None);
    }
}
