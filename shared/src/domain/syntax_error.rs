//! Why a text is no mailbox address, in words for the person who typed it.

use alloc::string::String;
use core::fmt;

/// What was expected, what was found, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What the grammar asks for at this place, as a phrase: `a name before the @`.
    pub expected: &'static str,
    /// What stands there instead, as a phrase: `two dots in a row`.
    pub found: String,
    /// The byte offset in the text as it was given; its length where something is missing at the end.
    pub position: usize,
}

impl SyntaxError {
    pub(crate) fn placeholder() -> Self {
        Self { expected: "", found: String::new(), position: 0 }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}

impl core::error::Error for SyntaxError {}
