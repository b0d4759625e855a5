//! How some operators read local parts, from their own help pages, looked at on 2026-11-23. Where in doubt nothing is ignored: a false
//! match would merge two people.

use super::Addressing;

const PLUS: Addressing = Addressing { ignores_dots: false, separator: Some('+'), canonical_domain: None };
const GMAIL: Addressing = Addressing { ignores_dots: true, separator: Some('+'), canonical_domain: Some("gmail.com") };
/// Their disposable addresses have a base name of their own, which is not the mailbox's.
const NONE: Addressing = Addressing { ignores_dots: false, separator: None, canonical_domain: None };

/// Mail domain, and what its operator ignores.
pub(super) const ADDRESSING: &[(&str, Addressing)] = &[
    // Gmail Help: "Dots don't matter in Gmail addresses"; "Create task-specific email addresses"; googlemail.com is the same mailbox.
    ("gmail.com", GMAIL),
    ("googlemail.com", GMAIL),
    // Microsoft: "Plus addressing in Exchange Online" and Outlook.com.
    ("outlook.com", PLUS),
    ("hotmail.com", PLUS),
    ("live.com", PLUS),
    // Proton: "+aliases".
    ("proton.me", PLUS),
    ("protonmail.com", PLUS),
    ("pm.me", PLUS),
    // Fastmail: "Plus addressing and subdomain addressing".
    ("fastmail.com", PLUS),
    ("fastmail.fm", PLUS),
    // Yahoo: "Disposable email addresses" (base name and hyphen).
    ("yahoo.com", NONE),
    ("ymail.com", NONE),
    ("rocketmail.com", NONE),
    ("aol.com", NONE),
];
