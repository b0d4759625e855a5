//! The whole product on loopback: lab, prober and Worker.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Command;
use std::time::Duration;

use prober::lab::{self, Lab};
use tokio::runtime::Runtime;

use crate::child::Kept;
use crate::http;
use crate::place::{on_free_port, program};
use crate::worker::Worker;

/// The secret that prober and Worker share in the lab. It opens nothing but a lab.
pub const LAB_SECRET: &str = "a secret for the lab alone";

/// The key that signs the lab's receipts: the example of RFC 8037, appendix A, which everybody has.
pub const LAB_RECEIPT_KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"lab","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// The ports that everything listens on; 0 stands for a free one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ports {
    /// The lab's mail hosts.
    pub smtp: u16,
    /// The lab's name server.
    pub dns: u16,
    /// The lab's DNS over HTTPS.
    pub doh: u16,
    /// The prober.
    pub prober: u16,
    /// The Worker.
    pub worker: u16,
}

impl Ports {
    /// The ports that the documents name.
    pub const DOCUMENTED: Self = Self { smtp: 2525, dns: 5300, doh: 8789, prober: 8788, worker: 8787 };

    /// Whether all of them can be listened on, but for those that are free in any case.
    ///
    /// # Errors
    /// Where one is in use: which, what for, and what would put another program elsewhere.
    pub fn check(self) -> io::Result<()> {
        let lab = lab::Config { smtp_port: self.smtp, dns_port: self.dns, ..lab::Config::default() };
        let here = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let places = [
            (lab.first_host(), "the lab's mail hosts", "`rcpt lab` has --smtp-port"),
            (lab.dns(), "the lab's name server", "`rcpt lab` has --dns-port"),
            (here(self.doh), "the lab's DNS over HTTPS", "`rcpt lab` has --doh-port"),
            (here(self.prober), "the prober", "`rcpt serve` has --listen and RCPT_LISTEN"),
            (here(self.worker), "the Worker", "`wrangler dev` has --port"),
        ];
        let taken = places.iter().find(|(place, ..)| place.port() != 0 && is_in_use(*place));
        taken.map_or(Ok(()), |(place, whose, elsewhere)| {
            let said = format!("{place}, where {whose} would listen, is in use already: by another `make run`, or by what can listen elsewhere ({elsewhere})");
            Err(io::Error::new(io::ErrorKind::AddrInUse, said))
        })
    }
}

fn is_in_use(place: SocketAddr) -> bool {
    TcpListener::bind(place).is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
}

/// A lab in this process.
pub struct RunningLab {
    runtime: Runtime,
    lab: Option<Lab>,
}

impl RunningLab {
    /// Starts a lab.
    ///
    /// # Errors
    /// Where a port is taken.
    pub fn start(ports: Ports) -> io::Result<Self> {
        Self::with_crowd(ports, 0)
    }

    /// Starts a lab with so many more hosts of each kind that load is tried with.
    ///
    /// # Errors
    /// Where a port is taken.
    pub fn with_crowd(ports: Ports, crowd: usize) -> io::Result<Self> {
        let mut config = lab::Config { smtp_port: ports.smtp, dns_port: ports.dns, doh_port: ports.doh, crowd, ..lab::Config::default() };
        // A lab for suites asks nobody about names that are not its own.
        if ports.dns == 0 {
            config.upstream.clear();
        }
        Self::with_config(config)
    }

    /// Starts a lab as it is configured.
    ///
    /// # Errors
    /// Where a port is taken.
    pub fn with_config(config: lab::Config) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let lab = Some(runtime.block_on(lab::start(config))?);
        Ok(Self { runtime, lab })
    }

    /// The lab.
    ///
    /// # Panics
    /// Never while it is not being dropped.
    #[expect(clippy::expect_used, reason = "it is taken out only when it is dropped")]
    pub fn lab(&self) -> &Lab {
        self.lab.as_ref().expect("the lab runs until it is dropped")
    }

    /// The settings that lead a prober or the command line into this lab.
    pub fn settings(&self) -> [(&'static str, String); 3] {
        [
            ("RCPT_DNS", self.lab().dns().to_string()),
            ("RCPT_SMTP_PORT", self.lab().smtp_port().to_string()),
            ("RCPT_NTP", self.lab().time().to_string()),
        ]
    }
}

