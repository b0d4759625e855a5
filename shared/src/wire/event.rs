//! Progressive answers: the verdict so far, as server-sent events (HTML, §9.2 Server-sent events), one for each stage.

use alloc::format;
use alloc::string::String;

/// The media type by which a caller asks for them.
pub const MEDIA_TYPE: &str = "text/event-stream";
/// A comment, which keeps the connection open while there is nothing to say.
pub const HEARTBEAT: &str = ": waiting\n\n";

/// What was just finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The address was read.
    Syntax,
    /// Its mail route was looked up.
    Dns,
    /// Its mail hosts were asked.
    Smtp,
}

impl Stage {
    /// The event's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Dns => "dns",
            Self::Smtp => "smtp",
        }
    }
}

/// The event after `stage`: what the evidence comes to by then, an object in JSON, and whether it is the last.
pub fn to_event(stage: Stage, json: &str, is_final: bool) -> String {
    // JSON text holds no line break, so that it is one line of data. The field is put at its end by hand: flattening would carry every
    // serializer twice.
    let open = json.strip_suffix('}').unwrap_or(json);
    format!("event: {}\ndata: {open},\"final\":{is_final}}}\n\n", stage.as_str())
}

/// Whether an `Accept` header names the media type.
pub fn is_wished(accept: &str) -> bool {
    accept.split(',').any(|range| range.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(MEDIA_TYPE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Evidence, UnixMillis};
    use crate::verdict::judge;
    use crate::wire::{Timing, VerifyResponse};

    #[test]
    fn ok_one_line_of_data() {
        let email = "a\nb@x";
        let evidence = Evidence::of_text(email, UnixMillis(0));
        let verdict = VerifyResponse::compose(email, &evidence, judge(&evidence), Timing::default(), "id");
        let event = to_event(Stage::Syntax, &verdict.to_json(), true);
        let lines: alloc::vec::Vec<&str> = event.split('\n').collect();
        assert_eq!((lines[0], lines.len(), lines[2], lines[3]), ("event: syntax", 4, "", ""), "{event}");
        let data: serde_json::Value = serde_json::from_str(lines[1].strip_prefix("data: ").expect("data")).expect("JSON");
        assert_eq!((&data["final"], &data["email"], &data["reason"]), (&true.into(), &email.into(), &"syntax_invalid".into()));
    }

    #[test]
    fn ok_wished_by_accept() {
        assert!(is_wished("text/event-stream") && is_wished("application/json;q=0.5, Text/Event-Stream;q=1"));
        assert!(!is_wished("") && !is_wished("*/*") && !is_wished("application/json"));
    }
}
