//! The pure core of Rcpt: *can this mailbox receive mail, and how do we know?*
//!
//! Deterministic: no socket, no clock, no environment and no randomness. Protocol logic takes bytes and `now`.
//! The modules depend on one another in one direction only, from the top of this list to its end.
#![no_std]

extern crate alloc;

#[cfg(feature = "browser")]
pub mod browser;
pub mod dns;
pub mod domain;
pub mod evidence;
pub mod mailbox;
#[cfg(feature = "schema")]
mod schema;
pub mod smtp;
pub mod verdict;
pub mod wire;
