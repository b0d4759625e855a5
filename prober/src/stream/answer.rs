//! What goes out: verdicts, and what was set aside.

use std::str;

use rdkafka::message::{Header, Headers as _, OwnedHeaders};
use serde::Serialize;
use serde_json::Value;
use shared::wire::VerifyResponse;

use super::entry::{Entry, Unfit};
use crate::queue::kafka::{Record, Slot};

/// The header that says which message was answered: TOPIC/PARTITION/OFFSET. Answers that came twice have it alike.
pub(super) const FROM: &str = "rcpt-from";
/// The header that says why a message was set aside.
const FAULT: &str = "rcpt-fault";

/// A verdict with what its asker calls it.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Value>,
    #[serde(flatten)]
    verdict: &'a VerifyResponse,
}

/// The answer to a message, under its key; where it has none, under the address, so that the newest verdict on each is what compaction leaves.
pub(super) fn answer(asked: &Record, entry: &Entry, verdict: &VerifyResponse, from: &str) -> Record {
    // Nothing in a verdict has keys that are no texts, which is all that could fail.
    let value = serde_json::to_vec(&Answer { id: entry.id.as_ref(), verdict }).unwrap_or_default();
    let key = asked.key.clone().unwrap_or_else(|| entry.email.clone().into_bytes());
    Record { key: Some(key), value: Some(value), headers: Some(headers(asked, &[(FROM, from)])) }
}

/// The word that there is nothing under a key any more, handed on.
pub(super) fn gone(asked: &Record, from: &str) -> Record {
    Record { key: asked.key.clone(), value: None, headers: Some(headers(asked, &[(FROM, from)])) }
}

/// A message that is set aside, as it came.
pub(super) fn set_aside(asked: &Record, unfit: Unfit, from: &str) -> Record {
    let headers = headers(asked, &[(FROM, from), (FAULT, unfit.as_str())]);
    Record { key: asked.key.clone(), value: asked.value.clone(), headers: Some(headers) }
}

/// What stood beside the message, and words of ours in place of such as are called the same.
fn headers(asked: &Record, ours: &[(&str, &str)]) -> OwnedHeaders {
    let mut headers = OwnedHeaders::new();
    for header in asked.headers.iter().flat_map(OwnedHeaders::iter).filter(|header| ![FROM, FAULT].contains(&header.key)) {
        headers = headers.insert(header);
    }
    ours.iter().fold(headers, |headers, (key, value)| headers.insert(Header { key, value: Some(*value) }))
}

/// A message's place as text.
pub(super) fn place(topic: &str, slot: Slot) -> String {
    format!("{topic}/{}/{}", slot.partition, slot.offset)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::evidence::{Evidence, UnixMillis};
    use shared::verdict::judge;
    use shared::wire::Timing;

    use super::*;

    fn texts(record: &Record) -> Vec<(String, String)> {
        let headers = record.headers.as_ref().expect("headers").iter();
        headers.map(|header| (header.key.to_owned(), String::from_utf8_lossy(header.value.unwrap_or_default()).into_owned())).collect()
    }

    #[test]
    fn ok_key_id_and_headers_go_through() {
        let came = OwnedHeaders::new().insert(Header { key: "trace", value: Some("7") }).insert(Header { key: FROM, value: Some("x/0/1") });
        let asked = Record { key: Some(b"k".to_vec()), value: Some(b"{".to_vec()), headers: Some(came) };
        let entry = Entry { email: "no address".to_owned(), id: Some(json!(7)) };
        let evidence = Evidence::of_text(&entry.email, UnixMillis(1));
        let verdict = VerifyResponse::compose(&entry.email, &evidence, judge(&evidence), Timing::default(), "r");
        let answer = answer(&asked, &entry, &verdict, "t/1/2");
        let said: Value = serde_json::from_slice(answer.value.as_deref().expect("a value")).expect("JSON");
        assert_eq!((answer.key.as_deref(), &said["id"], &said["reason"]), (Some(&b"k"[..]), &json!(7), &json!("syntax_invalid")));
        let expected = [("trace", "7"), (FROM, "t/1/2")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(texts(&answer), expected);
        let aside = set_aside(&asked, Unfit::NotJson, "t/1/2");
        assert_eq!((aside.value.as_deref(), texts(&aside).last()), (Some(&b"{"[..]), Some(&(FAULT.to_owned(), "not_json".to_owned()))));
        let keyless = Record { key: None, ..asked };
        assert_eq!(super::answer(&keyless, &entry, &verdict, "t/1/2").key.as_deref(), Some(&b"no address"[..]));
    }
}
