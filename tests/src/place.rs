//! Where things are: the project's root, built programs, scratch folders, free ports.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU16, Ordering};

/// The project's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// A program that cargo built beside the one that runs.
///
/// # Errors
/// Where it was not built.
pub fn program(name: &str) -> io::Result<PathBuf> {
    let this = std::env::current_exe()?;
    let beside = this.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file());
    beside.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("{name} is not built; `make build` builds it")))
}

/// The first port that is given, and the first that is not any more: those beyond are for outgoing connections (ip(7), ip_local_port_range), of which
/// one may have such a port just when a server that was stopped wants it back.
const PORTS: Range<u16> = 12_000..32_000;
/// How many ports were looked at in this process.
static LOOKED: AtomicU16 = AtomicU16::new(0);

/// A port of 127.0.0.1 on which nothing listens at this moment, and which this process has not given before.
///
/// # Errors
/// Where there is none.
pub fn free_port() -> io::Result<u16> {
    // Each process begins somewhere else, so that two of them seldom want the same.
    let first = std::process::id().wrapping_mul(97);
    let free = std::iter::repeat_with(|| LOOKED.fetch_add(1, Ordering::Relaxed)).take(PORTS.len()).find_map(|looked| {
        let nth = first.wrapping_add(looked.into()) % u32::try_from(PORTS.len()).ok()?;
        let port = PORTS.start.checked_add(u16::try_from(nth).ok()?)?;
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok().then_some(port)
    });
    free.ok_or_else(|| io::ErrorKind::AddrInUse.into())
}

/// Starts something on `port`, or where that is 0 on a free one. A port that was free may be taken by the time it is wanted; then another
/// is tried.
///
/// # Errors
/// As `start`, the last time.
pub fn on_free_port<T>(port: u16, start: impl Fn(u16) -> io::Result<T>) -> io::Result<T> {
    if port != 0 {
        return start(port);
    }
    for _ in 0..2 {
        if let Ok(started) = start(free_port()?) {
            return Ok(started);
        }
    }
    start(free_port()?)
}

/// A folder of its own for one test, which goes when it is dropped; that of a whole suite, which is never dropped, when the next suite begins.
#[derive(Debug)]
pub struct Scratch(PathBuf);

/// Sweeps once in a process.
static SWEPT: Once = Once::new();

impl Scratch {
    /// A new, empty folder whose name begins with `name`.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn new(name: &str) -> io::Result<Self> {
        SWEPT.call_once(|| sweep(&std::env::temp_dir()));
        let path = std::env::temp_dir().join(format!("rcpt-{name}-{}-{}", std::process::id(), free_port()?));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own cleaning.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Removes the folders of processes that are gone.
fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_str().and_then(owner).is_some_and(|owner| Path::new("/proc/self").exists() && !Path::new("/proc").join(owner).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The process that made the scratch folder of this name.
fn owner(name: &str) -> Option<&str> {
    let (rest, port) = name.strip_prefix("rcpt-")?.rsplit_once('-')?;
    let (_, process) = rest.rsplit_once('-')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(port) && is_number(process)).then_some(process)
}

/// What `look` finds within five seconds.
pub fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    for _ in 0..200 {
        if let Some(found) = look() {
            return Some(found);
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn ok_only_folders_of_processes_that_are_gone_are_swept() {
        let scratch = Scratch::new("sweep").expect("a folder");
        // Process numbers end at 2^22 (proc(5), pid_max).
        let gone = scratch.path().join("rcpt-worker-4194305-1234");
        let ours = scratch.path().join(format!("rcpt-worker-{}-1234", std::process::id()));
        let others = ["rcpt-worker-x-1234", "rcpt-4194305-1", "other-worker-4194305-1234"].map(|name| scratch.path().join(name));
        for folder in others.iter().chain([&gone, &ours]) {
            std::fs::create_dir(folder).expect("a folder");
        }
        sweep(scratch.path());
        assert!(!gone.exists() && ours.exists() && others.iter().all(|other| other.exists()));
    }
}
