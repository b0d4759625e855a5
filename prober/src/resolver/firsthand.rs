//! Questions as they are put to the servers, one by one.
//!
//! Beside [`Resolver`](super::Resolver) for two reasons: what is asked here is asked now, not remembered, and hickory's resolver answers for
//! some special-use names by itself (RFC 6761), where what the server says of them is the very question.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hickory_resolver::config::{ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::FirstAnswer as _;
use hickory_resolver::net::{DnsHandle as _, NetError, RetryDnsHandle};
use hickory_resolver::proto::op::{DnsRequestOptions, Query};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::system_conf::read_system_conf;
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig};
use shared::dns::{DnsFailure, Found};
use shared::domain::host_name::HostName;
use tokio::time::{Instant, timeout_at};

use super::{absence, name_server, set_options};

/// The longest chain of CNAME records followed inside one answer.
const MAX_CHAIN: usize = 16;

/// The records that were found; where there are none, whether the name exists at all. Both are answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked<T> {
    /// The records, in the order of the answer.
    pub records: Vec<T>,
    /// Whether the name exists (no NXDOMAIN).
    pub exists: bool,
}

impl<T> Looked<T> {
    /// The absence of a name.
    pub fn nothing() -> Self {
        Self { records: Vec::new(), exists: false }
    }
}

/// Who can be asked about names. `Err` always means that it could not be found out.
pub trait Names {
    /// The TXT records of a name, the strings of each joined (RFC 7208 §3.3).
    fn texts(&self, name: &str) -> impl Future<Output = Result<Looked<Vec<u8>>, DnsFailure>>;
    /// The addresses of a name, of the family of `like`.
    fn addresses(&self, name: &str, like: IpAddr) -> impl Future<Output = Result<Looked<IpAddr>, DnsFailure>>;
    /// The mail exchangers of a name, the most preferred first.
    fn exchanges(&self, name: &str) -> impl Future<Output = Result<Looked<HostName>, DnsFailure>>;
    /// The names of an address.
    fn pointers(&self, ip: IpAddr) -> impl Future<Output = Result<Looked<HostName>, DnsFailure>>;
}

/// The configured servers, asked anew each time.
pub struct Firsthand {
    servers: RetryDnsHandle<NameServerPool<TokioRuntimeProvider>>,
    deadline: Instant,
}

impl Firsthand {
    /// Asks these servers, or the system's where the list is empty, until `deadline`.
    ///
    /// # Errors
    /// Where the system's configuration cannot be read.
    pub fn new(servers: &[SocketAddr], deadline: Instant) -> Result<Self, NetError> {
        let (config, mut options) = if servers.is_empty() {
            read_system_conf()?
        } else {
            let servers = servers.iter().map(name_server).collect();
            (ResolverConfig::from_parts(None, Vec::new(), servers), ResolverOpts::default())
        };
        set_options(&mut options);
        let attempts = options.attempts;
        let context = Arc::new(PoolContext::new(options, TlsConfig::new()?));
        let pool = NameServerPool::from_config(config.name_servers().to_vec(), context, TokioRuntimeProvider::default());
        Ok(Self { servers: RetryDnsHandle::new(pool, attempts), deadline })
    }

    /// The IPv4 addresses of a name, which a blocklist answers with (RFC 5782 §2.1).
    ///
    /// # Errors
    /// [`DnsFailure`] where it could not be found out.
    pub async fn codes(&self, name: &str) -> Result<Looked<Ipv4Addr>, DnsFailure> {
        let looked = self.ask(absolute(name)?, RecordType::A).await?;
        Ok(looked.of(|data| if let RData::A(ip) = data { Some(ip.0) } else { None }))
    }

    async fn ask(&self, name: Name, kind: RecordType) -> Result<Looked<RData>, DnsFailure> {
        let mut options = DnsRequestOptions::default();
        options.use_edns = true;
        let answer = self.servers.lookup(Query::query(name.clone(), kind), options).first_answer();
        match timeout_at(self.deadline, answer).await.map_err(|_| DnsFailure::TimedOut)? {
            Ok(response) => Ok(Looked { records: at_end_of_chain(&response.answers, name, kind), exists: true }),
            Err(error) => absence(&error).map(|answer| Looked { records: Vec::new(), exists: answer.found != Found::NoSuchName }),
        }
    }
}

impl Names for Firsthand {
    async fn texts(&self, name: &str) -> Result<Looked<Vec<u8>>, DnsFailure> {
        let looked = self.ask(absolute(name)?, RecordType::TXT).await?;
        Ok(looked.of(|data| if let RData::TXT(text) = data { Some(text.txt_data.concat()) } else { None }))
    }

    async fn addresses(&self, name: &str, like: IpAddr) -> Result<Looked<IpAddr>, DnsFailure> {
        let kind = if like.is_ipv4() { RecordType::A } else { RecordType::AAAA };
        let looked = self.ask(absolute(name)?, kind).await?;
        Ok(looked.of(|data| match data {
            RData::A(ip) => Some(IpAddr::V4(ip.0)),
            RData::AAAA(ip) => Some(IpAddr::V6(ip.0)),
            _ => None,
        }))
    }

    async fn exchanges(&self, name: &str) -> Result<Looked<HostName>, DnsFailure> {
        let mut looked = self.ask(absolute(name)?, RecordType::MX).await?;
        looked.records.sort_by_key(|data| if let RData::MX(mx) = data { mx.preference } else { u16::MAX });
        Ok(looked.of(|data| if let RData::MX(mx) = data { Some(host_name(&mx.exchange)) } else { None }))
    }

    async fn pointers(&self, ip: IpAddr) -> Result<Looked<HostName>, DnsFailure> {
        let looked = self.ask(Name::from(ip), RecordType::PTR).await?;
        Ok(looked.of(|data| if let RData::PTR(name) = data { Some(host_name(&name.0)) } else { None }))
    }
}

impl Looked<RData> {
    fn of<T>(&self, pick: impl Fn(&RData) -> Option<T>) -> Looked<T> {
        Looked { records: self.records.iter().filter_map(pick).collect(), exists: self.exists }
    }
}

fn absolute(name: &str) -> Result<Name, DnsFailure> {
    let mut name = Name::from_ascii(name).map_err(|_| DnsFailure::Malformed)?;
    name.set_fqdn(true);
    Ok(name)
}

fn host_name(name: &Name) -> HostName {
    HostName::new(&name.to_ascii())
}

/// The records of the wanted type at the end of the CNAME chain that starts at `owner`. A chain without end has none.
fn at_end_of_chain(answers: &[Record], mut owner: Name, kind: RecordType) -> Vec<RData> {
    for _ in 0..MAX_CHAIN {
        let alias = answers.iter().find_map(|record| match &record.data {
            RData::CNAME(target) if record.name == owner => Some(target.0.clone()),
            _ => None,
        });
        let Some(target) = alias else {
            let wanted = answers.iter().filter(|record| record.name == owner && record.record_type() == kind);
            return wanted.map(|record| record.data.clone()).collect();
        };
        owner = target;
    }
    Vec::new()
}
