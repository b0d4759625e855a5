//! Evidence and knowledge that is kept: in memory, bounded, and in Redis where several probers share it.
//!
//! Keys are keyed HMACs, so that whoever reads the store learns no address; values have addresses masked. A Redis that is gone makes us
//! slower, never wrong: what it would have known is asked again.

mod far;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use quick_cache::sync::Cache;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::evidence::{UnixMillis, key};

use crate::metrics::Metrics;
pub use far::Far;

/// The most entries in memory where nothing else is asked for; the least used go first.
pub const CAPACITY: usize = 200_000;

/// What is kept, each kind under its own keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What a mailbox's hosts said.
    Mailbox,
    /// What a host said of another name at a domain.
    Neighbour,
    /// A sender and a recipient that were told to come back.
    Greylisted,
    /// How long a domain makes strangers wait.
    GreylistDelay,
    /// Who complained of our pace.
    Pace,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Mailbox => "mailbox",
            Self::Neighbour => "neighbour",
            Self::Greylisted => "greylisted",
            Self::GreylistDelay => "greylist_delay",
            Self::Pace => "pace",
        }
    }
}

/// How far knowledge goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// This process: what a host thinks of this prober alone.
    Here,
    /// Every prober of the same operator.
    Shared,
}

/// A value and when it ends.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    expires_at: UnixMillis,
    value: Box<str>,
}

/// The store.
pub struct Kept {
    secret: Vec<u8>,
    near: Cache<[u8; 32], Entry>,
    far: Option<Far>,
    metrics: Arc<Metrics>,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("near", &self.near.len()).field("far", &self.far.is_some()).finish_non_exhaustive()
    }
}

impl Kept {
    /// An empty store of so many entries, whose keys are made with `secret`.
    pub fn new(secret: Vec<u8>, capacity: usize, far: Option<Far>, metrics: Arc<Metrics>) -> Self {
        Self { secret, near: Cache::new(capacity), far, metrics }
    }

    fn key(&self, kind: Kind, parts: &[&str]) -> [u8; 32] {
        let parts: Vec<&str> = [kind.as_str()].iter().chain(parts).copied().collect();
        key::key(&self.secret, &parts)
    }

    /// What is kept under these parts and has not ended by `now`.
    pub async fn get<T: DeserializeOwned>(&self, kind: Kind, parts: &[&str], now: UnixMillis) -> Option<T> {
        let key = self.key(kind, parts);
        let near = self.near.get(&key).filter(|entry| entry.expires_at > now);
        let entry = match near {
            Some(entry) => Some(entry),
            None => self.fetch(kind, key, now).await,
        };
        self.metrics.looked_up(kind.as_str(), entry.is_some());
        serde_json::from_str(&entry?.value).ok()
    }

    /// What other probers know, whatever is known here.
    pub async fn get_from_afar<T: DeserializeOwned>(&self, kind: Kind, parts: &[&str], now: UnixMillis) -> Option<T> {
        let entry = self.fetch(kind, self.key(kind, parts), now).await?;
        serde_json::from_str(&entry.value).ok()
    }

    async fn fetch(&self, kind: Kind, key: [u8; 32], now: UnixMillis) -> Option<Entry> {
        let text = self.far.as_ref()?.get(&name(kind, &key)).await?;
        let entry: Entry = serde_json::from_str(&text).ok().filter(|entry: &Entry| entry.expires_at > now)?;
        self.near.insert(key, entry.clone());
        Some(entry)
    }

    /// Keeps `value` for `ttl`.
    pub async fn put<T: Serialize>(&self, kind: Kind, parts: &[&str], value: &T, ttl: Duration, reach: Reach, now: UnixMillis) {
        let Ok(text) = serde_json::to_string(value) else { return };
        let expires_at = UnixMillis(now.0.saturating_add(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)));
        let (key, entry) = (self.key(kind, parts), Entry { expires_at, value: text.into() });
        if let (Some(far), Reach::Shared, Ok(text)) = (&self.far, reach, serde_json::to_string(&entry)) {
            far.put(&name(kind, &key), &text, ttl).await;
        }
        self.near.insert(key, entry);
    }
}

/// The name of an entry in Redis.
fn name(kind: Kind, key: &[u8; 32]) -> String {
    format!("rcpt:1:{}:{}", kind.as_str(), HEXLOWER.encode(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(secret: &str) -> Kept {
        Kept::new(secret.into(), CAPACITY, None, Arc::default())
    }

    #[tokio::test]
    async fn ok_until_it_ends() {
        let kept = kept("one");
        kept.put(Kind::Mailbox, &["ada"], &7, Duration::from_secs(10), Reach::Shared, UnixMillis(1_000)).await;
        assert_eq!(kept.get(Kind::Mailbox, &["ada"], UnixMillis(10_999)).await, Some(7));
        assert_eq!(kept.get::<u8>(Kind::Mailbox, &["ada"], UnixMillis(11_000)).await, None);
        assert_eq!(kept.get::<u8>(Kind::Neighbour, &["ada"], UnixMillis(1_000)).await, None, "another kind");
    }

    #[test]
    fn ok_keys_tell_nothing_and_parts_do_not_run_together() {
        let (one, other) = (kept("one"), kept("other"));
        let keys = [
            one.key(Kind::Mailbox, &["ab", "c"]),
            one.key(Kind::Mailbox, &["a", "bc"]),
            one.key(Kind::Neighbour, &["ab", "c"]),
            other.key(Kind::Mailbox, &["ab", "c"]),
        ];
        for (n, key) in keys.iter().enumerate() {
            assert!(keys.iter().skip(n + 1).all(|later| later != key));
        }
        assert_eq!(one.key(Kind::Mailbox, &["ab", "c"]), keys[0]);
    }
}
