//! The grammar of SPF records (RFC 7208 §4.5, §5, §6, §12).

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::SpfResult;
use super::expand::{is_domain_spec, is_macro_string};

const VERSION: &str = "v=spf1";

/// A record that can be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Record {
    /// What is asked of the address, in order.
    pub(super) directives: Vec<Directive>,
    /// Whose record decides where no directive does (§6.1).
    pub(super) redirect: Option<String>,
}

/// A mechanism, and what comes of it where it matches (§4.6.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Directive {
    pub(super) result: SpfResult,
    pub(super) mechanism: Mechanism,
    /// As it is written.
    pub(super) text: String,
}

/// §5. Domains are macro strings; where they are left out, the record's own domain is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mechanism {
    All,
    Include(String),
    A(Target),
    Mx(Target),
    Ptr(Option<String>),
    Ip(IpNet),
    Exists(String),
}

/// A domain, and how much of its addresses must be the same (§5.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) domain: Option<String>,
    pub(super) v4: u8,
    pub(super) v6: u8,
}

/// One word of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Term {
    Directive(Directive),
    Redirect(String),
    Explanation,
    /// §6: unknown modifiers are ignored.
    Other,
}

/// What follows the version, where the text is an SPF record (§4.5).
pub(super) fn terms(text: &[u8]) -> Option<&[u8]> {
    let (version, rest) = text.split_at_checked(VERSION.len())?;
    let ends = rest.is_empty() || rest.starts_with(b" ");
    (version.eq_ignore_ascii_case(VERSION.as_bytes()) && ends).then_some(rest)
}

/// Reads what follows the version.
///
/// # Errors
/// The term that cannot be read.
pub(super) fn parse(terms: &[u8]) -> Result<Record, String> {
    let text = str::from_utf8(terms).ok().filter(|text| text.is_ascii()).ok_or("octets that are not ASCII")?;
    let (mut record, mut explained) = (Record::default(), false);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match term(word).ok_or(word)? {
            Term::Directive(directive) => record.directives.push(directive),
            Term::Redirect(domain) if record.redirect.is_none() => record.redirect = Some(domain),
            Term::Explanation if !explained => explained = true,
            Term::Other => {}
            // §6: each at most once.
            Term::Redirect(_) | Term::Explanation => return Err(word.to_owned()),
        }
    }
    Ok(record)
}

/// One word; `None` where it is no term.
pub(super) fn term(word: &str) -> Option<Term> {
    let end = word.find([':', '/', '=']).unwrap_or(word.len());
    let (name, rest) = word.split_at_checked(end)?;
    match rest.strip_prefix('=') {
        Some(value) => modifier(name, value),
        None => directive(word, name, rest).map(Term::Directive),
    }
}

fn modifier(name: &str, value: &str) -> Option<Term> {
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.'));
    match name.to_ascii_lowercase().as_str() {
        "redirect" => is_domain_spec(value).then(|| Term::Redirect(value.to_owned())),
        "exp" => is_domain_spec(value).then_some(Term::Explanation),
        _ => (is_name && is_macro_string(value)).then_some(Term::Other),
    }
}

fn directive(word: &str, name: &str, rest: &str) -> Option<Directive> {
    let (result, name) = match name.split_at_checked(1)? {
        ("+", name) => (SpfResult::Pass, name),
        ("-", name) => (SpfResult::Fail, name),
        ("~", name) => (SpfResult::SoftFail, name),
        ("?", name) => (SpfResult::Neutral, name),
        _ => (SpfResult::Pass, name),
    };
    let mechanism = match name.to_ascii_lowercase().as_str() {
        "all" => rest.is_empty().then_some(Mechanism::All),
        "include" => domain(rest).map(Mechanism::Include),
        "exists" => domain(rest).map(Mechanism::Exists),
        "ptr" if rest.is_empty() => Some(Mechanism::Ptr(None)),
        "ptr" => domain(rest).map(|domain| Mechanism::Ptr(Some(domain))),
        "a" => target(rest).map(Mechanism::A),
        "mx" => target(rest).map(Mechanism::Mx),
        "ip4" => ip4(rest.strip_prefix(':')?).map(Mechanism::Ip),
        "ip6" => ip6(rest.strip_prefix(':')?).map(Mechanism::Ip),
        _ => None,
    };
    mechanism.map(|mechanism| Directive { result, mechanism, text: word.to_owned() })
}

fn domain(rest: &str) -> Option<String> {
    rest.strip_prefix(':').filter(|text| is_domain_spec(text)).map(str::to_owned)
}

/// `[":" domain-spec] ["/" prefix4] ["//" prefix6]`. A domain may hold slashes itself, so the prefixes are taken from the end.
fn target(rest: &str) -> Option<Target> {
    let (rest, v6) = match rest.rsplit_once("//").and_then(|(head, digits)| Some((head, prefix(digits, 128)?))) {
        Some(split) => split,
        None => (rest, 128),
    };
    let (rest, v4) = match rest.rsplit_once('/').and_then(|(head, digits)| Some((head, prefix(digits, 32)?))) {
        Some(split) => split,
        None => (rest, 32),
    };
    let domain = if rest.is_empty() { None } else { Some(domain(rest)?) };
    Some(Target { domain, v4, v6 })
}

fn ip4(text: &str) -> Option<IpNet> {
    let (ip, length) = text.split_once('/').map_or(Some((text, 32)), |(ip, digits)| Some((ip, prefix(digits, 32)?)))?;
    Ipv4Net::new(ip.parse::<Ipv4Addr>().ok()?, length).ok().map(IpNet::V4)
}

fn ip6(text: &str) -> Option<IpNet> {
    let (ip, length) = text.split_once('/').map_or(Some((text, 128)), |(ip, digits)| Some((ip, prefix(digits, 128)?)))?;
    Ipv6Net::new(ip.parse::<Ipv6Addr>().ok()?, length).ok().map(IpNet::V6)
}

/// A prefix length without leading zeros.
fn prefix(digits: &str, most: u8) -> Option<u8> {
    let plain = digits.bytes().all(|octet| octet.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    digits.parse().ok().filter(|length| plain && *length <= most)
}
