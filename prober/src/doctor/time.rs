//! The clock is right: signatures bear the time, and a clock that is far off makes every one of them look stale.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::finding::{Check, Finding, Outcome};
use super::sntp::{self, LENGTH};
use crate::config::TimeServer;
use crate::resolver::{Firsthand, Names as _};
use crate::{clock, random};

/// How long the server may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// What is worth mending.
const BAD_MS: u64 = 5_000;
/// What the signature between edge and prober bears (RCPT_SECRET: ±300 s).
const BROKEN_MS: u64 = 300_000;

/// Asks the server, once.
pub(super) async fn check(names: &Firsthand, server: &TimeServer, deadline: Instant) -> Finding {
    let deadline = deadline.min(Instant::now() + PATIENCE);
    let offset = timeout_at(deadline, offset_by(names, server)).await.unwrap_or_else(|_| Err("no answer in time".to_owned()));
    assess(server, offset)
}

async fn offset_by(names: &Firsthand, server: &TimeServer) -> Result<i64, String> {
    let address = SocketAddr::new(address_of(names, server).await?, server.port);
    ask(address).await.map_err(|error| error.to_string())
}

async fn address_of(names: &Firsthand, server: &TimeServer) -> Result<IpAddr, String> {
    if let Ok(ip) = server.host.parse() {
        return Ok(ip);
    }
    let looked = names.addresses(&server.host, IpAddr::from([0, 0, 0, 0])).await.map_err(|failure| failure.to_string())?;
    looked.records.first().copied().ok_or_else(|| "it has no address".to_owned())
}

async fn ask(server: SocketAddr) -> io::Result<i64> {
    let any = if server.is_ipv4() { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { IpAddr::V6(Ipv6Addr::UNSPECIFIED) };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
    socket.connect(server).await?;
    let (nonce, asked_ms) = (random::number(), now_ms());
    socket.send(&sntp::question(nonce)).await?;
    let mut octets = [0; LENGTH];
    loop {
        let length = socket.recv(&mut octets).await?;
        match sntp::read(octets.get(..length).unwrap_or_default(), nonce) {
            Ok(times) => return Ok(times.offset_ms(asked_ms, now_ms())),
            Err(sntp::Oddity::Unsure) => return Err(io::Error::other("it does not know the time itself")),
            // Somebody else's datagram; ours may still come.
            Err(sntp::Oddity::NotOurs) => {}
        }
    }
}

fn now_ms() -> i64 {
    i64::try_from(clock::now().0).unwrap_or(i64::MAX)
}

fn assess(server: &TimeServer, offset: Result<i64, String>) -> Finding {
    let finding = |outcome, found: String| Finding::new(Check::Clock, outcome, format!("{}: {found}", server.host));
    let offset_ms = match offset {
        Ok(offset_ms) => offset_ms,
        Err(fault) => return finding(Outcome::Unknown, fault),
    };
    let seconds = Duration::from_millis(offset_ms.unsigned_abs()).as_secs_f64();
    let found = format!("our clock is {seconds:.1} s {}", if offset_ms < 0 { "ahead" } else { "behind" });
    let advice = "keep the clock by NTP: systemd-timesyncd, chrony or ntpd";
    match offset_ms.unsigned_abs() {
        off if off <= BAD_MS => finding(Outcome::Ok, found),
        off if off <= BROKEN_MS => finding(Outcome::Warning, found).costs("times in answers are wrong by as much").advise(advice),
        _ => finding(Outcome::Failed, found).costs("signatures are refused as stale: edges get no answer").advise(advice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_bounds_on_both_sides() {
        let server = TimeServer { host: "192.0.2.1".to_owned(), port: 123 };
        for (offset, outcome) in [
            (0, Outcome::Ok),
            (-5_000, Outcome::Ok),
            (5_001, Outcome::Warning),
            (-300_000, Outcome::Warning),
            (300_001, Outcome::Failed),
            (i64::MIN, Outcome::Failed),
        ] {
            assert_eq!(assess(&server, Ok(offset)).outcome, outcome, "{offset}");
        }
        assert_eq!(assess(&server, Err("no answer".into())).outcome, Outcome::Unknown);
        assert!(assess(&server, Ok(-7_000)).found.contains("7.0 s ahead"));
    }
}
