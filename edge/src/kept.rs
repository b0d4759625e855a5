//! Evidence of mailboxes, kept in KV where such a namespace is bound: what their hosts say of them, and never what they think of us.
//!
//! Keys are keyed HMACs and values have addresses masked. KV is slow to agree with itself and may be gone; then hosts are asked again.

use std::rc::Rc;

use shared::dns::MailRoute;
use shared::evidence::{ProbeReport, key};
use shared::mailbox::Mailbox;
use shared::verdict::keep::{Use, is_anyones, keeps_s, use_of};
use shared::verdict::weigh::weigh;
use shared::wire::ProbeAnswer;
use shared::wire::signature::Secret;

use crate::clock::{self, Until, by};
use crate::config::EVIDENCE;
use crate::runtime::{self, Call, Came};
use crate::setup::Setup;

/// How long lasting evidence stays for callers who take old one, in seconds.
const STALE_S: u32 = 7 * 86_400;
/// Evidence that holds for less is not worth a place: KV itself may be a minute behind.
const LEAST_S: u32 = 300;
/// How long KV may take, in milliseconds: longer than it does where it has to ask far away, and shorter than asking hosts.
const PATIENCE_MS: u64 = 500;

/// The namespace, and the secret of its keys.
pub(crate) struct Kept {
    setup: Rc<Setup>,
    secret: Secret,
}

impl Kept {
    /// The namespace that is bound, where one is.
    pub(crate) fn open(setup: &Rc<Setup>, secret: &Secret) -> Option<Self> {
        let is_bound = runtime::has_method(&setup.env, EVIDENCE, "get");
        is_bound.then(|| Self { setup: Rc::clone(setup), secret: secret.clone() })
    }

    /// What is kept of `mailbox` along `route` and answers a caller who takes evidence of up to `max_age_s`; whether it is fresh. What does not
    /// come soon is as good as not kept.
    pub(crate) async fn get(
        &self,
        mailbox: &Mailbox,
        route: &MailRoute,
        max_age_s: Option<u32>,
        until: Until,
    ) -> Option<(ProbeReport, bool)> {
        if max_age_s == Some(0) {
            return None;
        }
        let name = self.name(mailbox, route);
        let looked = Call::begin(|number| runtime::get(number, &self.setup.env, EVIDENCE, &name));
        let found = by(until.min(Until::after(clock::now(), PATIENCE_MS)), looked).await.filter(|found| found.came() == Came::Done)?;
        // In the form in which a prober's answer comes: the reader of that one is there already.
        let Ok(ProbeAnswer::Report(report)) = serde_json::from_slice(found.text.as_bytes()) else { return None };
        let age_s = clock::now().seconds().saturating_sub(report.at.seconds());
        match use_of(&report, weigh(&report), age_s, max_age_s) {
            Use::Fresh => Some((report, true)),
            Use::Stale => Some((report, false)),
            Use::None => None,
        }
    }

    /// Keeps `report`, where any asker would have heard the same.
    pub(crate) async fn put(&self, mailbox: &Mailbox, route: &MailRoute, report: &ProbeReport) {
        let verdict = weigh(report);
        if !is_anyones(verdict) || keeps_s(report, verdict) < LEAST_S {
            return;
        }
        let Ok(text) = serde_json::to_string(&ProbeAnswer::Report(report.masked(mailbox))) else { return };
        let name = self.name(mailbox, route);
        // What cannot be kept is asked again.
        Call::begin(|number| runtime::put(number, &self.setup.env, EVIDENCE, &name, &text, STALE_S)).await;
    }

    fn name(&self, mailbox: &Mailbox, route: &MailRoute) -> String {
        format!("1:{}", key::text(self.secret.as_bytes(), &["mailbox", &key::name(mailbox, route)]))
    }
}
