//! The zone `.example`, made from the sites, the names of 127.0.0.0/8, and the few names beyond them that hosts bear.

mod sources;

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, SOA, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::site::{Dns, Target};
use super::sites::SITES;
use super::{crowd, host_address};

/// How long answers may be kept, in seconds: a lab is restarted often.
const TTL: u32 = 5;
/// Where the lab's authority ends. Below `invalid` there is nothing (RFC 6761 §6.4).
const APEXES: [&str; 3] = ["example.", "invalid.", "127.in-addr.arpa."];
/// Where names lead that do not exist, by a name server that says they do.
const MADE_UP: Ipv4Addr = Ipv4Addr::new(127, 77, 0, 80);
/// An IPv6 address that is dropped everywhere (RFC 6666).
pub(super) const DISCARD: Ipv6Addr = Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 1);

/// What the zone does with questions about a name.
#[derive(Debug)]
pub(super) enum Node {
    /// Answers with records, or says that there are none of the type.
    Records(Vec<RData>),
    /// Answers with this address and with 127.0.0.1 by turns, to be forgotten at once.
    Rebinds(IpAddr, AtomicBool),
    /// SERVFAIL.
    ServerFailure,
    /// REFUSED.
    Refused,
    /// NXDOMAIN without the zone's SOA.
    Denied,
    /// Nothing.
    Silence,
    /// Octets.
    Garbage,
}

/// All names of the lab.
#[derive(Debug)]
pub(super) struct Zone {
    nodes: HashMap<Name, Node>,
    signed: HashSet<Name>,
    /// How many questions were asked.
    pub(super) questions: AtomicU64,
}

impl Zone {
    /// Whether the lab owns `name`.
    pub(super) fn owns(&self, name: &Name) -> bool {
        apex_of(name).is_some() || self.node(name).is_some()
    }

    /// Whether answers about `name` claim to be authenticated.
    pub(super) fn is_signed(&self, name: &Name) -> bool {
        self.signed.iter().any(|signed| signed.zone_of(name))
    }

    /// What is at `name`.
    pub(super) fn node(&self, name: &Name) -> Option<&Node> {
        self.nodes.get(&name.to_lowercase())
    }

    /// The records of `name` and type, through aliases inside the zone; and whether the last name exists.
    pub(super) fn answers(&self, name: &Name, kind: RecordType) -> (Vec<Record>, bool) {
        let (mut owner, mut answers) = (name.clone(), Vec::new());
        for _ in 0..8 {
            let (records, ttl) = match self.node(&owner) {
                Some(Node::Records(records)) => (records.clone(), TTL),
                Some(Node::Rebinds(ip, turn)) => (rebound(*ip, turn, kind), 0),
                _ => return (answers, false),
            };
            let alias = records.iter().find_map(|data| if let RData::CNAME(alias) = data { Some(alias.0.clone()) } else { None });
            let wanted = records.into_iter().filter(|data| data.record_type() == kind || matches!(data, RData::CNAME(_)));
            answers.extend(wanted.map(|data| Record::from_rdata(owner.clone(), ttl, data)));
            match alias {
                Some(target) => owner = target,
                None => break,
            }
        }
        (answers, true)
    }

    /// The SOA record of the zone of `name`, which says how long an absence may be kept. A name beyond the lab's own is a zone by itself.
    pub(super) fn soa(name: &Name) -> Option<Record> {
        let (server, contact) = (Name::from_ascii("ns.lab.example.").ok()?, Name::from_ascii("hostmaster.lab.example.").ok()?);
        let soa = SOA::new(server, contact, 1, 3600, 600, 86_400, TTL);
        Some(Record::from_rdata(apex_of(name).unwrap_or_else(|| name.clone()), TTL, RData::SOA(soa)))
    }

    /// What a name server that does not tell the truth says of a name that does not exist.
    pub(super) fn made_up(name: &Name) -> Record {
        Record::from_rdata(name.clone(), TTL, address(IpAddr::V4(MADE_UP)))
    }

