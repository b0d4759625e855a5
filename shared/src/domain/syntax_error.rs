//! Why a text is no address, in words for the person who typed it.

use alloc::borrow::Cow;
use core::fmt;

/// What was expected, what was found, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What the grammar asks for at this place, as a phrase: `a name before the @`.
    pub expected: &'static str,
    /// What stands there instead, as a phrase: `two dots in a row`. Never more of the text than one character.
    pub found: Cow<'static, str>,
    /// The byte offset in the text as it was given, on a character's boundary; its length where something is missing at the end.
    pub position: usize,
}

impl SyntaxError {
    /// An error of these parts.
    pub(crate) fn new(expected: &'static str, found: impl Into<Cow<'static, str>>, position: usize) -> Self {
        Self { expected, found: found.into(), position }
    }

    /// The same error in a text that has `offset` octets more in front.
    pub(crate) fn shifted(self, offset: usize) -> Self {
        Self { position: self.position + offset, ..self }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}

impl core::error::Error for SyntaxError {}
