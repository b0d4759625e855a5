//! What this isolate remembers from one request to the next: keyed names, bounded. Isolates come and go, and each has a memory of its own.

use std::cell::RefCell;

use shared::evidence::UnixMillis;
use shared::wire::access::{Pseudonym, Recent};

/// About half a megabyte.
const CAPACITY: usize = 10_000;
/// For how long a mailbox that a caller asked about is no news, in seconds.
const MAILBOX_S: u32 = 3600;

thread_local! {
    static MAILBOXES: RefCell<Recent> = const { RefCell::new(Recent::new(CAPACITY)) };
    static NONCES: RefCell<Recent> = const { RefCell::new(Recent::new(CAPACITY)) };
}

/// Whether this caller and mailbox were let through lately.
pub(super) fn was_asked(name: Pseudonym, now: UnixMillis) -> bool {
    MAILBOXES.with_borrow(|seen| seen.holds(name, now))
}

/// Remembers that they were.
pub(super) fn ask(name: Pseudonym, now: UnixMillis) {
    MAILBOXES.with_borrow_mut(|seen| seen.remember(name, now, now.plus_seconds(MAILBOX_S)));
}

/// Remembers a nonce for `ttl_s`; whether it was new.
pub(super) fn use_nonce(name: Pseudonym, now: UnixMillis, ttl_s: u32) -> bool {
    NONCES.with_borrow_mut(|used| used.remember(name, now, now.plus_seconds(ttl_s)))
}
