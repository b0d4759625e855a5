//! What is counted, in Prometheus' text format. Labels are bounded: operators of the table, stages, findings, reasons.

use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use shared::domain::operator::Operator;
use shared::evidence::SessionEnd;
use shared::smtp::{FindingKind, Stage};
use shared::verdict::Reason;

use crate::bulk::Misfit;
use crate::queue::{Place, Unfit};

/// Labels as pairs of name and value, all from closed lists.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Labels<const N: usize>([(&'static str, &'static str); N]);

impl<const N: usize> EncodeLabelSet for Labels<N> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), std::fmt::Error> {
        self.0.iter().try_for_each(|pair| {
            use prometheus_client::encoding::EncodeLabel as _;
            pair.encode(encoder.encode_label())
        })
    }
}

type Counters<const N: usize> = Family<Labels<N>, Counter>;

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    verdicts: Counters<2>,
    replies: Counters<3>,
    sessions: Counters<2>,
    kept: Counters<2>,
    set_aside: Counters<2>,
    misfits: Counters<1>,
    late: Counter,
    lost: Counter,
    silent: Gauge,
    probe_seconds: Histogram,
    probes_running: Gauge,
    fit: Gauge<f64, AtomicU64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut this = Self {
            registry: Registry::with_prefix("rcpt"),
            verdicts: Counters::default(),
            replies: Counters::default(),
            sessions: Counters::default(),
            kept: Counters::default(),
            set_aside: Counters::default(),
            misfits: Counters::default(),
            late: Counter::default(),
            lost: Counter::default(),
            silent: Gauge::default(),
            probe_seconds: Histogram::new([0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0]),
            probes_running: Gauge::default(),
            fit: Gauge::default(),
        };
        this.fit.set(1.0);
        this.begin_at_zero();
        let registry = &mut this.registry;
        registry.register("probes", "Probes, by operator and the reason they came to", this.verdicts.clone());
        registry.register("replies", "Decisive replies, by operator, stage and finding", this.replies.clone());
        registry.register("sessions", "Sessions with mail hosts, by operator and how they ended", this.sessions.clone());
        registry.register("kept_evidence", "Look-ups of kept evidence, by kind and whether it was there", this.kept.clone());
        registry.register(
            "queue_set_aside",
            "Letters that could not be worked on, by queue and what was wrong with them",
            this.set_aside.clone(),
        );
        registry.register(
            "queue_misfits",
            "Answers of workers that did not fit the question, by what was wrong with them",
            this.misfits.clone(),
        );
        registry.register("queue_late", "Tasks that came after their time by this clock, so that nobody was asked", this.late.clone());
        registry.register("queue_lost", "Mailboxes that end without an answer, since those who ask about them die", this.lost.clone());
        registry.register("queue_silent", "1 where questions wait at the queue and nobody answers, else 0", this.silent.clone());
        registry.register("probe_seconds", "How long probes took", this.probe_seconds.clone());
        registry.register("probes_running", "Probes that are under way", this.probes_running.clone());
        registry.register("source_fit", "1 where our source address is fit to probe, 0 where the gate is closed", this.fit.clone());
        this
    }
}

/// The operator's id; those that no table names are counted together.
fn id_of(operator: Option<Operator>) -> &'static str {
    operator.map_or("other", |operator| operator.id)
}

impl Metrics {
    /// What should never rise is there from the start, so that whoever watches it sees that it has not.
    fn begin_at_zero(&self) {
        for fault in Unfit::ALL {
            for queue in [Place::Tasks, Place::Answers(String::new())] {
                let _ = self.set_aside.get_or_create(&Labels([("queue", queue.kind()), ("fault", fault.as_str())]));
            }
        }
        for fault in Misfit::ALL {
            let _ = self.misfits.get_or_create(&Labels([("fault", fault.as_str())]));
        }
    }

    /// A probe came to an end.
    pub fn probed(&self, operator: Option<Operator>, reason: Reason, seconds: f64) {
        self.verdicts.get_or_create(&Labels([("operator", id_of(operator)), ("reason", reason.as_str())])).inc();
        self.probe_seconds.observe(seconds);
    }

    /// A mail host replied.
    pub fn replied(&self, operator: Option<Operator>, stage: Stage, finding: FindingKind) {
        let labels = Labels([("operator", id_of(operator)), ("stage", stage.as_str()), ("finding", finding.as_str())]);
        self.replies.get_or_create(&labels).inc();
    }

    /// A session ended.
    pub fn session_ended(&self, operator: Option<Operator>, end: Option<SessionEnd>) {
        let end = match end {
            Some(SessionEnd::Quit | SessionEnd::Smtputf8NotOffered) | None => "quit",
            Some(SessionEnd::Closed { .. }) => "closed",
            Some(SessionEnd::TimedOut { .. }) => "timed_out",
            Some(SessionEnd::Garbled { .. }) => "garbled",
            Some(SessionEnd::TlsFailed) => "tls_failed",
        };
        self.sessions.get_or_create(&Labels([("operator", id_of(operator)), ("end", end)])).inc();
    }

    /// Kept evidence was looked up.
    pub fn looked_up(&self, kind: &'static str, found: bool) {
        self.kept.get_or_create(&Labels([("kind", kind), ("found", if found { "yes" } else { "no" })])).inc();
    }

    /// A letter of the queue was set aside.
    pub fn set_aside(&self, queue: &'static str, fault: &'static str) {
        self.set_aside.get_or_create(&Labels([("queue", queue), ("fault", fault)])).inc();
    }

    /// An answer of a worker did not fit.
    pub fn misfit(&self, fault: &'static str) {
        self.misfits.get_or_create(&Labels([("fault", fault)])).inc();
    }

    /// A task came after its time.
    pub fn came_late(&self) {
        self.late.inc();
    }

    /// A mailbox ends without an answer.
    pub fn gave_up(&self) {
        self.lost.inc();
    }

    /// Whether questions wait and nobody answers.
    pub fn set_silent(&self, silent: bool) {
        self.silent.set(silent.into());
    }

    /// A probe begins; dropping the guard ends it.
    pub fn probe_begins(&self) -> Running<'_> {
        self.probes_running.inc();
        Running(&self.probes_running)
    }

    /// Whether our source is fit to probe.
    pub fn set_fit(&self, fit: bool) {
        self.fit.set(if fit { 1.0 } else { 0.0 });
    }

    /// All of it as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            // Writing to a String does not fail; what is there is worth having all the same.
            let _ = write!(text, "# incomplete");
        }
        text
    }
}

/// A probe that is under way.
#[derive(Debug)]
pub struct Running<'a>(&'a Gauge);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_what_should_never_rise_is_there_from_the_start() {
        let text = Metrics::default().text();
        for line in [
            "rcpt_queue_set_aside_total{queue=\"tasks\",fault=\"too_often\"} 0",
            "rcpt_queue_set_aside_total{queue=\"answers\",fault=\"unreadable\"} 0",
            "rcpt_queue_misfits_total{fault=\"other_host\"} 0",
            "rcpt_queue_late_total 0",
            "rcpt_queue_lost_total 0",
            "rcpt_queue_silent 0",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
}
