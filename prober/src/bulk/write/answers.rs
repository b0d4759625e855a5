//! Verdicts, judged anew from what a run has found out.

use std::sync::Arc;

use quick_cache::unsync::Cache;
use shared::evidence::{DnsEvidence, Evidence, Probing, UnixMillis};
use shared::verdict::{Level, Step, judge, next_step};
use shared::wire::{Timing, VerifyResponse};

use super::super::Trouble;
use super::super::store::Store;

/// How many domains are remembered.
const REMEMBERED: usize = 20_000;

/// What is known of addresses.
pub(in super::super) struct Answers<'a> {
    store: &'a Store,
    level: Level,
    now: UnixMillis,
    so_far: bool,
    domains: Cache<String, Arc<DnsEvidence>>,
}

impl<'a> Answers<'a> {
    pub(in super::super) fn new(store: &'a Store, level: Level, now: UnixMillis) -> Self {
        Self { store, level, now, so_far: false, domains: Cache::new(REMEMBERED) }
    }

    /// The run has not ended: what is not known yet is no answer.
    pub(in super::super) fn so_far(self) -> Self {
        Self { so_far: true, ..self }
    }

    /// The verdict on an address, as it was given; `None` where it is still to come.
    pub(in super::super) fn verdict(&mut self, text: &str) -> Result<Option<VerifyResponse>, Trouble> {
        let mut evidence = Evidence::of_text(text, self.now);
        if let (Step::Resolve, Some(name)) = (next_step(&evidence, self.level), domain_of(&evidence)) {
            evidence.dns = self.domain(&name)?.map(Arc::unwrap_or_clone);
        }
        if let (Step::Probe, Some(mailbox)) = (next_step(&evidence, self.level), evidence.mailbox()) {
            let report = self.store.report(&mailbox.wire())?;
            evidence.probing = report.map_or(Ok(Probing::NotAsked), |text| read(&text).map(Probing::Reported))?;
        }
        let is_pending = self.so_far && next_step(&evidence, self.level) != Step::Judge;
        let verdict = || VerifyResponse::compose(text, &evidence, judge(&evidence), Timing::default(), "");
        Ok((!is_pending).then(verdict))
    }

    fn domain(&mut self, name: &str) -> Result<Option<Arc<DnsEvidence>>, Trouble> {
        if let Some(known) = self.domains.get(name) {
            return Ok(Some(Arc::clone(known)));
        }
        let found = self.store.domain_evidence(name)?.map(|text| read(&text).map(Arc::new)).transpose()?;
        if let Some(found) = &found {
            self.domains.insert(name.to_owned(), Arc::clone(found));
        }
        Ok(found)
    }
}

fn domain_of(evidence: &Evidence) -> Option<String> {
    Some(evidence.mailbox()?.domain()?.as_ascii().to_owned())
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Trouble> {
    serde_json::from_str(text).map_err(|error| format!("what the run knows cannot be read: {error}"))
}
