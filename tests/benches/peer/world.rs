//! A network of one's own, in which the system's resolver is the lab: namespaces of users, mounts and networks (unshare(1)), which need no
//! privileges where the system allows them.

use std::fs;
use std::process::{Command, Stdio};

use stack::place::{Scratch, root};

/// Loopback, the lab for a resolver, and nobody else asked about names; then this program again.
const SETTING_UP: &str = "ip link set lo up && mount --bind resolv.conf /etc/resolv.conf \
    && { [ ! -e /etc/nsswitch.conf ] || mount --bind nsswitch.conf /etc/nsswitch.conf; }";

/// Builds the peer and runs the bench inside; the error says what is lacking.
///
/// # Panics
/// Where the bench fails inside.
pub(crate) fn enter(parts: &[&str]) -> Result<(), String> {
    let folder = Scratch::new("peer").map_err(|error| error.to_string())?;
    let dns = std::net::Ipv4Addr::new(127, 77, 0, 53);
    fs::write(folder.path().join("resolv.conf"), format!("nameserver {dns}\n")).map_err(|error| error.to_string())?;
    fs::write(folder.path().join("nsswitch.conf"), "hosts: files dns\n").map_err(|error| error.to_string())?;
    let inside = |then: &str| {
        let mut command = Command::new("unshare");
        let script = format!("{SETTING_UP} && {then}");
        command.args(["--user", "--map-root-user", "--mount", "--net", "sh", "-c", &script]).current_dir(folder.path());
        command
    };
    let tried = inside("true").stdin(Stdio::null()).output().map_err(|error| format!("there is no unshare(1): {error}"))?;
    if !tried.status.success() {
        return Err(format!("since no network of its own can be had: {}", String::from_utf8_lossy(&tried.stderr).trim()));
    }
    build()?;
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let status = inside("exec \"$0\" inside \"$@\"").arg(this).args(parts).status().map_err(|error| error.to_string())?;
    assert!(status.success(), "{status}");
    Ok(())
}

fn build() -> Result<(), String> {
    let manifest = root().join("tests/peer/Cargo.toml");
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--quiet", "--release", "--locked", "--manifest-path"]).arg(manifest);
    let status = command.arg("--target-dir").arg(root().join("target/peer")).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => Err("since it cannot be built here (it needs the registry and a C compiler)".to_owned()),
    }
}
