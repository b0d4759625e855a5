//! Room on the disk: what the jobs of one key may hold, and what is left of the disk for everybody else.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Job, Jobs, Refusal};

/// So much of the disk is left to others, and to what is found out of the lists that are there, in octets.
const RESERVE: u64 = 1024 * 1024 * 1024;

/// Why there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// The key's jobs hold as much as they may.
    Quota,
    /// The disk is full, but for what is left to others.
    Disk,
}

/// How much more there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// In octets.
    pub octets: u64,
    /// What there is no more of behind that.
    pub bound: Full,
}

/// How much there may be.
#[derive(Debug)]
pub(super) struct Room {
    folder: PathBuf,
    /// What the jobs of one key may hold, in octets.
    most: u64,
}

impl Room {
    pub(super) fn new(folder: &Path, most: u64) -> Self {
        Self { folder: folder.to_owned(), most }
    }

    /// How much more there is room for where a key's jobs hold `used` octets and the disk has `free`.
    fn left(&self, used: u64, free: u64) -> Result<Left, Full> {
        let (of_key, of_disk) = (self.most.saturating_sub(used), free.saturating_sub(RESERVE));
        let bound = if of_key <= of_disk { Full::Quota } else { Full::Disk };
        match of_key.min(of_disk) {
            0 => Err(bound),
            octets => Ok(Left { octets, bound }),
        }
    }

    fn free(&self) -> Result<u64, String> {
        let about = rustix::fs::statvfs(&self.folder).map_err(|error| format!("{}: {error}", self.folder.display()))?;
        Ok(about.f_bavail.saturating_mul(about.f_frsize))
    }
}

impl Jobs {
    /// How long a list of this owner may be.
    ///
    /// # Errors
    /// [`Refusal::Full`], or where the disk cannot be looked at.
    pub fn room(&self, owner: &str) -> Result<Left, Refusal> {
        let used = self.of(owner)?.iter().map(|job: &Job| size(&self.place(&job.id))).sum();
        self.room.left(used, self.room.free()?).map_err(Refusal::Full)
    }
}

/// What the files in a folder hold, in octets. One that goes meanwhile holds nothing.
fn size(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|about| about.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_without_room() {
        let room = Room::new(Path::new("."), 1_000);
        let plenty = RESERVE + 1_000_000;
        let left = |octets, bound| Ok(Left { octets, bound });
        assert_eq!((room.left(0, plenty), room.left(400, plenty)), (left(1_000, Full::Quota), left(600, Full::Quota)));
        assert_eq!((room.left(1_000, plenty), room.left(u64::MAX, plenty)), (Err(Full::Quota), Err(Full::Quota)));
        assert_eq!(room.left(400, RESERVE + 7), left(7, Full::Disk));
        assert_eq!((room.left(400, RESERVE), room.left(400, 0)), (Err(Full::Disk), Err(Full::Disk)));
        assert!(room.free().is_ok_and(|free| free > 0));
    }
}
