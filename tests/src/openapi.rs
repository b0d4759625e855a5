//! The OpenAPI 3.1 documents of both services: shapes from the types that are read and written, statuses from the problems that there are,
//! examples from the lab. `edge/openapi.json` and `prober/openapi.json` are these, and each service serves its own.
#![expect(clippy::indexing_slicing, reason = "values of JSON are indexed by name, which adds what is not there and panics at nothing here")]

mod access;
mod answers;
mod edge;
mod examples;
mod jobs;
mod prober;
mod schemas;

use serde_json::{Value, json};
use shared::wire::request_id;

pub use edge::document as edge;
pub use examples::{ASKS, Ask, FILE as EXAMPLES_FILE, settle};
pub use prober::document as prober;

/// A document's file, and what makes it.
pub type File = (&'static str, fn() -> Value);

/// The documents.
pub const FILES: [File; 2] = [("edge/openapi.json", edge), ("prober/openapi.json", prober)];

/// The text as it is kept and served: a line for each path and each component, so that differences can be read, and nothing else to spare.
pub fn to_text(document: &Value) -> String {
    let mut text = String::new();
    write(&mut text, document, 3);
    text.push('\n');
    text
}

fn write(text: &mut String, value: &Value, depth: u32) {
    match value {
        Value::Object(fields) if depth > 0 && !fields.is_empty() => {
            text.push_str("{\n");
            for (n, (name, field)) in fields.iter().enumerate() {
                text.push_str(if n == 0 { "" } else { ",\n" });
                text.push_str(&json!(name).to_string());
                text.push(':');
                write(text, field, if name == "info" || name.starts_with('/') { 0 } else { depth - 1 });
            }
            text.push_str("\n}");
        }
        other => text.push_str(&other.to_string()),
    }
}

/// What both documents share.
fn document(title: &str, description: &str, paths: &Value, components: &Value) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0" },
            "description": format!(
                "{description} Every answer carries the request's id. Any other path is a 404, and any other method a 405 with Allow, both as problems (RFC 9457)."
            ),
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": components,
    })
}

/// The request's id, which a caller may choose.
fn id_parameter() -> Value {
    json!({
        "name": request_id::HEADER, "in": "header", "schema": { "type": "string" },
        "description": format!("Taken over where it is of up to {} letters, digits and ._-; otherwise one is made.", request_id::MAX_LEN)
    })
}

/// A request body in JSON.
fn body(schema: &Value, example: &Value) -> Value {
    json!({ "required": true, "content": { "application/json": { "schema": schema, "example": example } } })
}
