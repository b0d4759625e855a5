//! The prober: the native service and command line that ask mail servers about mailboxes.
//!
//! A map; the logic lives in the modules. From the outside in: `cli` and `serve` take questions, `verify` walks one address from text to
//! verdict, `probe` asks its mail hosts, `session` holds one connection, `resolver` asks the DNS.

pub mod cli;
pub mod clock;
pub mod config;
pub mod dial_policy;
pub mod farewell;
pub mod identity;
pub mod lab;
pub mod logging;
pub mod probe;
pub mod random;
pub mod resolver;
pub mod serve;
pub mod session;
pub mod verify;
