//! Asks about one mailbox: what is kept of it, then its mail hosts, then where a greylist says so once more.

mod account;
mod errand;
mod greylist;
mod neighbour;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use shared::dns::MailRoute;
use shared::evidence::{Evidence, ProbeReport, Probing, UnixMillis, key};
use shared::mailbox::Mailbox;
use shared::smtp::About;
use shared::verdict::keep::{is_of_our_making, keeps_s};
use shared::verdict::weigh::weigh;
use shared::verdict::{Reason, Verdict};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tracing::Instrument as _;

use crate::clock;
use crate::config::Config;
use crate::dial_policy::DialPolicy;
use crate::farewell::Farewells;
use crate::flight::{Brought, Flights};
use crate::gate::Gate;
use crate::kept::{CAPACITY, Far, Kept, Kind, Reach};
use crate::lines::{House, Lines};
use crate::metrics::Metrics;
use crate::pace::Pace;
use crate::resolver::Resolver;
use crate::tls::Tls;
use crate::{dial, random};

use errand::Errand;
pub use greylist::GreylistDelay;
pub use neighbour::Neighbour;
use neighbour::Search;

/// How often a greylisted mailbox is asked about again while its caller waits.
const MAX_RETURNS: usize = 3;

/// Everything that asking takes.
pub struct Prober {
    /// Finds routes and addresses.
    pub resolver: Resolver,
    /// Which addresses may be dialled.
    pub policy: DialPolicy,
    /// The port that mail hosts listen on.
    pub smtp_port: u16,
    /// Connections to mail hosts.
    pub lines: Lines,
    /// What is kept.
    pub kept: Arc<Kept>,
    /// Whether our source is fit to ask.
    pub gate: Gate,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    probes: Flights<ProbeReport>,
    neighbours: Flights<Search>,
}

/// One question.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The mailbox.
    pub mailbox: &'a Mailbox,
    /// Where its domain's mail goes.
    pub route: &'a MailRoute,
    /// When the answer must be there.
    pub deadline: Instant,
    /// Whether the caller said how long it waits, and so would wait for a greylist.
    pub patient: bool,
    /// How old kept evidence may be, in seconds.
    pub max_age_s: Option<u32>,
    /// Whether the caller wants to read what is said. It is then said to it alone.
    pub transcript: bool,
}

impl Ask<'_> {
    fn name(&self) -> String {
        key::name(self.mailbox, self.route)
    }
}

impl Prober {
    /// A prober as it is configured.
    ///
    /// # Errors
    /// Where no DNS resolver, no TLS or no cache can be set up, in words.
    pub fn new(config: &Config) -> Result<Self, String> {
        Self::with_memory(config, CAPACITY)
    }

