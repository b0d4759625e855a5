//! What the DNS says of the addresses that probers come from: their names, their domains, and the lab's blocklists.

use std::net::{IpAddr, Ipv4Addr};

use hickory_proto::rr::rdata::{PTR, TXT};
use hickory_proto::rr::{Name, RData};

use super::super::sources::{ABANDONED_BLOCKLIST, BLOCKLIST, Named, REFUSING_BLOCKLIST, SOURCES, Source};
use super::{Node, Zone, absolute, address};

/// Listed in every list that works (RFC 5782 §5), in both families.
const TEST_POINTS: [&str; 2] = ["2.0.0.127", "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"];

impl Zone {
    pub(super) fn add_sources(&mut self) {
        for source in SOURCES {
            self.add_source(source);
        }
        // What the source of which all is well by a detour is covered by.
        self.join("_spf.lab.example", vec![text(b"v=spf1 ?ip4:127.77.0.99 ip4:127.77.0.14/31 -all")]);
        self.add_blocklists();
    }

    fn add_source(&mut self, source: &Source) {
        self.join(source.domain, source.texts.iter().map(|octets| text(octets)).collect());
        self.join(source.helo, source.helo_at.map(|ip| address(ip.into())).into_iter().collect());
        match source.named {
            Named::Nothing => {}
            Named::Helo => self.name(source.address, absolute(source.helo).into_iter().collect()),
            Named::Other(name, ip) => {
                self.join(name, vec![address(ip.into())]);
                self.name(source.address, absolute(name).into_iter().collect());
            }
            Named::Crowd => self.name(source.address, crowd()),
        }
    }

    fn name(&mut self, ip: Ipv4Addr, names: Vec<Name>) {
        let records = names.into_iter().map(|name| RData::PTR(PTR(name))).collect();
        self.nodes.insert(Name::from(ip).to_lowercase(), Node::Records(records));
    }

    fn add_blocklists(&mut self) {
        let code = |last: [u8; 2]| address(IpAddr::from([127, last[0], last[0], last[1]]));
        for point in TEST_POINTS {
            self.join(&format!("{point}.{BLOCKLIST}"), vec![code([0, 2]), text(b"a test point")]);
            self.join(&format!("{point}.{REFUSING_BLOCKLIST}"), vec![code([255, 254])]);
            self.join(&format!("{point}.{ABANDONED_BLOCKLIST}"), vec![code([0, 2])]);
        }
        self.join(&format!("1.0.0.127.{ABANDONED_BLOCKLIST}"), vec![code([0, 2])]);
        for source in SOURCES {
            let [a, b, c, d] = source.address.octets();
            let name = format!("{d}.{c}.{b}.{a}");
            self.join(&format!("{name}.{ABANDONED_BLOCKLIST}"), vec![code([0, 2])]);
            self.join(&format!("{name}.{REFUSING_BLOCKLIST}"), vec![code([255, 254])]);
            if let Some(reason) = source.listed {
                self.join(&format!("{name}.{BLOCKLIST}"), vec![code([0, 4]), text(reason)]);
            }
        }
    }

    /// Adds records to those that the name has already.
    fn join(&mut self, name: &str, records: Vec<RData>) {
        let Some(name) = absolute(name) else { return };
        // A name that plays a fault has no records.
        if let Node::Records(known) = self.nodes.entry(name).or_insert(Node::Records(Vec::new())) {
            known.extend(records);
        }
    }
}

fn text(octets: &[u8]) -> RData {
    RData::TXT(TXT::from_bytes(octets.chunks(255).collect()))
}

/// A hundred names that lead nowhere.
fn crowd() -> Vec<Name> {
    let name = |n: u8| {
        let label = [b"\x1b[31m\x07\xff".as_slice(), n.to_string().as_bytes()].concat();
        Name::from_labels([label.as_slice(), b"lab", b"example"]).ok()
    };
    (0..100).filter_map(name).collect()
}
