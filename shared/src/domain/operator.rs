//! Who runs a mail host, and what an operator ignores in a local part: two tables, compared by whole labels.

mod table;

use super::Domain;
use super::host_name::HostName;

/// One operator of mail hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// The stable id used in JSON: `google`, `microsoft365`, …
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
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
    /// The operator of a mail exchanger: the row of the longest matching suffix.
    pub fn of_exchange(exchange: &HostName) -> Option<&'static Self> {
        let matching = table::EXCHANGES.iter().filter(|(suffix, _)| exchange.is_within(suffix));
        matching.max_by_key(|(suffix, _)| suffix.len()).map(|(_, operator)| operator)
    }

    /// How the operator of a mail domain treats local parts, where that is known (by the domain's own name: `gmail.com`).
    pub fn addressing(domain: &Domain) -> Option<&'static Addressing> {
        table::ADDRESSING.iter().find(|(name, _)| *name == domain.as_ascii()).map(|(_, addressing)| addressing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::Mailbox;

    #[test]
    fn ok_by_whole_labels_and_the_longest_suffix() {
        for (exchange, id) in [
            ("ASPMX.L.Google.com.", Some("google")),
            ("alt1.gmail-smtp-in.l.google.com", Some("google")),
            ("smtp.google.com", Some("google")),
            ("contoso-com.mail.protection.outlook.com", Some("microsoft365")),
            ("contoso-com.k-v1.mx.microsoft", Some("microsoft365")),
            ("outlook-com.olc.protection.outlook.com", Some("outlook")),
            ("mx-eu.mail.am0.yahoodns.net", Some("yahoo")),
            ("mx01.mail.icloud.com", Some("icloud")),
            ("eu-smtp-inbound-1.mimecast.com", Some("mimecast")),
            ("mxa-00123.gslb.pphosted.com", Some("proofpoint")),
            ("mx.google.com.evil.example", None),
            ("notgoogle.com", None),
            ("mx.example.com", None),
        ] {
            assert_eq!(Operator::of_exchange(&HostName::new(exchange)).map(|operator| operator.id), id, "{exchange}");
        }
    }

    #[test]
    fn ok_every_suffix_stands_once_in_lower_case() {
        for (n, (suffix, _)) in table::EXCHANGES.iter().enumerate() {
            assert_eq!(*suffix, suffix.to_ascii_lowercase());
            assert!(table::EXCHANGES.iter().skip(n + 1).all(|(other, _)| other != suffix), "{suffix}");
        }
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
