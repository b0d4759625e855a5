//! Names of mail hosts as the DNS gives them.
//!
//! An MX record may name anything, so a [`HostName`] is laxer than a [`Domain`](super::Domain): underscores and escaped octets pass.

use alloc::string::{String, ToString};
use core::fmt;

use serde::{Deserialize, Serialize};

/// A host's name in DNS presentation form: lower case, no trailing dot; the root is the empty name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct HostName(String);

impl HostName {
    /// Takes a presentation-form name, in any case, with or without its final dot.
    pub fn new(presentation: &str) -> Self {
        let name = presentation.strip_suffix('.').unwrap_or(presentation);
        Self(name.to_ascii_lowercase())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root, which names no host (RFC 7505 §3).
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this name is `parent` or lies below it, compared by whole labels.
    pub fn is_within(&self, parent: &str) -> bool {
        is_within(&self.0, parent)
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&super::Domain> for HostName {
    fn from(domain: &super::Domain) -> Self {
        Self(domain.as_ascii().to_string())
    }
}

/// Whether lower-case `name` equals `parent` or ends in `.parent`: `mx.google.com.evil.example` is not within `google.com`.
pub(crate) fn is_within(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_whole_labels_only() {
        let host = HostName::new("Alt1.ASPMX.L.Google.COM.");
        assert_eq!(host.as_str(), "alt1.aspmx.l.google.com");
        assert!(host.is_within("google.com"));
        assert!(host.is_within("alt1.aspmx.l.google.com"));
        assert!(!host.is_within("oogle.com"));
        assert!(!HostName::new("google.com.evil.example").is_within("google.com"));
    }
}
