//! What `rcpt serve` needs beside: the secret that edges sign with, and the shared cache.

use super::finding::{Check, Finding, Outcome};
use crate::config::Config;
use crate::kept::Far;

/// Whether edges can be served.
pub(super) fn check_secret(config: &Config) -> Finding {
    if config.secret.is_some() {
        return Finding::new(Check::Secret, Outcome::Ok, "RCPT_SECRET is set");
    }
    Finding::new(Check::Secret, Outcome::Warning, "RCPT_SECRET is not set")
        .costs("rcpt serve answers no edge: /v1/probe is closed; the command line does not need it")
        .advise("set RCPT_SECRET to the secret that the edge has")
}

/// Whether the shared cache answers, where there is to be one.
pub(super) async fn check_cache(config: &Config) -> Finding {
    let Some(url) = &config.cache else {
        return Finding::new(Check::Cache, Outcome::Skipped, "RCPT_CACHE is not set: what is learned is kept in memory");
    };
    let answers = match Far::at(url) {
        Ok(far) => far.answers().await,
        Err(_) => false,
    };
    if answers {
        return Finding::new(Check::Cache, Outcome::Ok, "the shared cache answers");
    }
    // The address may hold a password, so it is not repeated.
    Finding::new(Check::Cache, Outcome::Warning, "the shared cache does not answer")
        .costs("probers ask again what others know already: slower, and not wrong")
        .advise("start that Redis, or set RCPT_CACHE to where it is")
}
