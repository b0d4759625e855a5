//! Where things are: the project's root, built programs, scratch folders, free ports.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

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

/// A port of 127.0.0.1 on which nothing listens at this moment.
///
/// # Errors
/// Where the system gives none.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
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

/// A folder of its own for one test, which goes when it is dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new, empty folder whose name begins with `name`.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn new(name: &str) -> io::Result<Self> {
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
