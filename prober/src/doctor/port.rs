//! Mail hosts can be reached: a greeting is read and QUIT is said, no more.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join_all;
use shared::dns::DnsFailure;
use shared::domain::host_name::HostName;
use shared::smtp::Reply;
use shared::smtp::command::Command;
use shared::smtp::parser::ReplyParser;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::finding::{Check, Finding, Outcome, quoted};
use crate::config::Config;
use crate::dial::Dialer;
use crate::dial_policy::DialPolicy;
use crate::resolver::{Firsthand, Names as _};

/// How long one host may take to greet. RFC 5321 §4.5.3.2.1 would wait five minutes; whoever answers at all does so sooner.
const PATIENCE: Duration = Duration::from_secs(12);
/// How long the answer to QUIT is waited for.
const LEAVE: Duration = Duration::from_secs(2);
/// The most addresses of one domain's hosts that are tried.
const MAX_ADDRESSES: usize = 2;

const BLOCKED: &str = "most clouds and homes block port 25 outwards: have your provider open it, or set RCPT_PROXY to a host that may";
const BY_PROXY: &str = "see that the proxy of RCPT_PROXY runs, lets us in, and may dial that port itself";

/// How one domain's hosts received us.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reception {
    /// A host greeted.
    Greeted { host: HostName, ip: IpAddr, reply: Reply },
    /// None did.
    Shut { host: HostName, ip: IpAddr, why: String },
    /// There is no host that may be dialled.
    NoHost,
    /// The DNS could not be asked.
    Unavailable(DnsFailure),
}

/// Dials one host of each domain.
pub(super) async fn check(names: &Firsthand, config: &Config, domains: &[String], deadline: Instant) -> Finding {
    let door = Door {
        names,
        dialer: Dialer { bind: config.bind.clone(), proxy: config.proxy.clone(), family: config.family },
        policy: &config.policy,
        port: config.smtp_port,
        deadline: deadline.min(Instant::now() + PATIENCE),
    };
    let receptions = join_all(domains.iter().map(async |domain| (domain.clone(), door.knock(domain).await))).await;
    assess(config, &receptions)
}

struct Door<'a> {
    names: &'a Firsthand,
    dialer: Dialer,
    policy: &'a DialPolicy,
    port: u16,
    deadline: Instant,
}

impl Door<'_> {
    async fn knock(&self, domain: &str) -> Reception {
        let hosts = match self.names.exchanges(domain).await {
            // Without MX the domain is its own mail host (RFC 5321 §5.1).
            Ok(looked) if looked.records.is_empty() => vec![HostName::new(domain)],
            Ok(looked) => looked.records,
            Err(failure) => return Reception::Unavailable(failure),
        };
        let mut last = Reception::NoHost;
        let mut left = MAX_ADDRESSES;
        for host in hosts.iter().filter(|host| !host.is_root()) {
            for ip in self.addresses(host).await {
                if left == 0 {
                    return last;
                }
                left -= 1;
                match self.greeting_of(ip).await {
                    Ok(reply) => return Reception::Greeted { host: host.clone(), ip, reply },
                    Err(error) => last = Reception::Shut { host: host.clone(), ip, why: words_of(&error) },
                }
            }
        }
        last
    }

    /// Those that may be dialled, in the order in which probes would.
    async fn addresses(&self, host: &HostName) -> Vec<IpAddr> {
        let (v4, v6) = (IpAddr::from([0, 0, 0, 0]), IpAddr::from([0_u16; 8]));
        let (v4, v6) = tokio::join!(self.names.addresses(host.as_str(), v4), self.names.addresses(host.as_str(), v6));
        let found = [v4, v6].into_iter().flatten().flat_map(|looked| looked.records);
        self.dialer.family.order(found.filter(|ip| self.policy.permit(*ip).is_ok()).collect(), MAX_ADDRESSES)
    }

    async fn greeting_of(&self, ip: IpAddr) -> io::Result<Reply> {
        let talk = async {
            let mut stream = self.dialer.connect(SocketAddr::new(ip, self.port)).await?;
            let reply = read_reply(&mut stream).await?;
            Ok::<_, io::Error>((stream, reply))
        };
        let (stream, reply) = timeout_at(self.deadline, talk).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        // What comes of the farewell is the host's affair.
        let _ = timeout_at(Instant::now() + LEAVE, say_quit(stream)).await;
        Ok(reply)
    }
}

