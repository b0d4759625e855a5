//! Where a run may write: not over its own list, not over what is no file, and not over what an earlier run has found out.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::input::beside;
use super::{Failure, state_beside};

/// Looks at the places of a run before anything is read or asked: a fault that comes out at the end costs everything before it.
///
/// # Errors
/// [`Failure::BadUse`], with what was expected.
pub fn check_places(input: Option<&Path>, output: &Path, resume: bool) -> Result<(), Failure> {
    let state = state_beside(output);
    check_begun(&state, resume)?;
    let shown = output.display();
    // Being renamed into place, the output would take a device's place, and not be written into it.
    if fs::metadata(output).is_ok_and(|about| !about.is_file()) {
        return Err(Failure::BadUse(format!(
            "-o: expected a file, found something else at {shown}; for a pipe or a device, give - and redirect it"
        )));
    }
    match input {
        Some(input) if [output, &part_of(output), &state].into_iter().any(|place| is_same(input, place)) => {
            Err(Failure::BadUse(format!("-o: expected another file than the list, found {shown}, which would be written over it")))
        }
        _ => Ok(()),
    }
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
