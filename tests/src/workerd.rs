//! A Worker in workerd alone, without wrangler's own Workers around it: for what it costs by itself.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::child::Kept;
use crate::http;
use crate::place::{Scratch, on_free_port, root};

/// How long it may take to come up.
const PATIENCE: Duration = Duration::from_mins(1);
/// How the kernel counts time for others (proc(5), sysconf(3) `_SC_CLK_TCK`): a hundred a second, on Linux everywhere.
const TICK: Duration = Duration::from_millis(10);
/// What V8 may take for what scripts keep: half of what Cloudflare gives a Worker. Unbounded, it takes more and more before it looks for waste, which
/// hides a leak.
const HEAP_MB: usize = 64;

/// A running workerd.
pub struct Workerd {
    /// Its process.
    pub process: Kept,
    /// Its address, without path.
    pub url: String,
    config: PathBuf,
    _folder: Scratch,
}

/// What a process has used so far.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// Time on a processor, its own and the kernel's for it.
    pub cpu: Duration,
    /// Memory in use, in KB.
    pub resident_kb: u64,
}

impl Workerd {
    /// Starts the Worker that was built, with these variables, on a free port; nothing is bound, and the cache keeps nothing.
    ///
    /// # Errors
    /// Where it does not come up.
    pub fn start(vars: &[(&str, &str)]) -> io::Result<Self> {
        let built = root().join("edge/build");
        Self::serve(&[("index.js", "esModule", &built.join("index.js")), ("index_bg.wasm", "wasm", &built.join("index_bg.wasm"))], vars)
    }

    /// Starts a Worker of one script.
    ///
    /// # Errors
    /// As [`Workerd::start`].
    pub fn start_script(script: &Path, vars: &[(&str, &str)]) -> io::Result<Self> {
        Self::serve(&[("index.js", "esModule", script)], vars)
    }

    fn serve(modules: &[(&str, &str, &Path)], vars: &[(&str, &str)]) -> io::Result<Self> {
        on_free_port(0, |port| {
            let folder = Scratch::new("workerd")?;
            let config = folder.path().join("config.capnp");
            for (name, _, path) in modules {
                fs::copy(path, folder.path().join(name))?;
            }
            fs::write(&config, configuration(modules, vars, port))?;
            let mut process = Kept::start(Command::new(program()?).arg("serve").arg(&config), false)?;
            let url = format!("http://127.0.0.1:{port}");
            process.wait_until(PATIENCE, |_| http::get(&format!("{url}/healthz")).is_ok_and(|answer| answer.status == 200))?;
            Ok(Self { process, url, config, _folder: folder })
        })
    }

    /// What it has used.
    ///
    /// # Errors
    /// Where it runs no more.
    pub fn usage(&self) -> io::Result<Usage> {
        let gone = || io::Error::new(io::ErrorKind::NotFound, "workerd runs no more");
        let process = fs::read_dir("/proc")?.flatten().map(|entry| entry.path()).find(|path| self.is_its(path)).ok_or_else(gone)?;
        let (stat, status) = (fs::read_to_string(process.join("stat"))?, fs::read_to_string(process.join("status"))?);
        // Behind the name, which may hold anything: state is the third field, utime and stime the fourteenth and fifteenth.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: u32 = fields.iter().skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().split(' ').next()?.parse().ok());
        Ok(Usage { cpu: TICK * ticks, resident_kb: resident.unwrap_or(0) })
    }

    /// Whether a process is this one: the program itself, not the shell that keeps it.
    fn is_its(&self, process: &Path) -> bool {
        let line = fs::read(process.join("cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|octet| *octet == 0).collect();
        words.first().is_some_and(|program| program.ends_with(b"/workerd")) && words.contains(&self.config.as_os_str().as_encoded_bytes())
    }
}

/// The configuration in workerd's own words (workerd.capnp).
fn configuration(modules: &[(&str, &str, &Path)], vars: &[(&str, &str)], port: u16) -> String {
    let mut text = String::from(
        "using Workerd = import \"/workerd/workerd.capnp\";\nconst config :Workerd.Config = (\n  services = [\n    (name = \"main\", worker = (\n      compatibilityDate = \"2026-10-01\",\n      modules = [",
    );
    for (name, kind, _) in modules {
        let _ = write!(text, "(name = {name:?}, {kind} = embed {name:?}), ");
    }
    text.push_str("],\n      bindings = [");
    for (name, value) in vars {
        let _ = write!(text, "(name = {name:?}, text = {value:?}), ");
    }
    let _ = write!(
        text,
        "]\n    )),\n    (name = \"internet\", network = (allow = [\"public\", \"private\"])),\n  ],\n  sockets = [(name = \"http\", address = \"127.0.0.1:{port}\", http = (), service = \"main\")],\n  v8Flags = [\"--max-heap-size={HEAP_MB}\"]\n);\n"
    );
    text
}

fn program() -> io::Result<PathBuf> {
    let brought = ["workerd-linux-64", "workerd-linux-arm64"]
        .map(|package| root().join("node_modules/@cloudflare").join(package).join("bin/workerd"));
    let missing = || io::Error::new(io::ErrorKind::NotFound, "node_modules is not set up; `make setup` does that");
    brought.into_iter().find(|path| path.is_file()).ok_or_else(missing)
}
