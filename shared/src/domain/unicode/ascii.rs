//! Without tables: for plain text alone, of which each function says what the tables would.

use alloc::borrow::Cow;
use alloc::string::String;

pub(crate) fn nfc(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

pub(crate) fn is_mark(_: char) -> bool {
    false
}

pub(crate) fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

pub(crate) fn to_ascii(text: &str) -> Option<Cow<'_, str>> {
    text.is_ascii().then(|| Cow::Owned(lower(text)))
}

pub(crate) fn to_unicode(ascii: &str) -> Cow<'_, str> {
    Cow::Borrowed(ascii)
}
