//! A folder of jobs is one process's: two would both run what is in it, and ask everybody twice.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::private_folder;

/// The file that is locked; it stays, and the system lets go of it with the process, however that ends.
const NAME: &str = "lock";
/// How long a process that was killed may take to be gone.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it is tried.
const STEP: Duration = Duration::from_millis(50);

/// A folder that is held until this is dropped.
#[derive(Debug)]
pub struct Hold(#[expect(dead_code, reason = "the lock is its")] File);

/// Holds a folder, which is made where there is none.
///
/// # Errors
/// Where it is none, cannot be used, or another process has it, in words.
pub async fn hold(folder: &Path) -> Result<Hold, String> {
    let said = |fault: String| format!("RCPT_DATA: {}: {fault}", folder.display());
    if folder.exists() && !folder.is_dir() {
        return Err(said("expected a folder, found a file".to_owned()));
    }
    let file = private_folder(folder).and_then(|()| open(folder)).map_err(|error| said(error.to_string()))?;
    let until = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Hold(file)),
            Err(TryLockError::WouldBlock) if Instant::now() < until => sleep(STEP).await,
            Err(TryLockError::WouldBlock) => return Err(said("expected a folder of its own, found another `rcpt serve` at it".to_owned())),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                tracing::warn!("RCPT_DATA is where nothing can be locked: see to it yourself that one `rcpt serve` alone has it");
                return Ok(Hold(file));
            }
            Err(TryLockError::Error(error)) => return Err(said(error.to_string())),
        }
    }
}

fn open(folder: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    File::options().append(true).create(true).mode(0o600).open(folder.join(NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ok_one_at_a_time_and_the_next_once_it_is_gone() {
        let folder = std::env::temp_dir().join(format!("rcpt-hold-{}", std::process::id()));
        let first = hold(&folder).await.expect("nobody has it");
        let fault = hold(&folder).await.expect_err("it is held");
        assert!(fault.contains("found another `rcpt serve` at it"), "{fault}");
        let next = tokio::spawn({
            let folder = folder.clone();
            async move { hold(&folder).await.map(drop) }
        });
        sleep(STEP).await;
        drop(first);
        assert_eq!(next.await.expect("no panic"), Ok(()));
        let fault = hold(&folder.join(NAME)).await.expect_err("a file");
        assert!(fault.ends_with("expected a folder, found a file"), "{fault}");
        let _ = std::fs::remove_dir_all(folder);
    }
}
