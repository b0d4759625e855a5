//! A mailbox address: `local-part@domain` as RFC 5321 §4.1.2 and RFC 6531 §3.3 write it.


pub mod traits;

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use crate::domain::Domain;
use crate::domain::literal::AddressLiteral;
pub use crate::domain::SyntaxError;
pub use traits::Traits;

/// A syntactically valid mailbox address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Mailbox {
    local_part: String,
    host: Host,
}

/// What stands behind the `@`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
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
    pub fn parse(_text: &str) -> Result<Self, SyntaxError> {
        Err(SyntaxError::placeholder())
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

    /// For showing and sending: the local part as it is, the domain in lower case and in U-labels where it has them.
    pub fn normalized(&self) -> String {
        format!("{}@", self.local_part)
    }

    /// For telling duplicates apart: lower case, and what the domain's operator ignores (dots, sub-address) removed.
    pub fn canonical(&self) -> String {
        self.normalized()
    }

    /// With the domain in A-labels; `None` where the local part is not ASCII and so the address has no such form.
    pub fn ascii(&self) -> Option<String> {
        Some(self.normalized())
    }

    /// The sub-address (RFC 5233), without its separator, where the domain's operator is known to use one, else by `+`.
    pub fn subaddress(&self) -> Option<&str> {
        None
    }

    /// The domain in U-labels, or the literal in its brackets.
    pub fn domain_text(&self) -> String {
        String::new()
    }

    /// Whether the local part needs the SMTPUTF8 extension (RFC 6531).
    pub fn needs_smtputf8(&self) -> bool {
        !self.local_part.is_ascii()
    }

    /// The mailbox as it travels in a command: the domain in A-labels, the local part as it is.
    pub fn wire(&self) -> String {
        self.normalized()
    }

    /// The mailbox of another local part (an `atom`: ASCII letters and digits and dots between them) at the same host.
    pub fn sibling(&self, local_part: &str) -> Option<Self> {
        let plain = !local_part.is_empty() && local_part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
        plain.then(|| Self { local_part: local_part.to_owned(), host: self.host.clone() })
    }
}
