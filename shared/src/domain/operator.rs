//! Who runs a mail host, what is known of its answers, and what an operator ignores in a local part: tables, compared by whole labels.

mod addressing;
pub mod conduct;
mod table;

use super::Domain;
use super::host_name::{HostName, is_within};
pub use conduct::{Conduct, DecoyPolicy, PacingClass};

/// One operator of mail hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// The stable id used in JSON: `google`, `microsoft365`, …
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// What its answers at RCPT are worth.
    pub answers: Answers,
}

/// What an operator's answer at RCPT says about a mailbox. Where and when that was seen stands in its [`Conduct`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answers {
    /// An unknown mailbox is refused. A customer's own domain may still have a catch-all, which a decoy shows.
    Truthfully,
    /// As the customer's administrator has set it: refused, deferred or all accepted.
    AsCustomersSet,
    /// Every name is accepted at RCPT, and mail for an unknown one refused after DATA: asking cannot settle it.
    AfterData,
    /// Truthful to sources that it trusts; what it refuses to others may be about them.
    Guarded,
    /// Nothing that could be cited was found, or the sources contradict each other.
    Unrecorded,
}

impl Answers {
    /// Every class.
    pub const ALL: [Self; 5] = [Self::Truthfully, Self::AsCustomersSet, Self::AfterData, Self::Guarded, Self::Unrecorded];

    /// Its name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Truthfully => "truthfully",
            Self::AsCustomersSet => "as_customers_set",
            Self::AfterData => "after_data",
            Self::Guarded => "guarded",
            Self::Unrecorded => "unrecorded",
        }
    }

    /// The class of this name.
    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answers| answers.as_str() == name)
    }
}

/// Which differences in a local part an operator ignores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addressing {
    /// Dots do not count.
    pub ignores_dots: bool,
    /// What separates the sub-address; `None` where there is none, or none that is certain.
    pub separator: Option<char>,
    /// The domain under which its aliases are counted as one (`googlemail.com` is `gmail.com`).
    pub canonical_domain: Option<&'static str>,
}

impl Operator {
    /// Every operator, by parts of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        table::rows(&table::PARTS).map(|served| served.operator)
    }

    /// The operator of a mail exchanger: of the patterns that match, the one of most labels decides.
    pub fn of_exchange(exchange: &HostName) -> Option<Self> {
        let labels = |served: &table::Served| {
            let matching = served.hosts.split_ascii_whitespace().filter(|pattern| matches(exchange.as_str(), pattern));
            matching.map(|pattern| pattern.split('.').count()).max()
        };
        let known = table::rows_naming(tail(exchange.as_str())?).filter_map(|served| Some((labels(&served)?, served.operator)));
        known.max_by_key(|(labels, _)| *labels).map(|(_, operator)| operator)
    }

    /// How the operator of a mail domain treats local parts, where that is known (by the domain's own name: `gmail.com`).
    pub fn addressing(domain: &Domain) -> Option<&'static Addressing> {
        addressing::ADDRESSING.iter().find(|(name, _)| *name == domain.as_ascii()).map(|(_, addressing)| addressing)
    }
}

/// The last two labels, which every pattern that matches shares.
fn tail(host: &str) -> Option<&str> {
    let (rest, _) = host.rsplit_once('.')?;
    host.get(rest.rfind('.').map_or(0, |at| at + 1)..)
}

