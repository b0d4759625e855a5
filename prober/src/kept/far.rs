//! The shared store: Redis, which may go and come back at any time.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands as _, Client, ErrorKind, RedisError, RedisResult};
use tokio::time::timeout;

use crate::clock;

/// How long one question may take; a store that is slower than this is worth less than asking again.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long it is left alone after a failure.
const REST_MS: u64 = 1_000;

/// A Redis.
pub struct Far {
    manager: ConnectionManager,
    resting_until: AtomicU64,
    gone: AtomicBool,
}

impl fmt::Debug for Far {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Far").field("gone", &self.gone).finish_non_exhaustive()
    }
}

impl Far {
    /// The Redis at `url` (`redis://[USER:PASSWORD@]HOST[:PORT][/DB]`); it need not be there yet.
    ///
    /// # Errors
    /// Where the address is none.
    pub fn at(url: &str) -> RedisResult<Self> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(50))
            .set_response_timeout(Some(PATIENCE))
            .set_connection_timeout(Some(PATIENCE));
        let manager = ConnectionManager::new_lazy_with_config(Client::open(url)?, config)?;
        Ok(Self { manager, resting_until: AtomicU64::new(0), gone: AtomicBool::new(false) })
    }

    /// Whether it answers now.
    pub async fn answers(&self) -> bool {
        let mut manager = self.manager.clone();
        self.attempt(manager.ping::<String>()).await.is_some()
    }

    pub(super) async fn get(&self, key: &str) -> Option<String> {
        let mut manager = self.manager.clone();
        self.attempt(manager.get::<_, Option<String>>(key)).await?
    }

    pub(super) async fn put(&self, key: &str, value: &str, ttl: Duration) {
        let (mut manager, ttl) = (self.manager.clone(), u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1));
        let _: Option<()> = self.attempt(manager.pset_ex(key, value, ttl)).await;
    }

    /// Asks, unless it failed a moment ago. Its going and its coming back are said once.
    async fn attempt<T>(&self, question: impl Future<Output = RedisResult<T>>) -> Option<T> {
        let now = clock::now().0;
        if now < self.resting_until.load(Ordering::Relaxed) {
            return None;
        }
        let answer = timeout(PATIENCE * 2, question).await.unwrap_or_else(|_| Err(RedisError::from((ErrorKind::Io, "no answer in time"))));
        match answer {
            Ok(value) => {
                if self.gone.swap(false, Ordering::Relaxed) {
                    tracing::info!("the shared cache is back");
                }
                Some(value)
            }
            Err(error) => {
                self.resting_until.store(now + REST_MS, Ordering::Relaxed);
                if !self.gone.swap(true, Ordering::Relaxed) {
                    tracing::warn!(kind = ?error.kind(), "the shared cache is gone: knowledge stays with this prober until it is back");
                }
                None
            }
        }
    }
}
