//! The address in a JSON object, and an object with one more member.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::super::dialect;
use super::Content;

/// The address under `key`, or where none is named under whichever is named like one.
pub(super) fn content<'a>(raw: &[u8], key: Option<&str>) -> Content<'a> {
    let object: Map<String, Value> = match serde_json::from_slice(raw) {
        Ok(object) => object,
        Err(error) => return Content::Fault(format!("expected a JSON object, found something else at column {}", error.column())),
    };
    match address_in(&object, key) {
        Some(Value::String(text)) => super::text(Cow::Owned(text.clone())),
        Some(_) => Content::Fault("expected the address as a string, found another value".to_owned()),
        None => Content::Fault(format!("expected a member {}, found none", key.unwrap_or("email"))),
    }
}

/// What stands under `key`, or where none is named under whichever is named like an address.
pub(in super::super) fn address_in<'a>(object: &'a Map<String, Value>, key: Option<&str>) -> Option<&'a Value> {
    match key {
        Some(key) => object.get(key),
        None => object.iter().find(|(name, _)| dialect::is_named_like_an_address(name)).or_else(|| plain(object)).map(|(_, value)| value),
    }
}

fn plain(object: &Map<String, Value>) -> Option<(&String, &Value)> {
    object.iter().find(|(name, _)| *name == "address")
}
