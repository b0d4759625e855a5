//! What a query says. Each fault names the parameter, what was expected and what was found.

use axum::extract::Query;
use axum::http::Uri;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::wire::{Problem, ProblemKind};

/// The parameters of a query.
pub(super) struct Asked(Vec<(String, String)>);

impl Asked {
    /// The parameters of `uri`, each of them `known` and there once.
    ///
    /// # Errors
    /// `invalid_request` where they are not.
    pub(super) fn of(uri: &Uri, known: &[&str]) -> Result<Self, Problem> {
        let Query(all) =
            Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|_| fault("expected NAME=VALUE, found something else"))?;
        if let Some((stranger, _)) = all.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            return Err(fault(&format!("expected {}, found {}", one_of(known), shown(stranger))));
        }
        let twice = known.iter().find(|name| all.iter().filter(|(other, _)| other == *name).count() > 1);
        twice.map_or(Ok(Self(all)), |name| Err(fault(&format!("{name}: expected it once, found it twice"))))
    }

    /// What a parameter says, where it is there.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// What a parameter comes to, where it is there.
    ///
    /// # Errors
    /// `invalid_request` where `read` does not know it.
    pub(super) fn read<T>(&self, name: &str, expected: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Problem> {
        let unread = |text: &str| fault(&format!("{name}: expected {expected}, found {}", shown(text)));
        self.text(name).map(|text| read(text).ok_or_else(|| unread(text))).transpose()
    }
}

/// One of the words by which a type is known.
pub(super) fn word<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(Value::String(text.to_owned())).ok()
}

fn fault(text: &str) -> Problem {
    ProblemKind::InvalidRequest.because(format!("in the query: {text}"))
}

/// What was found. An address has no place in a problem.
fn shown(text: &str) -> String {
    if text.contains('@') { "an address".to_owned() } else { format!("{text:?}") }
}

/// Names as a choice.
fn one_of(names: &[&str]) -> String {
    match names {
        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str, known: &[&str]) -> Result<Option<String>, String> {
        let uri: Uri = format!("/v1/jobs?{query}").parse().expect("an address");
        let asked = Asked::of(&uri, known).map_err(|problem| problem.detail)?;
        Ok(asked.text("a").map(str::to_owned))
    }

    #[test]
    fn ok_names_and_texts() {
        assert_eq!(of("", &["a"]), Ok(None));
        assert_eq!(of("a=%C3%A9+x&b", &["a", "b"]), Ok(Some("é x".to_owned())));
        assert_eq!(of("a=%ff", &["a"]), Ok(Some("\u{fffd}".to_owned())));
    }

    #[test]
    fn err_what_nobody_knows_or_what_is_there_twice() {
        let said = |query: &str, known: &[&str]| of(query, known).expect_err(query);
        assert_eq!(said("c=1", &["a", "b"]), "in the query: expected a or b, found \"c\"");
        assert_eq!(said("c", &["a"]), "in the query: expected a, found \"c\"");
        assert_eq!(said("ada%40x.example", &["a"]), "in the query: expected a, found an address");
        assert_eq!(said("a=1&a=1", &["a"]), "in the query: a: expected it once, found it twice");
    }
}
