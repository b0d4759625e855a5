//! How long a probe's report is worth keeping, and whose word it is.

use super::{Reason, Verdict};
use crate::evidence::{Attempt, Knowledge, Outcome, ProbeReport};
use crate::smtp::About;

/// How long an accepted mailbox is kept where it is not known whether its host accepts everything: the decoy's answer may only have come too
/// late, in seconds.
const WITHOUT_DECOY_S: u32 = 300;

/// How long `report` may be used again, in seconds: as long as its reason holds; not at all where it rests on our own pace, gate or lab, or on
/// how long one caller waited.
pub fn keeps_s(report: &ProbeReport, verdict: Verdict) -> u32 {
    let attempt = verdict.attempt.and_then(|n| report.attempts.get(n));
    let without_decoy = || attempt.and_then(Attempt::session).is_some_and(|facts| facts.accept_all() == Knowledge::Unknown);
    match verdict.reason {
        _ if is_of_our_making(report, verdict) => 0,
        Reason::TimedOut if !report.complete => 0,
        Reason::MailboxAccepted if without_decoy() => WITHOUT_DECOY_S,
        reason => reason.keeps_s(),
    }
}

/// Whether a verdict rests on our own pace, gate or lab, and so says nothing of anybody else.
pub fn is_of_our_making(report: &ProbeReport, verdict: Verdict) -> bool {
    let outcome = verdict.attempt.and_then(|n| report.attempts.get(n)).map(|attempt| &attempt.outcome);
    matches!(outcome, None | Some(Outcome::NotPaced { .. } | Outcome::SourceUnfit | Outcome::OutsideLab))
}

/// Whether any asker would have been told the same: a statement about the mailbox or its domain, and neither about us nor about this moment.
pub fn is_anyones(verdict: Verdict) -> bool {
    matches!(verdict.about(), About::Mailbox | About::Domain)
}

/// What to do with a report that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It answers.
    Fresh,
    /// It answers, and is found out anew behind the answer.
    Stale,
    /// It does not answer.
    None,
}

/// What to do with a report of this age for a caller who takes evidence of up to `max_age_s`; who says nothing takes what is fresh.
pub fn use_of(report: &ProbeReport, verdict: Verdict, age_s: u64, max_age_s: Option<u32>) -> Use {
    let taken = max_age_s.is_none_or(|most| most > 0 && age_s <= most.into());
    let fresh = age_s <= keeps_s(report, verdict).into();
    match (taken, fresh) {
        (true, true) => Use::Fresh,
        (true, false) if max_age_s.is_some() && is_anyones(verdict) => Use::Stale,
        _ => Use::None,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;
    use crate::domain::host_name::HostName;
    use crate::evidence::{Attempt, Observation, Recipient, SessionEnd, SessionFacts, UnixMillis};
    use crate::mailbox::Mailbox;
    use crate::smtp::{Reply, Stage};
    use crate::verdict::weigh::weigh;

    fn report(outcome: Outcome) -> (ProbeReport, Verdict) {
        let attempts = vec![Attempt { host: HostName::new("mx.a.example"), ip: None, outcome }];
        let report = ProbeReport {
            at: UnixMillis(0),
            elapsed_ms: 1,
            complete: true,
            attempts,
            decoy_at: None,
            greylist_delay_s: None,
            transcript: Vec::new(),
        };
        let verdict = weigh(&report);
        (report, verdict)
    }

    fn said(text: &str) -> Outcome {
        let reply = Reply::parse(text).expect("a reply");
        let seen = Observation { stage: Stage::Rcpt, recipient: Some(Recipient::Target), reply };
        Outcome::Session(SessionFacts { tls: false, certificate: None, observations: vec![seen], end: SessionEnd::Quit })
    }

    const DAY: u64 = 86_400;

    #[test]
    fn ok_by_age_and_by_what_the_caller_takes() {
        let (report, verdict) = report(said("550 5.1.1 User unknown"));
        for (age_s, max_age_s, expected) in [
            (0, None, Use::Fresh),
            (DAY, None, Use::Fresh),
            (DAY + 1, None, Use::None),
            (10, Some(0), Use::None),
            (0, Some(0), Use::None),
            (10, Some(10), Use::Fresh),
            (11, Some(10), Use::None),
            (DAY + 1, Some(200_000), Use::Stale),
            (200_001, Some(200_000), Use::None),
        ] {
            assert_eq!(use_of(&report, verdict, age_s, max_age_s), expected, "{age_s} {max_age_s:?}");
        }
    }

    #[test]
    fn ok_what_is_kept_names_nobody() {
        let (mut report, verdict) = report(said("550 5.1.1 <Ghost@a.example>: no ghost here"));
        report.transcript.push("RCPT TO:<ghost@a.example>".into());
        let masked = report.masked(&Mailbox::parse("ghost@a.example").expect("a mailbox"));
        let text = serde_json::to_string(&masked).expect("JSON");
        assert!(!text.to_lowercase().contains("ghost"), "{text}");
        assert_eq!(weigh(&masked), verdict, "and means what it meant");
    }

    #[test]
    fn ok_whose_word_it_is() {
        for (outcome, keeps, anyones) in [
            (said("250 2.1.5 Ok"), 300, true),
            (said("552 5.2.2 Mailbox full"), 21_600, true),
            (said("554 5.7.1 blocked using zen.spamhaus.org"), 300, false),
            (said("451 4.7.1 Greylisted, try again"), 300, false),
            (Outcome::ConnectTimedOut, 60, false),
            (Outcome::NotPaced { retry_after_s: 9 }, 0, false),
            (Outcome::SourceUnfit, 0, false),
        ] {
            let (report, verdict) = report(outcome);
            assert_eq!((keeps_s(&report, verdict), is_anyones(verdict)), (keeps, anyones), "{}", verdict.reason);
            let old = use_of(&report, verdict, 10 * DAY, Some(u32::MAX));
            assert_eq!(old == Use::Stale, anyones, "{}", verdict.reason);
        }
    }
}
