//! Who asks: an API key, a page of a site, or anyone.

use shared::wire::access::{ApiKeys, Scope, Site, Sites, api_key, network};
use shared::wire::{Problem, ProblemKind};

use super::settings::Mode;
use crate::asked::{Asked, SITE_HEADER, TURNSTILE_HEADER};

/// Where Cloudflare says who asks.
const IP_HEADER: &str = "cf-connecting-ip";
/// Where pages may ask: here their answers are cut to what they may learn.
const PAGES_PATH: &str = "/v1/verify";
/// The longest Turnstile token (Cloudflare, Turnstile: server-side validation).
const MAX_TOKEN: usize = 2048;

/// Who asks.
pub(crate) struct Caller {
    /// By which right.
    pub(crate) who: Who,
    /// From which network; all whose address is not known are one.
    pub(super) network: String,
    /// With which Turnstile token.
    pub(super) token: Option<String>,
}

/// By which right somebody asks.
pub(crate) enum Who {
    /// None is needed.
    Anyone,
    /// An API key.
    Key {
        /// Its name.
        id: String,
        /// Whether it is for tests.
        test: bool,
    },
    /// A page.
    Site {
        /// Whose page.
        site: Site,
        /// Its origin, which is one of the site's.
        origin: String,
    },
}

/// The network that a request comes from.
pub(super) fn network_of(asked: &Asked) -> String {
    asked.header(IP_HEADER).and_then(network::of).unwrap_or_default()
}

impl Caller {
    pub(super) fn identify(mode: &Mode, asked: &Asked, scope: Scope, network: &str) -> Result<Self, Problem> {
        let who = match mode {
            Mode::Open { .. } => Who::Anyone,
            Mode::Keys { keys, sites } => match (asked.header("authorization"), asked.header(SITE_HEADER)) {
                (Some(credentials), _) => by_key(keys, credentials, scope)?,
                (None, Some(key)) => by_site(sites, key, asked)?,
                (None, None) => {
                    let detail =
                        format!("expected authorization: Bearer {}…, or {SITE_HEADER} from a page, found neither", api_key::LIVE_PREFIX);
                    return Err(ProblemKind::KeyMissing.because(detail));
                }
            },
        };
        let token = asked.header(TURNSTILE_HEADER).filter(|token| token.len() <= MAX_TOKEN).map(str::to_owned);
        Ok(Self { who, network: network.to_owned(), token })
    }

    /// Whether this caller may ask about domains: a test key asks about magic addresses only.
    ///
    /// # Errors
    /// `test_key`.
    pub(crate) fn check_domains(&self) -> Result<(), Problem> {
        match self.who {
            Who::Key { test: true, .. } => Err(ProblemKind::TestKey.because("expected a key that is not for tests")),
            _ => Ok(()),
        }
    }

    /// Under which names this caller's questions are counted together. A site's pages are counted by visitor.
    pub(super) fn parts(&self) -> [&str; 3] {
        match &self.who {
            Who::Anyone => ["anyone", "", &self.network],
            Who::Key { id, .. } => ["key", id, ""],
            Who::Site { site, .. } => ["site", &site.id, &self.network],
        }
    }
}

fn by_key(keys: &ApiKeys, credentials: &str, scope: Scope) -> Result<Who, Problem> {
    let bearer = credentials.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, presented)) = bearer else {
        return Err(ProblemKind::KeyMissing.because("expected authorization: Bearer and a key, found another form"));
    };
    let presented = presented.trim();
    let Some(key) = keys.find(presented) else {
        return Err(ProblemKind::KeyUnknown.because("expected a key of this service, found another"));
    };
    if !key.allows(scope) {
        return Err(ProblemKind::ScopeMissing.because(format!("expected a key with scope {}", scope.as_str())));
    }
    Ok(Who::Key { id: key.id().to_owned(), test: api_key::is_test(presented) })
}

fn by_site(sites: &Sites, key: &str, asked: &Asked) -> Result<Who, Problem> {
    let Some(site) = sites.find(key) else {
        return Err(ProblemKind::KeyUnknown.because("expected a site key of this service, found another"));
    };
    let Some(origin) = asked.header("origin").filter(|origin| site.allows(origin)) else {
        return Err(ProblemKind::OriginRefused.because("expected a page of this site, found another or none"));
    };
    if asked.path() != PAGES_PATH {
        return Err(ProblemKind::ScopeMissing.because("expected an API key, found a site key"));
    }
    Ok(Who::Site { site: site.clone(), origin: origin.to_owned() })
}
