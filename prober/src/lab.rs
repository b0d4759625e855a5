//! The lab: a small internet on loopback, with DNS, DNS over HTTPS and mail servers of many temperaments, for trying Rcpt and for its tests.
//!
//! Every mail host listens on one port at an address of its own in 127.77.0.0/16. The lab owns the whole of `.example`; questions about other
//! names go to the real resolvers. It never sends anything of its own accord.

mod certificate;
mod conversation;
mod crowd;
mod doh;
mod greylist;
mod guest_book;
mod host;
mod list;
mod manner;
mod name_server;
mod servers;
mod session;
mod site;
mod sites;
mod sources;
mod table;
#[cfg(test)]
mod tests;
mod time_server;
mod upstream;
mod zone;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustls::pki_types::CertificateDer;
use shared::domain::Domain;
use shared::mailbox::Mailbox;
use shared::smtp::command::HeloName;
use tokio::task::JoinSet;

pub use guest_book::Visit;
pub use list::{list_human, list_jsonl, list_sources_human, list_sources_jsonl};
pub use servers::{CUT_OFF_DNS, HIJACKING_DNS, ODD_TIME, WRONG_TIME};
pub use sources::{ABANDONED_BLOCKLIST, BLOCKLIST, REFUSING_BLOCKLIST, SOURCE, SOURCES, Source};
pub use table::{Row, table};

use crate::dial_policy::DialPolicy;
use crate::identity::Identity;
use guest_book::GuestBook;
use host::Host;
use upstream::Upstream;
use zone::Zone;

/// Where the lab listens.
#[derive(Debug, Clone)]
pub struct Config {
    /// The port of every mail host; 0 for a free one.
    pub smtp_port: u16,
    /// The name servers', by UDP and TCP, and the time servers'; 0 for a free one.
    pub dns_port: u16,
    /// The port of DNS over HTTPS, at 127.0.0.1; 0 for a free one.
    pub doh_port: u16,
    /// Who is asked about names that the lab does not own; the system's servers by default.
    pub upstream: Vec<SocketAddr>,
    /// So many more hosts of each kind that load is tried with: `host1.crowd-silent.example` and so on.
    pub crowd: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { smtp_port: 2525, dns_port: 5300, doh_port: 8789, upstream: upstream::of_system(), crowd: 0 }
    }
}

impl Config {
    /// The lab's name server.
    pub fn dns(&self) -> SocketAddr {
        SocketAddr::from((servers::DNS, self.dns_port))
    }

    /// The lab's time server.
    pub fn time(&self) -> SocketAddr {
        SocketAddr::from((servers::TIME, self.dns_port))
    }

    /// The first of the lab's mail hosts; they all have one port.
    pub fn first_host(&self) -> SocketAddr {
        SocketAddr::new(host_address(1), self.smtp_port)
    }
}

/// What a prober in the lab may dial: the lab and nothing else.
pub fn policy() -> DialPolicy {
    DialPolicy::Only("127.77.0.0/16".parse().into_iter().collect())
}

/// Who a prober in the lab says it is.
pub fn identity() -> Option<Identity> {
    let helo = HeloName::new(Domain::parse("prober.lab.example").ok()?);
    Some(Identity { helo, mail_from: Mailbox::parse("probe@prober.lab.example").ok()? })
}

/// A running lab. Dropping it ends it too, but does not wait for that.
#[derive(Debug)]
pub struct Lab {
    smtp_port: u16,
    dns: SocketAddr,
    doh: SocketAddr,
    certificate: CertificateDer<'static>,
    crowd: usize,
    zone: Arc<Zone>,
    guests: Arc<GuestBook>,
    tasks: JoinSet<()>,
}

/// Starts the lab.
///
/// # Errors
/// Where an address cannot be listened on; the error names it.
pub async fn start(config: Config) -> io::Result<Lab> {
    let zone = Arc::new(Zone::new(config.crowd));
    let guests = Arc::new(GuestBook::open());
    let (certificate, acceptor) = certificate::make()?;
    let mut tasks = JoinSet::new();
    let listeners = host::bind_all(config.smtp_port, config.crowd).await?;
    let servers = servers::bind_all(config.dns_port).await?;
    let web = host::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, config.doh_port))).await?;
    let (smtp_port, dns, doh) = (host::port_of(&listeners)?, servers.dns, web.local_addr()?);
    for (listener, manner) in listeners {
        let host = Host::new(manner, acceptor.clone(), Arc::clone(&guests));
        tasks.spawn(host::serve(listener, Arc::new(host)));
    }
    let names = servers.serve(&zone, &Arc::new(Upstream::new(config.upstream)), &mut tasks);
    tasks.spawn(doh::serve(web, names, Arc::clone(&guests)));
    Ok(Lab { smtp_port, dns, doh, certificate, crowd: config.crowd, zone, guests, tasks })
}

impl Lab {
    /// The port of every mail host.
    pub fn smtp_port(&self) -> u16 {
        self.smtp_port
    }

    /// The name server.
    pub fn dns(&self) -> SocketAddr {
        self.dns
    }

    /// The time server, and by its port every other server of names and of time.
    pub fn time(&self) -> SocketAddr {
        SocketAddr::from((servers::TIME, self.dns.port()))
    }

    /// The address of DNS over HTTPS.
    pub fn doh_url(&self) -> String {
        format!("http://{}/dns-query", self.doh)
    }

    /// The visits that have ended, oldest first, as far as they are kept.
    pub fn guest_book(&self) -> Vec<Visit> {
        self.guests.visits()
    }

    /// Those of them that were paid to the hosts of `domain`, a domain of the lab in lower-case A-labels.
    pub fn visits_to(&self, domain: &str) -> Vec<Visit> {
        let crowd = crowd::members(self.crowd).filter(|member| member.domain == domain).map(|member| member.address);
        let hosts: Vec<IpAddr> = site::numbers_of(domain).map(host_address).chain(crowd).collect();
        self.guest_book().into_iter().filter(|visit| hosts.contains(&visit.host.ip())).collect()
    }

    /// How many questions the name servers were asked.
    pub fn questions(&self) -> u64 {
        self.zone.questions.load(Ordering::Relaxed)
    }

    /// The certificate of every mail host that offers TLS, as octets of DER. It is made anew for each lab.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Ends every connection and gives every port back.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

/// The address of the mail host of this number, counted from one.
fn host_address(number: usize) -> IpAddr {
    let number = u16::try_from(number).unwrap_or(u16::MAX);
    let [high, low] = number.to_be_bytes();
    IpAddr::from([127, 77, high.saturating_add(1), low])
}
