//! Site keys: public names of pages, which tell whose budget a question is on. What protects them is everything around: the origin, the nonce,
//! Turnstile and the budgets.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::origin::is_origin;
use super::{is_url_safe, lines};
use crate::verdict::Level;

/// How a site key begins, so that nobody takes it for a secret or the other way round.
pub const PREFIX: &str = "site_";

/// A site as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its name, for budgets and people.
    pub id: String,
    /// The key that its pages send.
    pub key: String,
    /// The origins of its pages.
    pub origins: Vec<String>,
    /// How far its questions are followed at most.
    pub level: Level,
    /// Whether each question needs a Turnstile token.
    pub turnstile: bool,
    /// The rate-limit binding that counts it, where it has one of its own.
    pub budget: Option<String>,
}

/// All sites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sites(Vec<Site>);

impl Sites {
    /// No site at all.
    pub const NONE: Self = Self(Vec::new());

    /// Reads the setting: a line, or what stands between two `;`, for each site: `ID KEY ORIGIN…`, and in any order `level=dns` (or another
    /// level), `turnstile` and `budget=BINDING`.
    ///
    /// # Errors
    /// What was expected and where it is not so.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut sites: Vec<Site> = Vec::new();
        for (n, line) in (1..).zip(lines(text)) {
            let site = Site::parse(line).map_err(|fault| format!("site {n}: {fault}"))?;
            if sites.iter().any(|known| known.id == site.id || known.key == site.key) {
                return Err(format!("site {n}: expected an id and a key of its own"));
            }
            sites.push(site);
        }
        Ok(Self(sites))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Site> {
        self.0.iter()
    }

    /// The site of a key.
    pub fn find(&self, key: &str) -> Option<&Site> {
        self.iter().find(|site| site.key == key)
    }

    /// Whether a page of this origin belongs to any site: all that is known when a browser asks whether it may ask.
    pub fn know_origin(&self, origin: &str) -> bool {
        self.iter().any(|site| site.allows(origin))
    }
}

impl Site {
    /// Whether pages of this origin belong to it; an origin is compared whole.
    pub fn allows(&self, origin: &str) -> bool {
        self.origins.iter().any(|known| known == origin)
    }

    fn parse(line: &str) -> Result<Self, &'static str> {
        let mut words = line.split_whitespace();
        let id = words.next().filter(|id| is_url_safe(id, 1, 64)).ok_or("expected an id of 1 to 64 letters, digits, - and _ first")?;
        let key = words.next().filter(|key| is_key(key)).ok_or("expected site_ and 16 to 64 letters, digits, - and _ behind its id")?;
        let mut site =
            Self { id: id.to_string(), key: key.to_string(), origins: Vec::new(), level: Level::Smtp, turnstile: false, budget: None };
        for word in words {
            site.read(word)?;
        }
        if site.origins.is_empty() { Err("expected at least one origin") } else { Ok(site) }
    }

    fn read(&mut self, word: &str) -> Result<(), &'static str> {
        match (word, word.split_once('=')) {
            ("level=syntax", _) => self.level = Level::Syntax,
            ("level=dns", _) => self.level = Level::Dns,
            ("level=smtp", _) => self.level = Level::Smtp,
            ("turnstile", _) => self.turnstile = true,
            (_, Some(("budget", binding))) if is_url_safe(binding, 1, 64) => self.budget = Some(binding.to_string()),
            (origin, _) if is_origin(origin) => self.origins.push(origin.to_string()),
            _ => return Err("expected origins such as https://shop.example without path, level=LEVEL, turnstile or budget=BINDING"),
        }
        Ok(())
    }
}

fn is_key(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|rest| is_url_safe(rest, 16, 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "site_0123456789abcdef";

    #[test]
    fn ok_a_site_with_defaults() {
        let sites = Sites::parse(&format!("shop {KEY} https://shop.example http://localhost:8000")).expect("sites");
        let site = sites.find(KEY).expect("a site");
        assert_eq!((site.level, site.turnstile, site.allows("https://shop.example")), (Level::Smtp, false, true));
        for other in ["http://shop.example", "https://shop.example.evil.example", "https://shop.example:8443", "null", ""] {
            assert!(!site.allows(other) && !sites.know_origin(other), "{other}");
        }
        assert_eq!(sites.find("site_0123456789abcdeF"), None);
    }

    #[test]
    fn ok_every_word() {
        let text =
            format!("shop {KEY} https://a.example;\n\nother {KEY}2 level=dns https://b.example turnstile budget=RCPT_PER_SITE_LARGE");
        let sites = Sites::parse(&text).expect("sites");
        let site = sites.find(&format!("{KEY}2")).expect("a site");
        assert_eq!((site.id.as_str(), site.level, site.turnstile), ("other", Level::Dns, true));
        assert_eq!(
            (site.budget.as_deref(), site.origins.as_slice()),
            (Some("RCPT_PER_SITE_LARGE"), &["https://b.example".to_string()][..])
        );
        assert!(sites.know_origin("https://a.example") && sites.iter().count() == 2);
    }

    #[test]
    fn err_a_bad_setting_is_named() {
        for (text, part) in [
            ("shop?", "site 1: expected an id"),
            ("shop", "site 1: expected site_"),
            ("shop rcpt_0123456789abcdef https://shop.example", "site 1: expected site_"),
            ("shop site_short https://shop.example", "site 1: expected site_"),
            (&format!("shop {KEY}"), "site 1: expected at least one origin"),
            (&format!("shop {KEY} https://*.shop.example"), "site 1: expected origins"),
            (&format!("shop {KEY} https://shop.example level=deep"), "site 1: expected origins"),
            (&format!("a {KEY} https://a.example; b {KEY} https://b.example"), "site 2: expected an id and a key of its own"),
        ] {
            let fault = Sites::parse(text).expect_err(text);
            assert!(fault.contains(part), "{text}: {fault}");
        }
    }
}
