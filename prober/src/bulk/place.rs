//! Where a run may write: not over its own list, not over what is no file, and not over what an earlier run has found out.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::input::beside;
use super::{Failure, state_beside};

/// How a run begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Where nothing is yet.
    Anew,
    /// Over an output that is there.
    Over,
    /// Where an earlier run ended.
    Resumed,
}

/// How many links are followed, as the system does.
const MAX_LINKS: usize = 40;

/// The place of an output that may be named by a link. Being renamed into place, it would otherwise take the link's.
///
/// # Errors
/// [`Failure::BadUse`] where something else than a file is there.
pub fn follow(output: &Path) -> Result<PathBuf, Failure> {
    // Likewise it would take a device's place, and not be written into it.
    if fs::metadata(output).is_ok_and(|about| !about.is_file()) {
        let shown = output.display();
        return Err(Failure::BadUse(format!(
            "-o: expected a file, found something else at {shown}; for a pipe or a device, give - and redirect it"
        )));
    }
    let mut place = output.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(target) = fs::read_link(&place) else { return Ok(place) };
        place = place.parent().unwrap_or(Path::new("")).join(target);
    }
    Err(Failure::BadUse(format!("-o: expected a file, found links that lead in a circle at {}", output.display())))
}

/// Looks at the places of a run before anything is read or asked: a fault that comes out at the end costs everything before it.
///
/// # Errors
/// [`Failure::BadUse`], with what was expected.
pub fn check_places(input: Option<&Path>, output: &Path, manner: Manner) -> Result<(), Failure> {
    check_folder(output)?;
    let (state, shown) = (state_beside(output), output.display());
    check_begun(&state, manner == Manner::Resumed)?;
    if input.is_some_and(|input| [output, &part_of(output), &state].into_iter().any(|place| is_same(input, place))) {
        return Err(Failure::BadUse(format!("-o: expected another file than the list, found {shown}, which would be written over it")));
    }
    // Nobody misses an empty file, and whoever makes a name by mktemp(1) has one.
    if manner == Manner::Anew && fs::metadata(output).is_ok_and(|about| about.len() > 0) {
        return Err(Failure::BadUse(format!("-o: {shown} is there already; give another name, or --force to have it replaced")));
    }
    Ok(())
}

/// Without its folder nothing can be kept beside the output either.
fn check_folder(output: &Path) -> Result<(), Failure> {
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let found = match fs::metadata(folder) {
        Ok(about) if about.is_dir() => return Ok(()),
        Ok(_) => "something else".to_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => "none".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(Failure::BadUse(format!("-o: expected the folder {}, found {found}", folder.display())))
}

/// What an earlier run has found out is gone on with by the word alone.
pub(super) fn check_begun(state: &Path, resume: bool) -> Result<(), Failure> {
    if state.exists() && !resume {
        let shown = state.display();
        return Err(Failure::BadUse(format!("a run ended early here: go on with it by --resume, or remove {shown} to begin anew")));
    }
    Ok(())
}

/// Under what name an output is written until it is whole.
pub(super) fn part_of(output: &Path) -> std::path::PathBuf {
    beside(output, ".part")
}

fn is_same(one: &Path, other: &Path) -> bool {
    let id = |path: &Path| fs::metadata(path).map(|about| (about.dev(), about.ino())).ok();
    id(one).is_some_and(|found| id(other) == Some(found))
}
