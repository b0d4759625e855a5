//! Time, as the runtime says it whenever it enters the core. Inside a Worker it stands still between one wait for the network and the next, so that
//! what is computed in between shows as nothing; deadlines and waits are true.

use std::cell::Cell;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::pin_mut;
use shared::evidence::UnixMillis;

use crate::runtime::{self, Call};

thread_local! {
    static NOW: Cell<UnixMillis> = const { Cell::new(UnixMillis(0)) };
}

/// The time of day.
pub(crate) fn now() -> UnixMillis {
    NOW.get()
}

/// It is `ms` milliseconds after the beginning of 1970.
pub(crate) fn set(ms: f64) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds since 1970, far below 2^53")]
    NOW.set(UnixMillis(ms as u64));
}

/// A point in time until which something may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Until(u64);

impl Until {
    /// `ms` from `start` on.
    pub(crate) fn after(start: UnixMillis, ms: u64) -> Self {
        Self(start.0.saturating_add(ms))
    }

    /// So much earlier.
    pub(crate) fn less(self, time: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)))
    }

    /// What is left of it.
    pub(crate) fn left(self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(now().0))
    }
}

/// A while in the runtime's words, which knows no timer of more than 31 bits.
pub(crate) fn ms(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX).min(u32::MAX / 2)
}

/// Waits for a while.
pub(crate) async fn sleep(time: Duration) {
    Call::begin(|number| runtime::sleep(number, ms(time))).await;
}

/// What `work` comes to, where that is by `until`; otherwise it is dropped.
pub(crate) async fn by<T>(until: Until, work: impl Future<Output = T>) -> Option<T> {
    let clock = sleep(until.left());
    pin_mut!(work, clock);
    match select(work, clock).await {
        Either::Left((outcome, _)) => Some(outcome),
        Either::Right(((), _)) => None,
    }
}

/// Milliseconds since `began`.
pub(crate) fn ms_since(began: UnixMillis) -> f64 {
    // A difference of milliseconds is far below 2^53.
    #[expect(clippy::cast_precision_loss, reason = "a request lasts less than 2^53 milliseconds")]
    let ms = now().0.saturating_sub(began.0) as f64;
    ms
}
