//! What comes in the place of a list, and has no rows that could be read: one JSON document, a form, a packed file.

use serde_json::{Deserializer, Map, Value};

use super::super::rows::address_in;
use super::{Format, SAMPLE, Wishes};

/// What a list is, for whoever has sent something else.
const EXPECTED: &str = "expected JSON lines, an object with an address in each, such as {\"email\":\"ada@example.com\"}, CSV or plain lines \
    (one address a line)";

/// How each part of a form begins.
const FORM: &[u8] = b"\r\ncontent-disposition: form-data";

/// Refuses what is no list.
///
/// # Errors
/// What was expected and found, in words.
pub(super) fn refuse(sample: &[u8], wishes: &Wishes) -> Result<(), String> {
    let json = || match wishes.format {
        Some(Format::Csv | Format::Lines) => None,
        _ => json(sample, wishes),
    };
    packed(sample).or_else(json).map_or(Ok(()), |found| Err(format!("{EXPECTED}, found {found}")))
}

/// In what a list may be packed, whatever it is said to be.
fn packed(sample: &[u8]) -> Option<&'static str> {
    const MARKS: [(&[u8], &str); 3] = [
        (b"PK\x03\x04", "a ZIP archive, such as an .xlsx"),
        (b"\x1f\x8b", "a file packed by gzip"),
        (b"\xd0\xcf\x11\xe0", "a spreadsheet's own format (.xls)"),
    ];
    // RFC 7578 §4.2: each part says that it is of a form, in its head.
    let head = || sample.get(..sample.len().min(256)).unwrap_or_default().to_ascii_lowercase();
    let is_form = sample.starts_with(b"--") && head().windows(FORM.len()).any(|part| part == FORM);
    let by_mark = MARKS.into_iter().find(|(mark, _)| sample.starts_with(mark)).map(|(_, name)| name);
    by_mark.or(is_form.then_some("a form (multipart/form-data), and not the list itself"))
}

/// What one document `sample` is the beginning of, where that is no list.
fn json(sample: &[u8], wishes: &Wishes) -> Option<&'static str> {
    let is_whole = sample.len() < SAMPLE;
    let text = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample).trim_ascii_start();
    let mut values = Deserializer::from_slice(text).into_iter::<Value>();
    let first = values.next()?;
    let (document, behind) = text.split_at_checked(values.byte_offset())?;
    let is_alone = is_whole && behind.trim_ascii().is_empty();
    // Where nobody has said that rows are objects, what has more than one in a line would be read as addresses, all of them wrong.
    let beside = behind.split(|octet| *octet == b'\n').next().filter(|_| wishes.format.is_none()).map(<[u8]>::trim_ascii);
    match first {
        Ok(Value::Array(items)) if is_alone && (items.is_empty() || items.iter().any(may_be_a_row)) => Some("a JSON array"),
        Ok(Value::Array(items)) if beside == Some(b"") && items.iter().any(may_be_a_row) => Some("JSON arrays"),
        Ok(Value::Object(_)) if document.contains(&b'\n') => Some("a JSON object over several lines"),
        Ok(Value::Object(object)) if is_alone && !has_address(&object, wishes) => Some("one JSON object without an address"),
        Ok(Value::Object(_)) if beside.is_some_and(|rest| rest.starts_with(b"{")) => Some("several JSON objects in one line"),
        Ok(Value::Object(object)) if beside == Some(b",") && has_address(&object, wishes) => Some("JSON objects with commas between them"),
        // Where rows are objects in any case, the first may well be as long as that.
        Err(error) if error.is_eof() && !is_whole && wishes.format.is_none() => match text.first() {
            Some(b'[') => Some("a JSON array"),
            Some(b'{') => Some("a JSON object of more than a MiB"),
            _ => None,
        },
        _ => None,
    }
}

/// Numbers in brackets may be a field of CSV, or a plain line.
fn may_be_a_row(item: &Value) -> bool {
    item.is_string() || item.is_object() || item.is_array()
}

