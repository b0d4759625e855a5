//! Configuration from the Worker's variables: parsed whole, every bad one named, no value shown.

use shared::wire::access::origin::is_origin;
use shared::wire::signature::Secret;
use shared::wire::upstream::Upstream;
use shared::wire::{Problem, ProblemKind};
use worker::Env;
use worker::js_sys::JSON;

use crate::runtime::member;

/// DNS over HTTPS servers, by commas; asked in this order.
pub(crate) const DOH: &str = "RCPT_DOH";
/// The probers' addresses, without path, by commas; each with its weight behind `=` where they differ.
pub(crate) const PROBER: &str = "RCPT_PROBER";
/// The secret shared with the prober.
pub(crate) const SECRET: &str = "RCPT_SECRET";
/// Origins of pages that may ask, by commas.
pub(crate) const ORIGINS: &str = "RCPT_ORIGINS";
/// Addresses that the playground offers, a line each: the reason to expect, and the address.
pub(crate) const LAB: &str = "RCPT_LAB";
/// How long an answer may take where the caller does not say, in milliseconds.
pub(crate) const DEADLINE_MS: &str = "RCPT_DEADLINE_MS";

/// The KV namespace in which evidence of mailboxes is kept; a binding, not a text.
pub(crate) const EVIDENCE: &str = "RCPT_EVIDENCE";

/// Public resolvers that answer RFC 8484 by GET and validate DNSSEC.
const DEFAULT_DOH: &str = "https://cloudflare-dns.com/dns-query,https://dns.google/dns-query,https://dns.quad9.net/dns-query";
const DEFAULT_DEADLINE_MS: u64 = 10_000;

/// What the Worker is to be.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// DNS over HTTPS servers, in the order of asking; never empty.
    pub(crate) doh: Vec<String>,
    /// The probers, where there are any.
    pub(crate) probers: Option<Probers>,
    /// How long an answer may take where the caller does not say, in milliseconds.
    pub(crate) deadline_ms: u64,
}

/// Where to forward, and with which secret to sign.
#[derive(Debug, Clone)]
pub(crate) struct Probers {
    /// Where they are; never empty.
    pub(crate) upstreams: Vec<Upstream>,
    /// The shared secret.
    pub(crate) secret: Secret,
}

impl Config {
    /// Reads all variables.
    ///
    /// # Errors
    /// `misconfigured`, with every fault.
    pub(crate) fn from_env(env: &Env) -> Result<Self, Problem> {
        Self::from_texts(|name| text(env, name))
    }

    fn from_texts(text: impl Fn(&str) -> Option<String>) -> Result<Self, Problem> {
        let mut faults = Vec::new();
        let doh = list(&text(DOH).unwrap_or_else(|| DEFAULT_DOH.to_owned()));
        if doh.is_empty() || !doh.iter().all(|url| is_url(url)) {
            faults.push(format!("{DOH}: expected http(s) URLs by commas"));
        }
        let deadline_ms = match text(DEADLINE_MS).map(|text| text.parse()) {
            None => DEFAULT_DEADLINE_MS,
            Some(Ok(ms @ 100..=60_000)) => ms,
            Some(_) => {
                faults.push(format!("{DEADLINE_MS}: expected a number of 100 to 60000"));
                DEFAULT_DEADLINE_MS
            }
        };
        let probers = match (text(PROBER).map(|text| upstreams(&text)), text(SECRET).map(Secret::new)) {
            (None, _) => None,
            (Some(None), _) => {
                faults.push(format!("{PROBER}: expected http(s) URLs by commas, each with =WEIGHT of 1 to 1000 or none"));
                None
            }
            (Some(Some(upstreams)), Some(Some(secret))) => Some(Probers { upstreams, secret }),
            (Some(_), _) => {
                faults.push(format!("{SECRET}: expected at least {} octets, since {PROBER} is set", Secret::MIN_LEN));
                None
            }
        };
        if faults.is_empty() { Ok(Self { doh, probers, deadline_ms }) } else { Err(ProblemKind::Misconfigured.because(faults.join("; "))) }
    }
}

/// The origins that may ask; an origin is compared whole.
///
/// # Errors
/// What was expected.
pub(crate) fn origins(text: &str) -> Result<Vec<String>, String> {
    let origins = list(text);
    if origins.iter().all(|origin| is_origin(origin)) {
        return Ok(origins);
    }
    Err("expected origins without path, https://HOST or https://HOST:PORT, by commas".to_owned())
}

/// The lab's addresses, where there is a lab; else nothing.
pub(crate) fn lab(env: &Env) -> String {
    text(env, LAB).unwrap_or_default()
}

/// Whether an address is at one of the lab's domains; never, where there is no lab.
pub(crate) fn is_of_lab(env: &Env, email: &str) -> bool {
    let domain = |address: &str| address.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase());
    domain(email).is_some_and(|asked| lab(env).lines().any(|line| domain(line).is_some_and(|offered| offered == asked)))
}

/// A variable or secret that is set to something. What is no text, as lists and numbers of a configuration file are not, is read as JSON: it must
/// never be taken for a setting that is not there.
pub(crate) fn text(env: &Env, name: &str) -> Option<String> {
    let value = member(env, name).ok().filter(|_| is_set(env, name))?;
    value.as_string().or_else(|| JSON::stringify(&value).ok()?.as_string()).filter(|text| !text.is_empty())
}

/// Whether there is such a variable or secret at all, and be it empty.
pub(crate) fn is_set(env: &Env, name: &str) -> bool {
    member(env, name).is_ok_and(|value| !value.is_undefined() && !value.is_null())
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

fn upstreams(text: &str) -> Option<Vec<Upstream>> {
    let upstream = |item: &String| Upstream::parse(item).filter(|upstream| is_url(&upstream.url));
    let upstreams: Option<Vec<Upstream>> = list(text).iter().map(upstream).collect();
    upstreams.filter(|upstreams| !upstreams.is_empty())
}

/// Whether `text` is an http(s) URL without query.
pub(crate) fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')) && !text.contains([' ', '?', '#'])
}
