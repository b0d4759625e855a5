//! How far a run is, on standard error: one line that changes on a terminal, a line now and then elsewhere.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::bulk::{Counts, Phase, Standing, Tally};

/// How often the line on a terminal changes.
const BLINK: Duration = Duration::from_millis(200);
/// How often a line is written elsewhere.
const NOW_AND_THEN: Duration = Duration::from_secs(10);
/// Over how long the rate is measured.
const WINDOW: Duration = Duration::from_secs(10);
/// How long the bar is.
const BAR: u64 = 20;

/// Where progress is shown.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    on_terminal: bool,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { on_terminal: stderr().is_terminal() }
    }

    /// Shows how far the run is, until it is called off.
    pub(super) async fn show(self, tally: Arc<Tally>) {
        let mut rate = Rate::new(tally.standing());
        loop {
            sleep(if self.on_terminal { BLINK } else { NOW_AND_THEN }).await;
            let standing = tally.standing();
            let line = line(standing, rate.measure(standing, Instant::now()));
            if self.on_terminal {
                draw(&line);
            } else {
                anstream::eprintln!("rcpt: {line}");
            }
        }
    }

    /// Says something between.
    pub(super) fn say(&self, text: &str) {
        self.clear();
        anstream::eprintln!("{text}");
    }

    /// Removes the line.
    pub(super) fn clear(&self) {
        if self.on_terminal {
            draw("");
        }
    }
}

/// Writes over the line that is there.
fn draw(line: &str) {
    let width = terminal_size::terminal_size_of(stderr()).map_or(80, |(width, _)| usize::from(width.0));
    let line: String = line.chars().take(width.saturating_sub(1)).collect();
    // A terminal that is gone shows nothing, and that is all.
    let _ = write!(stderr(), "\r\x1b[2K{line}").and_then(|()| stderr().flush());
}

/// How many are done a second, lately.
struct Rate {
    phase: Phase,
    since: Instant,
    looked_at: Instant,
    done: u64,
    per_second: f64,
}

impl Rate {
    fn new(standing: Standing) -> Self {
        let now = Instant::now();
        Self { phase: standing.phase, since: now, looked_at: now, done: standing.done, per_second: 0.0 }
    }

    fn measure(&mut self, standing: Standing, now: Instant) -> f64 {
        if standing.phase != self.phase {
            // It began some time after the last look; what it has done since counts from there.
            *self = Self { phase: standing.phase, since: self.looked_at, looked_at: now, done: standing.first, per_second: 0.0 };
        }
        self.looked_at = now;
        let elapsed = now.saturating_duration_since(self.since);
        if elapsed >= Duration::from_millis(900) {
            self.per_second = as_f64(standing.done.saturating_sub(self.done)) / elapsed.as_secs_f64();
        }
        if elapsed >= WINDOW {
            (self.since, self.done) = (now, standing.done);
        }
        self.per_second
    }
}

fn line(standing: Standing, per_second: f64) -> String {
    let Standing { phase, done, all, put_off, counts, .. } = standing;
    let of = if all > 0 { format!("{} {done} of {all}", bar(done, all)) } else { done.to_string() };
    let mut parts = vec![format!("{} {of} {}", phase.as_str(), phase.unit()), format!("{per_second:.0}/s")];
    if per_second > 0.0 && all > done {
        parts.push(format!("{} left", span(as_f64(all - done) / per_second)));
    }
    if phase == Phase::Ask {
        parts.extend(Counts::ORDER.iter().map(|status| format!("{} {status}", counts.of(*status))));
    }
    if put_off > 0 {
        parts.push(format!("{put_off} put off"));
    }
    parts.join(", ")
}

fn bar(done: u64, all: u64) -> String {
    let full = (done.min(all) * BAR / all.max(1)).min(BAR);
    (0..BAR).map(|n| if n < full { '#' } else { '.' }).collect()
}

/// A time in hours, minutes and seconds.
fn span(seconds: f64) -> String {
    let whole = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX).as_secs();
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows, far below 2^52")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use shared::verdict::Status;

    use super::*;

    #[test]
    fn ok_bar_rate_and_time_left() {
        let mut counts = Counts::default();
        counts.add(Status::Deliverable, 40);
        let standing = Standing { phase: Phase::Ask, first: 0, done: 50, all: 200, put_off: 3, counts, faults: 0 };
        let shown = line(standing, 2.0);
        let start = "asking #####............... 50 of 200 mailboxes, 2/s, 1 min 15 s left, 40 deliverable, 0 risky,";
        assert!(shown.starts_with(start) && shown.ends_with(", 3 put off"), "{shown}");
        assert_eq!(line(Standing { phase: Phase::Read, all: 0, put_off: 0, ..standing }, 0.0), "reading 50 rows, 0/s");
        assert_eq!((span(3.0), span(7_400.0)), ("3 s".to_owned(), "2 h 3 min".to_owned()));
    }
}