/// A value that is no text makes a bad row; several addresses in one object make no list.
fn has_address(object: &Map<String, Value>, wishes: &Wishes) -> bool {
    address_in(object, wishes.column.as_deref()).is_some_and(|value| !value.is_array() && !value.is_object())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_words(list: &str, wishes: &Wishes) -> Option<String> {
        refuse(list.as_bytes(), wishes).err()?.rsplit_once("found ").map(|(_, found)| found.to_owned())
    }

    #[test]
    fn err_one_document() {
        for (list, expected) in [
            ("[\"a@x.example\",\"b@x.example\"]", "a JSON array"),
            (" [\n  {\"email\": \"a@x.example\"}\n]\n", "a JSON array"),
            ("[]", "a JSON array"),
            ("[\"a@x.example\",null]", "a JSON array"),
            ("[[\"a@x.example\"],[\"b@x.example\"]]", "a JSON array"),
            ("[\"a@x.example\"]\r\n[\"b@x.example\"]\r\n", "JSON arrays"),
            ("[{\"email\":\"a@x.example\"}]\n[{\"email\":\"b@x.example\"}]\n", "JSON arrays"),
            ("{\"email\":\"a@x.example\"} {\"email\":\"b@x.example\"}\n", "several JSON objects in one line"),
            ("{\"email\":\"a@x.example\"},\n{\"email\":\"b@x.example\"}\n", "JSON objects with commas between them"),
            ("{\"emails\":[\"a@x.example\"]}\n", "one JSON object without an address"),
            ("{\"email\":[\"a@x.example\"]}", "one JSON object without an address"),
            ("{\"list\":{\"email\":\"a@x.example\"}}", "one JSON object without an address"),
            ("{\n \"email\": \"a@x.example\"\n}\n{\n \"email\": \"b@x.example\"\n}\n", "a JSON object over several lines"),
            (&format!("[{}", "\"a@x.example\",".repeat(80_000)), "a JSON array"),
            (&format!("{{\"emails\":[{}", "\"a@x.example\",".repeat(80_000)), "a JSON object of more than a MiB"),
        ] {
            let shown = list.get(..40).unwrap_or(list);
            assert_eq!(in_words(list, &Wishes::default()).as_deref(), Some(expected), "{shown}");
        }
    }

    #[test]
    fn err_packed() {
        for (list, expected) in [
            (&b"PK\x03\x04\x14\0"[..], "a ZIP archive"),
            (b"\x1f\x8b\x08\0a@x.example\n", "gzip"),
            (b"\xd0\xcf\x11\xe0\xa1", ".xls"),
            (b"--x\r\nContent-Disposition: form-data; name=\"list\"\r\n\r\na@x.example\r\n--x--\r\n", "a form"),
        ] {
            let format = Some(Format::Lines);
            let said = refuse(list, &Wishes { format, ..Wishes::default() }).expect_err(expected);
            assert!(said.contains(expected), "{said}");
        }
        assert_eq!(in_words("--x@x.example\n", &Wishes::default()), None);
    }

    #[test]
    fn ok_lists() {
        let column = Wishes { column: Some("to".to_owned()), ..Wishes::default() };
        assert_eq!(in_words("{\"to\":\"a@x.example\"}", &column), None);
        assert_eq!(in_words("{\"to\":\"a@x.example\"}", &Wishes::default()).as_deref(), Some("one JSON object without an address"));
        for list in [
            "{\"email\":\"a@x.example\"}",
            "{\"email\":\"a@x.example\",\"tags\":[\"x\"]}\n",
            "{\"email\":null}",
            "{\"id\":1}\n{\"email\":\"a@x.example\"}\n",
            "[]\n{\"email\":\"a@x.example\"}\n",
            "[1],a@x.example\n",
            "[1]\n",
            "[1,null]\n[2,null]\n",
            "[\"x\"],a@x.example\n",
            "{\"id\":1},a@x.example\n",
            "{\"id\":1},\n{\"id\":2},a@x.example\n",
            "\"a@x.example\"\n",
            "1,a@x.example\n",
            "a@x.example\n",
            "",
        ] {
            assert_eq!(in_words(list, &Wishes::default()), None, "{list}");
        }
        let csv = Wishes { format: Some(Format::Csv), ..Wishes::default() };
        assert_eq!(in_words("[\"a@x.example\"]", &csv), None, "who says what it is is taken at their word");
    }
}