    /// A prober that keeps so many things in memory.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_memory(config: &Config, entries: usize) -> Result<Self, String> {
        let metrics = Arc::<Metrics>::default();
        let far = config.cache.as_deref().map(Far::at).transpose().map_err(|error| format!("no cache: {error}"))?;
        // Without a shared store the keys need not outlive the process.
        let secret = config.secret.as_ref().map_or_else(random::secret, |secret| secret.as_bytes().to_vec());
        let kept = Arc::new(Kept::new(secret, entries, far, Arc::clone(&metrics)));
        let house = House {
            identity: config.identity.clone(),
            dialer: dial::Dialer { bind: config.bind.clone(), proxy: config.proxy.clone(), family: config.family },
            tls: Tls::new().map_err(|error| format!("no TLS: {error}"))?,
            pace: Pace::default(),
            crowding: watch::channel(0).0,
            kept: Arc::clone(&kept),
            farewells: Farewells::default(),
            metrics: Arc::clone(&metrics),
        };
        Ok(Self {
            resolver: Resolver::new(&config.dns).map_err(|error| format!("no DNS resolver: {error}"))?,
            policy: config.policy.clone(),
            smtp_port: config.smtp_port,
            lines: Lines::new(house),
            kept,
            gate: Gate::new(Arc::clone(&metrics)),
            metrics,
            probes: Flights::default(),
            neighbours: Flights::default(),
        })
    }

    /// Whether we have a name and reverse-path of our own, without which nobody is asked.
    pub fn has_identity(&self) -> bool {
        self.lines.house.identity.is_some()
    }

    /// What is seen through to its end.
    pub fn farewells(&self) -> &Farewells {
        &self.lines.house.farewells
    }

    /// Asks about a mailbox.
    ///
    /// 1. refuse without an identity of our own;
    /// 2. reuse evidence that is kept and young enough;
    /// 3. ask the hosts, once for all who ask the same at this moment;
    /// 4. keep what was learned;
    /// 5. where a greylist names a time that the caller waits for, come back then.
    pub async fn probe(&self, ask: Ask<'_>) -> Probing {
        let operator = ask.route.operator().map_or("other", |operator| operator.id);
        self.probe_to_the_end(ask).instrument(tracing::info_span!("probe", operator)).await
    }

    async fn probe_to_the_end(&self, mut ask: Ask<'_>) -> Probing {
        // 1. Identity.
        if !self.has_identity() {
            return Probing::Declined;
        }
        let _running = self.metrics.probe_begins();
        let mut returns = 0;
        loop {
            // 2 to 4. Reuse, or ask and keep.
            let report = self.find_out(ask).await;
            // 5. Come back.
            let greylisted = weigh(&report).reason == Reason::Greylisted && returns < MAX_RETURNS;
            let due = if greylisted { self.greylist_ends(ask).await } else { None };
            match due.filter(|due| ask.patient && *due < ask.deadline) {
                Some(due) => sleep_until(due).await,
                None => return Probing::Reported(report),
            }
            returns += 1;
            // What is kept is that we were to come back.
            ask.max_age_s = Some(0);
        }
    }

    /// Fills in what `evidence` lacks of the mail hosts' answers.
    pub async fn probe_into(&self, evidence: &mut Evidence, deadline: Instant, wishes: Wishes) {
        let asked = evidence.mailbox().cloned().zip(evidence.route().map(|fact| fact.route.clone()));
        if let Some((mailbox, route)) = asked {
            let Wishes { patient, max_age_s, transcript } = wishes;
            let ask = Ask { mailbox: &mailbox, route: &route, deadline, patient, max_age_s, transcript };
            evidence.probing = self.probe(ask).await;
        }
    }

    /// What is kept, or one walk along the hosts; shared with whoever asks about the same mailbox just now.
    async fn find_out(&self, ask: Ask<'_>) -> ProbeReport {
        // In boxes: thousands wait at once, and each place that such a future passes through would hold its whole size.
        if ask.transcript {
            return Box::pin(self.recall_or_walk(ask)).await;
        }
        let asked_at = clock::now();
        loop {
            match self.probes.join(&ask.name(), ask.deadline, Box::pin(self.recall_or_walk(ask))).await {
                None => return nothing_in_time(),
                Some(Brought::Ours(report)) => return report,
                Some(Brought::Theirs(report)) if suits(&report, ask, asked_at) => return report,
                // They took an older answer, or had less time, than we do.
                Some(Brought::Theirs(_)) => {}
            }
        }
    }

    /// Steps 2 to 4 of a probe in one go, so that whoever comes later finds either this question under way or what it brought.
    async fn recall_or_walk(&self, ask: Ask<'_>) -> ProbeReport {
        // 2. Reuse.
        if let Some(kept) = self.recall(ask).await {
            return kept;
        }
        // 3. Ask.
        let began = Instant::now();
        let mut report = Errand::new(self, ask).run().await;
        // 4. Keep.
        let verdict = weigh(&report);
        if verdict.reason == Reason::Greylisted {
            report.greylist_delay_s = self.greylist_delay(&ask.mailbox.domain_text()).await.map(|delay| delay.delay_s);
        }
        self.keep(ask, &report, verdict).await;
        self.metrics.probed(ask.route.operator(), verdict.reason, began.elapsed().as_secs_f64());
        account::log(&report, verdict);
        report
    }

    /// The evidence that is kept of this mailbox, where the caller takes it.
    async fn recall(&self, ask: Ask<'_>) -> Option<ProbeReport> {
        if ask.transcript || ask.max_age_s == Some(0) {
            return None;
        }
        let (now, mailbox) = (clock::now(), ask.name());
        let shared: Option<ProbeReport> = self.kept.get(Kind::Mailbox, &[&mailbox], now).await;
        let report = match shared {
            Some(report) => report,
            None => self.kept.get(Kind::Mailbox, &[&self.us(), &mailbox], now).await?,
        };
        let age = now.seconds().saturating_sub(report.at.seconds());
        ask.max_age_s.is_none_or(|most| age <= most.into()).then_some(report)
    }

    /// Keeps a report as long as its reason holds; what hosts think of us is kept for us alone.
    async fn keep(&self, ask: Ask<'_>, report: &ProbeReport, verdict: Verdict) {
        let ttl = match verdict.reason {
            Reason::Greylisted => Duration::from_secs(self.note_greylist(ask, report, verdict).await),
            _ => match keeps_s(report, verdict) {
                0 => Duration::ZERO,
                keeps_s => {
                    self.forget_greylist(ask, verdict).await;
                    Duration::from_secs(keeps_s.into())
                }
            },
        };
        if ttl.is_zero() || ask.transcript {
            return;
        }
        let (now, mailbox, masked) = (clock::now(), ask.name(), report.masked(ask.mailbox));
        let us = self.us();
        match verdict.about() {
            // Another prober may be welcome where we are not.
            // Whether a host can be reached at all may lie with our own way out.
            _ if matches!(verdict.reason, Reason::ConnectFailed | Reason::TimedOut) => {
                self.kept.put(Kind::Mailbox, &[&us, &mailbox], &masked, ttl, Reach::Here, now).await;
            }
            About::Us => self.kept.put(Kind::Mailbox, &[&us, &mailbox], &masked, ttl, Reach::Here, now).await,
            // A greylist knows a guest by name, reverse-path and address.
            _ if verdict.reason == Reason::Greylisted => {
                self.kept.put(Kind::Mailbox, &[&us, &mailbox], &masked, ttl, Reach::Shared, now).await;
            }
            _ => self.kept.put(Kind::Mailbox, &[&mailbox], &masked, ttl, Reach::Shared, now).await,
        }
    }

    /// Whom hosts see in us: name, reverse-path and the addresses we dial from.
    fn us(&self) -> String {
        let house = &self.lines.house;
        let name = house.identity.as_ref().map(|identity| format!("{} {}", identity.helo.as_str(), identity.mail_from.wire()));
        format!("{} {:?}", name.unwrap_or_default(), house.dialer.bind)
    }

    fn address_of(&self, ip: std::net::IpAddr) -> SocketAddr {
        SocketAddr::new(ip, self.smtp_port)
    }
}

/// What a caller wishes beside the answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes {
    /// As [`Ask::patient`].
    pub patient: bool,
    /// As [`Ask::max_age_s`].
    pub max_age_s: Option<u32>,
    /// As [`Ask::transcript`].
    pub transcript: bool,
}

/// Nobody's answer came by the deadline.
pub(crate) fn nothing_in_time() -> ProbeReport {
    ProbeReport {
        at: clock::now(),
        elapsed_ms: 0,
        complete: false,
        attempts: Vec::new(),
        decoy_at: None,
        greylist_delay_s: None,
        transcript: Vec::new(),
    }
}

/// Whether a report that another question brought serves `ask` too, which came at `asked_at`: it is young enough, and did not end at a
/// deadline before ours.
fn suits(report: &ProbeReport, ask: Ask<'_>, asked_at: UnixMillis) -> bool {
    let young = ask.max_age_s.is_none_or(|most| report.at.0.saturating_add(u64::from(most) * 1000) >= asked_at.0);
    let verdict = weigh(report);
    let ended_early = (verdict.reason == Reason::TimedOut && !report.complete) || is_of_our_making(report, verdict);
    young && (!ended_early || ask.deadline <= Instant::now() + Duration::from_millis(50))
}
