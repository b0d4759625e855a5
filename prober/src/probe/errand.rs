//! One walk along a route: hosts by preference, their addresses, until one answers about the mailbox.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use shared::dns::MailRoute;
use shared::domain::host_name::HostName;
use shared::domain::operator::Operator;
use shared::domain::operator::conduct::{Conduct, DecoyPolicy};
use shared::evidence::{Attempt, Knowledge, Outcome, ProbeReport, Recipient, SessionFacts, UnixMillis};
use shared::mailbox::Mailbox;
use shared::smtp::FindingKind;
use shared::verdict::weigh::settles;
use tokio::time::{Instant, sleep};
use tracing::Instrument as _;

use super::{Ask, Prober};
use crate::dial_policy::Refusal;
use crate::line::{Line, Turn};
use crate::{clock, random};

/// The most connections one probe may open: a guest does not try every door.
const MAX_DIALS: usize = 6;
/// The most hosts of a route that are looked up: a zone may name thousands, and each would cost a question.
const MAX_HOSTS: usize = 10;
/// How many sessions may end with our source blocked before the others of the route are spared.
const MAX_BLOCKED: usize = 2;
/// The most addresses of one host that are tried.
const MAX_ADDRESSES: usize = 3;

/// One mailbox's walk as it goes.
pub(super) struct Errand<'a> {
    prober: &'a Prober,
    ask: Ask<'a>,
    attempts: Vec<Attempt>,
    dials: usize,
    began: UnixMillis,
    decoy_at: Option<UnixMillis>,
    transcript: Vec<String>,
}

impl<'a> Errand<'a> {
    pub(super) fn new(prober: &'a Prober, ask: Ask<'a>) -> Self {
        Self { prober, ask, attempts: Vec::new(), dials: 0, began: clock::now(), decoy_at: None, transcript: Vec::new() }
    }

