//! `check_host()` against a zone in memory.

use shared::dns::DnsFailure;
use shared::domain::host_name::HostName;

use super::*;
use crate::resolver::Looked;

/// A zone as lines of name, type and data. `TIMEOUT` for a type answers nothing in time.
struct Zone<'a>(&'a [(&'a str, &'a str, &'a str)]);

impl Zone<'_> {
    fn look<T>(&self, name: &str, kind: &str, read: impl Fn(&str) -> T) -> Result<Looked<T>, DnsFailure> {
        let own = || self.0.iter().filter(|(owner, ..)| owner.eq_ignore_ascii_case(name));
        if own().any(|(_, kind, _)| *kind == "TIMEOUT") {
            return Err(DnsFailure::TimedOut);
        }
        let records = own().filter(|(_, known, _)| *known == kind).map(|(.., data)| read(data)).collect();
        Ok(Looked { records, exists: own().next().is_some() })
    }
}

impl Names for Zone<'_> {
    async fn texts(&self, name: &str) -> Result<Looked<Vec<u8>>, DnsFailure> {
        self.look(name, "TXT", |data| data.as_bytes().to_vec())
    }

    async fn addresses(&self, name: &str, like: IpAddr) -> Result<Looked<IpAddr>, DnsFailure> {
        self.look(name, if like.is_ipv4() { "A" } else { "AAAA" }, |data| data.parse().expect("an address"))
    }

    async fn exchanges(&self, name: &str) -> Result<Looked<HostName>, DnsFailure> {
        self.look(name, "MX", HostName::new)
    }

    async fn pointers(&self, ip: IpAddr) -> Result<Looked<HostName>, DnsFailure> {
        self.look(&ip.to_string(), "PTR", HostName::new)
    }
}

const ZONE: Zone<'static> = Zone(&[
    ("mx.a.example", "A", "192.0.2.1"),
    ("mx.a.example", "AAAA", "2001:db8::1"),
    ("a.example", "MX", "mx.a.example"),
    ("a.example", "A", "192.0.2.9"),
    ("plain.example", "TXT", "v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/32 -all"),
    ("soft.example", "TXT", "v=spf1 ~all"),
    ("open.example", "TXT", "v=spf1 ip4:198.51.100.1"),
    ("hosts.example", "TXT", "v=spf1 a:a.example mx:a.example -all"),
    ("near.example", "TXT", "v=spf1 a:a.example/28//64 -all"),
    ("leads.example", "TXT", "v=spf1 redirect=plain.example"),
    ("holds.example", "TXT", "v=spf1 include:soft.example include:plain.example -all"),
    ("asks.example", "TXT", "v=spf1 exists:%{ir}.%{l1r-}.%{d2}.list.example -all"),
    ("1.2.0.192.probe.asks.example.list.example", "A", "127.0.0.2"),
    ("named.example", "TXT", "v=spf1 ptr:a.example -all"),
    ("192.0.2.1", "PTR", "mx.a.example"),
    ("two.example", "TXT", "v=spf1 -all"),
    ("two.example", "TXT", "v=spf1 +all"),
    ("other.example", "TXT", "google-site-verification=1"),
    ("typo.example", "TXT", "v=spf1 ipv4:192.0.2.1 -all"),
    ("broken.example", "TXT", "v=spf1 include:other.example -all"),
    ("loop.example", "TXT", "v=spf1 include:loop.example -all"),
    ("voids.example", "TXT", "v=spf1 a:n1.example a:n2.example a:n3.example -all"),
    ("slow.example", "TIMEOUT", ""),
    ("waits.example", "TXT", "v=spf1 include:slow.example -all"),
]);

async fn result(ip: &str, domain: &str) -> SpfResult {
    let (ip, sender) = (ip.parse().expect("an address"), format!("probe@{domain}"));
    check_host(&ZONE, Subject { ip, domain, sender: &sender, helo: "mx.a.example" }).await.result
}

#[tokio::test]
async fn ok_every_mechanism() {
    for (ip, domain, expected) in [
        ("192.0.2.1", "plain.example", SpfResult::Pass),
        ("2001:db8::7", "plain.example", SpfResult::Pass),
        ("::ffff:192.0.2.1", "plain.example", SpfResult::Pass),
        ("192.0.2.99", "plain.example", SpfResult::Fail),
        ("192.0.2.1", "soft.example", SpfResult::SoftFail),
        ("192.0.2.1", "open.example", SpfResult::Neutral),
        ("192.0.2.9", "hosts.example", SpfResult::Pass),
        ("192.0.2.1", "hosts.example", SpfResult::Pass),
        ("2001:db8::1", "hosts.example", SpfResult::Pass),
        ("192.0.2.2", "hosts.example", SpfResult::Fail),
        ("192.0.2.2", "near.example", SpfResult::Pass),
        ("192.0.2.16", "near.example", SpfResult::Fail),
        ("192.0.2.1", "leads.example", SpfResult::Pass),
        ("192.0.2.1", "holds.example", SpfResult::Pass),
        ("192.0.2.1", "asks.example", SpfResult::Pass),
        ("192.0.2.2", "asks.example", SpfResult::Fail),
        ("192.0.2.1", "named.example", SpfResult::Pass),
        ("192.0.2.9", "named.example", SpfResult::Fail),
    ] {
        assert_eq!(result(ip, domain).await, expected, "{ip} {domain}");
    }
}

#[tokio::test]
async fn err_what_is_no_record_or_asks_too_much() {
    for (domain, expected) in [
        ("nowhere.example", SpfResult::None),
        ("other.example", SpfResult::None),
        ("two.example", SpfResult::PermError),
        ("typo.example", SpfResult::PermError),
        ("broken.example", SpfResult::PermError),
        ("loop.example", SpfResult::PermError),
        ("voids.example", SpfResult::PermError),
        ("slow.example", SpfResult::TempError),
        ("waits.example", SpfResult::TempError),
    ] {
        assert_eq!(result("192.0.2.1", domain).await, expected, "{domain}");
    }
}

#[test]
fn ok_one_record_for_every_source() {
    let fail = |published: &[&str]| Evaluation {
        result: SpfResult::Fail,
        why: "-all".to_owned(),
        published: published.iter().map(|text| (*text).to_owned()).collect(),
    };
    let found = ["192.0.2.1", "192.0.2.2"].map(|ip| (ip.parse().expect("an address"), fail(&["v=spf1 mx -all"])));
    for finding in assess("a.example", &found) {
        assert_eq!(finding.outcome, Outcome::Failed);
        assert_eq!(finding.records, [r#"a.example. IN TXT "v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 mx -all""#]);
    }
}
