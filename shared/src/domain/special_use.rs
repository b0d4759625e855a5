//! Special-use names: those the public DNS will never hold, so that asking it would only leak them.

use super::Domain;

/// A reserved name and who reserved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpecialUse {
    /// The reserved name, without dots around it.
    pub name: &'static str,
    /// Where it is reserved.
    pub source: &'static str,
}

/// Only names of which it is certain that no mail reaches them from the internet. `example`, `local`, `internal` and `home.arpa` are not here:
/// a lab or a private network may well hold them, and the DNS that is asked knows.
const TABLE: [SpecialUse; 5] = [
    SpecialUse { name: "alt", source: "RFC 9476 §2" },
    SpecialUse { name: "invalid", source: "RFC 6761 §6.4" },
    SpecialUse { name: "localhost", source: "RFC 6761 §6.3" },
    SpecialUse { name: "onion", source: "RFC 7686 §2" },
    SpecialUse { name: "test", source: "RFC 6761 §6.2" },
];

impl SpecialUse {
    /// The reserved name that `domain` is or lies below.
    pub fn of(domain: &Domain) -> Option<&'static Self> {
        TABLE.iter().find(|reserved| domain.is_within(reserved.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_whole_labels_of_the_table() {
        let source = |text| SpecialUse::of(&Domain::parse(text).expect(text)).map(|reserved| reserved.source);
        assert_eq!(source("a.test"), Some("RFC 6761 §6.2"));
        assert_eq!(source("mail.LOCALHOST"), Some("RFC 6761 §6.3"));
        for public in ["latest.com", "a.contest", "test.com", "a.example", "printer.local", "a.internal"] {
            assert_eq!(source(public), None, "{public}");
        }
    }
}