    /// Walks, and reports.
    pub(super) async fn run(mut self) -> ProbeReport {
        let started = Instant::now();
        let complete = self.walk(&hosts_in_order(self.ask.mailbox, self.ask.route)).await;
        ProbeReport {
            at: clock::now(),
            elapsed_ms: u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX),
            complete,
            attempts: self.attempts,
            decoy_at: self.decoy_at,
            greylist_delay_s: None,
            transcript: self.transcript,
        }
    }

    /// Whether every host was heard; `false` where one settled it or time or tries ran out.
    async fn walk(&mut self, hosts: &[HostName]) -> bool {
        for (n, host) in hosts.iter().take(MAX_HOSTS).enumerate() {
            let more_hosts = n + 1 < hosts.len().min(MAX_HOSTS);
            if self.is_exhausted() || self.ask_host(host, more_hosts).await {
                return false;
            }
        }
        hosts.len() <= MAX_HOSTS && !self.is_exhausted()
    }

    fn is_exhausted(&self) -> bool {
        self.dials >= MAX_DIALS || Instant::now() >= self.ask.deadline || self.is_unwelcome()
    }

    /// Whether the route's hosts said often enough that they do not talk to our source.
    fn is_unwelcome(&self) -> bool {
        let decisive = |attempt: &Attempt| attempt.session().and_then(SessionFacts::decisive).map(|seen| seen.finding().kind);
        self.attempts.iter().filter(|attempt| decisive(attempt) == Some(FindingKind::SenderBlocked)).count() >= MAX_BLOCKED
    }

    /// Tries a host's addresses; whether one settled the matter.
    async fn ask_host(&mut self, host: &HostName, more_hosts: bool) -> bool {
        // In a box, since it is large and soon over, and what waits behind it is not.
        let addresses = match Box::pin(self.prober.resolver.addresses(host, self.share(more_hosts))).await {
            Ok(addresses) => addresses,
            Err(failure) => return self.note(host, None, Outcome::AddressUnavailable { failure }),
        };
        if addresses.is_empty() {
            return self.note(host, None, Outcome::NoAddress);
        }
        let addresses = self.prober.lines.house.dialer.family.order(addresses, MAX_ADDRESSES);
        if addresses.is_empty() {
            // It has addresses, but none of a family that we dial.
            return self.note(host, None, Outcome::ConnectFailed);
        }
        for (n, ip) in addresses.iter().enumerate() {
            let rest = addresses.get(n + 1..).unwrap_or_default();
            let span = tracing::info_span!("attempt", host = host.as_str(), %ip);
            let outcome = self.ask_address(host, *ip, more_hosts || !rest.is_empty()).instrument(span).await;
            let (answered, settled) = (matches!(outcome, Outcome::Session(_)), self.note(host, Some(*ip), outcome));
            // A host that refused us over one family may know us better over the other; over the same one it would repeat itself.
            let other_family = rest.iter().any(|next| next.is_ipv4() != ip.is_ipv4());
            if settled || self.is_exhausted() || (answered && !other_family) {
                return settled;
            }
        }
        false
    }

    async fn ask_address(&mut self, host: &HostName, ip: IpAddr, more: bool) -> Outcome {
        match self.prober.policy.permit(ip) {
            Err(Refusal::NotRoutable) => return Outcome::NotRoutable,
            Err(Refusal::OutsideLab) => return Outcome::OutsideLab,
            Ok(()) => {}
        }
        if !self.prober.gate.admits(Operator::of_exchange(host), Instant::now()) {
            return Outcome::SourceUnfit;
        }
        self.dials += 1;
        let (lines, address) = (&self.prober.lines, self.prober.address_of(ip));
        let line = if self.ask.transcript { lines.apart(address, host) } else { lines.to(address, host) };
        let mut outcome = lines.ask(&line, self.ask.mailbox, self.share(more), Turn::Last).await;
        if let Outcome::Session(facts) = &mut outcome {
            Box::pin(self.learn(facts, &line, host)).await;
        }
        if line.recorded {
            self.end_recording(&line).await;
        }
        outcome
    }

    /// What an answer teaches beyond the mailbox: whether our source is welcome, and whether the host accepts every name.
    async fn learn(&mut self, facts: &mut SessionFacts, line: &Arc<Line>, host: &HostName) {
        let Some(finding) = facts.decisive().map(|seen| seen.finding().kind) else { return };
        self.prober.gate.heard(line.operator(), (&self.ask.mailbox.domain_text(), line.ip()), finding, Instant::now());
        let Some(seen) = facts.about(Recipient::Target) else { return };
        match finding {
            FindingKind::Accepted if asks_decoy(line) => {
                self.decoy_at = self.prober.look_beside(facts, self.ask.mailbox, (line, host), self.ask.deadline, self.began).await;
            }
            // A host that can say so of anyone does not accept everything.
            FindingKind::MailboxNotFound if !line.recorded && !self.accepts_all(host).await => {
                let _ = self.prober.keep_neighbour(self.ask.mailbox, host, &seen.reply).await;
            }
            _ => {}
        }
    }

    /// Whether a decoy was accepted here: one name that is refused all the same does not take that back.
    async fn accepts_all(&self, host: &HostName) -> bool {
        let known = self.prober.neighbour(&self.ask.mailbox.domain_text(), host).await;
        known.is_some_and(|known| known.accept_all() == Knowledge::Yes)
    }

    /// Lets the session take its leave, and takes what was written down.
    async fn end_recording(&mut self, line: &Arc<Line>) {
        line.close();
        for _ in 0..100 {
            if line.is_idle() {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
        self.transcript.push(format!("-- {} {}", line.host.as_str(), line.ip()));
        self.transcript.extend(line.transcript());
    }

    /// When this try must be over: one that hangs leaves the other half of the time to those behind it.
    fn share(&self, more: bool) -> Instant {
        let (now, left) = (Instant::now(), self.ask.deadline.saturating_duration_since(Instant::now()));
        if more { now + left / 2 } else { self.ask.deadline }
    }

    /// Keeps what came of a try; whether it settles the matter.
    fn note(&mut self, host: &HostName, ip: Option<IpAddr>, outcome: Outcome) -> bool {
        let attempt = Attempt { host: host.clone(), ip, outcome };
        let settled = settles(&attempt);
        self.attempts.push(attempt);
        settled
    }
}

/// Whether a decoy is worth a host's while.
fn asks_decoy(line: &Line) -> bool {
    Conduct::of(line.operator()).decoy != DecoyPolicy::Never
}

/// Hosts by preference, equals in random order (RFC 5321 §5.1); of an implicit route the domain itself.
fn hosts_in_order(mailbox: &Mailbox, route: &MailRoute) -> Vec<HostName> {
    let mut order = Vec::new();
    for group in route.groups() {
        let mut group: Vec<_> = group.iter().map(|host| (random::number(), &host.exchange)).collect();
        group.sort();
        order.extend(group.into_iter().map(|(_, exchange)| exchange.clone()));
    }
    match (route, mailbox.domain()) {
        (MailRoute::Implicit, Some(domain)) => vec![HostName::from(domain)],
        _ => order,
    }
}

#[cfg(test)]
mod tests {
    use shared::dns::MxHost;
    use shared::evidence::{DnsEvidence, Observation, RouteFact, SessionEnd};
    use shared::smtp::dialogue::MAX_KEPT;
    use shared::smtp::{Reply, ReplyCode, Stage};

    use super::*;
    use crate::queue::{MOST_OCTETS, MOST_QUESTIONS};

    /// The most that stands beside a report in an answer, or beside evidence in a question, in octets.
    const BESIDE: usize = 1024;
    /// The most hosts of a route.
    const ROUTE: usize = 100;

    /// A name of 255 octets (RFC 1035 §3.1), none of which is written as it is.
    fn host() -> HostName {
        let label = |octets: usize| r"\255".repeat(octets);
        HostName::new(&[label(63), label(63), label(63), label(61)].join("."))
    }

    /// The longest walk, where every host says this as long as it is heard.
    fn longest(said: &str) -> ProbeReport {
        let mut text = said.repeat(MAX_KEPT);
        text.truncate(MAX_KEPT);
        let reply = Reply { code: ReplyCode::new(550).expect("a code"), enhanced: "5.999.999".parse().ok(), text };
        let told = |stage, recipient| Observation { stage, recipient, reply: reply.clone() };
        let observations = vec![
            told(Stage::Greeting, None),
            told(Stage::Ehlo, None),
            told(Stage::Mail, None),
            told(Stage::Rcpt, Some(Recipient::Target)),
            told(Stage::Rcpt, Some(Recipient::Decoy)),
        ];
        let session = Outcome::Session(SessionFacts { tls: true, certificate: None, observations, end: SessionEnd::Quit });
        let outcome = |n| if n < MAX_DIALS { session.clone() } else { Outcome::NotRoutable };
        let ip = Some(IpAddr::from([0xffff; 8]));
        let attempts = (0..MAX_HOSTS * MAX_ADDRESSES).map(|n| Attempt { host: host(), ip, outcome: outcome(n) }).collect();
        let at = UnixMillis(u64::MAX);
        ProbeReport {
            at,
            elapsed_ms: u32::MAX,
            complete: false,
            attempts,
            decoy_at: Some(at),
            greylist_delay_s: Some(u32::MAX),
            transcript: Vec::new(),
        }
    }

    /// Otherwise a host that talks much would have the answers about twenty mailboxes set aside, and all of them asked about again for ever.
    #[test]
    fn ok_the_longest_answers_and_questions_can_travel() {
        let octets = |said: &str| {
            // A mailbox by whose name every octet is masked by three.
            let mailbox = Mailbox::parse("-@x.example").expect("a mailbox");
            serde_json::to_vec(&longest(said).masked(&mailbox)).expect("JSON").len()
        };
        let answer = ["-", "\"", "\\", "a@", "\n", "\u{7f}", "é"].map(octets).into_iter().max().unwrap_or_default();
        assert!(answer > MAX_DIALS * 5 * 3 * MAX_KEPT, "{answer}");
        let hosts = vec![MxHost { preference: u16::MAX, exchange: host() }; ROUTE];
        let fact = RouteFact { route: MailRoute::Hosts { hosts }, authenticated: false, ttl_s: u32::MAX };
        let question = serde_json::to_vec(&DnsEvidence { at: UnixMillis(u64::MAX), outcome: Ok(fact) }).expect("JSON").len();
        // The hosts stand once more in the name of the lane.
        for (octets, more) in [(answer, 0), (question, question)] {
            let all = MOST_QUESTIONS * (octets + BESIDE) + more;
            assert!(all <= MOST_OCTETS, "{octets} octets each come to {all}");
        }
    }
}
