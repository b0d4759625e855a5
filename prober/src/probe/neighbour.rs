//! Whether a host accepts every name at a domain, found out by a made-up neighbour of an accepted mailbox; once, and kept.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::domain::host_name::HostName;
use shared::evidence::{Knowledge, Observation, Outcome, Recipient, SessionFacts, UnixMillis};
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
        let ask = self.recall_or_ask_neighbour(mailbox, (line, host), deadline);
        let found = if line.recorded { ask.await } else { self.neighbours.join(&name, deadline, ask).await.and_then(Brought::answer) };
        let at = found.as_ref().map(|found| found.at);
        facts.observations.extend(found.map(Neighbour::observation));
        at.filter(|at| *at < began)
    }

    async fn recall_or_ask_neighbour(
        &self,
        mailbox: &Mailbox,
        (line, host): (&Arc<Line>, &HostName),
        deadline: Instant,
    ) -> Option<Neighbour> {
        match self.neighbour(&mailbox.domain_text(), host).await.filter(|_| !line.recorded) {
            Some(known) => Some(known),
            None => self.ask_neighbour(mailbox, (line, host), deadline).await,
        }
    }

    async fn ask_neighbour(&self, mailbox: &Mailbox, (line, host): (&Arc<Line>, &HostName), deadline: Instant) -> Option<Neighbour> {
        let decoy = decoy::beside(mailbox, random::number())?;
        let Outcome::Session(facts) = self.lines.ask(line, &decoy, deadline, Turn::Next).await else { return None };
        let seen = facts.about(Recipient::Target)?;
        self.keep_neighbour(&decoy, host, &seen.reply).await
    }

    /// Keeps what a host said of a name that another mailbox of its domain can learn from.
    pub(super) async fn keep_neighbour(&self, name: &Mailbox, host: &HostName, reply: &Reply) -> Option<Neighbour> {
        let now = clock::now();
        let neighbour = Neighbour { at: now, reply: mask_reply(Stage::Rcpt, reply, name) };
        if neighbour.accept_all() != Knowledge::Unknown {
            let key = [&*name.domain_text(), host.as_str()];
            self.kept.put(Kind::Neighbour, &key, &neighbour, MEMORY, Reach::Shared, now).await;
        }
        Some(neighbour)
    }
}
