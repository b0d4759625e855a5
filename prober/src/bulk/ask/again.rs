//! Who is asked again, and when.

use shared::evidence::{Attempt, Outcome, ProbeReport, SessionFacts, UnixMillis};
use shared::smtp::classify::stated_delay_s;
use shared::verdict::{Reason, Verdict};

/// How long to wait where nobody says how long, after each try. Postgrey lets nobody in before five minutes (postgrey(8), --delay).
const UNSTATED_S: [u64; 5] = [60, 300, 900, 1_800, 3_600];
/// A moment more, since clocks differ.
const MARGIN_MS: u64 = 1_000;

/// When a mailbox whose hosts said this is to be asked about again, in milliseconds since the Unix epoch; `None` where that is their answer, or
/// was given to the last of `tries`.
pub(crate) fn due_ms(report: &ProbeReport, verdict: Verdict, tries: u32, now: UnixMillis) -> Option<u64> {
    let usual_s = *UNSTATED_S.get(usize::try_from(tries).ok()?.checked_sub(1)?)?;
    let attempt = verdict.attempt.and_then(|n| report.attempts.get(n));
    let stated = attempt.and_then(Attempt::session).and_then(SessionFacts::decisive).and_then(|seen| stated_delay_s(&seen.reply));
    let wait_s = match (verdict.reason, attempt.map(|attempt| &attempt.outcome), stated) {
        (Reason::RateLimited, Some(Outcome::NotPaced { retry_after_s }), _) => u64::from(*retry_after_s),
        (Reason::RateLimited | Reason::Greylisted, _, Some(stated_s)) => stated_s.into(),
        (Reason::RateLimited, ..) => usual_s,
        (Reason::Greylisted, ..) => report.greylist_delay_s.map_or(usual_s, |known_s| u64::from(known_s).min(usual_s)),
        _ => return None,
    };
    Some(now.0 + wait_s * 1_000 + MARGIN_MS)
}
