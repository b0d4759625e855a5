//! `check_host()` (RFC 7208 §4), within its limits on questions to the DNS.

use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;

use ipnet::IpNet;
use shared::dns::DnsFailure;
use shared::domain::host_name::HostName;

use super::expand::{Subject, expand};
use super::record::{self, Directive, Mechanism, Record, Target};
use crate::resolver::{Looked, Names};

/// The most terms that ask the DNS (§4.6.4), and the most hosts of one MX or names of one PTR.
const MAX_LOOKUPS: usize = 10;
/// The most of them that find nothing (§4.6.4).
const MAX_VOIDS: usize = 2;

/// §2.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SpfResult {
    /// There is no record.
    None,
    /// The record does not say.
    Neutral,
    /// The address is allowed.
    Pass,
    /// It is not.
    Fail,
    /// It probably is not.
    SoftFail,
    /// The DNS could not be asked.
    TempError,
    /// The record cannot be read, or asks too much.
    PermError,
}

impl fmt::Display for SpfResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Neutral => "neutral",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::SoftFail => "softfail",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        })
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Evaluation {
    /// The result.
    pub(super) result: SpfResult,
    /// The term that decided, or what is wrong.
    pub(super) why: String,
    /// The SPF records that the domain publishes; one, where all is well.
    pub(super) published: Vec<String>,
}

/// Why an evaluation ends early: `TempError` or `PermError`, and the reason.
type Halt = (SpfResult, String);
type Step<T> = Result<T, Halt>;
/// The result, and the term that decided.
type Decided = Step<(SpfResult, String)>;

/// Whether the record of the subject's domain covers its address.
pub(super) async fn check_host(names: &impl Names, subject: Subject<'_>) -> Evaluation {
    // §5: an IPv4-mapped address is the IPv4 address.
    let subject = Subject { ip: subject.ip.to_canonical(), ..subject };
    let mut walk = Walk { names, subject, lookups: 0, voids: 0 };
    let published = match walk.published(subject.domain).await {
        Ok(published) => published,
        Err((result, why)) => return Evaluation { result, why, published: Vec::new() },
    };
    let (result, why) = match walk.decide(&published, subject.domain.to_owned()).await {
        Ok(decided) | Err(decided) => decided,
    };
    let published = published.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    Evaluation { result, why, published }
}

/// One evaluation as it goes, through the records of other domains too.
struct Walk<'a, N> {
    names: &'a N,
    subject: Subject<'a>,
    lookups: usize,
    voids: usize,
}

fn perm(why: impl Into<String>) -> Halt {
    (SpfResult::PermError, why.into())
}

fn temp(name: &str, failure: DnsFailure) -> Halt {
    (SpfResult::TempError, format!("{name}: {failure}"))
}

/// Names that no DNS can hold find nothing, and cost no question (§4.3, §4.8).
fn is_askable(name: &str) -> bool {
    !name.is_empty() && name.len() <= 253 && name.split('.').all(|label| (1..=63).contains(&label.len()))
}

