//! What is worth finding out next: the same plan for the edge, the prober and the command line.

use serde::{Deserialize, Serialize};

use super::judge::{by_address, by_route};
use crate::evidence::{Evidence, Probing};

/// How far the caller wants the question followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Syntax and lists only: nothing leaves the process.
    Syntax,
    /// And the mail route.
    Dns,
    /// And the mail hosts themselves.
    Smtp,
}

/// The next thing to do for a piece of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Look up the mail route.
    Resolve,
    /// Ask the mail hosts.
    Probe,
    /// Enough is known, or nothing more may be asked.
    Judge,
}

/// What `evidence` still lacks at `level`. A step that could not settle anything any more is never asked for.
pub fn next_step(evidence: &Evidence, level: Level) -> Step {
    if by_address(&evidence.address).is_some() || level == Level::Syntax {
        return Step::Judge;
    }
    if evidence.dns.is_none() {
        return Step::Resolve;
    }
    let open = by_route(evidence).is_none() && evidence.probing == Probing::NotAsked;
    if open && level == Level::Smtp { Step::Probe } else { Step::Judge }
}
