
pub mod classify;
pub mod finding;
pub mod reply;
pub mod stage;

pub use classify::classify;
pub use finding::{About, Finding, FindingKind};
pub use reply::{EnhancedStatus, Reply, ReplyCode};
pub use stage::Stage;
