//! The settings as a table: the one list that help texts, documents and tests are held against.

use super::Source;

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its name in the TOML file; the flag is the same with hyphens.
    pub name: &'static str,
    /// Its environment variable.
    pub variable: &'static str,
    /// What it means, with its default.
    pub meaning: &'static str,
}

/// Every setting of the prober.
pub const SETTINGS: [Setting; 24] = [
    Setting { name: "config", variable: "RCPT_CONFIG", meaning: "a TOML file with any of the settings below (none)" },
    Setting { name: "helo", variable: "RCPT_HELO", meaning: "this host's own name, given with EHLO; without it nothing is probed" },
    Setting {
        name: "mail_from",
        variable: "RCPT_MAIL_FROM",
        meaning: "a mailbox of your own, given with MAIL FROM; without it nothing is probed",
    },
    Setting { name: "listen", variable: "RCPT_LISTEN", meaning: "where `rcpt serve` listens (127.0.0.1:8788)" },
    Setting { name: "secret", variable: "RCPT_SECRET", meaning: "the secret shared with the edge; without it /v1/probe is closed" },
    Setting {
        name: "secret_previous",
        variable: "RCPT_SECRET_PREVIOUS",
        meaning: "the secret before that one, still taken from edges while they are given the new one (none)",
    },
    Setting { name: "dns", variable: "RCPT_DNS", meaning: "DNS servers, IP or IP:PORT, by commas (the system's)" },
    Setting { name: "smtp_port", variable: "RCPT_SMTP_PORT", meaning: "the port of mail hosts (25)" },
    Setting { name: "bind", variable: "RCPT_BIND", meaning: "our own addresses to dial from, by commas (the system's choice)" },
    Setting { name: "proxy", variable: "RCPT_PROXY", meaning: "a SOCKS5 proxy to dial through: socks5://[USER:PASSWORD@]HOST:PORT (none)" },
    Setting {
        name: "family",
        variable: "RCPT_FAMILY",
        meaning: "addresses of mail hosts to try: v4-first, v6-first, v4-only or v6-only (v4-first)",
    },
    Setting {
        name: "cache",
        variable: "RCPT_CACHE",
        meaning: "a Redis that probers share their evidence by: redis://…; needs RCPT_SECRET (memory alone)",
    },
    Setting {
        name: "canaries",
        variable: "RCPT_CANARIES",
        meaning: "mailboxes of yours that exist, by commas; when their hosts block us, `rcpt serve` stops asking that operator (none)",
    },
    Setting {
        name: "blocklists",
        variable: "RCPT_BLOCKLISTS",
        meaning: "DNS blocklists that `rcpt doctor` looks us up in, by commas, or off (those of Spamhaus, SpamCop, Barracuda and PSBL)",
    },
    Setting {
        name: "ntp",
        variable: "RCPT_NTP",
        meaning: "the time server that `rcpt doctor` asks, HOST or HOST:PORT, or off (time.cloudflare.com)",
    },
    Setting {
        name: "allow_private",
        variable: "RCPT_ALLOW_PRIVATE",
        meaning: "dial addresses that are not globally routable: on, off, or NETWORK/PREFIX by commas (off)",
    },
    Setting {
        name: "deadline_ms",
        variable: "RCPT_DEADLINE_MS",
        meaning: "how long one verification may take where the caller does not say (30000)",
    },
    Setting {
        name: "data",
        variable: "RCPT_DATA",
        meaning: "the folder in which `rcpt serve` keeps jobs; without it there are none (none)",
    },
    Setting {
        name: "keys",
        variable: "RCPT_KEYS",
        meaning: "who may give jobs: NAME:SHA256 by commas, the SHA-256 of each key in hexadecimal digits (nobody)",
    },
    Setting {
        name: "retention_h",
        variable: "RCPT_RETENTION_H",
        meaning: "after how many hours a job is removed with all that it holds (168)",
    },
    Setting {
        name: "queue",
        variable: "RCPT_QUEUE",
        meaning: "where jobs and workers meet: embedded, amqp://[USER:PASSWORD@]HOST[:PORT][/VHOST] or kafka://HOST:PORT[,HOST:PORT][/PREFIX] (embedded)",
    },
    Setting {
        name: "work",
        variable: "RCPT_WORK",
        meaning: "whether `rcpt serve` works on the queue's tasks itself, beside `rcpt work`: on or off (on)",
    },
    Setting { name: "log", variable: "RCPT_LOG", meaning: "what is logged: error, warn, info or debug (info)" },
    Setting { name: "max_probes", variable: "RCPT_MAX_PROBES", meaning: "how many verifications run at once (256)" },
];

/// How a fault names a setting: as its giver wrote it.
pub(super) fn label(name: &str, source: Source) -> String {
    let variable = SETTINGS.iter().find(|setting| setting.name == name).map_or("", |setting| setting.variable);
    match source {
        Source::Flag => format!("--{}", name.replace('_', "-")),
        Source::Variable => variable.to_owned(),
        Source::File => name.to_owned(),
    }
}
