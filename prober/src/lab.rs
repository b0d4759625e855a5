//! The lab: a small internet on loopback.
