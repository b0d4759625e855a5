//! SMTP as a guest speaks it: replies, commands, the probe's dialogue, and what a reply means (RFC 5321).

pub mod classify;
pub mod command;
pub mod decoy;
pub mod dialogue;
pub mod finding;
pub mod parser;
pub mod reply;
pub mod stage;

pub use classify::classify;
pub use command::Command;
pub use dialogue::Dialogue;
pub use finding::{About, Finding, FindingKind};
pub use parser::ReplyParser;
pub use reply::{EnhancedStatus, Reply, ReplyCode};
pub use stage::Stage;