impl<N: Names> Walk<'_, N> {
    /// The texts that are SPF records (§4.4, §4.5).
    async fn published(&self, domain: &str) -> Step<Vec<Vec<u8>>> {
        if !is_askable(domain) || !domain.contains('.') {
            return Ok(Vec::new());
        }
        let texts = self.names.texts(domain).await.map_err(|failure| temp(domain, failure))?;
        Ok(texts.records.into_iter().filter(|text| record::terms(text).is_some()).collect())
    }

    /// The result of a domain's records (§4.6).
    fn decide<'b>(&'b mut self, published: &'b [Vec<u8>], domain: String) -> Pin<Box<dyn Future<Output = Decided> + 'b>> {
        // Records lead to others, so this calls itself.
        Box::pin(async move {
            let text = match published {
                [] => return Ok((SpfResult::None, "no record".to_owned())),
                [text] => text,
                several => return Err(perm(format!("{} records at {domain}", several.len()))),
            };
            let Record { directives, redirect } = record::parse(record::terms(text).unwrap_or_default())
                .map_err(|term| perm(format!("{term:?} at {domain} cannot be read")))?;
            for directive in &directives {
                if self.matches(directive, &domain).await? {
                    return Ok((directive.result, directive.text.clone()));
                }
            }
            match redirect {
                Some(target) => self.follow(&target, &domain).await,
                None => Ok((SpfResult::Neutral, "no term matches".to_owned())),
            }
        })
    }

    /// §6.1.
    async fn follow(&mut self, target: &str, domain: &str) -> Decided {
        self.count_lookup()?;
        let target = self.expanded(target, domain);
        let published = self.published(&target).await?;
        match self.decide(&published, target.clone()).await? {
            (SpfResult::None, _) => Err(perm(format!("no record at {target}, where redirect leads"))),
            decided => Ok(decided),
        }
    }

    async fn matches(&mut self, directive: &Directive, domain: &str) -> Step<bool> {
        let own = || domain.to_owned();
        match &directive.mechanism {
            Mechanism::All => Ok(true),
            Mechanism::Ip(network) => Ok(network.contains(&self.subject.ip)),
            Mechanism::Include(target) => self.includes(target, domain).await,
            Mechanism::A(target) => {
                self.count_lookup()?;
                let name = target.domain.as_ref().map_or_else(own, |name| self.expanded(name, domain));
                Ok(self.addresses(&name).await?.iter().any(|ip| self.is_near(*ip, target)))
            }
            Mechanism::Mx(target) => {
                self.count_lookup()?;
                let name = target.domain.as_ref().map_or_else(own, |name| self.expanded(name, domain));
                self.is_exchange_of(&name, target).await
            }
            Mechanism::Ptr(target) => {
                self.count_lookup()?;
                let name = target.as_ref().map_or_else(own, |name| self.expanded(name, domain));
                Ok(self.is_named_within(&name).await)
            }
            Mechanism::Exists(target) => {
                self.count_lookup()?;
                let name = self.expanded(target, domain);
                // §5.7: an A record, whatever the family.
                let v4 = IpAddr::from([0, 0, 0, 0]);
                Ok(!self.ask(&name, async |names, name| names.addresses(name, v4).await).await?.is_empty())
            }
        }
    }

    /// §5.2.
    async fn includes(&mut self, target: &str, domain: &str) -> Step<bool> {
        self.count_lookup()?;
        let target = self.expanded(target, domain);
        let published = self.published(&target).await?;
        match self.decide(&published, target.clone()).await?.0 {
            SpfResult::None => Err(perm(format!("no record at {target}, which is included"))),
            result => Ok(result == SpfResult::Pass),
        }
    }

    /// §5.4.
    async fn is_exchange_of(&mut self, name: &str, target: &Target) -> Step<bool> {
        let hosts = self.ask(name, async |names, name| names.exchanges(name).await).await?;
        if hosts.len() > MAX_LOOKUPS {
            return Err(perm(format!("{name} has more than {MAX_LOOKUPS} mail hosts")));
        }
        for host in hosts.iter().filter(|host| !host.is_root()) {
            if self.addresses(host.as_str()).await?.iter().any(|ip| self.is_near(*ip, target)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// §5.5: a name of the address that leads back to it. What cannot be found out does not match.
    async fn is_named_within(&self, domain: &str) -> bool {
        let ip = self.subject.ip;
        let pointers = self.names.pointers(ip).await.map_or_else(|_| Vec::new(), |looked| looked.records);
        let parent = HostName::new(domain);
        for name in pointers.iter().take(MAX_LOOKUPS).filter(|name| name.is_within(parent.as_str())) {
            let back = self.names.addresses(name.as_str(), ip).await;
            if back.is_ok_and(|looked| looked.records.contains(&ip)) {
                return true;
            }
        }
        false
    }

    async fn addresses(&mut self, name: &str) -> Step<Vec<IpAddr>> {
        let like = self.subject.ip;
        self.ask(name, async |names, name| names.addresses(name, like).await).await
    }

    async fn ask<T>(&mut self, name: &str, question: impl AsyncFnOnce(&N, &str) -> Result<Looked<T>, DnsFailure>) -> Step<Vec<T>> {
        if !is_askable(name) {
            return Ok(Vec::new());
        }
        let looked = question(self.names, name).await.map_err(|failure| temp(name, failure))?;
        self.voids += usize::from(looked.records.is_empty());
        if self.voids > MAX_VOIDS {
            return Err(perm(format!("more than {MAX_VOIDS} questions find nothing")));
        }
        Ok(looked.records)
    }

    fn count_lookup(&mut self) -> Step<()> {
        self.lookups += 1;
        if self.lookups > MAX_LOOKUPS { Err(perm(format!("more than {MAX_LOOKUPS} terms ask the DNS"))) } else { Ok(()) }
    }

    fn is_near(&self, ip: IpAddr, target: &Target) -> bool {
        let length = if ip.is_ipv4() { target.v4 } else { target.v6 };
        IpNet::new(ip, length).is_ok_and(|network| network.contains(&self.subject.ip))
    }

    fn expanded(&self, text: &str, domain: &str) -> String {
        expand(text, Subject { domain, ..self.subject })
    }
}
