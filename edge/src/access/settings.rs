//! The variables and bindings of access: read whole, every fault named, no value shown.

use std::rc::Rc;

use shared::wire::access::{ApiKeys, Quotas, Sites};
use shared::wire::signature::Secret;
use shared::wire::{Problem, ProblemKind};
use wasm_bindgen::JsValue;

use super::{budget, nonce};
use crate::config::{self, ORIGINS, SECRET, is_url, text};
use crate::receipt::Receipts;
use crate::runtime::is_set;

/// Who may ask: `open` or `keys`.
const ACCESS: &str = "RCPT_ACCESS";
/// API keys.
const KEYS: &str = "RCPT_KEYS";
/// Site keys.
const SITES: &str = "RCPT_SITES";
/// The limits of the bindings, as callers are told.
const QUOTAS: &str = "RCPT_QUOTAS";
/// Where Turnstile tokens are checked.
const TURNSTILE_URL: &str = "RCPT_TURNSTILE_URL";
/// The secret to check them with.
const TURNSTILE_SECRET: &str = "RCPT_TURNSTILE_SECRET";

const DEFAULT_TURNSTILE_URL: &str = "https://challenges.cloudflare.com/turnstile/v0/siteverify";

/// Access as it is to be.
pub(crate) struct Settings {
    pub(super) mode: Mode,
    pub(super) quotas: Quotas,
    /// What keyed names are made with; there wherever something is counted.
    pub(super) secret: Option<Secret>,
    pub(super) turnstile: Option<Turnstile>,
    pub(super) receipts: Rc<Receipts>,
    /// The counters that are bound: those that Rcpt knows, and the sites' own.
    bound: Vec<String>,
}

/// Who may ask.
pub(super) enum Mode {
    /// Anyone, and from a browser the pages of these origins.
    Open { origins: Vec<String> },
    /// Whoever has a key, and pages of sites.
    Keys { keys: ApiKeys, sites: Sites },
}

/// Where Turnstile tokens are checked, and with which secret.
pub(super) struct Turnstile {
    pub(super) url: String,
    pub(super) secret: String,
}

impl Settings {
    /// Reads all variables and bindings of access.
    ///
    /// # Errors
    /// `misconfigured`, with every fault.
    pub(crate) fn from_env(env: &JsValue) -> Result<Self, Problem> {
        let mut faults = Vec::new();
        let mut settings = Self {
            mode: mode(env, &mut faults),
            quotas: read(env, QUOTAS, Quotas::parse, &mut faults).unwrap_or_default(),
            secret: text(env, SECRET).and_then(Secret::new),
            turnstile: turnstile(env, &mut faults),
            receipts: Rc::new(Receipts::from_env(env, &mut faults)),
            bound: Vec::new(),
        };
        settings.bound = settings.counters().filter(|binding| budget::is_bound(env, binding)).map(str::to_owned).collect();
        settings.check(env, &mut faults);
        if faults.is_empty() { Ok(settings) } else { Err(ProblemKind::Misconfigured.because(faults.join("; "))) }
    }

    /// Whether a counter of this name is bound.
    pub(super) fn is_bound(&self, binding: &str) -> bool {
        self.bound.iter().any(|bound| bound == binding)
    }

    /// The counters that somebody may want.
    fn counters(&self) -> impl Iterator<Item = &str> {
        let own = self.sites().iter().filter_map(|site| site.budget.as_deref()).filter(|binding| !budget::ALL.contains(binding));
        budget::ALL.into_iter().chain(own)
    }

    fn sites(&self) -> &Sites {
        static NONE: Sites = Sites::NONE;
        match &self.mode {
            Mode::Open { .. } => &NONE,
            Mode::Keys { sites, .. } => sites,
        }
    }

    /// What one setting needs of others. A site without all of its budgets would be an open door.
    fn check(&self, env: &JsValue, faults: &mut Vec<String>) {
        let sites = self.sites();
        if !sites.is_empty() {
            let missing = self.counters().filter(|binding| !self.is_bound(binding));
            faults.extend(missing.map(|binding| format!("{binding}: expected a rate-limit binding, since {SITES} is set")));
            if !nonce::is_bound(env) {
                faults.push(format!("{}: expected a KV binding, since {SITES} is set", nonce::STATE));
            }
        }
        if sites.iter().any(|site| site.turnstile) && self.turnstile.is_none() {
            faults.push(format!("{TURNSTILE_SECRET}: expected a secret, since {SITES} asks for Turnstile"));
        }
        let is_budget = |binding: &str| budget::ALL.contains(&binding) || budget::is_bound(env, binding);
        let strange = self.quotas.named().enumerate().filter(|(_, binding)| !is_budget(binding));
        faults.extend(strange.map(|(n, _)| format!("{QUOTAS}: item {}: expected the name of a rate-limit binding", n + 1)));
        let is_counted = !sites.is_empty() || budget::ALL.iter().any(|binding| self.is_bound(binding));
        if self.secret.is_none() && is_counted {
            faults.push(format!("{SECRET}: expected at least {} octets, since something is counted", Secret::MIN_LEN));
        }
    }
}

fn mode(env: &JsValue, faults: &mut Vec<String>) -> Mode {
    let keys = read(env, KEYS, ApiKeys::parse, faults).unwrap_or(ApiKeys::NONE);
    let sites = read(env, SITES, Sites::parse, faults).unwrap_or(Sites::NONE);
    let origins = read(env, ORIGINS, config::origins, faults).unwrap_or_default();
    match text(env, ACCESS).as_deref() {
        // One that is empty was meant to be something.
        None if !is_set(env, KEYS) && !is_set(env, SITES) => Mode::Open { origins },
        Some("open") => Mode::Open { origins },
        None | Some("keys") => {
            if keys.is_empty() && sites.is_empty() && faults.is_empty() {
                faults.push(format!("{ACCESS}: expected a key in {KEYS} or a site in {SITES}, found neither"));
            }
            Mode::Keys { keys, sites }
        }
        Some(_) => {
            faults.push(format!("{ACCESS}: expected open or keys"));
            Mode::Keys { keys, sites }
        }
    }
}

fn turnstile(env: &JsValue, faults: &mut Vec<String>) -> Option<Turnstile> {
    let url = text(env, TURNSTILE_URL).unwrap_or_else(|| DEFAULT_TURNSTILE_URL.to_owned());
    if !is_url(&url) {
        faults.push(format!("{TURNSTILE_URL}: expected an http(s) URL"));
    }
    text(env, TURNSTILE_SECRET).map(|secret| Turnstile { url, secret })
}

/// A setting, where it is set and good.
fn read<T>(env: &JsValue, name: &str, parse: impl Fn(&str) -> Result<T, String>, faults: &mut Vec<String>) -> Option<T> {
    match parse(&text(env, name)?) {
        Ok(value) => Some(value),
        Err(fault) => {
            faults.push(format!("{name}: {fault}"));
            None
        }
    }
}
