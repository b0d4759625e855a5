//! Characters by what a reader can see of them.

use alloc::borrow::Cow;
use alloc::format;

/// Characters that show nothing, reorder what stands around them, or mean nothing outside one machine: default-ignorable code points, format
/// controls, exotic spaces, private use and noncharacters (Unicode 17, DerivedCoreProperties and PropList). Sorted, both ends included.
const HIDDEN: [(u32, u32); 28] = [
    (0x0080, 0x00A0),      // C1 controls, no-break space
    (0x00AD, 0x00AD),      // soft hyphen
    (0x034F, 0x034F),      // combining grapheme joiner
    (0x061C, 0x061C),      // Arabic letter mark
    (0x115F, 0x1160),      // Hangul fillers
    (0x1680, 0x1680),      // Ogham space mark
    (0x17B4, 0x17B5),      // Khmer inherent vowels
    (0x180B, 0x180F),      // Mongolian selectors
    (0x2000, 0x200F),      // spaces, zero-width characters, direction marks
    (0x2028, 0x202F),      // line and paragraph separators, direction embeddings and overrides
    (0x205F, 0x206F),      // mathematical space, word joiner, direction isolates
    (0x2800, 0x2800),      // blank Braille pattern
    (0x3000, 0x3000),      // ideographic space
    (0x3164, 0x3164),      // Hangul filler
    (0xE000, 0xF8FF),      // private use
    (0xFDD0, 0xFDEF),      // noncharacters
    (0xFE00, 0xFE0F),      // variation selectors
    (0xFEFF, 0xFEFF),      // byte order mark
    (0xFFA0, 0xFFA0),      // halfwidth Hangul filler
    (0xFFF0, 0xFFFF),      // interlinear annotation, replacement character, noncharacters
    (0x1_3430, 0x1_343F),  // Egyptian hieroglyph format controls
    (0x1_BCA0, 0x1_BCA3),  // shorthand format controls
    (0x1_D173, 0x1_D17A),  // musical format controls
    (0x1_FFFE, 0x1_FFFF),  // noncharacters
    (0x2_FFFE, 0x2_FFFF),  // noncharacters
    (0x3_FFFE, 0x3_FFFF),  // noncharacters
    (0xE_0000, 0xE_0FFF),  // tags, variation selectors
    (0xF_0000, 0x10_FFFF), // private use
];

/// Whether a reader cannot see `c`, or sees it elsewhere than it stands. ASCII is not asked about here.
pub(crate) fn is_hidden(c: char) -> bool {
    let code = u32::from(c);
    HIDDEN.iter().any(|(first, last)| (*first..=*last).contains(&code))
}

/// `c` in words, for whoever typed it.
pub(crate) fn describe(c: char) -> Cow<'static, str> {
    Cow::Borrowed(match c {
        ' ' => "a space",
        '\t' => "a tab",
        '\r' | '\n' => "a line break",
        '"' => "a quotation mark",
        '@' => "a second @",
        ',' => "a comma",
        ';' => "a semicolon",
        ':' => "a colon",
        '\\' => "a backslash",
        '\u{3000}' | '\u{a0}' => "a wide or non-breaking space",
        char::REPLACEMENT_CHARACTER => "a character that could not be read",
        c if c.is_control() => return Cow::Owned(format!("the control character U+{:04X}", u32::from(c))),
        c if is_hidden(c) => return Cow::Owned(format!("the invisible character U+{:04X}", u32::from(c))),
        c => return Cow::Owned(format!("“{c}”")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_the_table_is_sorted() {
        for pair in HIDDEN.windows(2) {
            assert!(pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0, "{pair:x?}");
        }
    }

    #[test]
    fn ok_letters_of_the_world_are_seen() {
        for c in "äßøłčéñõğабвгдежзιλεהעברالعربيةहिन्दी用户ユーザー사용자ไทย😀".chars()
        {
            assert!(!is_hidden(c), "{c}");
        }
        for c in "\u{200b}\u{202e}\u{2066}\u{feff}\u{ad}\u{e0041}\u{fe0f}\u{200d}".chars() {
            assert!(is_hidden(c), "{c:?}");
        }
    }
}
