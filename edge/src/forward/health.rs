//! How the probers have been doing, as far as this isolate saw it: another one learns it for itself.

use std::cell::RefCell;

use shared::wire::upstream::{Breaker, Upstream};

use crate::clock;

thread_local! {
    /// By address, so that there are no more of them than were ever configured.
    static BREAKERS: RefCell<Vec<(String, Breaker)>> = const { RefCell::new(Vec::new()) };
}

/// Whether it may be asked.
pub(super) fn admits(upstream: &Upstream) -> bool {
    let known = BREAKERS.with_borrow(|breakers| breakers.iter().find(|(url, _)| *url == upstream.url).map(|(_, breaker)| *breaker));
    known.is_none_or(|breaker| breaker.admits(clock::now()))
}

/// It is asked.
pub(super) fn asked(upstream: &Upstream) {
    with(upstream, |breaker| breaker.asked(clock::now()));
}

/// It answered.
pub(super) fn succeeded(upstream: &Upstream) {
    with(upstream, Breaker::succeeded);
}

/// It failed, or wants to be left alone for a while.
pub(super) fn failed(upstream: &Upstream, retry_after_s: Option<u32>) {
    with(upstream, |breaker| breaker.failed(clock::now(), retry_after_s));
}

/// It did not answer in a time that was too short to tell.
pub(super) fn left_open(upstream: &Upstream) {
    with(upstream, |breaker| breaker.left_open(clock::now()));
}

fn with(upstream: &Upstream, change: impl FnOnce(&mut Breaker)) {
    BREAKERS.with_borrow_mut(|breakers| {
        if !breakers.iter().any(|(url, _)| *url == upstream.url) {
            breakers.push((upstream.url.clone(), Breaker::default()));
        }
        if let Some((_, breaker)) = breakers.iter_mut().find(|(url, _)| *url == upstream.url) {
            change(breaker);
        }
    });
}
