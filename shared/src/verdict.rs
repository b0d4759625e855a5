//! From evidence to verdict: the only place where one is made.

pub mod explanation;
pub mod judge;
pub mod keep;
pub mod magic;
pub mod reason;
pub mod step;
#[cfg(test)]
mod tests;
pub mod weigh;

use serde::{Deserialize, Serialize};

pub use judge::{judge, judge_text};
pub use reason::{Reason, Status};
pub use step::{Level, Step, next_step};

use crate::smtp::About;

/// The version of the rules by which reasons are chosen; it changes when yesterday's evidence would be judged otherwise.
pub const POLICY: &str = "1";

/// What the evidence comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Why: the closed list that everything else follows from.
    pub reason: Reason,
    /// The attempt in the probe's report that it rests on, where it rests on one.
    pub attempt: Option<usize>,
}

impl Verdict {
    /// The four-valued answer.
    pub fn status(&self) -> Status {
        self.reason.status()
    }

    /// Whom it is about.
    pub fn about(&self) -> About {
        self.reason.about()
    }
}
