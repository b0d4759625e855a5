//! What the suites and `make run` share: the lab, a prober and the Worker in its real runtime, started together and stopped together.
//!
//! A map; the logic lives in the modules.

pub mod child;
pub mod dns_answer;
pub mod greeting;
pub mod http;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod openapi;
pub mod place;
pub mod rabbit;
pub mod redis;
pub mod socks;
pub mod stand_in;
pub mod whole;
pub mod worker;
pub mod workerd;
