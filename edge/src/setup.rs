//! What variables, secrets and bindings say, read once: they are the same for as long as an isolate lives.

use std::cell::RefCell;
use std::rc::Rc;

use shared::wire::Problem;
use wasm_bindgen::JsValue;

use crate::access::Settings;
use crate::config::Config;

/// All of it, or what is wrong with each part.
pub(crate) struct Setup {
    /// The runtime's own variables and bindings.
    pub(crate) env: JsValue,
    /// Who may ask.
    pub(crate) access: Result<Rc<Settings>, Problem>,
    /// What the Worker is to be.
    pub(crate) config: Result<Rc<Config>, Problem>,
}

thread_local! {
    static KNOWN: RefCell<Option<Rc<Setup>>> = const { RefCell::new(None) };
}

impl Setup {
    /// What `env` says. Another object is read anew.
    pub(crate) fn of(env: JsValue) -> Rc<Self> {
        if let Some(known) = KNOWN.with_borrow(|known| known.as_ref().filter(|known| known.env == env).cloned()) {
            return known;
        }
        let (access, config) = (Settings::from_env(&env).map(Rc::new), Config::from_env(&env).map(Rc::new));
        let setup = Rc::new(Self { env, access, config });
        KNOWN.set(Some(Rc::clone(&setup)));
        setup
    }
}
