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

    /// Keeps what `report`, found out earlier than `now`, tells about the neighbours of its mailbox, for as long as it would have been kept.
    pub async fn remember_neighbours(&self, mailbox: &Mailbox, report: &ProbeReport, now: UnixMillis) {
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

#[cfg(test)]
mod tests {
    use shared::evidence::Attempt;

    use super::*;
    use crate::config::{Config, Given};

    /// A report of then, with what a host said of a neighbour.
    fn report(at: UnixMillis, decoy_at: Option<UnixMillis>, reply: &str) -> ProbeReport {
        let reply = Reply::parse(reply).expect("a reply");
        let observations = vec![Observation { stage: Stage::Rcpt, recipient: Some(Recipient::Decoy), reply }];
        let session = SessionFacts { tls: false, certificate: None, observations, end: shared::evidence::SessionEnd::Quit };
        let attempt = Attempt { host: HostName::new("mx.x.example"), ip: None, outcome: Outcome::Session(session) };
        let (attempts, transcript) = (vec![attempt], Vec::new());
        ProbeReport { at, elapsed_ms: 1, complete: true, attempts, decoy_at, greylist_delay_s: None, transcript }
    }

    async fn known(prober: &Prober, domain: &str, now: UnixMillis) -> Option<Knowledge> {
        let found: Option<Neighbour> = prober.kept.get(Kind::Neighbour, &[domain, "mx.x.example"], now).await;
        found.map(|found| found.accept_all())
    }

    #[tokio::test]
    async fn ok_what_was_learnt_is_known_again_for_the_rest_of_its_day() {
        let config = Config::from_given(Given::default(), true).expect("the lab's settings");
        let prober = Prober::new(&config).expect("a prober");
        let day_ms = 24 * 3_600_000;
        let (asked, began) = (UnixMillis(1_000_000), UnixMillis(1_000_000 + day_ms / 2));
        let mailbox = |domain: &str| Mailbox::parse(&format!("ada@{domain}")).expect("a mailbox");
        for (domain, report, expected) in [
            ("no.example", report(asked, None, "550 5.1.1 User unknown\r\n"), Some(Knowledge::No)),
            ("all.example", report(asked, None, "250 2.1.5 Ok\r\n"), Some(Knowledge::Yes)),
            // The neighbour was asked about before the mailbox.
            ("older.example", report(began, Some(asked), "250 2.1.5 Ok\r\n"), Some(Knowledge::Yes)),
            ("blocks.example", report(asked, None, "550 5.7.1 blocked\r\n"), None),
        ] {
            prober.remember_neighbours(&mailbox(domain), &report, began).await;
            assert_eq!(known(&prober, domain, began).await, expected, "{domain}");
            assert_eq!(known(&prober, domain, UnixMillis(asked.0 + day_ms - 1)).await, expected, "{domain}");
            assert_eq!(known(&prober, domain, UnixMillis(asked.0 + day_ms)).await, None, "{domain}");
        }
        let late = report(asked, None, "250 2.1.5 Ok\r\n");
        prober.remember_neighbours(&mailbox("late.example"), &late, UnixMillis(asked.0 + day_ms)).await;
        assert_eq!(known(&prober, "late.example", UnixMillis(asked.0 + day_ms)).await, None, "its day was over");
    }
}
