//! What all that is done for one request shares: settings, the request's id, and the routes that were looked up for it.

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, Shared};
use shared::domain::Domain;
use shared::evidence::DnsEvidence;
use shared::wire::Problem;
use wasm_bindgen::JsValue;

use crate::clock::{self, Until};
use crate::config::Config;
use crate::doh::Asker;
use crate::kept::Kept;
use crate::runtime;
use crate::setup::Setup;

/// One request's.
pub(crate) struct Desk {
    /// What the Worker is to be.
    pub(crate) config: Rc<Config>,
    /// The request's id.
    pub(crate) id: String,
    /// Where evidence of mailboxes is kept, where there is such a place.
    pub(crate) kept: Option<Rc<Kept>>,
    /// What is done behind the answer.
    pub(crate) afterwards: Afterwards,
    routes: RefCell<Vec<(Domain, LookUp)>>,
}

/// A look-up that several may wait for.
type LookUp = Shared<LocalBoxFuture<'static, DnsEvidence>>;

impl Desk {
    /// The desk of the request `id`.
    ///
    /// # Errors
    /// `misconfigured`, with every fault.
    pub(crate) fn open(setup: &Rc<Setup>, context: &Rc<JsValue>, id: &str) -> Result<Rc<Self>, Problem> {
        let config = Rc::clone(setup.config.as_ref().map_err(Clone::clone)?);
        let kept = config.probers.as_ref().and_then(|probers| Kept::open(setup, &probers.secret)).map(Rc::new);
        let afterwards = Afterwards(Rc::clone(context));
        Ok(Rc::new(Self { config, id: id.to_owned(), kept, afterwards, routes: RefCell::default() }))
    }

    /// When the answer to a caller who waits for `deadline_ms` must be ready; some is left for putting it together and sending it.
    pub(crate) fn until(&self, deadline_ms: Option<u32>) -> Until {
        let total = deadline_ms.map_or(self.config.deadline_ms, u64::from);
        Until::after(clock::now(), total - (total / 20).clamp(10, 200))
    }

    /// The mail route of `domain`, looked up once for all of the request, by the first one's `until`. One that is kept is used where it is no older
    /// than `max_age_s`.
    pub(crate) fn route(&self, domain: &Domain, until: Until, max_age_s: Option<u32>) -> LookUp {
        let mut routes = self.routes.borrow_mut();
        if let Some((_, look_up)) = routes.iter().find(|(known, _)| known == domain) {
            return look_up.clone();
        }
        let (config, afterwards, domain) = (Rc::clone(&self.config), self.afterwards.clone(), domain.clone());
        let (asker, name) = (Asker { config, until, max_age_s, afterwards }, domain.clone());
        let look_up = async move { asker.route(&name).await }.boxed_local().shared();
        routes.push((domain, look_up.clone()));
        look_up
    }
}

/// Work that is done when the answer is on its way.
#[derive(Clone)]
pub(crate) struct Afterwards(Rc<JsValue>);

impl Afterwards {
    /// Has it done.
    pub(crate) fn run(&self, work: LocalBoxFuture<'static, ()>) {
        runtime::begin(work, Some(&self.0));
    }

    /// Keeps `octets` in the data centre's cache for so long.
    pub(crate) fn keep(&self, key: &str, octets: &[u8], max_age_s: u32) {
        runtime::keep(&self.0, key, octets, max_age_s);
    }
}
