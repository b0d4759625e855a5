//! Macros (RFC 7208 §7). `%{p}` is always `unknown`, as §7.3 allows: to find the name would cost questions, and it is not to be used.

use std::net::IpAddr;

use super::super::zone_file::nibbles;

/// Who is asked about, and so what macros stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    /// The address that hosts see.
    pub(super) ip: IpAddr,
    /// The domain whose record is being evaluated.
    pub(super) domain: &'a str,
    /// The reverse-path.
    pub(super) sender: &'a str,
    /// The name given with EHLO.
    pub(super) helo: &'a str,
}

/// A part of a macro string.
enum Part<'a> {
    Literal(&'a str),
    Macro { letter: char, keep: usize, reverse: bool, delimiters: &'a str },
}

/// The longest domain (RFC 1035 §3.1); of a longer one the left labels are dropped (§7.3).
const MAX_DOMAIN: usize = 253;

/// The text that a macro string stands for. One that cannot be read stands for nothing.
pub(super) fn expand(text: &str, subject: Subject<'_>) -> String {
    let mut expanded = String::new();
    for part in parts(text).unwrap_or_default() {
        match part {
            Part::Literal(text) => expanded.push_str(text),
            Part::Macro { letter, keep, reverse, delimiters } => {
                let value = transformed(&value_of(letter, subject), keep, reverse, delimiters);
                // §7.3: upper-case letters ask for URL escapes.
                expanded.push_str(&if letter.is_ascii_uppercase() { escaped(&value) } else { value });
            }
        }
    }
    let mut domain = expanded.trim_end_matches('.');
    while domain.len() > MAX_DOMAIN {
        let Some((_, rest)) = domain.split_once('.') else { break };
        domain = rest;
    }
    domain.to_owned()
}

/// Whether the text is a `domain-spec` (§7.1): a macro string that ends in a top-level label or in a macro.
pub(super) fn is_domain_spec(text: &str) -> bool {
    let ends_in_macro = text.ends_with('}') && text.contains("%{");
    let bare = text.strip_suffix('.').unwrap_or(text);
    is_macro_string(text) && !text.is_empty() && (ends_in_macro || bare.rsplit_once('.').is_some_and(|(_, top)| is_top_label(top)))
}

/// Whether the text is a `macro-string` (§7.1), with letters that have a meaning in domains.
pub(super) fn is_macro_string(text: &str) -> bool {
    parts(text).is_some()
}

fn is_top_label(label: &str) -> bool {
    let edges = [label.chars().next(), label.chars().next_back()];
    label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
        && edges.iter().all(|edge| edge.is_some_and(|c| c.is_ascii_alphanumeric()))
        && !label.bytes().all(|octet| octet.is_ascii_digit())
}

fn parts(mut text: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    while !text.is_empty() {
        let (part, rest) = first_part(text)?;
        parts.push(part);
        text = rest;
    }
    Some(parts)
}

/// The first part, and what follows it.
fn first_part(text: &str) -> Option<(Part<'_>, &str)> {
    for (escape, literal) in [("%%", "%"), ("%_", " "), ("%-", "%20")] {
        if let Some(rest) = text.strip_prefix(escape) {
            return Some((Part::Literal(literal), rest));
        }
    }
    if let Some(inner) = text.strip_prefix("%{") {
        let (inner, rest) = inner.split_once('}')?;
        return Some((macro_of(inner)?, rest));
    }
    let end = text.find('%').unwrap_or(text.len());
    let (literal, rest) = text.split_at_checked(end)?;
    let plain = !literal.is_empty() && literal.bytes().all(|octet| octet.is_ascii_graphic());
    plain.then_some((Part::Literal(literal), rest))
}

/// Letter, digits, `r`, delimiters.
fn macro_of(inner: &str) -> Option<Part<'_>> {
    let letter = inner.chars().next().filter(|letter| "slodipvhSLODIPVH".contains(*letter))?;
    let rest = inner.get(1..)?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, rest) = rest.split_at_checked(digits)?;
    let keep = if digits.is_empty() { usize::MAX } else { digits.parse().unwrap_or(usize::MAX) };
    let (reverse, delimiters) = rest.strip_prefix(['r', 'R']).map_or((false, rest), |delimiters| (true, delimiters));
    let known = delimiters.chars().all(|c| ".-+,/_=".contains(c));
    (keep > 0 && known).then_some(Part::Macro { letter, keep, reverse, delimiters })
}

fn value_of(letter: char, subject: Subject<'_>) -> String {
    let (local_part, sender_domain) = subject.sender.rsplit_once('@').unwrap_or(("postmaster", subject.sender));
    match letter.to_ascii_lowercase() {
        's' => subject.sender.to_owned(),
        'l' => local_part.to_owned(),
        'o' => sender_domain.to_owned(),
        'd' => subject.domain.to_owned(),
        'i' => match subject.ip {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => nibbles(ip).into_iter().rev().collect::<Vec<_>>().join("."),
        },
        'v' => (if subject.ip.is_ipv4() { "in-addr" } else { "ip6" }).to_owned(),
        'h' => subject.helo.to_owned(),
        _ => "unknown".to_owned(),
    }
}

fn transformed(value: &str, keep: usize, reverse: bool, delimiters: &str) -> String {
    let mut labels: Vec<&str> = value.split(|c| if delimiters.is_empty() { c == '.' } else { delimiters.contains(c) }).collect();
    if reverse {
        labels.reverse();
    }
    labels.split_off(labels.len().saturating_sub(keep)).join(".")
}

fn escaped(value: &str) -> String {
    let octet = |octet: u8| match octet {
        b'-' | b'.' | b'_' | b'~' => char::from(octet).to_string(),
        _ if octet.is_ascii_alphanumeric() => char::from(octet).to_string(),
        _ => format!("%{octet:02X}"),
    };
    value.bytes().map(octet).collect()
}
