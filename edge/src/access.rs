//! Who may ask, and how much.
//!
//! Texts are read by `shared::wire::access`; here they meet the request, the runtime's counters and its memory. Nothing is counted or kept
//! under an address, a local part or a client's address, but under a keyed name. What cannot be decided is refused, never let through.

mod budget;
mod caller;
mod memory;
mod nonce;
mod settings;
mod turnstile;

use std::cell::Cell;
use std::rc::Rc;

use shared::mailbox::Mailbox;
use shared::verdict::{Level, magic};
use shared::wire::access::Scope;
use shared::wire::receipt::NONCE_FORM;
use shared::wire::{Problem, ProblemKind, VerifyRequest};

pub(crate) use caller::{Caller, Who};
use settings::Mode;
pub(crate) use settings::Settings;

use crate::asked::Asked;
use crate::clock::{self, Until, by};
use crate::receipt::Receipts;
use crate::respond::Exchange;
use crate::setup::Setup;

/// How long a counter or a store may take, in milliseconds.
const PATIENCE_MS: u64 = 2_000;

/// Access as it is configured.
pub(crate) struct Access {
    setup: Rc<Setup>,
    settings: Rc<Settings>,
    /// How long a counter or a store may still take: one that hangs is waited for once, and not for each address of a batch.
    patience_ms: Cell<u64>,
}

impl Access {
    /// As it is set up.
    ///
    /// # Errors
    /// `misconfigured`, with every fault.
    pub(crate) fn open(setup: &Rc<Setup>) -> Result<Self, Problem> {
        let settings = Rc::clone(setup.access.as_ref().map_err(Clone::clone)?);
        Ok(Self { setup: Rc::clone(setup), settings, patience_ms: Cell::new(PATIENCE_MS) })
    }

    /// What a counter or a store says, where it does so in time; nothing is as good as a failure.
    async fn in_time(&self, work: impl Future<Output = Option<bool>>) -> Option<bool> {
        let answer = by(Until::after(clock::now(), self.patience_ms.get()), work).await;
        answer.unwrap_or_else(|| {
            self.patience_ms.set(0);
            None
        })
    }

    /// How receipts are made.
    pub(crate) fn receipts(&self) -> &Rc<Receipts> {
        &self.settings.receipts
    }

    /// The asking page's origin, where a page of it may ask. A browser's own question whether it may ask (Fetch, CORS preflight) does not say
    /// for which site; the site's own origins are held against it once the site is known.
    pub(crate) fn origin_of(&self, asked: &Asked) -> Option<String> {
        let origin = asked.header("origin")?;
        let may_ask = match &self.settings.mode {
            Mode::Open { origins } => origins.iter().any(|known| known == origin),
            Mode::Keys { sites, .. } => asked.method() == "OPTIONS" && sites.know_origin(origin),
        };
        may_ask.then(|| origin.to_owned())
    }

    /// Who asks, and whether they may ask for `scope` at all. Who guesses is counted as a caller, too, at the cost of nobody who has a key.
    ///
    /// # Errors
    /// `key_missing`, `key_unknown`, `scope_missing`, `origin_refused`, `rate_limited`, `access_unavailable`.
    pub(crate) async fn identify(&self, asked: &Asked, scope: Scope, exchange: &mut Exchange) -> Result<Caller, Problem> {
        let network = caller::network_of(asked);
        let identified = Caller::identify(&self.settings.mode, asked, scope, &network);
        match &identified {
            Ok(Caller { who: Who::Site { origin, .. }, .. }) => exchange.origin = Some(origin.clone()),
            Err(Problem { kind: ProblemKind::KeyMissing | ProblemKind::KeyUnknown | ProblemKind::OriginRefused, .. }) => {
                self.spend(budget::PER_IP, &[&network], exchange).await?;
            }
            _ => {}
        }
        identified
    }

    /// Counts one request of this caller, before any of it is read.
    ///
    /// # Errors
    /// `rate_limited`, `access_unavailable`.
    pub(crate) async fn admit_caller(&self, caller: &Caller, exchange: &mut Exchange) -> Result<(), Problem> {
        match caller.who {
            // A back end asks from one address for everybody; what it may do is bounded by domain.
            Who::Key { .. } => Ok(()),
            Who::Anyone | Who::Site { .. } => self.spend(budget::PER_IP, &[&caller.network], exchange).await,
        }
    }

    /// Whether this one question may be asked, and as what.
    ///
    /// 1. a test key asks about magic addresses only;
    /// 2. a page names a nonce, asks no deeper than its site may, and does not choose how old evidence is;
    /// 3. its Turnstile token is good, before anything is counted that others share;
    /// 4. the site's budget;
    /// 5. the caller's budget of the domain's mailboxes, and the domain's own;
    /// 6. the nonce is new.
    ///
    /// # Errors
    /// `test_key`, `invalid_request`, `turnstile_failed`, `turnstile_unavailable`, `rate_limited`, `too_many_mailboxes_of_domain`, `nonce_used`,
    /// `access_unavailable`.
    pub(crate) async fn admit_question(&self, caller: &Caller, ask: &mut VerifyRequest, exchange: &mut Exchange) -> Result<(), Problem> {
        let mailbox = Mailbox::parse(&ask.email).ok();
        // 1. Test keys.
        let is_magic = mailbox.as_ref().and_then(magic::reason_of).is_some();
        if matches!(caller.who, Who::Key { test: true, .. }) && !is_magic {
            return Err(ProblemKind::TestKey.because(format!("expected <reason>@{}, found another text", magic::DOMAIN)));
        }
        if let Who::Site { site, origin } = &caller.who {
            // 2. What pages may ask.
            if ask.nonce.is_none() {
                return Err(ProblemKind::InvalidRequest.because(format!("nonce: expected {NONCE_FORM}, found none")));
            }
            ask.level = ask.level.min(site.level);
            ask.max_age_s = None;
            // 3. Turnstile.
            if site.turnstile {
                turnstile::check(self.settings.turnstile.as_ref(), caller.token.as_deref(), origin).await?;
            }
            // 4. The site's budget.
            self.spend(site.budget.as_deref().unwrap_or(budget::PER_SITE), &[&site.id], exchange).await?;
        }
        // 5. Mailboxes and domains. Where no mail host is asked, nothing is learnt of a mailbox.
        if let Some(mailbox) = mailbox.filter(|_| ask.level == Level::Smtp) {
            self.count_mailbox(caller, &mailbox, exchange).await?;
        }
        // 6. The nonce.
        match (&caller.who, &ask.nonce) {
            (Who::Site { site, .. }, Some(nonce)) => self.use_nonce(&site.id, nonce).await,
            _ => Ok(()),
        }
    }
}
