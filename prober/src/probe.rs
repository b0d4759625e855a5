//! Asks the mail hosts of one mailbox, most preferred first, until one answers about the mailbox.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::net::NetError;
use shared::dns::MailRoute;
use shared::domain::host_name::HostName;
use shared::evidence::{Attempt, Evidence, Outcome, ProbeReport, Probing};
use shared::mailbox::Mailbox;
use shared::smtp::decoy;
use shared::smtp::dialogue::{Plan, Timeouts};
use shared::verdict::weigh::settles;
use tokio::time::Instant;

use crate::clock;
use crate::config::Config;
use crate::dial_policy::{DialPolicy, Refusal};
use crate::farewell::Farewells;
use crate::identity::Identity;
use crate::random;
use crate::resolver::Resolver;
use crate::session::{self, Epoch};

/// The most connections one probe may open: a guest does not try every door.
const MAX_DIALS: usize = 6;
/// The most hosts of a route that are looked up: a zone may name thousands, and each would cost a question.
const MAX_HOSTS: usize = 10;
/// The most addresses of one host that are tried.
const MAX_ADDRESSES: usize = 3;

/// How long replies may take. RFC 5321 §4.5.3.2 would allow minutes; somebody waits.
const TIMEOUTS: Timeouts = Timeouts { greeting: Duration::from_secs(20), command: Duration::from_secs(20), quit: Duration::from_secs(2) };

/// Everything that asking takes.
pub struct Prober {
    /// Finds routes and addresses.
    pub resolver: Resolver,
    /// Which addresses may be dialled.
    pub policy: DialPolicy,
    /// The port that mail hosts listen on.
    pub smtp_port: u16,
    /// Who we are; `None` where it is not configured.
    pub identity: Option<Identity>,
    /// Sessions that are saying goodbye.
    pub farewells: Farewells,
}

/// One mailbox's probe as it goes.
struct Errand<'a> {
    prober: &'a Prober,
    identity: &'a Identity,
    mailbox: &'a Mailbox,
    deadline: Instant,
    attempts: Vec<Attempt>,
    dials: usize,
}

impl Prober {
    /// A prober as it is configured.
    ///
    /// # Errors
    /// Where no DNS resolver can be set up.
    pub fn new(config: &Config) -> Result<Self, NetError> {
        Ok(Self {
            resolver: Resolver::new(&config.dns)?,
            policy: config.policy.clone(),
            smtp_port: config.smtp_port,
            identity: config.identity.clone(),
            farewells: Farewells::default(),
        })
    }

    /// Asks about `mailbox` along `route` until `deadline`.
    pub async fn probe(&self, mailbox: &Mailbox, route: &MailRoute, deadline: Instant) -> Probing {
        let Some(identity) = &self.identity else { return Probing::Declined };
        let started = Instant::now();
        let mut errand = Errand { prober: self, identity, mailbox, deadline, attempts: Vec::new(), dials: 0 };
        let complete = errand.run(&hosts_in_order(mailbox, route)).await;
        let elapsed_ms = u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX);
        Probing::Reported(ProbeReport { at: clock::now(), elapsed_ms, complete, attempts: errand.attempts })
    }

    /// Fills in what `evidence` lacks of the mail hosts' answers.
    pub async fn probe_into(&self, evidence: &mut Evidence, deadline: Instant) {
        let asked = evidence.mailbox().cloned().zip(evidence.route().map(|fact| fact.route.clone()));
        if let Some((mailbox, route)) = asked {
            evidence.probing = self.probe(&mailbox, &route, deadline).await;
        }
    }
}

impl Errand<'_> {
    /// Whether every host was heard; `false` where one settled it or time or tries ran out.
    async fn run(&mut self, hosts: &[HostName]) -> bool {
        for (n, host) in hosts.iter().take(MAX_HOSTS).enumerate() {
            let more_hosts = n + 1 < hosts.len().min(MAX_HOSTS);
            if self.exhausted() || self.ask_host(host, more_hosts).await {
                return false;
            }
        }
        hosts.len() <= MAX_HOSTS && !self.exhausted()
    }

    fn exhausted(&self) -> bool {
        self.dials >= MAX_DIALS || Instant::now() >= self.deadline
    }

    /// Tries a host's addresses; whether one settled the matter.
    async fn ask_host(&mut self, host: &HostName, more_hosts: bool) -> bool {
        let addresses = match self.prober.resolver.addresses(host, self.share(more_hosts)).await {
            Ok(addresses) => addresses,
            Err(failure) => return self.note(host, None, Outcome::AddressUnavailable { failure }),
        };
        if addresses.is_empty() {
            return self.note(host, None, Outcome::NoAddress);
        }
        let addresses = both_families(addresses);
        for (n, ip) in addresses.iter().enumerate() {
            let rest = addresses.get(n + 1..).unwrap_or_default();
            let outcome = self.ask_address(*ip, more_hosts || !rest.is_empty()).await;
            let (answered, settled) = (matches!(outcome, Outcome::Session(_)), self.note(host, Some(*ip), outcome));
            // A host that refused us over one family may know us better over the other; over the same one it would repeat itself.
            let other_family = rest.iter().any(|next| next.is_ipv4() != ip.is_ipv4());
            if settled || self.exhausted() || (answered && !other_family) {
                return settled;
            }
        }
        false
    }

    async fn ask_address(&mut self, ip: IpAddr, more: bool) -> Outcome {
        match self.prober.policy.permit(ip) {
            Err(Refusal::NotRoutable) => return Outcome::NotRoutable,
            Err(Refusal::OutsideLab) => return Outcome::OutsideLab,
            Ok(()) => self.dials += 1,
        }
        let epoch = Epoch::start();
        let plan = Plan {
            helo: self.identity.helo.clone(),
            mail_from: self.identity.mail_from.clone(),
            targets: vec![self.mailbox.clone()],
            decoy: decoy::beside(self.mailbox, random::number()),
            timeouts: TIMEOUTS,
            deadline: epoch.at(self.share(more)),
        };
        session::hold(SocketAddr::new(ip, self.prober.smtp_port), plan, epoch, &self.prober.farewells).await
    }

    /// When this try must be over: one that hangs leaves the other half of the time to those behind it.
    fn share(&self, more: bool) -> Instant {
        let (now, left) = (Instant::now(), self.deadline.saturating_duration_since(Instant::now()));
        if more { now + left / 2 } else { self.deadline }
    }

    /// Keeps what came of a try; whether it settles the matter.
    fn note(&mut self, host: &HostName, ip: Option<IpAddr>, outcome: Outcome) -> bool {
        let attempt = Attempt { host: host.clone(), ip, outcome };
        let settled = settles(&attempt);
        self.attempts.push(attempt);
        settled
    }
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

/// A few addresses, so that the first of each family come first: IPv4, then IPv6, whose networks are more often without reputation.
fn both_families(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = addresses.into_iter().partition(IpAddr::is_ipv4);
    let mut ranked: Vec<(usize, IpAddr)> = v4.into_iter().enumerate().chain(v6.into_iter().enumerate()).collect();
    ranked.sort_by_key(|(rank, ip)| (*rank, ip.is_ipv6()));
    ranked.truncate(MAX_ADDRESSES);
    ranked.into_iter().map(|(_, ip)| ip).collect()
}