/// Whether `host` is the pattern or lies below it, by whole labels; `*` is exactly one label.
fn matches(host: &str, pattern: &str) -> bool {
    let Some((before, after)) = pattern.split_once(".*.") else { return is_within(host, pattern) };
    let above = host.strip_suffix(after).and_then(|rest| rest.strip_suffix('.'));
    above.and_then(|rest| rest.rsplit_once('.')).is_some_and(|(rest, _)| is_within(rest, before))
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::vec::Vec;

    use super::*;
    use crate::mailbox::Mailbox;

    #[test]
    fn ok_every_pattern_ends_in_two_labels() {
        for served in table::rows(&table::PARTS) {
            for pattern in served.hosts.split_ascii_whitespace() {
                let behind = pattern.rsplit_once(".*.").map_or(pattern, |(_, behind)| behind);
                assert!(tail(behind).is_some(), "{pattern}");
            }
        }
        let last = ["a.b.example.com", "example.com", "com", ""].map(tail);
        assert_eq!(last, [Some("example.com"), Some("example.com"), None, None]);
    }

    #[test]
    fn ok_by_whole_labels_and_the_longest_suffix() {
        for (exchange, id) in [
            ("ASPMX.L.Google.com.", Some("google")),
            ("alt1.gmail-smtp-in.l.google.com", Some("google")),
            ("smtp.google.com", Some("google")),
            ("contoso-com.mail.protection.outlook.com", Some("microsoft365")),
            ("contoso-com.k-v1.mx.microsoft", Some("microsoft365")),
            ("contoso-com.mail.eo.outlook.com", Some("microsoft365")),
            ("outlook-com.olc.protection.outlook.com", Some("outlook")),
            ("mx-eu.mail.am0.yahoodns.net", Some("yahoo")),
            ("mx01.mail.icloud.com", Some("icloud")),
            ("eu-smtp-inbound-1.mimecast.com", Some("mimecast")),
            ("mxa-00123.gslb.pphosted.com", Some("proofpoint")),
            ("mta5.am0.yahoodns.net", Some("yahoo")),
            ("inbound-smtp.eu-west-1.amazonaws.com", Some("aws")),
            ("mx.google.com.evil.example", None),
            ("googlemail.com.evil.example", None),
            ("mail.protection.outlook.com.example", None),
            ("outlook.com", None),
            ("mail.outlook.com", None),
            ("inbound-smtp.amazonaws.com", None),
            // A customer's own machine.
            ("ec2-192-0-2-1.compute.amazonaws.com", None),
            ("com", None),
            ("", None),
            ("notgoogle.com", None),
            ("mx.example.com", None),
        ] {
            assert_eq!(Operator::of_exchange(&HostName::new(exchange)).map(|operator| operator.id), id, "{exchange}");
        }
    }

    #[test]
    fn ok_every_pattern_finds_its_own_operator() {
        for served in table::rows(&table::PARTS) {
            for pattern in served.hosts.split_ascii_whitespace() {
                let host = HostName::new(&alloc::format!("mx1.{}", pattern.replace('*', "label")));
                assert_eq!(Operator::of_exchange(&host), Some(served.operator), "{pattern}");
            }
        }
    }

    #[test]
    fn ok_the_table_keeps_its_form() {
        let mut patterns = BTreeSet::new();
        for part in &table::PARTS {
            let rows: Vec<_> = table::rows(core::slice::from_ref(part)).collect();
            assert_eq!(rows.len(), part.lines().count(), "every line is read");
            assert!(rows.is_sorted_by(|one, next| one.operator.id < next.operator.id));
            for served in rows {
                let id = served.operator.id;
                assert!(id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')), "{id}");
                assert!(!served.operator.name.is_empty() && !served.hosts.trim().is_empty(), "{id}");
                for pattern in served.hosts.split_ascii_whitespace() {
                    assert!(tail(pattern).is_some_and(|tail| !tail.contains('*')), "{pattern}: its last two labels are looked for");
                    assert!(
                        pattern.contains('.') && *pattern == pattern.to_ascii_lowercase() && pattern.split('*').count() <= 2,
                        "{pattern}"
                    );
                    assert!(patterns.insert(pattern), "{pattern} twice");
                }
            }
        }
        let ids: BTreeSet<_> = Operator::all().map(|operator| operator.id).collect();
        assert_eq!(ids.len(), Operator::all().count());
    }

    #[test]
    fn ok_one_mailbox_in_many_spellings() {
        for (text, canonical) in [
            ("A.da.Lovelace+news@GoogleMail.com", "adalovelace@gmail.com"),
            ("ada.lovelace+news@outlook.com", "ada.lovelace@outlook.com"),
            ("ada-news@yahoo.com", "ada-news@yahoo.com"),
            ("\"a.d a\"@gmail.com", "\"a.d a\"@gmail.com"),
            ("+news@gmail.com", "+news@gmail.com"),
        ] {
            assert_eq!(Mailbox::parse(text).expect(text).canonical(), canonical);
        }
        assert_eq!(Mailbox::parse("ada+x@yahoo.com").expect("valid").subaddress(), None);
    }
}
