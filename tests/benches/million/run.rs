//! A run of `rcpt bulk`, watched from outside.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use prober::lab::Visit;
use stack::whole::{RunningLab, rcpt};

/// What a run took.
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// The most memory it held, in KB (proc(5), VmHWM).
    pub(crate) memory: usize,
}

/// `rcpt bulk` over `in` in a folder, in a lab where one is given.
pub(crate) fn command(folder: &Path, lab: Option<&RunningLab>, arguments: &[&str]) -> Command {
    let mut command = rcpt().expect("rcpt");
    command.args(["bulk", "in", "-o", "out"]).args(arguments).current_dir(folder);
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    if let Some(lab) = lab {
        command.arg("--lab").envs(lab.settings());
    }
    command
}

/// Runs to the end, which must be a good one; what it took, and what it said.
pub(crate) fn to_the_end(mut command: Command) -> (Cost, String) {
    let began = Instant::now();
    let mut child = command.spawn().expect("rcpt runs");
    let mut memory = 0;
    let status = loop {
        memory = peak(&child).unwrap_or(memory);
        if let Some(status) = child.try_wait().expect("a state") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let mut said = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("UTF-8");
    assert!(status.success(), "{status}: {said}");
    (Cost { wall: began.elapsed(), memory }, said)
}

fn peak(child: &Child) -> Option<usize> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
}

/// Connections and commands that came to a lab.
pub(crate) fn heard(visits: &[Visit]) -> (usize, usize) {
    (visits.len(), visits.iter().map(|visit| visit.commands.len()).sum())
}

#[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
pub(crate) fn ratio(count: usize, of: usize) -> f64 {
    count as f64 / of.max(1) as f64
}
