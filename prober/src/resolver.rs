//! The DNS through hickory's resolver, in the words of `shared::dns`.

mod firsthand;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::Name;
use hickory_resolver::{Resolver as Hickory, TokioResolver};
use shared::dns::{Answer, DnsFailure, Question};
use shared::domain::Domain;
use shared::domain::host_name::HostName;
use shared::evidence::{DnsEvidence, RouteFact};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::clock;
pub use firsthand::{Firsthand, Looked, Names};

/// How long one server may take before the next is asked.
const PER_TRY: Duration = Duration::from_secs(3);
/// How many questions may be under way at once; a crowd of them would only be dropped on the way, and each takes memory.
const AT_ONCE: usize = 256;

/// A resolver with its own cache.
pub struct Resolver {
    hickory: TokioResolver,
    places: Semaphore,
}

impl Resolver {
    /// Asks these servers, or the system's where the list is empty.
    ///
    /// # Errors
    /// Where the system's configuration cannot be read.
    pub fn new(servers: &[SocketAddr]) -> Result<Self, NetError> {
        let provider = TokioRuntimeProvider::default();
        let mut builder = if servers.is_empty() {
            Hickory::builder(provider)?
        } else {
            let servers = servers.iter().map(name_server).collect();
            Hickory::builder_with_config(ResolverConfig::from_parts(None, Vec::new(), servers), provider)
        };
        set_options(builder.options_mut());
        Ok(Self { hickory: builder.build()?, places: Semaphore::new(AT_ONCE) })
    }

    /// The mail route of `domain`, found out by `deadline`.
    pub async fn route(&self, domain: &Domain, deadline: Instant) -> DnsEvidence {
        let outcome = timeout_at(deadline, self.find_route(domain.as_ascii())).await;
        DnsEvidence { at: clock::now(), outcome: outcome.unwrap_or(Err(DnsFailure::TimedOut)) }
    }

    async fn find_route(&self, domain: &str) -> Result<RouteFact, DnsFailure> {
        let mx = self.ask(domain, Question::Mx).await?;
        if let Some(fact) = RouteFact::of_mx(&mx) {
            return Ok(fact);
        }
        let (a, aaaa) = tokio::join!(self.ask(domain, Question::A), self.ask(domain, Question::Aaaa));
        RouteFact::of_addresses(&mx, &a, &aaaa)
    }

    /// The addresses of a mail host, IPv4 first; empty where the DNS says that it has none.
    ///
    /// # Errors
    /// [`DnsFailure`] where no address was found and one family could not be asked.
    pub async fn addresses(&self, host: &HostName, deadline: Instant) -> Result<Vec<IpAddr>, DnsFailure> {
        let name = host.as_str();
        let both = async { tokio::join!(self.ask(name, Question::A), self.ask(name, Question::Aaaa)) };
        let (a, aaaa) = timeout_at(deadline, both).await.map_err(|_| DnsFailure::TimedOut)?;
        let found: Vec<IpAddr> = [&a, &aaaa].into_iter().flatten().flat_map(Answer::addresses).collect();
        match (found.is_empty(), a, aaaa) {
            (true, Err(failure), _) | (true, _, Err(failure)) => Err(failure),
            _ => Ok(found),
        }
    }

    async fn ask(&self, name: &str, question: Question) -> Result<Answer, DnsFailure> {
        let mut fqdn = Name::from_ascii(name).map_err(|_| DnsFailure::Malformed)?;
        fqdn.set_fqdn(true);
        let _place = self.places.acquire().await.map_err(|_| DnsFailure::Other)?;
        match self.hickory.lookup(fqdn, question.record_type()).await {
            Ok(lookup) => {
                let authenticated = lookup.message().metadata.authentic_data;
                Answer::of_records(lookup.answers(), name, question, authenticated)
            }
            Err(error) => absence(&error),
        }
    }
}

fn name_server(server: &SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = server.port();
        connection
    });
    NameServerConfig::new(server.ip(), true, connections.into())
}

fn set_options(options: &mut ResolverOpts) {
    options.timeout = PER_TRY;
    options.attempts = 2;
    // Mail goes by the DNS alone: /etc/hosts would let a local entry decide whether a domain exists.
    options.use_hosts_file = ResolveHosts::Never;
    options.ndots = 0;
}

/// An expected absence is an answer; everything else is a failure to find out.
fn absence(error: &NetError) -> Result<Answer, DnsFailure> {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NoError => Ok(Answer::absent(true, false, none.negative_ttl.unwrap_or(0))),
            ResponseCode::NXDomain if none.soa.is_none() => Err(DnsFailure::Unfounded),
            ResponseCode::NXDomain => Ok(Answer::absent(false, false, none.negative_ttl.unwrap_or(0))),
            code => Err(failure_of(code)),
        },
        NetError::Dns(DnsError::ResponseCode(code)) => Err(failure_of(*code)),
        NetError::Timeout => Err(DnsFailure::TimedOut),
        NetError::Proto(_) => Err(DnsFailure::Malformed),
        NetError::Io(_) | NetError::NoConnections => Err(DnsFailure::Unreachable),
        _ => Err(DnsFailure::Other),
    }
}

fn failure_of(code: ResponseCode) -> DnsFailure {
    match code {
        ResponseCode::ServFail => DnsFailure::ServerFailure,
        ResponseCode::Refused => DnsFailure::Refused,
        _ => DnsFailure::Other,
    }
}