async fn read_reply(stream: &mut TcpStream) -> io::Result<Reply> {
    let (mut parser, mut buffer) = (ReplyParser::new(), [0; 1024]);
    loop {
        if let Some(reply) = parser.next_reply().map_err(|error| io::Error::other(error.to_string()))? {
            return Ok(reply);
        }
        match stream.read(&mut buffer).await? {
            0 => return Err(io::Error::other("closed without a greeting")),
            length => parser.push(buffer.get(..length).unwrap_or_default()),
        }
    }
}

async fn say_quit(mut stream: TcpStream) -> io::Result<()> {
    let mut wire = String::new();
    Command::Quit.write_to(&mut wire);
    stream.write_all(wire.as_bytes()).await?;
    read_reply(&mut stream).await.map(drop)
}

/// The system's own words, without what a library puts around them.
fn words_of(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::TimedOut => "no answer in time".to_owned(),
        _ => quoted(error.to_string()),
    }
}

fn assess(config: &Config, receptions: &[(String, Reception)]) -> Finding {
    let finding = |outcome, found: String| Finding::new(Check::SmtpPort, outcome, found);
    let told = |(domain, reception): &(String, Reception)| match reception {
        Reception::Greeted { host, ip, reply } => format!("{host} ({ip}) says {} {}", reply.code, quoted(&reply.text)),
        Reception::Shut { host, ip, why } => format!("{} ({ip}): {why}", quoted(host.as_str())),
        Reception::NoHost => format!("{domain} has no host that may be dialled"),
        Reception::Unavailable(failure) => format!("{domain}: {failure}"),
    };
    let told = receptions.iter().map(told).collect::<Vec<_>>().join("; ");
    let welcomed = |one: &Reception| matches!(one, Reception::Greeted { reply, .. } if reply.code.get() == 220);
    let any = |is: &dyn Fn(&Reception) -> bool| receptions.iter().any(|(_, one)| is(one));
    if any(&welcomed) {
        finding(Outcome::Ok, told)
    } else if any(&|one| matches!(one, Reception::Greeted { .. })) {
        finding(Outcome::Warning, told)
            .costs("hosts turn us away at the door: verdicts become unknown/sender_blocked")
            .advise("read what they say; most name a list or a reason")
    } else if any(&|one| matches!(one, Reception::Shut { .. })) {
        finding(Outcome::Failed, format!("port {} cannot be reached: {told}", config.smtp_port))
            .costs("no mail host is ever asked: verdicts become unknown/connect_failed or unknown/timed_out")
            .advise(if config.proxy.is_some() { BY_PROXY } else { BLOCKED })
    } else {
        finding(Outcome::Unknown, told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Given;

    #[test]
    fn ok_one_host_that_greets_is_enough() {
        let config = Config::from_given(Given::default(), false).expect("defaults");
        let ip = IpAddr::from([192, 0, 2, 1]);
        let said = |text: &str| Reception::Greeted { host: HostName::new("mx.example"), ip, reply: Reply::parse(text).expect("a reply") };
        let shut = Reception::Shut { host: HostName::new("mx.example"), ip, why: "connection refused".into() };
        let of = |receptions: &[Reception]| {
            assess(&config, &receptions.iter().map(|one| ("a.example".to_owned(), one.clone())).collect::<Vec<_>>()).outcome
        };
        assert_eq!(of(&[shut.clone(), said("220 mx.example ESMTP")]), Outcome::Ok);
        assert_eq!(of(&[shut.clone(), said("554 5.7.1 blocked")]), Outcome::Warning);
        assert_eq!(of(&[shut, Reception::NoHost]), Outcome::Failed);
        assert_eq!(of(&[Reception::NoHost, Reception::Unavailable(DnsFailure::TimedOut)]), Outcome::Unknown);
    }
}
