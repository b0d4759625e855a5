//! Lists of domains and local parts, packed small: text that is searched where it lies, so that nothing is built or allocated at start.
//!
//! The tables are made by `shared/tables/refresh`, and `shared/tables/PROVENANCE.json` says from what.

mod relay;
mod table;

use super::Domain;

const DISPOSABLE: &str = include_str!("../../tables/disposable.txt");
const FREE: &str = include_str!("../../tables/free.txt");
const ROLE: &str = include_str!("../../tables/role.txt");
const TOP_LEVEL: &str = include_str!("../../tables/tld.txt");

/// Whether `domain` or a parent of it is a throw-away mailbox service.
pub fn is_disposable(domain: &Domain) -> bool {
    is_disposable_by(DISPOSABLE, domain)
}

/// Whether anyone can open a mailbox at `domain`.
pub fn is_free(domain: &Domain) -> bool {
    is_free_by(FREE, domain)
}

/// [`is_disposable`] by a table that comes from elsewhere, in the form of `shared/tables/disposable.txt`.
pub(crate) fn is_disposable_by(table: &str, domain: &Domain) -> bool {
    parents(domain.as_ascii()).any(|name| table::holds_domain(table, name))
}

/// [`is_free`] by a table that comes from elsewhere, in the form of `shared/tables/free.txt`.
pub(crate) fn is_free_by(table: &str, domain: &Domain) -> bool {
    table::holds_domain(table, domain.as_ascii())
}

/// Whether `domain` holds forwarding aliases of real mailboxes.
pub fn is_relay(domain: &Domain) -> bool {
    relay::RELAYS.iter().any(|(relay, _)| domain.is_within(relay))
}

/// Whether a lower-case local part (without sub-address) names a function rather than a person.
pub fn is_role(local_part: &str) -> bool {
    table::holds_line(ROLE, local_part)
}

/// Whether `label` is a top-level domain of ASCII letters (or an internationalised one, of which there is no list here).
pub(super) fn is_top_level(label: &str) -> bool {
    label.starts_with("xn--") || table::holds_line(TOP_LEVEL, label)
}

/// Every free provider.
#[cfg(test)]
pub(super) fn free() -> impl Iterator<Item = alloc::string::String> {
    let names =
        |line: &'static str| line.split_once(' ').into_iter().flat_map(|(top, names)| names.split(' ').map(move |name| (name, top)));
    FREE.lines().flat_map(names).map(|(name, top)| alloc::format!("{name}.{top}"))
}

/// The name and the names above it, down to two labels.
fn parents(name: &str) -> impl Iterator<Item = &str> {
    core::iter::successors(Some(name), |name| name.split_once('.').map(|(_, parent)| parent)).filter(|name| name.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(text: &str) -> Domain {
        Domain::parse(text).expect(text)
    }

    #[test]
    fn ok_what_everybody_knows() {
        for throw_away in ["mailinator.com", "guerrillamail.com", "10minutemail.com", "yopmail.com", "any.thing.mailinator.com"] {
            assert!(is_disposable(&domain(throw_away)), "{throw_away}");
        }
        for provider in ["gmail.com", "yahoo.com", "outlook.com", "web.de", "proton.me", "icloud.com", "gmx.net", "orange.fr", "qq.com"] {
            assert!(is_free(&domain(provider)), "{provider}");
            assert!(!is_disposable(&domain(provider)), "{provider}");
        }
        for forwarder in ["duck.com", "privaterelay.appleid.com", "mozmail.com", "simplelogin.com", "x.anonaddy.com"] {
            assert!(is_relay(&domain(forwarder)), "{forwarder}");
            assert!(!is_disposable(&domain(forwarder)), "{forwarder}");
        }
        for company in ["example.com", "siemens.com", "gov.uk", "mailinator.com.example", "gmail.com.evil.example"] {
            let listed = is_disposable(&domain(company)) || is_free(&domain(company)) || is_relay(&domain(company));
            assert!(!listed, "{company}");
        }
    }

    #[test]
    fn ok_functions_and_persons() {
        for function in ["postmaster", "admin", "info", "sales", "support", "abuse", "noreply"] {
            assert!(is_role(function), "{function}");
        }
        for person in ["ada", "anna", "j.smith", "", "it-guy-joe"] {
            assert!(!is_role(person), "{person}");
        }
    }

    #[test]
    fn ok_top_level_domains() {
        assert!(is_top_level("com") && is_top_level("museum") && is_top_level("xn--p1ai"));
        assert!(!is_top_level("con") && !is_top_level("cmo") && !is_top_level(""));
    }
}
