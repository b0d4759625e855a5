//! The grammar of a mail domain: RFC 5321 §4.1.2, in either spelling by UTS 46, with at least one dot.

use alloc::format;

use super::character::{describe, is_hidden};
use super::unicode::{to_ascii, to_unicode};
use super::{Domain, SyntaxError};

/// The most octets of a domain (RFC 1035 §3.1: 255 on the wire, with the length of each label and the root).
const MAX_DOMAIN: usize = 253;
/// The most octets of a label (RFC 1035 §3.1).
const MAX_LABEL: usize = 63;
/// Nothing longer is looked at: U-labels are longer than their A-labels at most about fourfold.
const MAX_TEXT: usize = 4 * MAX_DOMAIN;

const LABEL: &str = "letters, digits and hyphens between the dots of the domain";

/// The dots that people type: UTS 46 §4 takes them all for the full stop.
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

pub(super) fn parse(text: &str) -> Result<Domain, SyntaxError> {
    if text.is_empty() {
        return Err(SyntaxError::new("a domain after the @", "nothing", 0));
    }
    if text.len() > MAX_TEXT {
        return Err(too_long(text, text.len()));
    }
    let mut start = 0;
    for label in text.split(DOTS) {
        check_label(text, label, start)?;
        start += label.len() + text.get(start + label.len()..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    let ascii = to_ascii(text).ok_or_else(|| SyntaxError::new(MIXED.0, MIXED.1, 0))?;
    if ascii.len() > MAX_DOMAIN {
        return Err(too_long(text, ascii.len()));
    }
    check_top_level(text, &ascii)?;
    Ok(Domain { unicode: to_unicode(&ascii).into_owned(), ascii: ascii.into_owned() })
}

/// One label, at `start` of `text`, in words that a whole name's failure could not have.
fn check_label(text: &str, label: &str, start: usize) -> Result<(), SyntaxError> {
    let end = start + label.len();
    if label.is_empty() {
        let found = match (start == 0, end == text.len()) {
            (true, _) => "a dot right after the @",
            (false, true) => "a dot at the end",
            (false, false) => "two dots in a row",
        };
        // The dot that is too much, rather than the nothing beside it.
        let position = if end == text.len() { text.char_indices().next_back().map_or(0, |(at, _)| at) } else { start };
        return Err(SyntaxError::new(LABEL, found, position));
    }
    for (at, c) in label.char_indices() {
        let plain = if c.is_ascii() { c.is_ascii_alphanumeric() || c == '-' } else { !is_hidden(c) };
        if !plain {
            return Err(SyntaxError::new(LABEL, describe(c), start + at));
        }
    }
    if label.starts_with('-') || label.ends_with('-') {
        let position = if label.starts_with('-') { start } else { end - 1 };
        return Err(SyntaxError::new("a letter or digit at both ends of each part of the domain", "a hyphen", position));
    }
    match to_ascii(label) {
        None => Err(SyntaxError::new("a name that internationalised domain names allow", "one that they do not", start)),
        Some(ascii) if ascii.len() > MAX_LABEL => {
            let found = format!("{} octets", ascii.len());
            Err(SyntaxError::new("at most 63 octets between the dots of the domain", found, start))
        }
        Some(_) => Ok(()),
    }
}

/// Each label is good by itself, so their mixture is not: left-to-right and right-to-left scripts (RFC 5893).
const MIXED: (&str, &str) = ("a domain whose parts read in one direction", "a mixture that may not stand together");

fn too_long(text: &str, length: usize) -> SyntaxError {
    let position = (0..=MAX_DOMAIN.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    SyntaxError::new("a domain of at most 253 octets", format!("{length}"), position)
}

/// A mail domain is not a bare top-level name (RFC 5321 §2.3.5: fully qualified), and no number.
fn check_top_level(text: &str, ascii: &str) -> Result<(), SyntaxError> {
    let Some((_, top)) = ascii.rsplit_once('.') else {
        return Err(SyntaxError::new("a domain with a dot, such as example.com", "a name without one", text.len()));
    };
    if ascii.split('.').all(|label| label.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(SyntaxError::new("a domain name", "numbers only (an IP address stands in square brackets)", 0));
    }
    if top.bytes().all(|byte| byte.is_ascii_digit()) {
        // RFC 3696 §2: a top-level name is never all digits.
        let position = text.rfind(DOTS).map_or(0, |at| at + 1);
        return Err(SyntaxError::new("letters after the last dot", "digits only", next_boundary(text, position)));
    }
    Ok(())
}

fn next_boundary(text: &str, from: usize) -> usize {
    (from..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    #[test]
    fn ok_both_spellings_are_one_domain() {
        for (text, ascii, unicode) in [
            ("Example.COM", "example.com", "example.com"),
            ("Bücher.example", "xn--bcher-kva.example", "bücher.example"),
            ("XN--BCHER-KVA.example", "xn--bcher-kva.example", "bücher.example"),
            ("例子。广告", "xn--fsqu00a.xn--4rr70v", "例子.广告"),
            ("faß.example", "xn--fa-hia.example", "faß.example"),
            ("a--b.r3---x.example", "a--b.r3---x.example", "a--b.r3---x.example"),
            ("3com.com", "3com.com", "3com.com"),
            ("ｅxample.com", "example.com", "example.com"),
        ] {
            let domain = parse(text).expect(text);
            assert_eq!((domain.as_ascii(), domain.as_unicode()), (ascii, unicode), "{text}");
            assert_eq!(parse(ascii), parse(unicode), "{text}");
        }
    }

    #[test]
    fn err_says_what_and_where() {
        for (text, found, position) in [
            ("", "nothing", 0),
            ("localhost", "a name without one", 9),
            ("example.com.", "a dot at the end", 11),
            (".example.com", "a dot right after the @", 0),
            (".", "a dot right after the @", 0),
            ("example..com", "two dots in a row", 8),
            ("-example.com", "a hyphen", 0),
            ("example-.com", "a hyphen", 7),
            ("exam_ple.com", "“_”", 4),
            ("exam ple.com", "a space", 4),
            ("exa\u{200b}mple.com", "the invisible character U+200B", 3),
            ("exa\u{ad}mple.com", "the invisible character U+00AD", 3),
            ("example.com\n", "a line break", 11),
            ("127.0.0.1", "numbers only (an IP address stands in square brackets)", 0),
            ("example.123", "digits only", 8),
            ("xn--a.example", "one that they do not", 0),
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!((error.found.as_ref(), error.position), (found, position), "{text}");
        }
    }

    #[test]
    fn ok_lengths_are_of_the_ascii_form() {
        let label = "a".repeat(63);
        let longest = alloc::format!("{label}.{label}.{label}.{}", "a".repeat(61));
        assert_eq!(longest.len(), 253);
        assert!(parse(&longest).is_ok());
        assert!(parse(&alloc::format!("{longest}a")).is_err());
        assert!(parse(&alloc::format!("{label}a.com")).is_err());
        assert!(parse(&alloc::format!("{}.com", "ü".repeat(40))).is_ok());
        assert!(parse(&alloc::format!("{}.com", "ü".repeat(63))).is_err());
        let endless: String = "a.".repeat(100_000);
        assert_eq!(parse(&endless).map_err(|error| error.expected), Err("a domain of at most 253 octets"));
    }
}
