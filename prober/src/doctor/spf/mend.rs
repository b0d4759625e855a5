//! The record that covers what the published ones do not.

use std::net::IpAddr;

use super::super::finding::quoted;
use super::record::{Mechanism, Term, term, terms};

/// One record out of the `published` ones, with these addresses covered first, so that no later term stands in their way.
///
/// Terms that can be read are kept in their order, those that cannot are left out; the first `all`, or without one the first `redirect`, ends
/// the record, and where there is neither, `-all`.
pub(super) fn merged(published: &[String], addresses: &[IpAddr]) -> String {
    let words: Vec<&str> = published
        .iter()
        .filter_map(|text| terms(text.as_bytes()).and_then(|rest| str::from_utf8(rest).ok()))
        .flat_map(|rest| rest.split(' '))
        .collect();
    let mut record: Vec<String> = vec!["v=spf1".to_owned()];
    record.extend(addresses.iter().map(|ip| if ip.is_ipv4() { format!("ip4:{ip}") } else { format!("ip6:{ip}") }));
    let (mut all, mut redirect, mut explained) = (None, None, false);
    for word in words {
        match term(word) {
            Some(Term::Directive(directive)) if directive.mechanism == Mechanism::All => all = all.or(Some(word)),
            Some(Term::Redirect(_)) => redirect = redirect.or(Some(word)),
            Some(Term::Explanation) if std::mem::replace(&mut explained, true) => {}
            Some(_) if !record.iter().any(|known| known == word) => record.push(quoted(word)),
            _ => {}
        }
    }
    record.push(all.or(redirect).unwrap_or("-all").to_owned());
    record.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(published: &[&str], addresses: &[&str]) -> String {
        let addresses: Vec<IpAddr> = addresses.iter().map(|ip| ip.parse().expect("an address")).collect();
        merged(&published.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>(), &addresses)
    }

    #[test]
    fn ok_what_is_there_is_kept() {
        for (published, expected) in [
            (&[][..], "v=spf1 ip4:192.0.2.1 -all"),
            (&["v=spf1"], "v=spf1 ip4:192.0.2.1 -all"),
            (&["v=spf1 -all"], "v=spf1 ip4:192.0.2.1 -all"),
            (&["v=spf1 mx include:a.example ~all"], "v=spf1 ip4:192.0.2.1 mx include:a.example ~all"),
            (&["v=spf1 a redirect=b.example"], "v=spf1 ip4:192.0.2.1 a redirect=b.example"),
            (&["V=SPF1 mx ?all", "v=spf1 a mx -all"], "v=spf1 ip4:192.0.2.1 mx a ?all"),
            (&["v=spf1 ipv4:192.0.2.9 mx -all"], "v=spf1 ip4:192.0.2.1 mx -all"),
            (&["v=spf1 -ip4:192.0.2.0/24 +all"], "v=spf1 ip4:192.0.2.1 -ip4:192.0.2.0/24 +all"),
        ] {
            assert_eq!(mended(published, &["192.0.2.1"]), expected, "{published:?}");
        }
        assert_eq!(mended(&[], &["192.0.2.1", "2001:db8::1"]), "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all");
    }
}
