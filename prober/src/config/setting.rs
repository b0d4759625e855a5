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
pub const SETTINGS: [Setting; 25] = [
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
    Setting { name: "jobs_max_gib", variable: "RCPT_JOBS_MAX_GIB", meaning: "what the jobs of one key may hold on the disk, in GiB (64)" },
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

/// Settings that only these commands read; the others are read by every command that asks somebody.
const OF_SOME: [(&[&str], &[&str]); 3] = [
    (&["serve"], &["listen", "secret_previous", "data", "keys", "retention_h", "jobs_max_gib", "work"]),
    (&["serve", "work"], &["secret", "canaries", "queue", "log", "max_probes"]),
    (&["doctor"], &["blocklists", "ntp"]),
];

impl Setting {
    /// Whether this command reads it.
    pub fn is_of(&self, command: &str) -> bool {
        let readers = OF_SOME.iter().find(|(_, names)| names.contains(&self.name));
        readers.is_none_or(|(commands, _)| commands.contains(&command))
    }
}

/// What is in the environment under a name like a setting's, though there is none of that name; with the setting that was most likely meant.
pub(super) fn strangers(variables: impl Iterator<Item = String>) -> Vec<String> {
    let is_strange = |name: &String| name.starts_with("RCPT_") && !SETTINGS.iter().any(|setting| setting.variable == name);
    let mut strangers: Vec<String> = variables.filter(is_strange).collect();
    strangers.sort();
    let meant = |name: &str| {
        let likest = SETTINGS.iter().map(|setting| (strsim::damerau_levenshtein(name, setting.variable), setting.variable)).min();
        likest.filter(|(distance, _)| *distance <= FAR).map_or(String::new(), |(_, variable)| format!("; did you mean {variable}?"))
    };
    strangers.iter().map(|name| format!("{name} is set, and there is no such setting{}", meant(name))).collect()
}

/// A name that differs in more letters is another one.
const FAR: usize = 3;

/// How a fault names a setting: as its giver wrote it.
pub(super) fn label(name: &str, source: Source) -> String {
    let variable = SETTINGS.iter().find(|setting| setting.name == name).map_or("", |setting| setting.variable);
    match source {
        Source::Flag => format!("--{}", name.replace('_', "-")),
        Source::Variable => variable.to_owned(),
        Source::File => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_misspelt_variables_are_named_with_what_was_meant() {
        let given = ["RCPT_HELLO", "PATH", "RCPT_HELO", "RCPT_COLOUR_OF_THE_SKY", "RCPT_MAILFROM"].map(str::to_owned);
        let expected = [
            "RCPT_COLOUR_OF_THE_SKY is set, and there is no such setting",
            "RCPT_HELLO is set, and there is no such setting; did you mean RCPT_HELO?",
            "RCPT_MAILFROM is set, and there is no such setting; did you mean RCPT_MAIL_FROM?",
        ];
        assert_eq!(strangers(given.into_iter()), expected);
    }

    #[test]
    fn ok_every_setting_that_only_some_read_is_one() {
        for name in OF_SOME.iter().flat_map(|(_, names)| *names) {
            assert!(SETTINGS.iter().any(|setting| setting.name == *name), "{name}");
        }
    }
}
