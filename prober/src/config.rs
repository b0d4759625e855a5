//! Configuration: flags, then `RCPT_*` variables, then a TOML file. Parsed once, whole; every bad setting is reported at once, by name.
#![allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]

mod read;
mod setting;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use shared::domain::Domain;
use shared::mailbox::Mailbox;
use shared::smtp::command::HeloName;
use shared::wire::signature::Secret;
use tracing::Level;

use read::{
    parse_addresses, parse_blocklists, parse_cache, parse_canaries, parse_gib, parse_helo, parse_mail_from, parse_networks, parse_number,
    parse_secret, parse_servers, parse_switch, parse_time_server,
};
pub use setting::{SETTINGS, Setting};

use crate::dial::{Family, Proxy};
use crate::dial_policy::DialPolicy;
use crate::doctor::blocklist;
use crate::identity::Identity;
use crate::jobs::Keys;
use crate::lab;
use crate::queue::Address;

/// A gibibyte, in octets.
const GIB: u64 = 1 << 30;

/// The port of time servers (RFC 4330 §4).
const NTP_PORT: u16 = 123;

/// Variables that are named like settings and are none: most likely they are misspelt, and what was meant stays at its default.
pub fn strangers() -> Vec<String> {
    setting::strangers(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))
}

/// The texts of the settings that were given, by name, with where each came from.
#[derive(Debug, Default)]
pub struct Given {
    texts: BTreeMap<&'static str, (String, Source)>,
    faults: Vec<String>,
}

/// Where a setting came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Flag,
    Variable,
    File,
}

/// What the prober is to be.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where `rcpt serve` listens.
    pub listen: SocketAddr,
    /// DNS servers; the system's where empty.
    pub dns: Vec<SocketAddr>,
    /// The port of mail hosts.
    pub smtp_port: u16,
    /// What may be dialled.
    pub policy: DialPolicy,
    /// Who we are, where it is configured.
    pub identity: Option<Identity>,
    /// Our own addresses to dial from.
    pub bind: Vec<IpAddr>,
    /// The proxy to dial through.
    pub proxy: Option<Proxy>,
    /// Which addresses of a host are tried first.
    pub family: Family,
    /// The Redis that probers share.
    pub cache: Option<String>,
    /// Mailboxes that are known to exist.
    pub canaries: Vec<Mailbox>,
    /// DNS blocklists that the doctor looks our addresses up in.
    pub blocklists: Vec<Domain>,
    /// The time server that the doctor asks.
    pub ntp: Option<TimeServer>,
    /// The secret shared with the edge.
    pub secret: Option<Secret>,
    /// The one before it, by which edges may still sign while they are given the new one.
    pub secret_previous: Option<Secret>,
    /// The folder in which jobs are kept.
    pub data: Option<PathBuf>,
    /// Who may give jobs.
    pub keys: Keys,
    /// How long a job is kept.
    pub retention: Duration,
    /// What the jobs of one key may hold, in octets.
    pub jobs_max: u64,
    /// Where webhooks may lead.
    pub webhooks: DialPolicy,
    /// How long one verification may take where the caller does not say.
    pub deadline: Duration,
    /// How many verifications run at once.
    pub max_probes: usize,
    /// Where jobs and workers meet.
    pub queue: Address,
    /// Whether the lab alone is asked.
    pub in_lab: bool,
    /// Whether `rcpt serve` works on tasks itself.
    pub work: bool,
    /// What is logged.
    pub log: Level,
}

/// A time server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeServer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// All that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSettings(pub Vec<String>);

impl fmt::Display for BadSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings are not right:")?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl std::error::Error for BadSettings {}

