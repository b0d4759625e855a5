//! Time, read from the runtime in one place. Inside a Worker it stands still between one wait for the network and the next, so that what is
//! computed in between shows as nothing; deadlines and waits are true.

use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::pin_mut;
use shared::evidence::UnixMillis;
use worker::{Date, Delay};

/// The time of day.
pub(crate) fn now() -> UnixMillis {
    UnixMillis(Date::now().as_millis())
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

/// What `work` comes to, where that is by `until`; otherwise it is dropped.
pub(crate) async fn by<T>(until: Until, work: impl Future<Output = T>) -> Option<T> {
    let clock = Delay::from(until.left());
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
