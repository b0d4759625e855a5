//! A mailbox address: `local-part@domain` as RFC 5321 §4.1.2 and RFC 6531 §3.3 write it.
//!
//! Not read here: comments, folding white space, display names and the obsolete forms of RFC 5322; they belong to message headers.

mod local_part;
#[cfg(test)]
mod tests;
pub mod traits;

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::Domain;
pub use crate::domain::SyntaxError;
use crate::domain::character::{describe, nfc};
use crate::domain::literal::AddressLiteral;
use crate::domain::operator::{Addressing, Operator};
pub use traits::Traits;

/// The most octets of an address as it travels (RFC 5321 §4.5.3.1.3: 256 with the angle brackets).
const MAX_ADDRESS: usize = 254;
/// Nothing longer is looked at: an address in U-labels and UTF-8 is longer than in ASCII, but not by more than this.
const MAX_TEXT: usize = 4 * MAX_ADDRESS;

/// A syntactically valid mailbox address. `Debug` does not show the local part, so that no log can.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mailbox {
    local_part: String,
    host: Host,
}

/// What stands behind the `@`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A domain name.
    Domain(Domain),
    /// An address literal such as `[192.0.2.1]`.
    Literal(AddressLiteral),
}

impl Mailbox {
    /// Parses one address and nothing around it.
    ///
    /// # Errors
    /// [`SyntaxError`] with what was expected, what was found and at which byte.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        check_surroundings(text)?;
        let (local_part, at) = local_part::parse(text)?;
        let behind = text.get(at + 1..).unwrap_or_default();
        let host = if behind.starts_with('[') {
            AddressLiteral::parse(behind).map(Host::Literal)
        } else {
            check_single_at(behind).and_then(|()| Domain::parse(behind)).map(Host::Domain)
        };
        let mailbox = Self { local_part, host: host.map_err(|error| error.shifted(at + 1))? };
        match mailbox.wire().len() {
            0..=MAX_ADDRESS => Ok(mailbox),
            length => Err(too_long(text, length)),
        }
    }

    /// The local part in its shortest written form: quotes only where they are needed, NFC.
    pub fn local_part(&self) -> &str {
        &self.local_part
    }

    /// What stands behind the `@`.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The domain, unless it is an address literal.
    pub fn domain(&self) -> Option<&Domain> {
        match &self.host {
            Host::Domain(domain) => Some(domain),
            Host::Literal(_) => None,
        }
    }

    /// The domain in U-labels, or the literal in its brackets.
    pub fn domain_text(&self) -> String {
        match &self.host {
            Host::Domain(domain) => domain.as_unicode().to_owned(),
            Host::Literal(literal) => literal.to_string(),
        }
    }

    /// For showing and sending: the local part as it is, the domain in lower case and in U-labels where it has them.
    pub fn normalized(&self) -> String {
        format!("{}@{}", self.local_part, self.domain_text())
    }

    /// For telling duplicates apart: lower case, and what the domain's operator ignores (dots, sub-address) removed.
    ///
    /// Two addresses of one canonical form are most likely one mailbox. It is never sent to.
    pub fn canonical(&self) -> String {
        let lower = nfc(&self.local_part.to_lowercase()).into_owned();
        let Some(addressing) = self.addressing().filter(|_| !self.is_quoted()) else {
            return format!("{lower}@{}", self.domain_text());
        };
        let mut base = split_subaddress(&lower, addressing.separator).map_or(lower.as_str(), |(base, _)| base).to_owned();
        if addressing.ignores_dots {
            base.retain(|c| c != '.');
        }
        let domain = addressing.canonical_domain.map_or_else(|| self.domain_text(), ToOwned::to_owned);
        format!("{base}@{domain}")
    }

    /// With the domain in A-labels; `None` where the local part is not ASCII and so the address has no such form.
    pub fn ascii(&self) -> Option<String> {
        self.local_part.is_ascii().then(|| self.wire())
    }

    /// The sub-address (RFC 5233), without its separator: by the operator's separator where that is known, else by `+`.
    pub fn subaddress(&self) -> Option<&str> {
        let separator = self.addressing().map_or(Some('+'), |addressing| addressing.separator);
        let unquoted = (!self.is_quoted()).then_some(self.local_part.as_str())?;
        split_subaddress(unquoted, separator).map(|(_, subaddress)| subaddress)
    }

    /// The local part without its subaddress, where it has one.
    pub fn base(&self) -> Option<&str> {
        let subaddress = self.subaddress()?;
        self.local_part.strip_suffix(subaddress).and_then(|base| base.get(..base.len().checked_sub(1)?))
    }

    /// Whether the local part needs the SMTPUTF8 extension (RFC 6531).
    pub fn needs_smtputf8(&self) -> bool {
        !self.local_part.is_ascii()
    }

    /// The mailbox as it travels in a command: the domain in A-labels, the local part as it is.
    pub fn wire(&self) -> String {
        match &self.host {
            Host::Domain(domain) => format!("{}@{}", self.local_part, domain.as_ascii()),
            Host::Literal(literal) => format!("{}@{literal}", self.local_part),
        }
    }

    /// The mailbox of another local part (an `atom`: ASCII letters and digits and dots between them) at the same host.
    pub fn sibling(&self, local_part: &str) -> Option<Self> {
        let atom = |atom: &str| !atom.is_empty() && atom.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let plain = local_part.len() <= 64 && local_part.split('.').all(atom);
        let sibling = plain.then(|| Self { local_part: local_part.to_owned(), host: self.host.clone() })?;
        (sibling.wire().len() <= MAX_ADDRESS).then_some(sibling)
    }

    fn is_quoted(&self) -> bool {
        self.local_part.starts_with('"')
    }

    fn addressing(&self) -> Option<&'static Addressing> {
        self.domain().and_then(Operator::addressing)
    }
}

/// What people paste around an address, in words that name it.
fn check_surroundings(text: &str) -> Result<(), SyntaxError> {
    const ALONE: &str = "the address alone";
    if text.is_empty() {
        return Err(SyntaxError::new("an e-mail address", "nothing", 0));
    }
    if text.len() > MAX_TEXT {
        return Err(too_long(text, text.len()));
    }
    if let Some(first) = text.chars().next().filter(|c| c.is_whitespace()) {
        return Err(SyntaxError::new(ALONE, format!("{} in front of it", describe(first)), 0));
    }
    if let Some((at, last)) = text.char_indices().next_back().filter(|(_, c)| c.is_whitespace()) {
        return Err(SyntaxError::new(ALONE, format!("{} behind it", describe(last)), at));
    }
    if text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("mailto:")) {
        return Err(SyntaxError::new(ALONE, "“mailto:” in front of it", 0));
    }
    Ok(())
}

fn check_single_at(behind: &str) -> Result<(), SyntaxError> {
    match behind.find('@') {
        Some(at) => Err(SyntaxError::new("one @ in the address", describe('@'), at)),
        None => Ok(()),
    }
}

fn too_long(text: &str, length: usize) -> SyntaxError {
    let position = (0..=MAX_ADDRESS.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    SyntaxError::new("an address of at most 254 octets", format!("{length}"), position)
}

/// What stands before the first separator and behind it, where neither is nothing.
fn split_subaddress(local_part: &str, separator: Option<char>) -> Option<(&str, &str)> {
    let (base, subaddress) = local_part.split_once(separator?)?;
    (!base.is_empty() && !subaddress.is_empty()).then_some((base, subaddress))
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailbox(…@{})", self.domain_text())
    }
}

impl Serialize for Mailbox {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.wire())
    }
}

impl<'de> Deserialize<'de> for Mailbox {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
