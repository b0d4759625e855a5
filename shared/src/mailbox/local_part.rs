//! The local part: dot-string or quoted string (RFC 5321 §4.1.2), in UTF-8 (RFC 6531 §3.3).

use alloc::string::String;

use crate::domain::SyntaxError;
use crate::domain::character::{describe, is_hidden};
use crate::domain::unicode::{is_mark, nfc};

/// The most octets of a local part (RFC 5321 §4.5.3.1.1).
const MAX_LOCAL: usize = 64;

const NAME: &str = "letters, digits and !#$%&'*+-/=?^_`{|}~ or single dots between them, before the @";
const QUOTED: &str = "printable characters between the quotation marks";

/// Reads a local part at the start of `text`: its shortest written form in NFC, and the octets it took, up to the `@`.
pub(super) fn parse(text: &str) -> Result<(String, usize), SyntaxError> {
    let (written, end) = if text.starts_with('"') { quoted_string(text)? } else { dot_string(text)? };
    // As it was given and as it will be sent: needless backslashes count, and so does what NFC makes longer.
    let octets = written.len().max(end);
    if octets > MAX_LOCAL {
        let found = alloc::format!("{octets}");
        return Err(SyntaxError::new("at most 64 octets before the @", found, 0));
    }
    Ok((written, end))
}

/// `Atom *("." Atom)`, up to the first `@`.
fn dot_string(text: &str) -> Result<(String, usize), SyntaxError> {
    let mut before = '.';
    for (at, c) in text.char_indices() {
        match c {
            '@' if at == 0 => return Err(SyntaxError::new("a name before the @", "nothing", 0)),
            '@' if before == '.' => return Err(SyntaxError::new(NAME, "a dot right before the @", at - 1)),
            '@' => return Ok((nfc(text.get(..at).unwrap_or_default()).into_owned(), at)),
            '.' if at == 0 => return Err(SyntaxError::new(NAME, "a dot at the start", at)),
            '.' if before == '.' => return Err(SyntaxError::new(NAME, "two dots in a row", at)),
            '(' => return Err(SyntaxError::new("an address without comments", "an opening parenthesis", at)),
            '<' => return Err(SyntaxError::new("the address alone, without a name or angle brackets", "“<”", at)),
            '"' => return Err(SyntaxError::new("quotation marks around the whole name before the @, or none", describe(c), at)),
            _ if !is_atext(c) && c != '.' => return Err(SyntaxError::new(NAME, describe(c), at)),
            // It would be drawn over the dot, or over whatever stands in front of the address.
            _ if before == '.' && is_mark(c) => {
                return Err(SyntaxError::new(NAME, "a combining mark with no letter before it", at));
            }
            _ => before = c,
        }
    }
    Err(SyntaxError::new("an @ between name and domain", "none", text.len()))
}

/// `atext` (RFC 5322 §3.2.3), with RFC 6531's `UTF8-non-ascii` as far as a reader can see it.
fn is_atext(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) } else { !is_hidden(c) }
}

/// `DQUOTE *QcontentSMTP DQUOTE`, and an `@` behind it.
fn quoted_string(text: &str) -> Result<(String, usize), SyntaxError> {
    let mut content = String::new();
    let mut characters = text.char_indices().skip(1);
    let end = loop {
        let Some((at, c)) = characters.next() else {
            return Err(SyntaxError::new("a closing quotation mark", "none", text.len()));
        };
        match c {
            '"' => break at + 1,
            '\\' => match characters.next() {
                // quoted-pairSMTP: a backslash and any printable ASCII character.
                Some((_, escaped)) if escaped == ' ' || escaped.is_ascii_graphic() => content.push(escaped),
                Some((at, other)) => return Err(SyntaxError::new("a printable ASCII character behind the backslash", describe(other), at)),
                None => return Err(SyntaxError::new("a closing quotation mark", "none", text.len())),
            },
            _ if c == ' ' || (c.is_ascii_graphic() || !c.is_ascii()) && !is_hidden(c) => content.push(c),
            _ => return Err(SyntaxError::new(QUOTED, describe(c), at)),
        }
    };
    match text.get(end..).and_then(|rest| rest.chars().next()) {
        Some('@') => Ok((shortest(&nfc(&content)), end)),
        Some(other) => Err(SyntaxError::new("an @ behind the closing quotation mark", describe(other), end)),
        None => Err(SyntaxError::new("an @ between name and domain", "none", end)),
    }
}

/// Quoted only where it must be, and with no needless backslash (RFC 5321 §4.1.2 recommends both).
fn shortest(content: &str) -> String {
    if is_dot_string(content) {
        return content.into();
    }
    let mut written = String::with_capacity(content.len() + 2);
    written.push('"');
    for c in content.chars() {
        if matches!(c, '"' | '\\') {
            written.push('\\');
        }
        written.push(c);
    }
    written.push('"');
    written
}

fn is_dot_string(content: &str) -> bool {
    let atom = |atom: &str| atom.chars().next().is_some_and(|first| !is_mark(first)) && atom.chars().all(is_atext);
    content.split('.').all(atom)
}
