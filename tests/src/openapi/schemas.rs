//! Component schemas, gathered from the types as they are referred to.

use schemars::generate::{Contract, SchemaSettings};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// Enumerations of which each word is explained; of others the words say enough, and the Worker carries every octet.
const EXPLAINED: [&str; 4] = ["About", "Level", "Reason", "Status"];

/// What was referred to so far: as it is read, and as it is written.
pub(super) struct Schemas {
    requests: SchemaGenerator,
    answers: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let generator = |contract| {
            let mut settings = SchemaSettings::draft2020_12();
            settings.definitions_path = "/components/schemas".into();
            settings.contract = contract;
            settings.into_generator()
        };
        Self { requests: generator(Contract::Deserialize), answers: generator(Contract::Serialize) }
    }

    /// A reference to the shape in which `T` is read.
    pub(super) fn request<T: JsonSchema>(&mut self) -> Value {
        self.requests.subschema_for::<T>().to_value()
    }

    /// A reference to the shape in which `T` is written.
    pub(super) fn answer<T: JsonSchema>(&mut self) -> Value {
        self.answers.subschema_for::<T>().to_value()
    }

    /// All that was referred to.
    ///
    /// # Panics
    /// Where a type is read and written in two shapes: one name cannot stand for both.
    pub(super) fn into_components(mut self) -> Map<String, Value> {
        let mut all = self.answers.take_definitions(true);
        for (name, schema) in self.requests.take_definitions(true) {
            let known = all.entry(name.clone()).or_insert_with(|| schema.clone());
            assert_eq!(*known, schema, "{name} is read in another shape than it is written in");
        }
        all.iter_mut().for_each(|(name, schema)| plain(schema, EXPLAINED.contains(&name.as_str())));
        all
    }
}

/// Without what only Rust's readers understand, and words of an enumeration in one list.
fn plain(schema: &mut Value, is_explained: bool) {
    if let Some(words) = words(schema, is_explained) {
        *schema = words;
        return;
    }
    match schema {
        Value::Object(fields) => {
            // `uint32` and the like are no formats of OpenAPI; the bounds say it.
            if fields.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with("uint")) {
                fields.remove("format");
            }
            if let Some(Value::String(text)) = fields.get_mut("description") {
                *text = sentence(text);
            }
            fields.values_mut().for_each(|field| plain(field, is_explained));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| plain(item, is_explained)),
        _ => {}
    }
}

/// An enumeration with a text at each word, as one of words, with a text that may name each.
fn words(schema: &Value, is_explained: bool) -> Option<Value> {
    let variants = schema.get("oneOf")?.as_array()?;
    let words = variants.iter().map(|variant| variant.get("const")?.as_str()).collect::<Option<Vec<&str>>>()?;
    let text_of = |schema: &Value| sentence(schema["description"].as_str().unwrap_or_default());
    let named = variants.iter().zip(&words).map(|(variant, word)| format!("{word}: {}", text_of(variant).trim_end_matches('.')));
    let explained = format!("{} {}.", text_of(schema), named.collect::<Vec<_>>().join("; "));
    Some(json!({ "type": "string", "enum": words, "description": if is_explained { explained } else { text_of(schema) } }))
}

/// The first sentence of a comment, without the marks and references that are for readers of the code: the document is carried by the Worker.
fn sentence(comment: &str) -> String {
    let text = comment.replace("[`", "").replace("`]", "").replace('\n', " ");
    let mut kept = text.split_once(". ").map_or(text.clone(), |(first, _)| format!("{first}."));
    while let Some((before, (_, after))) = kept.split_once(" (RFC").and_then(|(before, rest)| Some((before, rest.split_once(')')?))) {
        kept = format!("{before}{after}");
    }
    kept
}
