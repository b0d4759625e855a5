//! What a message of a stream asks about.

use serde_json::{Map, Value};

/// The longest message that is read, in octets. An address has 254.
const MOST_OCTETS: usize = 64 << 10;
/// How often a message is taken before it is seen as the cause that its takers die.
const MOST_DELIVERIES: u32 = 10;

/// One address to verify.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its text.
    pub(super) email: String,
    /// What its giver calls it.
    pub(super) id: Option<Value>,
}

/// What a message says.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// An address.
    Ask(Entry),
    /// That there is nothing under its key any more (Kafka's tombstone).
    Gone,
}

/// Why a message is set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It is longer than [`MOST_OCTETS`].
    TooLarge,
    /// It has neither text nor key.
    Empty,
    /// It is not in UTF-8.
    NotText,
    /// It begins as a JSON object, and is none.
    NotJson,
    /// It is a JSON object without the address.
    NoAddress,
    /// It was taken more than [`MOST_DELIVERIES`] times, and never done.
    TooOften,
}

impl Unfit {
    /// Its name in headers and metrics.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Empty => "empty",
            Self::NotText => "not_text",
            Self::NotJson => "not_json",
            Self::NoAddress => "no_address",
            Self::TooOften => "too_often",
        }
    }
}

/// Reads a message: an address as plain text or as a JSON string, or a JSON object that has it under `member`, and perhaps an `id`.
pub(super) fn read(key: Option<&[u8]>, value: Option<&[u8]>, octets: usize, deliveries: u32, member: &str) -> Result<Reading, Unfit> {
    if octets > MOST_OCTETS {
        return Err(Unfit::TooLarge);
    }
    if deliveries > MOST_DELIVERIES {
        return Err(Unfit::TooOften);
    }
    let Some(value) = value else { return key.map(|_| Reading::Gone).ok_or(Unfit::Empty) };
    let text = str::from_utf8(value).map_err(|_| Unfit::NotText)?.trim_ascii();
    match text.chars().next() {
        None => Err(Unfit::Empty),
        Some('{') => read_object(text, member),
        // `"a b"@example.org` begins like a JSON string, and is none.
        Some('"') => Ok(plain(serde_json::from_str(text).unwrap_or_else(|_| text.to_owned()))),
        Some(_) => Ok(plain(text.to_owned())),
    }
}

fn plain(email: String) -> Reading {
    Reading::Ask(Entry { email, id: None })
}

fn read_object(text: &str, member: &str) -> Result<Reading, Unfit> {
    let mut object: Map<String, Value> = serde_json::from_str(text).map_err(|_| Unfit::NotJson)?;
    let Some(Value::String(email)) = object.remove(member) else { return Err(Unfit::NoAddress) };
    Ok(Reading::Ask(Entry { email, id: object.remove("id") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &[u8]) -> Result<(String, Option<Value>), Unfit> {
        read(None, Some(value), value.len(), 1, "mail").map(|reading| match reading {
            Reading::Ask(Entry { email, id }) => (email, id),
            Reading::Gone => panic!("it says something"),
        })
    }

    #[test]
    fn ok_plain_text_and_objects() {
        let cases: [(&[u8], &str); 6] = [
            (b"ada@a.example", "ada@a.example"),
            (b" ada@a.example\n", "ada@a.example"),
            (b"\"ada@a.example\"", "ada@a.example"),
            (b"\"a b\"@a.example", "\"a b\"@a.example"),
            (b"no address at all", "no address at all"),
            (br#"{"mail":"ada@a.example","more":[1]}"#, "ada@a.example"),
        ];
        for (value, email) in cases {
            assert_eq!(of(value), Ok((email.to_owned(), None)), "{}", String::from_utf8_lossy(value));
        }
        assert_eq!(of(br#"{"mail":"","id":{"n":7}}"#), Ok((String::new(), Some(serde_json::json!({ "n": 7 })))));
        assert!(read(Some(b"k"), None, 1, 1, "mail") == Ok(Reading::Gone));
    }

    #[test]
    fn err_what_asks_about_nothing() {
        let long = vec![b'a'; MOST_OCTETS + 1];
        let cases: [(&[u8], Unfit); 7] = [
            (b"", Unfit::Empty),
            (b" \n", Unfit::Empty),
            (b"\xff@a.example", Unfit::NotText),
            (b"{ada@a.example}", Unfit::NotJson),
            (br#"{"email":"ada@a.example"}"#, Unfit::NoAddress),
            (br#"{"mail":["ada@a.example"]}"#, Unfit::NoAddress),
            (&long, Unfit::TooLarge),
        ];
        for (value, expected) in cases {
            assert_eq!(of(value), Err(expected), "{}", String::from_utf8_lossy(value.get(..40).unwrap_or(value)));
        }
        assert!(read(None, None, 0, 1, "mail") == Err(Unfit::Empty));
        assert!(read(None, Some(b"ada@a.example"), 13, 11, "mail") == Err(Unfit::TooOften));
    }
}
