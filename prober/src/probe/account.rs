//! One line on how asking went: hosts and replies by their kind, never by their words, which may hold an address.

use shared::evidence::{Attempt, Outcome, ProbeReport, SessionFacts};
use shared::verdict::Verdict;

/// Logs what `report` came to, and the reply that decided it.
pub(super) fn log(report: &ProbeReport, verdict: Verdict) {
    let decisive = verdict.attempt.and_then(|n| report.attempts.get(n)).or(report.attempts.last());
    let seen = decisive.and_then(Attempt::session).and_then(SessionFacts::decisive);
    tracing::info!(
        reason = %verdict.reason,
        host = decisive.map(|attempt| attempt.host.as_str()),
        outcome = decisive.map(|attempt| name(&attempt.outcome)),
        stage = seen.map(|seen| seen.stage.as_str()),
        code = seen.map(|seen| seen.reply.code.get()),
        finding = seen.map(|seen| seen.finding().kind.as_str()),
        rule = seen.map(|seen| seen.finding().rule),
        attempts = report.attempts.len(),
        complete = report.complete,
        elapsed_ms = report.elapsed_ms,
        "probed"
    );
}

fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::AddressUnavailable { .. } => "address_unavailable",
        Outcome::NoAddress => "no_address",
        Outcome::NotRoutable => "not_routable",
        Outcome::OutsideLab => "outside_lab",
        Outcome::ConnectFailed => "connect_failed",
        Outcome::ConnectTimedOut => "connect_timed_out",
        Outcome::NotPaced { .. } => "not_paced",
        Outcome::SourceUnfit => "source_unfit",
        Outcome::Session(_) => "session",
    }
}
