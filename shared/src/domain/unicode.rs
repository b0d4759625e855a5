//! What needs Unicode's tables, in one place: they weigh more than all the rest.
//!
//! Without feature `unicode` there are none, and only ASCII without A-labels is in reach; `browser::Core` hands everything else back unread.

#[cfg(any(test, not(feature = "unicode")))]
mod ascii;
#[cfg(feature = "unicode")]
mod tables;

#[cfg(not(feature = "unicode"))]
pub(crate) use ascii::{is_mark, lower, nfc, to_ascii, to_unicode};
#[cfg(feature = "unicode")]
pub(crate) use tables::{is_mark, lower, nfc, to_ascii, to_unicode};

/// Whether `text` can be read without tables.
#[cfg(any(test, all(feature = "browser", not(feature = "unicode"))))]
pub(crate) fn is_plain(text: &str) -> bool {
    text.is_ascii() && !text.as_bytes().windows(4).any(|part| part.eq_ignore_ascii_case(b"xn--"))
}

#[cfg(all(test, feature = "unicode"))]
mod tests {
    use super::*;

    #[test]
    fn ok_plain_text_reads_the_same_without_tables() {
        for text in ["example.com", "EXAMPLE.com", "a--b.example", "3com.com", "r3---x.example", "ab--cd.example", "a.b.c.d"] {
            assert!(is_plain(text), "{text}");
            assert_eq!(to_ascii(text), ascii::to_ascii(text), "{text}");
            assert_eq!(to_unicode(&lower(text)), ascii::to_unicode(&lower(text)), "{text}");
            assert_eq!((lower(text), nfc(text)), (ascii::lower(text), ascii::nfc(text)), "{text}");
        }
        for code in 0..128_u8 {
            assert_eq!(is_mark(code.into()), ascii::is_mark(code.into()));
        }
    }

    #[test]
    fn ok_what_needs_tables_is_not_plain() {
        for text in ["bücher.example", "a@xn--bcher-kva.example", "a@XN--bcher-kva.example", "xn--", "é"] {
            assert!(!is_plain(text), "{text}");
        }
        assert!(is_plain("ada@accepts.example") && is_plain("") && is_plain("xn-"));
    }
}
