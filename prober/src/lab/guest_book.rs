//! What guests said to the lab's mail hosts: how a prober behaves, seen from the other side.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use tokio::time::Instant;

/// The most visits kept.
const CAPACITY: usize = 20_000;

/// One connection, from its opening to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Visit {
    /// The mail host's address.
    pub host: SocketAddr,
    /// The guest's.
    pub guest: SocketAddr,
    /// The lines the guest sent, in order.
    pub commands: Vec<String>,
    /// Whether the guest took leave with QUIT.
    pub quit: bool,
    /// Whether it came to a TLS handshake, and that succeeded.
    pub tls: bool,
    /// When the connection was opened, in milliseconds since the lab's start.
    pub opened_ms: u64,
    /// When it ended, by the same clock.
    pub closed_ms: u64,
}

/// The newest visits.
#[derive(Debug)]
pub(super) struct GuestBook {
    opened: Instant,
    visits: Mutex<VecDeque<Visit>>,
}

impl GuestBook {
    /// An empty book, whose clock starts now.
    pub(super) fn open() -> Self {
        Self { opened: Instant::now(), visits: Mutex::default() }
    }

    /// Milliseconds since it was opened.
    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn sign(&self, visit: Visit) {
        let mut visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        if visits.len() >= CAPACITY {
            visits.pop_front();
        }
        visits.push_back(visit);
    }

    pub(super) fn visits(&self) -> Vec<Visit> {
        self.visits.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
