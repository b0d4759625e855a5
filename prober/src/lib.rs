//! The prober: the native service and command line that ask mail servers about mailboxes.
//!
//! A map; the logic lives in the modules.

pub mod lab;
