//! What guests said to the lab's mail hosts: how a prober behaves, seen from the other side.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// The most visits kept.
const CAPACITY: usize = 2_000;

/// One connection, from its opening to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Visit {
    /// The mail host's address.
    pub host: SocketAddr,
    /// The lines the guest sent, in order.
    pub commands: Vec<String>,
    /// Whether the guest took leave with QUIT.
    pub quit: bool,
}

/// The newest visits.
#[derive(Debug, Default)]
pub(super) struct GuestBook {
    visits: Mutex<VecDeque<Visit>>,
}

impl GuestBook {
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