    /// The zone of the table, with so large a crowd beside it.
    pub(super) fn new(crowd: usize) -> Self {
        let mut zone = Self { nodes: HashMap::new(), signed: HashSet::new(), questions: AtomicU64::new(0) };
        zone.add("example", Vec::new());
        zone.add_sources();
        let mut number = 0;
        for site in SITES {
            zone.add_site(site.domain, &site.dns, &mut number);
            zone.signed.extend(absolute(site.domain).filter(|_| site.signed));
        }
        for member in crowd::members(crowd) {
            let exchange = format!("mx.{}", member.domain);
            zone.add(&exchange, vec![address(member.address)]);
            let records: Vec<RData> = absolute(&exchange).map(|exchange| RData::MX(MX::new(10, exchange))).into_iter().collect();
            member.more_domains().for_each(|domain| zone.add(&domain, records.clone()));
            zone.add(&member.domain, records);
        }
        zone
    }

    fn add_site(&mut self, domain: &str, dns: &Dns, number: &mut usize) {
        match dns {
            Dns::Mx(hosts) => {
                let records = hosts.iter().zip(1..).filter_map(|((preference, target), n)| {
                    *number += 1;
                    let exchange = target.exchange(n, domain);
                    self.add_target(&exchange, target, *number);
                    Some(RData::MX(MX::new(*preference, absolute(&exchange)?)))
                });
                let records = records.collect();
                self.add(domain, records);
            }
            Dns::Implicit(_) => {
                *number += 1;
                self.add(domain, vec![address(host_address(*number))]);
            }
            Dns::ImplicitAt(ip) => self.add(domain, vec![address(*ip)]),
            Dns::NullMx => self.add(domain, vec![RData::MX(MX::new(0, Name::root()))]),
            Dns::NoMail => self.add(domain, vec![RData::TXT(TXT::new(vec!["nobody reads mail here".to_owned()]))]),
            Dns::Alias(target) => self.add(domain, alias(target)),
            Dns::ServerFailure => self.put(domain, Node::ServerFailure),
            Dns::Refused => self.put(domain, Node::Refused),
            Dns::Denied => self.put(domain, Node::Denied),
            Dns::Silence => self.put(domain, Node::Silence),
            Dns::Garbage => self.put(domain, Node::Garbage),
        }
    }

    fn add_target(&mut self, exchange: &str, target: &Target, number: usize) {
        let here = host_address(number);
        match target {
            Target::Host(_) | Target::Named(..) | Target::Dead => self.add(exchange, vec![address(here)]),
            Target::AliasedHost(_) => {
                let real = format!("real-{exchange}");
                self.add(exchange, alias(&real));
                self.add(&real, vec![address(here)]);
            }
            Target::DualStack(_) => self.add(exchange, vec![address(here), RData::AAAA(AAAA(DISCARD))]),
            Target::Rebinds(_) => self.put(exchange, Node::Rebinds(here, AtomicBool::new(false))),
            Target::At(ip) => self.add(exchange, vec![address(*ip)]),
            Target::Literal(ip) => self.add(exchange, vec![address(IpAddr::V4(*ip))]),
            Target::Missing | Target::Elsewhere(_) => {}
        }
    }

    fn add(&mut self, name: &str, records: Vec<RData>) {
        self.put(name, Node::Records(records));
    }

    fn put(&mut self, name: &str, node: Node) {
        if let Some(name) = absolute(name) {
            self.nodes.insert(name, node);
        }
    }
}

fn apex_of(name: &Name) -> Option<Name> {
    APEXES.iter().filter_map(|apex| Name::from_ascii(apex).ok()).find(|apex| apex.zone_of(name))
}

/// The answer whose turn it is. Questions of other types do not count.
fn rebound(ip: IpAddr, turn: &AtomicBool, kind: RecordType) -> Vec<RData> {
    let elsewhere = kind == RecordType::A && turn.fetch_not(Ordering::Relaxed);
    vec![address(if elsewhere { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { ip })]
}

fn absolute(name: &str) -> Option<Name> {
    Name::from_ascii(format!("{name}.")).ok()
}

fn alias(target: &str) -> Vec<RData> {
    absolute(target).map(|target| RData::CNAME(CNAME(target))).into_iter().collect()
}

fn address(ip: IpAddr) -> RData {
    match ip {
        IpAddr::V4(ip) => RData::A(A(ip)),
        IpAddr::V6(ip) => RData::AAAA(AAAA(ip)),
    }
}
