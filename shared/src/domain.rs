//! Domain names as mail uses them (RFC 5321 §2.3.5), and the tables that are keyed by them.

pub(crate) mod character;
pub mod host_name;
pub mod list;
pub mod literal;
pub mod operator;
mod parse;
pub mod special_use;
pub mod suggestion;
pub mod syntax_error;
pub(crate) mod unicode;

use alloc::string::String;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use syntax_error::SyntaxError;

/// A fully qualified domain name, kept in both of its spellings.
///
/// Equality and order are by A-label: `Bücher.example` and `xn--bcher-kva.example` are one domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain {
    ascii: String,
    unicode: String,
}

impl Domain {
    /// Parses a domain name by UTS 46, in either spelling: at least two labels, no final dot, the last one not a number.
    ///
    /// # Errors
    /// [`SyntaxError`] with what was expected, what was found and at which byte of `text`.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        parse::parse(text)
    }

    /// The name in A-labels: lower case, no trailing dot, at most 253 octets.
    pub fn as_ascii(&self) -> &str {
        &self.ascii
    }

    /// The name in U-labels, for people.
    pub fn as_unicode(&self) -> &str {
        &self.unicode
    }

    /// The labels of the ASCII form, from the leftmost to the top-level one.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.ascii.split('.')
    }

    /// Whether this domain is `parent` or lies below it, compared by whole labels.
    pub fn is_within(&self, parent: &str) -> bool {
        host_name::is_within(&self.ascii, parent)
    }
}

impl Serialize for Domain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.ascii)
    }
}

impl<'de> Deserialize<'de> for Domain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
