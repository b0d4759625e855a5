use alloc::string::String;
use alloc::vec::Vec;

use super::*;

fn parse(text: &str) -> Mailbox {
    Mailbox::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn ok_normalized() {
    for (text, normalized) in [
        ("Ada@Example.com", "Ada@example.com"),
        ("ada.love-lace+tag@example.com", "ada.love-lace+tag@example.com"),
        ("!#$%&'*+-/=?^_`.{|}~@example.com", "!#$%&'*+-/=?^_`.{|}~@example.com"),
        ("\"ada\"@example.com", "ada@example.com"),
        ("\"ada lovelace\"@example.com", "\"ada lovelace\"@example.com"),
        ("\"a\\d\\a\"@example.com", "ada@example.com"),
        ("\"a\\\"b\\\\c\"@example.com", "\"a\\\"b\\\\c\"@example.com"),
        ("\"a..b\"@example.com", "\"a..b\"@example.com"),
        ("\"\"@example.com", "\"\"@example.com"),
        ("\"a@b\"@example.com", "\"a@b\"@example.com"),
        // NFC: a + combining diaeresis becomes ä.
        ("a\u{308}da@bücher.example", "äda@bücher.example"),
        ("ada@xn--bcher-kva.example", "ada@bücher.example"),
        ("用户@例子.广告", "用户@例子.广告"),
        ("ada@[192.0.2.1]", "ada@[192.0.2.1]"),
        ("ada@[IPv6:2001:DB8::1]", "ada@[IPv6:2001:db8::1]"),
    ] {
        let mailbox = parse(text);
        assert_eq!(mailbox.normalized(), normalized, "{text}");
        assert_eq!(parse(normalized), mailbox, "{text}");
        assert_eq!(parse(&mailbox.wire()), mailbox, "{text}");
    }
}

#[test]
fn err_says_what_and_where() {
    for (text, found, position) in [
        ("", "nothing", 0),
        ("ada", "none", 3),
        ("@example.com", "nothing", 0),
        ("ada@", "nothing", 4),
        (".ada@example.com", "a dot at the start", 0),
        ("ada.@example.com", "a dot right before the @", 3),
        ("a..da@example.com", "two dots in a row", 2),
        ("ada@@example.com", "a second @", 4),
        ("ada@x@example.com", "a second @", 5),
        ("ada lovelace@example.com", "a space", 3),
        (" ada@example.com", "a space in front of it", 0),
        ("ada@example.com ", "a space behind it", 15),
        ("ada@example.com\n", "a line break behind it", 15),
        ("mailto:ada@example.com", "“mailto:” in front of it", 0),
        ("Ada <ada@example.com>", "a space", 3),
        ("<ada@example.com>", "“<”", 0),
        ("ada(comment)@example.com", "an opening parenthesis", 3),
        ("ada\"b\"@example.com", "a quotation mark", 3),
        ("\"ada@example.com", "none", 16),
        ("\"ada\"b@example.com", "“b”", 5),
        ("\"ada\"", "none", 5),
        ("\"a\\", "none", 3),
        ("\"a\\ä\"@example.com", "“ä”", 3),
        ("\"a\tb\"@example.com", "a tab", 2),
        ("a,b@example.com", "a comma", 1),
        ("ada\0@example.com", "the control character U+0000", 3),
        ("a\u{200b}da@example.com", "the invisible character U+200B", 1),
        ("a\u{202e}da@example.com", "the invisible character U+202E", 1),
        ("\"a\u{ad}\"@example.com", "the invisible character U+00AD", 2),
        ("\u{301}ada@example.com", "a combining mark with no letter before it", 0),
        ("ada@localhost", "a name without one", 13),
        ("ada@example.com.", "a dot at the end", 15),
        ("ada@192.0.2.1", "numbers only (an IP address stands in square brackets)", 4),
        ("ada@exam_ple.com", "“_”", 8),
        ("ada@[192.0.2.256]", "something else", 5),
        ("a\u{fffd}@example.com", "a character that could not be read", 1),
    ] {
        let error = Mailbox::parse(text).expect_err(text);
        assert_eq!((error.found.as_ref(), error.position), (found, position), "{text:?}: {error}");
    }
}

#[test]
fn ok_lengths_in_octets() {
    let (long, longer) = ("a".repeat(64), "a".repeat(65));
    assert!(Mailbox::parse(&format!("{long}@example.com")).is_ok());
    assert!(Mailbox::parse(&format!("{longer}@example.com")).is_err());
    // Two octets a letter.
    assert!(Mailbox::parse(&format!("{}@example.com", "ä".repeat(32))).is_ok());
    assert!(Mailbox::parse(&format!("{}@example.com", "ä".repeat(33))).is_err());
    let label = "b".repeat(60);
    let domain = format!("{label}.{label}.{label}.example");
    assert_eq!(format!("{}@{domain}", "a".repeat(63)).len(), 254);
    assert!(Mailbox::parse(&format!("{}@{domain}", "a".repeat(63))).is_ok());
    assert_eq!(
        Mailbox::parse(&format!("{}@{domain}", "a".repeat(64))).map_err(|error| (error.expected, error.position)),
        Err(("an address of at most 254 octets", 254))
    );
    assert!(Mailbox::parse(&"ä@".repeat(1_000_000)).is_err());
}

#[test]
fn ok_other_forms() {
    let mailbox = parse("Ada@Bücher.example");
    assert_eq!(mailbox.canonical(), "ada@bücher.example");
    assert_eq!(mailbox.ascii().as_deref(), Some("Ada@xn--bcher-kva.example"));
    assert_eq!(parse("ädä@bücher.example").ascii(), None);
    assert_eq!(parse("ädä@bücher.example").wire(), "ädä@xn--bcher-kva.example");
    assert!(parse("ädä@example.com").needs_smtputf8());
    assert!(!parse("ada@bücher.example").needs_smtputf8());
    for (text, subaddress) in [
        ("ada+lists@example.com", Some("lists")),
        ("ada+a+b@example.com", Some("a+b")),
        ("ada+@example.com", None),
        ("+lists@example.com", None),
        ("\"ada +x\"@example.com", None),
        ("ada-x@example.com", None),
    ] {
        assert_eq!(parse(text).subaddress(), subaddress, "{text}");
    }
    // What the operator is not known to ignore tells mailboxes apart.
    assert_eq!(parse("A.da+x@example.com").canonical(), "a.da+x@example.com");
}

#[test]
fn ok_json_is_a_string_and_is_parsed_again() {
    let mailbox = parse("\"a \\\" b\"@bücher.example");
    let json = serde_json::to_string(&mailbox).expect("JSON");
    assert_eq!(serde_json::from_str::<Mailbox>(&json).ok(), Some(mailbox));
    for smuggled in [r#""a@b.example\r\nQUIT""#, r#""a b@b.example""#, r#"{"local_part":"a"}"#, "1"] {
        assert!(serde_json::from_str::<Mailbox>(smuggled).is_err(), "{smuggled}");
    }
}

#[test]
fn ok_debug_keeps_the_local_part_to_itself() {
    let shown = format!("{:?}", parse("ada.lovelace@example.com"));
    assert_eq!(shown, "Mailbox(…@example.com)");
}

/// Any text: no panic, a position on a boundary, and whatever is accepted is accepted again in each of its forms, without line breaks.
#[test]
fn ok_any_text() {
    let alphabet: Vec<char> = "ab.@\"\\ []:+-_1é\u{301}\u{200b}\r\n\t\0<>(),;。IPv6xn".chars().collect();
    let seeds =
        ["ada@example.com", "\"a b\"@example.com", "ada@[192.0.2.1]", "ädä@bücher.example", "a@[IPv6:::1]", "a@xn--bcher-kva.example"];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % 1_000_003).expect("small") % below
    };
    let mut accepted = 0;
    for _ in 0..60_000 {
        let mut text: Vec<char> = seeds[random(seeds.len())].chars().collect();
        for _ in 0..=random(3) {
            let at = random(text.len() + 1);
            match random(3) {
                0 => text.insert(at, alphabet[random(alphabet.len())]),
                1 if at < text.len() => drop(text.remove(at)),
                _ if at < text.len() => text[at] = alphabet[random(alphabet.len())],
                _ => {}
            }
        }
        let text: String = text.into_iter().collect();
        match Mailbox::parse(&text) {
            Err(error) => assert!(text.is_char_boundary(error.position), "{text:?}"),
            Ok(mailbox) => {
                accepted += 1;
                assert!(!mailbox.wire().contains(|c: char| c.is_control()), "{text:?}");
                for form in [mailbox.normalized(), mailbox.wire()] {
                    assert_eq!(Mailbox::parse(&form).as_ref(), Ok(&mailbox), "{text:?} as {form:?}");
                }
                assert!(mailbox.canonical().contains('@'));
            }
        }
    }
    assert!(accepted > 1_000, "{accepted}");
}
