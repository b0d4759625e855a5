//! The core as a page loads it: what can be said of an address without asking anybody, in the words of the contract.
//!
//! The lists of throw-away services and free providers weigh as much as the rest. They are files of their own, which a page hands in when it has
//! them.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;

use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::domain::suggestion::suggest_at_once;
use crate::domain::{Domain, list};
use crate::evidence::{Evidence, UnixMillis};
use crate::mailbox::Mailbox;
use crate::mailbox::traits::{is_relay, is_role};
use crate::smtp::About;
use crate::verdict::explanation::explain_text;
use crate::verdict::{POLICY, Reason, Status, judge_text};
use crate::wire::response::{MailboxPart, SyntaxPart};

/// The core with the lists that it was given.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Core {
    lists: Option<Lists>,
}

/// Lists as `shared/tables` has them.
#[derive(Debug)]
struct Lists {
    disposable: String,
    free: String,
}

#[wasm_bindgen]
impl Core {
    /// A core that does not know the lists yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the lists of throw-away services and of free providers, as `shared/tables/disposable.txt` and `shared/tables/free.txt` have them.
    pub fn learn(&mut self, disposable: String, free: String) {
        self.lists = Some(Lists { disposable, free });
    }

    /// What is to be said of `email`, as JSON: the fields of a verdict at level `syntax` that are about the address. Nothing where the text
    /// needs Unicode's tables and this core has none.
    pub fn parse(&self, email: &str) -> Option<String> {
        #[cfg(not(feature = "unicode"))]
        if !crate::domain::unicode::is_plain(email) {
            return None;
        }
        let evidence = Evidence::of_text(email, UnixMillis(0));
        serde_json::to_string(&Parsed::of(email, &evidence, self.lists.as_ref())).ok()
    }
}

/// A verdict on a text alone. Field for field what `VerifyResponse` says of it.
#[derive(Serialize)]
struct Parsed<'a> {
    email: &'a str,
    status: Status,
    reason: Reason,
    about: About,
    explanation: Cow<'static, str>,
    mailbox: Option<MailboxPart>,
    syntax: SyntaxPart,
    traits: TraitsPart,
    suggestion: Option<String>,
    policy: &'static str,
}

/// The traits; `disposable` and `free` are not known before the lists are there.
#[derive(Serialize)]
struct TraitsPart {
    disposable: Option<bool>,
    free: Option<bool>,
    role: bool,
    relay: bool,
}

impl<'a> Parsed<'a> {
    fn of(email: &'a str, evidence: &Evidence, lists: Option<&Lists>) -> Self {
        let reason = judge_text(&evidence.address);
        let mailbox = evidence.mailbox();
        Self {
            email,
            status: reason.status(),
            reason,
            about: reason.about(),
            explanation: explain_text(evidence, reason),
            mailbox: mailbox.map(MailboxPart::of),
            syntax: SyntaxPart::of(evidence),
            traits: TraitsPart::of(mailbox, lists),
            suggestion: mailbox.and_then(meant),
            policy: POLICY,
        }
    }
}

/// The whole address with the domain that was probably meant.
fn meant(mailbox: &Mailbox) -> Option<String> {
    let domain = suggest_at_once(mailbox.domain()?)?;
    Some(format!("{}@{domain}", mailbox.local_part()))
}

impl TraitsPart {
    fn of(mailbox: Option<&Mailbox>, lists: Option<&Lists>) -> Self {
        let relay = mailbox.is_some_and(is_relay);
        let on = |is_on: fn(&Lists, &Domain) -> bool| {
            let domain = mailbox.and_then(Mailbox::domain);
            domain.map_or(Some(false), |domain| lists.map(|lists| is_on(lists, domain)))
        };
        let disposable = if relay { Some(false) } else { on(|lists, domain| list::is_disposable_by(&lists.disposable, domain)) };
        let free = on(|lists, domain| list::is_free_by(&lists.free, domain));
        Self { disposable, free, role: mailbox.is_some_and(is_role), relay }
    }
}
