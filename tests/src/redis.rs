//! A real Redis on loopback, which can be killed and brought back.

use std::io;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::child::Kept;
use crate::place::{Scratch, free_port};

const PROGRAM: &str = "/usr/bin/redis-server";

/// A running Redis.
pub struct Redis {
    folder: Scratch,
    port: u16,
    process: Kept,
}

impl Redis {
    /// Starts one on a free port; `None` where it is not installed.
    ///
    /// # Errors
    /// Where it does not come up.
    pub fn start() -> io::Result<Option<Self>> {
        if !Path::new(PROGRAM).is_file() {
            return Ok(None);
        }
        let (folder, port) = (Scratch::new("redis")?, free_port()?);
        let process = launch(folder.path(), port)?;
        Ok(Some(Self { folder, port, process }))
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Kills it, as a power cut would.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Brings it back, empty, where it was.
    ///
    /// # Errors
    /// Where it does not come up.
    pub fn restart(&mut self) -> io::Result<()> {
        self.process = launch(self.folder.path(), self.port)?;
        Ok(())
    }

    /// The names of all its keys, with their values.
    ///
    /// # Errors
    /// Where it does not answer.
    pub fn contents(&self) -> io::Result<String> {
        let ask = |words: &[&str]| {
            let output = Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(words).output()?;
            Ok::<_, io::Error>(String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let keys = ask(&["KEYS", "*"])?;
        let values: io::Result<Vec<String>> = keys.lines().map(|key| Ok(format!("{key} {}", ask(&["GET", key])?))).collect();
        Ok(values?.concat())
    }
}

fn launch(folder: &Path, port: u16) -> io::Result<Kept> {
    let mut command = Command::new(PROGRAM);
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no", "--dir"]);
    let mut process = Kept::start(command.arg(folder), false)?;
    process.wait_until(Duration::from_secs(10), |_| TcpStream::connect(("127.0.0.1", port)).is_ok())?;
    Ok(process)
}
