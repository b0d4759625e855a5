//! With the tables of ICU4X, as browsers have them.

use alloc::borrow::Cow;
use alloc::string::String;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointMapDataBorrowed;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// The text in Normalization Form C (UAX #15).
pub(crate) fn nfc(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// Whether `c` is drawn onto the character before it (general category M).
pub(crate) fn is_mark(c: char) -> bool {
    !c.is_ascii() && GeneralCategoryGroup::Mark.contains(CodePointMapDataBorrowed::<GeneralCategory>::new().get(c))
}

/// The text in lower case.
pub(crate) fn lower(text: &str) -> String {
    text.to_lowercase()
}

/// A domain, or a label of one, in A-labels by UTS 46; lengths are not looked at.
pub(crate) fn to_ascii(text: &str) -> Option<Cow<'_, str>> {
    Uts46::new().to_ascii(text.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Ignore).ok()
}

/// A domain of A-labels in U-labels.
pub(crate) fn to_unicode(ascii: &str) -> Cow<'_, str> {
    Uts46::new().to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast).0
}
