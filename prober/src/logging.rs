//! Logs: one line an event on standard error, as JSON where nobody watches. Only our own events, since those of libraries may hold
//! addresses of people or of machines.

use std::io::{self, IsTerminal as _};

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

/// Starts logging at `level`. A second start changes nothing.
pub fn start(level: Level) {
    let ours = Targets::new().with_target("prober", level);
    // Who reads everything also reads how long each step took.
    let spans = if level >= Level::DEBUG { FmtSpan::CLOSE } else { FmtSpan::NONE };
    let lines = fmt::layer().with_writer(io::stderr).with_span_events(spans);
    // Events from a second subscriber would only be lost; the first one stays.
    let _ = if io::stderr().is_terminal() {
        registry().with(lines.with_target(false).with_filter(ours)).try_init()
    } else {
        registry().with(lines.json().flatten_event(true).with_ansi(false).with_filter(ours)).try_init()
    };
}
