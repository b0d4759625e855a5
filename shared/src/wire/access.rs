//! Who may ask what, as far as texts tell: keys, sites, origins, networks, quotas. Time, memory and the network are the edge's affair.

pub mod api_key;
pub mod network;
pub mod origin;
pub mod pseudonym;
pub mod quota;
pub mod recent;
pub mod site;

pub use api_key::{ApiKey, ApiKeys, Scope};
pub use pseudonym::Pseudonym;
pub use quota::Quotas;
pub use recent::Recent;
pub use site::{Site, Sites};

/// The entries of a setting that has one a line, or between two `;` where it has to be one line.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', ';']).map(str::trim).filter(|line| !line.is_empty())
}

/// Whether `text` is of letters, digits, `-` and `_` alone, and as long as is asked.
pub(in crate::wire) fn is_url_safe(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
