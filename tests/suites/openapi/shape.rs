//! Answers held to a document's schemas, with every object closed: a field that nobody described is a fault, too.

use jsonschema::Validator;
use serde_json::{Value, json};
use stack::http::Answer;

/// Schemas that others add fields to; they are closed where they are referred to.
const OPEN: [&str; 4] = ["Problem", "ProbeReport", "SessionFacts", "VerifyResponse"];

/// A document of which answers are held to.
pub(crate) struct Document {
    document: Value,
}

impl Document {
    pub(crate) fn read(file: &str) -> Self {
        let mut document = super::parsed(file);
        for (name, schema) in document["components"]["schemas"].as_object_mut().expect("schemas") {
            if OPEN.contains(&name.as_str()) {
                schema["properties"].as_object_mut().expect("properties").values_mut().for_each(close);
            } else {
                close(schema);
            }
        }
        Self { document }
    }

    /// What holds a value to `schema`, of this document.
    pub(crate) fn validator(&self, schema: &Value) -> Validator {
        let mut whole =
            json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [schema], "unevaluatedProperties": false });
        whole["components"] = self.document["components"].clone();
        jsonschema::validator_for(&whole).expect("a schema")
    }

    /// The response that an operation describes for a status.
    fn response(&self, method: &str, path: &str, status: u16) -> &Value {
        let response = &self.document["paths"][path][method.to_lowercase()]["responses"][status.to_string()];
        assert!(!response.is_null(), "{method} {path}: {status} is not described");
        self.resolved(response)
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        value["$ref"].as_str().map_or(value, |at| self.document.pointer(at.trim_start_matches('#')).expect("what is referred to"))
    }

    /// Asserts that `answer` is one of those that the operation describes: status, type, body and headers.
    pub(crate) fn hold(&self, method: &str, path: &str, answer: &Answer) {
        let response = self.response(method, path, answer.status);
        let media_type = answer.header("content-type").unwrap_or_default();
        if answer.status == 204 {
            assert!(answer.body.is_empty() && answer.header("x-request-id").is_some(), "{method} {path}: {answer:?}");
            return;
        }
        let content = &response["content"][media_type];
        assert!(!content.is_null(), "{method} {path}: {media_type} is not described at {}", answer.status);
        for (name, header) in response["headers"].as_object().expect("headers") {
            let needed = match name.as_str() {
                "x-request-id" => true,
                "server-timing" => media_type == "application/json",
                _ => false,
            };
            assert!(self.resolved(header)["schema"].is_object() && (!needed || answer.header(name).is_some()), "{method} {path}: {name}");
        }
        if media_type.ends_with("/json") || media_type.ends_with("+json") {
            self.hold_value(&content["schema"], &answer.json());
        }
    }

    /// Asserts that a value has the shape.
    pub(crate) fn hold_value(&self, schema: &Value, value: &Value) {
        let faults: Vec<String> =
            self.validator(schema).iter_errors(value).map(|fault| format!("{fault} at {}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "{faults:#?}\n{value:#}");
    }
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let is_object = fields.contains_key("properties");
            fields.iter_mut().filter(|(name, _)| *name != "allOf" && *name != "examples").for_each(|(_, value)| close(value));
            if is_object {
                fields.insert("unevaluatedProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
