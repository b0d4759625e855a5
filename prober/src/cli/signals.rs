//! The signals that ask a process to end.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Waits for Ctrl-C or SIGTERM. Listening starts with this call, not with the first poll.
///
/// # Errors
/// Where the system lets no handler be set.
pub(super) fn stop() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// The same as a value that changes.
///
/// # Errors
/// As [`stop`].
#[cfg(feature = "kafka")]
pub(super) fn watch() -> io::Result<tokio::sync::watch::Receiver<bool>> {
    let (sender, receiver) = tokio::sync::watch::channel(false);
    let stop = stop()?;
    tokio::spawn(async move {
        stop.await;
        sender.send_replace(true);
    });
    Ok(receiver)
}
