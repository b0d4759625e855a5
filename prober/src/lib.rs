//! The prober: the native service and command line that ask mail servers about mailboxes.
//!
//! A map; the logic lives in the modules. From the outside in: `cli` and `serve` take questions, `verify` walks one address from text to
//! verdict, `probe` asks its mail hosts, `lines` and `session` hold the connections that all share, `pace`, `gate` and `kept` say how much to
//! ask, whether to ask, and what need not be asked again; `resolver` asks the DNS; `doctor` says whether this host is fit to probe at all.

pub mod bulk;
pub mod cli;
pub mod clock;
pub mod config;
pub mod dial;
pub mod dial_policy;
pub mod doctor;
pub mod farewell;
pub mod flight;
pub mod gate;
pub mod identity;
pub mod jobs;
pub mod kept;
pub mod lab;
pub mod line;
pub mod lines;
pub mod logging;
pub mod metrics;
pub mod pace;
pub mod probe;
pub mod queue;
pub mod random;
pub mod resolver;
pub mod serve;
pub mod session;
#[cfg(feature = "kafka")]
pub mod stream;
pub mod tls;
pub mod verify;
