//! What a site key learns: what its form needs, and nothing that a list of addresses could be made of.

use alloc::string::String;

use serde::Serialize;

use super::VerifyResponse;
use crate::verdict::{Reason, Status};

/// The answer to a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormAnswer<'a> {
    status: Status,
    reason: Reason,
    suggestion: Option<&'a str>,
    explanation: &'a str,
    receipt: Option<&'a str>,
}

impl<'a> FormAnswer<'a> {
    /// The part of the whole answer that a page may know.
    pub fn of(whole: &'a VerifyResponse) -> Self {
        Self {
            status: whole.status(),
            reason: whole.reason(),
            suggestion: whole.suggestion(),
            explanation: whole.explanation(),
            receipt: whole.receipt(),
        }
    }

    /// The JSON text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;
    use crate::evidence::{Evidence, UnixMillis};
    use crate::verdict::judge;
    use crate::wire::Timing;

    #[test]
    fn ok_five_fields_and_no_address() {
        let evidence = Evidence::of_text("mailbox_full@rcpt.test", UnixMillis(0));
        let whole = VerifyResponse::compose("mailbox_full@rcpt.test", &evidence, judge(&evidence), Timing::default(), "7");
        let whole = whole.with_receipt(Some("a.b.c".to_string()));
        assert_eq!(
            FormAnswer::of(&whole).to_json(),
            concat!(
                r#"{"status":"risky","reason":"mailbox_full","suggestion":null,"#,
                r#""explanation":"The mailbox exists but is full, so mail may be turned away.","receipt":"a.b.c"}"#
            )
        );
    }
}