impl Given {
    /// The settings given by flags, with those of the environment and of the file that `RCPT_CONFIG` or `--config` names behind them.
    pub fn collect(flags: &[(&'static str, Option<String>)]) -> Self {
        let mut given = Self::default();
        for (name, text) in flags {
            given.offer(name, text.clone(), Source::Flag);
        }
        for setting in &SETTINGS {
            given.offer(setting.name, std::env::var(setting.variable).ok().filter(|text| !text.is_empty()), Source::Variable);
        }
        if let Some((path, _)) = given.texts.get("config").cloned() {
            given.read_file(&path);
        }
        given
    }

    fn offer(&mut self, name: &'static str, text: Option<String>, source: Source) {
        if let Some(text) = text {
            self.texts.entry(name).or_insert((text, source));
        }
    }

    fn read_file(&mut self, path: &str) {
        let table = std::fs::read_to_string(path)
            .map_err(|error| error.to_string())
            .and_then(|text| text.parse::<toml::Table>().map_err(|error| error.to_string()));
        match table {
            Err(fault) => self.faults.push(format!("--config or RCPT_CONFIG: {path}: {}", fault.trim_end())),
            Ok(table) => table.into_iter().for_each(|(key, value)| self.offer_from_file(path, &key, value)),
        }
    }

    fn offer_from_file(&mut self, path: &str, key: &str, value: toml::Value) {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == key) else {
            self.faults.push(format!("{key} (in {path}): there is no such setting"));
            return;
        };
        let text = match value {
            toml::Value::String(text) => text,
            toml::Value::Array(items) => {
                items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect::<Vec<_>>().join(",")
            }
            other => other.to_string(),
        };
        self.offer(setting.name, Some(text), Source::File);
    }

    /// A setting as `parse` reads it, or its default; a fault is kept for the report.
    fn read<T>(&mut self, name: &'static str, default: T, parse: impl Fn(&str) -> Result<T, String>) -> T {
        let Some((text, source)) = self.texts.get(name) else { return default };
        match parse(text) {
            Ok(value) => value,
            Err(fault) => {
                let label = setting::label(name, *source);
                self.faults.push(format!("{label}: {fault}"));
                default
            }
        }
    }
}

impl Config {
    /// Reads all settings; with `in_lab`, what the lab needs is preset and only the lab may be dialled.
    ///
    /// # Errors
    /// [`BadSettings`] with every fault.
    pub fn from_given(mut given: Given, in_lab: bool) -> Result<Self, BadSettings> {
        let preset = if in_lab { Preset::of_lab() } else { Preset::default() };
        let listen = given.read("listen", SocketAddr::from(([127, 0, 0, 1], 8788)), |text| {
            text.parse().map_err(|_| format!("expected ADDRESS:PORT, found {text:?}"))
        });
        let dns = given.read("dns", preset.dns, parse_servers);
        let smtp_port = given.read("smtp_port", preset.smtp_port, |text| parse_number(text, 1, u16::MAX.into()));
        let networks = given.read("allow_private", DialPolicy::Internet, parse_networks);
        let helo = given.read("helo", None, |text| parse_helo(text).map(Some));
        let mail_from = given.read("mail_from", None, |text| parse_mail_from(text).map(Some));
        let bind = given.read("bind", preset.bind, parse_addresses);
        let proxy = given.read("proxy", None, |text| text.parse().map(Some));
        let family = given.read("family", Family::V4First, str::parse);
        let cache = given.read("cache", None, |text| parse_cache(text).map(Some));
        let canaries = given.read("canaries", Vec::new(), parse_canaries);
        let blocklists = given.read("blocklists", preset.blocklists, parse_blocklists);
        let ntp = given.read("ntp", preset.ntp, parse_time_server);
        let secret = given.read("secret", None, |text| parse_secret(text).map(Some));
        let secret_previous = given.read("secret_previous", None, |text| parse_secret(text).map(Some));
        let data = given.read("data", None, |text| Ok(Some(PathBuf::from(text))));
        let keys = given.read("keys", Keys::default(), str::parse);
        let retention_h: u64 = given.read("retention_h", 168, |text| parse_number(text, 1, 24 * 366));
        let jobs_max = given.read("jobs_max_gib", 64 * GIB, parse_gib);
        let deadline = given.read("deadline_ms", 30_000, |text| parse_number(text, 100, 600_000));
        let max_probes = given.read("max_probes", 256, |text| parse_number(text, 1, 100_000));
        let queue = given.read("queue", Address::default(), str::parse);
        let work = given.read("work", true, parse_switch);
        let log =
            given.read("log", Level::INFO, |text| text.parse().map_err(|_| format!("expected error, warn, info or debug, found {text:?}")));
        // In the lab either may be given alone: the lab's own stands for the other.
        let (helo, mail_from) = (helo.or(preset.helo), mail_from.or(preset.mail_from));
        let half = helo.is_some() != mail_from.is_some();
        if half && given.faults.is_empty() {
            given.faults.push("RCPT_HELO and RCPT_MAIL_FROM: expected both or neither, found one".into());
        }
        if cache.is_some() && secret.is_none() && given.faults.is_empty() {
            given.faults.push("RCPT_CACHE: expected RCPT_SECRET beside it, since its keys are made with that, found none".into());
        }
        if secret_previous.is_some() && secret.is_none() && given.faults.is_empty() {
            given.faults.push("RCPT_SECRET_PREVIOUS: expected RCPT_SECRET beside it, found none".into());
        }
        let identity = helo.zip(mail_from).map(|(helo, mail_from)| Identity { helo, mail_from });
        let config = Self {
            listen,
            dns,
            smtp_port,
            policy: if in_lab { lab::policy() } else { networks.clone() },
            identity,
            bind,
            proxy,
            family,
            cache,
            canaries,
            blocklists,
            ntp,
            secret,
            secret_previous,
            data,
            keys,
            retention: Duration::from_hours(retention_h),
            jobs_max,
            webhooks: networks,
            deadline: Duration::from_millis(deadline),
            max_probes,
            queue,
            in_lab,
            work,
            log,
        };
        if given.faults.is_empty() { Ok(config) } else { Err(BadSettings(given.faults)) }
    }
}

/// What stands for settings that are not given.
struct Preset {
    dns: Vec<SocketAddr>,
    smtp_port: u16,
    helo: Option<HeloName>,
    mail_from: Option<Mailbox>,
    bind: Vec<IpAddr>,
    blocklists: Vec<Domain>,
    ntp: Option<TimeServer>,
}

impl Default for Preset {
    fn default() -> Self {
        Self {
            dns: Vec::new(),
            smtp_port: 25,
            helo: None,
            mail_from: None,
            bind: Vec::new(),
            blocklists: blocklist::DEFAULT.iter().filter_map(|list| Domain::parse(list).ok()).collect(),
            ntp: Some(TimeServer { host: "time.cloudflare.com".to_owned(), port: NTP_PORT }),
        }
    }
}

impl Preset {
    fn of_lab() -> Self {
        let lab = lab::Config::default();
        let identity = lab::identity();
        let time = lab.time();
        Self {
            dns: vec![lab.dns()],
            smtp_port: lab.smtp_port,
            helo: identity.as_ref().map(|identity| identity.helo.clone()),
            mail_from: identity.map(|identity| identity.mail_from),
            bind: vec![lab::SOURCE],
            blocklists: Domain::parse(lab::BLOCKLIST).into_iter().collect(),
            ntp: Some(TimeServer { host: time.ip().to_string(), port: time.port() }),
        }
    }
}
