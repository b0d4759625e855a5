//! Budgets, counted by the runtime's rate-limit bindings: each location of Cloudflare's counts for itself, and roughly.

use shared::domain::list;
use shared::mailbox::Mailbox;
use shared::verdict::magic;
use shared::wire::access::{Pseudonym, quota};
use shared::wire::{Problem, ProblemKind};
use wasm_bindgen::JsValue;

use super::{Access, Caller, memory};
use crate::clock;
use crate::respond::Exchange;
use crate::runtime::{self, Call, Came};

/// Requests of one client network.
pub(super) const PER_IP: &str = "RCPT_PER_IP";
/// Questions of one site.
pub(super) const PER_SITE: &str = "RCPT_PER_SITE";
/// Questions about one domain where not anyone can open a mailbox, whoever asks.
pub(super) const PER_DOMAIN: &str = "RCPT_PER_DOMAIN";
/// New mailboxes of one domain that one caller asks about.
pub(super) const NEW_MAILBOXES: &str = "RCPT_NEW_MAILBOXES";
/// The same at domains where anyone can open a mailbox.
pub(super) const NEW_MAILBOXES_FREE: &str = "RCPT_NEW_MAILBOXES_FREE";

/// All that a site needs.
pub(super) const ALL: [&str; 5] = [PER_IP, PER_SITE, PER_DOMAIN, NEW_MAILBOXES, NEW_MAILBOXES_FREE];

/// Whether a counter of this name is bound.
pub(super) fn is_bound(env: &JsValue, binding: &str) -> bool {
    runtime::has_method(env, binding, "limit")
}

/// Takes one from what `binding` counts under `name`; whether it was there.
async fn take(env: &JsValue, binding: &str, name: &str) -> Option<bool> {
    match Call::begin(|number| runtime::limit(number, env, binding, name)).await.came() {
        Came::Done => Some(true),
        Came::Nothing => Some(false),
        _ => None,
    }
}

impl Access {
    /// Takes one from a budget; a budget that is not bound is not kept.
    ///
    /// # Errors
    /// `rate_limited`, `access_unavailable`.
    pub(super) async fn spend(&self, binding: &str, parts: &[&str], exchange: &mut Exchange) -> Result<(), Problem> {
        let Some(secret) = self.settings.secret.as_ref().filter(|_| self.settings.is_bound(binding)) else { return Ok(()) };
        let name = Pseudonym::of(secret, binding, parts).to_string();
        let unavailable = || {
            runtime::warn(&format!("{binding} does not count, so questions are refused"));
            ProblemKind::AccessUnavailable.because("a budget could not be counted")
        };
        let is_left = self.in_time(take(&self.setup.env, binding, &name)).await.ok_or_else(unavailable)?;
        let policy = self.settings.quotas.policy(binding).map(|policy| ("ratelimit-policy", policy));
        if is_left {
            // An item for each budget; the field's values are a list.
            exchange.told.extend(policy);
            return Ok(());
        }
        exchange.told = policy.into_iter().collect();
        exchange.told.push(("ratelimit", quota::used_up(binding)));
        exchange.told.push(("retry-after", quota::WINDOW_S.to_string()));
        Err(ProblemKind::RateLimited.because(format!("expected fewer requests; what is used up is there again in {} s", quota::WINDOW_S)))
    }

    /// Counts a question about `mailbox`: where this caller did not ask about it lately by caller and domain, since many names of one domain,
    /// few of them twice, is how a list is made and not how people sign up; then by domain alone.
    ///
    /// The caller's own budget comes first, so that whoever has used it up takes nothing of what others share. Domains where anyone can open a
    /// mailbox have no such budget: their hosts bear a crowd, and a few callers could close them to all others.
    ///
    /// # Errors
    /// `rate_limited`, `too_many_mailboxes_of_domain`, `access_unavailable`.
    pub(super) async fn count_mailbox(&self, caller: &Caller, mailbox: &Mailbox, exchange: &mut Exchange) -> Result<(), Problem> {
        let Some(domain) = mailbox.domain().filter(|domain| domain.as_ascii() != magic::DOMAIN) else { return Ok(()) };
        let (is_free, domain) = (list::is_free(domain), domain.as_ascii());
        let [kind, id, network] = caller.parts();
        if let Some(name) = self.name_where_new(&[kind, id, network, &mailbox.canonical()]) {
            let binding = if is_free { NEW_MAILBOXES_FREE } else { NEW_MAILBOXES };
            self.spend(binding, &[kind, id, network, domain], exchange).await.map_err(too_many)?;
            memory::ask(name, clock::now());
        }
        if is_free { Ok(()) } else { self.spend(PER_DOMAIN, &[domain], exchange).await }
    }

    /// Under which name it is remembered that this caller asked about this mailbox; `None` where it is remembered already.
    fn name_where_new(&self, parts: &[&str]) -> Option<Pseudonym> {
        let name = Pseudonym::of(self.settings.secret.as_ref()?, "mailbox", parts);
        (!memory::was_asked(name, clock::now())).then_some(name)
    }
}

fn too_many(problem: Problem) -> Problem {
    match problem.kind {
        ProblemKind::RateLimited => {
            ProblemKind::TooManyMailboxesOfDomain.because("expected few different mailboxes of one domain, found as many as a list has")
        }
        _ => problem,
    }
}
