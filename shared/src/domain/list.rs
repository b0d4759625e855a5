//! Lists of domains and local parts, packed small.

use super::Domain;

/// Whether `domain` or a parent of it is a throw-away mailbox service.
pub fn is_disposable(_domain: &Domain) -> bool {
    false
}

/// Whether anyone can open a mailbox at `domain`.
pub fn is_free(_domain: &Domain) -> bool {
    false
}

/// Whether `domain` holds forwarding aliases of real mailboxes.
pub fn is_relay(_domain: &Domain) -> bool {
    false
}

/// Whether a lower-case local part (without sub-address) names a function rather than a person.
pub fn is_role(_local_part: &str) -> bool {
    false
}
