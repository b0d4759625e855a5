//! In which form a caller wants answers: by `format` in the query, else by `Accept` (RFC 9110 §12.5.1), else as the list came.

use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, Uri};
use shared::wire::Problem;

use super::super::body::text_of;
use super::query::{Asked, word};
use crate::bulk::OutputFormat;

/// Types by which a form may be asked for, and as which it is then given.
const TYPES: [(&str, OutputFormat, &str); 5] = [
    ("text/csv", OutputFormat::Csv, "text/csv; charset=utf-8"),
    ("application/jsonl", OutputFormat::Jsonl, "application/jsonl"),
    ("application/x-ndjson", OutputFormat::Jsonl, "application/x-ndjson"),
    ("application/ndjson", OutputFormat::Jsonl, "application/ndjson"),
    ("application/json-lines", OutputFormat::Jsonl, "application/json-lines"),
];

/// A form, and the media type that it is given as.
pub(super) type Wanted = (OutputFormat, &'static str);

/// How a form is called that nobody asked for.
pub(super) fn media_type(form: OutputFormat) -> &'static str {
    TYPES.iter().find(|(_, known, _)| *known == form).map_or("text/csv", |(_, _, given)| given)
}

/// The form that is asked for, if any.
///
/// # Errors
/// `invalid_request` where the query says something else.
pub(super) fn wanted(uri: &Uri, headers: &HeaderMap) -> Result<Option<Wanted>, Problem> {
    let format = Asked::of(uri, &["format"])?.read("format", "csv or jsonl", word)?;
    let accepted = || text_of(headers, ACCEPT).and_then(best);
    Ok(format.map(|form| (form, media_type(form))).or_else(accepted))
}

/// The type of ours that is liked best. Where another one, or any, is liked better, nothing is asked for.
fn best(accept: &str) -> Option<Wanted> {
    let liked = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let essence = parts.next().filter(|essence| !essence.is_empty())?;
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |weight| weight.parse::<f32>().ok())?;
        Some((weight, TYPES.iter().find(|(known, ..)| essence.eq_ignore_ascii_case(known))))
    });
    // Of equals the first.
    let best = liked.reduce(|one, other| if other.0 > one.0 { other } else { one });
    best.filter(|(weight, _)| *weight > 0.0).and_then(|(_, found)| found).map(|(_, form, given)| (*form, *given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_by_accept() {
        for (accept, expected) in [
            ("text/csv", Some("text/csv; charset=utf-8")),
            ("Application/X-NDJSON; charset=utf-8", Some("application/x-ndjson")),
            ("text/csv;q=0.5, application/jsonl", Some("application/jsonl")),
            ("text/csv, application/jsonl;q=0.9, */*;q=0.1", Some("text/csv; charset=utf-8")),
            ("*/*", None),
            ("text/html, text/csv;q=0.1", None),
            ("text/csv;q=0", None),
            ("text/csv;q=x", None),
            ("", None),
        ] {
            assert_eq!(best(accept).map(|(_, given)| given), expected, "{accept}");
        }
    }
}
