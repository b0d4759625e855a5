//! Whether a host accepts every name at a domain, found out by a made-up neighbour of an accepted mailbox; once, and kept.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::domain::host_name::HostName;
use shared::evidence::{Knowledge, Observation, Outcome, ProbeReport, Recipient, SessionFacts, UnixMillis};
use shared::mailbox::Mailbox;
use shared::smtp::dialogue::mask_reply;
use shared::smtp::{FindingKind, Reply, Stage, classify, decoy};
use tokio::time::Instant;

use super::Prober;
use crate::flight::Brought;
use crate::kept::{Kind, Reach};
use crate::line::{Line, Turn};
use crate::{clock, random};

/// How long it is kept: administrators do change their minds.
const MEMORY: Duration = Duration::from_hours(24);

/// What came of looking for it.
#[derive(Debug, Clone)]
pub(super) enum Search {
    /// The host said something.
    Heard(Neighbour),
    /// It said nothing, or there is no name to ask about.
    InVain,
    /// The time of whoever asked was over before the answer came.
    TooLate,
}

/// What a host said of another name at a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbour {
    /// When.
    pub at: UnixMillis,
    /// In these words, with the name masked.
    pub reply: Reply,
}

impl Neighbour {
    /// Whether the host accepts every name. A refusal about us, a passing one and silence tell nothing.
    pub fn accept_all(&self) -> Knowledge {
        match classify(Stage::Rcpt, &self.reply).kind {
            FindingKind::Accepted => Knowledge::Yes,
            FindingKind::MailboxNotFound => Knowledge::No,
            _ => Knowledge::Unknown,
        }
    }

    /// As an observation beside a target's.
    fn observation(self) -> Observation {
        Observation { stage: Stage::Rcpt, recipient: Some(Recipient::Decoy), reply: self.reply }
    }
}

impl Prober {
    /// What is known of a host's other names at a domain.
    pub async fn neighbour(&self, domain: &str, host: &HostName) -> Option<Neighbour> {
        self.kept.get(Kind::Neighbour, &[domain, host.as_str()], clock::now()).await
    }

    /// Adds to the facts of an accepted `mailbox` what the host, under the name that the route gives it, says of a neighbour; when that was
    /// asked, where it was before `began`.
    pub(super) async fn look_beside(
        &self,
        facts: &mut SessionFacts,
        mailbox: &Mailbox,
        (line, host): (&Arc<Line>, &HostName),
        deadline: Instant,
        began: UnixMillis,
    ) -> Option<UnixMillis> {
        let name = format!("{} {}", mailbox.domain_text(), host.as_str());
        let search = loop {
            let ask = self.recall_or_ask_neighbour(mailbox, (line, host), deadline);
            if line.recorded {
                break ask.await;
            }
            match self.neighbours.join(&name, deadline, ask).await {
                // They had less time than we do.
                Some(Brought::Theirs(Search::TooLate)) if Instant::now() < deadline => {}
                brought => break brought.map_or(Search::TooLate, Brought::answer),
            }
        };
        let found = if let Search::Heard(found) = search { Some(found) } else { None };
        let at = found.as_ref().map(|found| found.at);
        facts.observations.extend(found.map(Neighbour::observation));
        at.filter(|at| *at < began)
    }

    async fn recall_or_ask_neighbour(&self, mailbox: &Mailbox, (line, host): (&Arc<Line>, &HostName), deadline: Instant) -> Search {
        match self.neighbour(&mailbox.domain_text(), host).await.filter(|_| !line.recorded) {
            Some(known) => Search::Heard(known),
            None => self.ask_neighbour(mailbox, (line, host), deadline).await,
        }
    }

    async fn ask_neighbour(&self, mailbox: &Mailbox, (line, host): (&Arc<Line>, &HostName), deadline: Instant) -> Search {
        let Some(decoy) = decoy::beside(mailbox, random::number()) else { return Search::InVain };
        let outcome = self.lines.ask(line, &decoy, deadline, Turn::Next).await;
        let reply = if let Outcome::Session(facts) = &outcome { facts.about(Recipient::Target).map(|seen| &seen.reply) } else { None };
        match reply {
            Some(reply) => Search::Heard(self.keep_neighbour(&decoy, host, reply).await),
            None if Instant::now() >= deadline => Search::TooLate,
            None => Search::InVain,
        }
    }

    /// Keeps what `report`, found out earlier, tells about the neighbours of its mailbox.
    pub async fn remember_neighbours(&self, mailbox: &Mailbox, report: &ProbeReport) {
        let now = clock::now();
        for attempt in &report.attempts {
            let Some(seen) = attempt.session().and_then(|facts| facts.about(Recipient::Decoy)) else { continue };
            let neighbour = Neighbour { at: report.decoy_at.unwrap_or(report.at), reply: seen.reply.clone() };
            let left = MEMORY.saturating_sub(Duration::from_millis(now.0.saturating_sub(neighbour.at.0)));
            if neighbour.accept_all() != Knowledge::Unknown && !left.is_zero() {
                let key = [&*mailbox.domain_text(), attempt.host.as_str()];
                self.kept.put(Kind::Neighbour, &key, &neighbour, left, Reach::Here, now).await;
            }
        }
    }

    /// Keeps what a host said of a name that another mailbox of its domain can learn from.
    pub(super) async fn keep_neighbour(&self, name: &Mailbox, host: &HostName, reply: &Reply) -> Neighbour {
        let now = clock::now();
        let neighbour = Neighbour { at: now, reply: mask_reply(Stage::Rcpt, reply, name) };
        if neighbour.accept_all() != Knowledge::Unknown {
            let key = [&*name.domain_text(), host.as_str()];
            self.kept.put(Kind::Neighbour, &key, &neighbour, MEMORY, Reach::Shared, now).await;
        }
        neighbour
    }
}
