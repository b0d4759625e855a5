//! A verdict as one row of a table: what lists are cleaned by.

use alloc::borrow::Cow;
use alloc::format;

use serde::Serialize;

use super::VerifyResponse;
use crate::evidence::Knowledge;
use crate::smtp::{About, EnhancedStatus, ReplyCode};
use crate::verdict::{Reason, Status};

/// The part of an answer that fits into columns, one value each.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the public contract")]
pub struct VerdictRow<'a> {
    status: Status,
    reason: Reason,
    about: About,
    normalized: Option<&'a str>,
    suggestion: Option<&'a str>,
    disposable: bool,
    free: bool,
    role: bool,
    relay: bool,
    accept_all: Knowledge,
    operator: Option<&'static str>,
    code: Option<ReplyCode>,
    enhanced: Option<EnhancedStatus>,
    as_of: &'a str,
}

impl VerdictRow<'_> {
    /// The columns' names, in order.
    pub const NAMES: [&'static str; 14] = [
        "status",
        "reason",
        "about",
        "normalized",
        "suggestion",
        "disposable",
        "free",
        "role",
        "relay",
        "accept_all",
        "operator",
        "code",
        "enhanced",
        "as_of",
    ];

    /// The columns' texts, in the order of [`Self::NAMES`]; what is not known is empty.
    pub fn cells(&self) -> [Cow<'_, str>; 14] {
        let truth = |yes: bool| Cow::Borrowed(if yes { "true" } else { "false" });
        let knowledge = match self.accept_all {
            Knowledge::Yes => "yes",
            Knowledge::No => "no",
            Knowledge::Unknown => "unknown",
        };
        [
            self.status.as_str().into(),
            self.reason.as_str().into(),
            self.about.as_str().into(),
            self.normalized.unwrap_or_default().into(),
            self.suggestion.unwrap_or_default().into(),
            truth(self.disposable),
            truth(self.free),
            truth(self.role),
            truth(self.relay),
            knowledge.into(),
            self.operator.unwrap_or_default().into(),
            self.code.map_or(Cow::Borrowed(""), |code| format!("{}", code.get()).into()),
            self.enhanced.map_or(Cow::Borrowed(""), |status| format!("{status}").into()),
            self.as_of.into(),
        ]
    }
}

impl VerifyResponse {
    /// The answer as a row.
    pub fn row(&self) -> VerdictRow<'_> {
        let smtp = self.smtp.as_ref();
        VerdictRow {
            status: self.status,
            reason: self.reason,
            about: self.about,
            normalized: self.mailbox.as_ref().map(|mailbox| mailbox.normalized.as_str()),
            suggestion: self.suggestion.as_deref(),
            disposable: self.traits.disposable,
            free: self.traits.free,
            role: self.traits.role,
            relay: self.traits.relay,
            accept_all: self.traits.accept_all,
            operator: self.dns.as_ref().and_then(|dns| dns.operator),
            code: smtp.and_then(|smtp| smtp.code),
            enhanced: smtp.and_then(|smtp| smtp.enhanced),
            as_of: &self.as_of,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::evidence::{Evidence, UnixMillis};
    use crate::verdict::judge;
    use crate::wire::Timing;

    #[test]
    fn ok_columns_and_members_are_the_same() {
        let evidence = Evidence::of_text("Sales@GMAIL.com", UnixMillis(0));
        let verdict = VerifyResponse::compose("Sales@GMAIL.com", &evidence, judge(&evidence), Timing::default(), "");
        let row = verdict.row();
        let json = serde_json::to_string(&row).expect("JSON");
        let at: Vec<_> = VerdictRow::NAMES.iter().map(|name| json.find(&format!("\"{name}\":")).expect(name)).collect();
        assert!(at.is_sorted(), "{json}");
        let cells = row.cells();
        assert_eq!(&cells[..4], ["unknown", "not_probed", "us", "Sales@gmail.com"]);
        assert_eq!((&*cells[6], &*cells[7], &*cells[9], &*cells[13]), ("true", "true", "unknown", "1970-01-01T00:00:00.000Z"));
    }
}
