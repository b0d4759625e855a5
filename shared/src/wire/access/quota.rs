//! How large budgets are, as callers are told (draft-ietf-httpapi-ratelimit-headers-10, September 2025). The counting is done by bindings that
//! do not tell how much is left, so only what is known is said: how large a budget is, and of one that is used up that nothing is left.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Over how long the budgets are counted, in seconds: the longer one of the two that the bindings know.
pub const WINDOW_S: u32 = 60;

/// The limits of the bindings as `wrangler.toml` proposes them.
const PROPOSED: [(&str, u32); 5] =
    [("RCPT_PER_IP", 60), ("RCPT_PER_SITE", 600), ("RCPT_PER_DOMAIN", 120), ("RCPT_NEW_MAILBOXES", 20), ("RCPT_NEW_MAILBOXES_FREE", 200)];

/// The limit of each binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotas(Vec<(String, u32)>);

impl Default for Quotas {
    fn default() -> Self {
        Self(PROPOSED.iter().map(|(name, quota)| ((*name).to_string(), *quota)).collect())
    }
}

impl Quotas {
    /// What is proposed, changed by a setting such as `RCPT_PER_IP=30,RCPT_PER_SITE=1000`.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut quotas = Self::default();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let read = item.split_once('=').and_then(|(name, quota)| Some((name.trim(), quota.trim().parse().ok()?)));
            let Some((name, quota @ 1..)) = read else {
                return Err("expected a binding's name, = and its limit, by commas".to_string());
            };
            quotas.0.push((name.to_string(), quota));
        }
        Ok(quotas)
    }

    /// The bindings that the setting names, in its order.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        self.0.iter().skip(PROPOSED.len()).map(|(name, _)| name.as_str())
    }

    /// An item of `RateLimit-Policy` (§3), where the limit is known.
    pub fn policy(&self, binding: &str) -> Option<String> {
        let known = self.0.iter().rev().find(|(name, _)| name == binding);
        known.map(|(_, quota)| format!("\"{}\";q={quota};w={WINDOW_S}", told_name(binding)))
    }
}

/// The value of `RateLimit` (§4) for a budget that is used up.
pub fn used_up(binding: &str) -> String {
    format!("\"{}\";r=0;t={WINDOW_S}", told_name(binding))
}

/// `RCPT_PER_IP` is told as `per_ip`.
fn told_name(binding: &str) -> String {
    binding.strip_prefix("RCPT_").unwrap_or(binding).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_header_values() {
        let quotas = Quotas::parse("RCPT_PER_IP = 30, RCPT_PER_SITE_LARGE=5000").expect("quotas");
        assert_eq!(quotas.policy("RCPT_PER_IP").as_deref(), Some(r#""per_ip";q=30;w=60"#));
        assert_eq!(quotas.policy("RCPT_PER_SITE").as_deref(), Some(r#""per_site";q=600;w=60"#));
        assert_eq!(quotas.policy("RCPT_PER_SITE_LARGE").as_deref(), Some(r#""per_site_large";q=5000;w=60"#));
        assert_eq!(quotas.policy("UNKNOWN"), None);
        assert_eq!(quotas.named().collect::<Vec<_>>(), ["RCPT_PER_IP", "RCPT_PER_SITE_LARGE"]);
        assert_eq!(used_up("RCPT_PER_IP"), r#""per_ip";r=0;t=60"#);
    }

    #[test]
    fn err_what_is_no_limit() {
        for text in ["60", "RCPT_PER_IP", "RCPT_PER_IP=0", "RCPT_PER_IP=-1", "RCPT_PER_IP=many"] {
            assert!(Quotas::parse(text).is_err(), "{text}");
        }
    }
}