impl Drop for RunningLab {
    fn drop(&mut self) {
        if let Some(lab) = self.lab.take() {
            self.runtime.block_on(lab.stop());
        }
    }
}

/// `rcpt` with nothing of the caller's own settings.
///
/// # Errors
/// Where it is not built.
pub fn rcpt() -> io::Result<Command> {
    let mut command = Command::new(program("rcpt")?);
    for setting in &prober::config::SETTINGS {
        command.env_remove(setting.variable);
    }
    Ok(command)
}

/// A prober that asks a lab, and its address; port 0 stands for a free one.
///
/// # Errors
/// Where it does not come up.
pub fn start_prober(lab: &RunningLab, port: u16, echo: bool) -> io::Result<(Kept, String)> {
    start_prober_with(lab, port, &[], echo)
}

/// The same with settings beside.
///
/// # Errors
/// Where it does not come up.
pub fn start_prober_with(lab: &RunningLab, port: u16, settings: &[(&str, &str)], echo: bool) -> io::Result<(Kept, String)> {
    on_free_port(port, |port| start_prober_on(lab, port, settings, echo))
}

fn start_prober_on(lab: &RunningLab, port: u16, settings: &[(&str, &str)], echo: bool) -> io::Result<(Kept, String)> {
    let mut command = rcpt()?;
    command.args(["serve", "--lab", "--listen", &format!("127.0.0.1:{port}")]);
    command.envs(lab.settings()).env("RCPT_SECRET", LAB_SECRET).envs(settings.iter().copied());
    let mut prober = Kept::start(&command, echo)?;
    let url = format!("http://127.0.0.1:{port}");
    prober.wait_until(Duration::from_secs(20), |_| http::get(&format!("{url}/readyz")).is_ok_and(|answer| answer.status == 200))?;
    Ok((prober, url))
}

/// Everything.
pub struct Whole {
    // In the order of stopping: the Worker asks the prober, and both ask the lab.
    /// The Worker.
    pub worker: Worker,
    /// The prober.
    pub prober: Kept,
    /// The prober's address.
    pub prober_url: String,
    /// The lab.
    pub lab: RunningLab,
}

impl Whole {
    /// Starts everything, with `vars` for the Worker beside those that lead it into the lab.
    ///
    /// # Errors
    /// Where a part does not come up, with what it printed.
    pub fn start(ports: Ports, vars: &[(&str, &str)], echo: bool) -> io::Result<Self> {
        let lab = RunningLab::start(ports)?;
        let (prober, prober_url) = start_prober(&lab, ports.prober, echo)?;
        let doh_url = lab.lab().doh_url();
        let rows: Vec<String> = lab::table().iter().map(|row| format!("{} {}", row.reason, row.address)).collect();
        let rows = rows.join("\n");
        let mut all = vec![
            ("RCPT_DOH", doh_url.as_str()),
            ("RCPT_PROBER", prober_url.as_str()),
            ("RCPT_SECRET", LAB_SECRET),
            ("RCPT_LAB", rows.as_str()),
            ("RCPT_RECEIPT_KEYS", LAB_RECEIPT_KEYS),
        ];
        all.retain(|(name, _)| !vars.iter().any(|(other, _)| other == name));
        all.extend(vars);
        let worker = Worker::start(ports.worker, &all, echo)?;
        Ok(Self { worker, prober, prober_url, lab })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn err_a_port_that_is_in_use_is_named() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = taken.local_addr().expect("an address").port();
        let said = Ports { prober: port, ..Ports::default() }.check().expect_err("it is taken").to_string();
        assert!(said.starts_with(&format!("127.0.0.1:{port}, where the prober would listen, is in use already")), "{said}");
        assert!(said.contains("`rcpt serve` has --listen and RCPT_LISTEN"), "{said}");
        assert!(Ports::default().check().is_ok());
    }
}
