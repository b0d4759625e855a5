//! Real servers, started here on loopback with their own folders and free ports: named, Postfix with and without postgrey, Exim, OpenSMTPD.
//!
//! Each mail server is asked about known and unknown mailboxes, over STARTTLS and without, and its own log says how we behaved.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a suite fails by panicking, and looks at the clock"
)]

#[path = "real_servers/ask.rs"]
mod ask;
#[path = "real_servers/dns.rs"]
mod dns;
#[path = "real_servers/exim.rs"]
mod exim;
#[path = "real_servers/opensmtpd.rs"]
mod opensmtpd;
#[path = "real_servers/postfix.rs"]
mod postfix;
