//! Where the queue is, as `RCPT_QUEUE` says it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use lapin::uri::AMQPUri;

use super::amqp::Amqp;
use super::{Broker, kafka};

/// The address of a queue. Printed without what stands in it: there may be a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Address {
    /// In this process.
    #[default]
    Embedded,
    /// RabbitMQ.
    Amqp(Box<AMQPUri>),
    /// Kafka.
    Kafka(Box<kafka::Address>),
}

impl Address {
    /// The queue there, which need not be up yet; `None` for the one in this process, which each run makes for itself. In the lab all names are
    /// others, so that whoever asks a lab can answer nobody who asks the internet.
    pub fn open(&self, in_lab: bool) -> Option<Arc<dyn Broker>> {
        match self {
            Self::Embedded => None,
            Self::Amqp(uri) => Some(Arc::new(Amqp::at(uri, if in_lab { "rcpt.lab" } else { "rcpt" }))),
            #[cfg(feature = "kafka")]
            Self::Kafka(address) if in_lab => Some(Arc::new(kafka::Kafka::at(&address.of_lab()))),
            #[cfg(feature = "kafka")]
            Self::Kafka(address) => Some(Arc::new(kafka::Kafka::at(address))),
            // It is not read to begin with.
            #[cfg(not(feature = "kafka"))]
            Self::Kafka(_) => None,
        }
    }

    /// Its kind, for logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Amqp(_) => "amqp",
            Self::Kafka(_) => "kafka",
        }
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("://").map_or(text, |(scheme, _)| scheme) {
            "embedded" => Ok(Self::Embedded),
            "amqp" => rabbit(text).map(|uri| Self::Amqp(Box::new(uri))),
            "amqps" => {
                Err("expected amqp://: TLS to RabbitMQ is not spoken here; between sites, lay a tunnel and give its near end".to_owned())
            }
            "kafka" => Ok(Self::Kafka(Box::new(text.parse()?))),
            _ => Err("expected embedded, amqp://[USER:PASSWORD@]HOST[:PORT][/VHOST] or kafka://HOST:PORT[,HOST:PORT][/PREFIX]".to_owned()),
        }
    }
}

/// The address of a RabbitMQ. What is wrong may be the password, so it is not repeated.
fn rabbit(text: &str) -> Result<AMQPUri, String> {
    let (host, path) = parts(text);
    let is_host = !host.is_empty() && !host.starts_with(':');
    let fault = || "expected amqp://[USER:PASSWORD@]HOST[:PORT][/VHOST]".to_owned();
    let mut uri: AMQPUri = text.parse().ok().filter(|_| is_host).ok_or_else(fault)?;
    // The library would take all of it for one name, which no virtual host has.
    if path.contains('/') {
        return Err("expected a virtual host whose slashes are written %2f, found a slash in it or behind it".to_owned());
    }
    // Of an address in brackets the library makes this machine.
    if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        address.clone_into(&mut uri.authority.host);
    }
    Ok(uri)
}

/// The host of an address with its port, and what stands behind the slash. Where no host is, the library would take this machine.
fn parts(text: &str) -> (&str, &str) {
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    (authority.rsplit_once('@').map_or(authority, |(_, host)| host), path)
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_rabbitmq_at_an_ipv6_address() {
        for (text, host, port) in [
            ("amqp://[::1]", "::1", 5672),
            ("amqp://u:p@[2001:db8::7]:1/v", "2001:db8::7", 1),
            ("amqp://127.0.0.1", "127.0.0.1", 5672),
            ("amqp://h/%5b::1%5d", "h", 5672),
        ] {
            let Ok(Address::Amqp(uri)) = text.parse() else { panic!("{text}") };
            assert_eq!((uri.authority.host.as_str(), uri.authority.port), (host, port), "{text}");
        }
        for text in ["amqp://[::1", "amqp://[h]", "amqp://[::1%25lo]"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn err_rabbitmq_with_a_slash_in_the_name_of_the_virtual_host() {
        for text in ["amqp://u:secret@h/%2f/", "amqp://h/a/b?heartbeat=1", "amqp://h//"] {
            let fault = text.parse::<Address>().expect_err(text);
            assert!(fault.contains("expected a virtual host whose slashes are written %2f, found a slash"), "{text}: {fault}");
            assert!(!fault.contains("secret"), "{fault}");
        }
        for (text, vhost) in [("amqp://h", "/"), ("amqp://h/%2f", "/"), ("amqp://h/a%2Fb?heartbeat=1", "a/b"), ("amqp://h/", "")] {
            let Ok(Address::Amqp(uri)) = text.parse() else { panic!("{text}") };
            assert_eq!(uri.vhost, vhost, "{text}");
        }
    }

    #[test]
    fn err_rabbitmq_without_a_host() {
        for text in
            ["amqp://", "amqp:", "amqp:///vhost", "amqp://user:secret@", "amqp://user:secret@/vhost", "amqp://:5672", "amqp://?heartbeat=1"]
        {
            let fault = text.parse::<Address>().expect_err(text);
            assert!(fault.contains("HOST") && !fault.contains("secret"), "{text}: {fault}");
        }
        for text in ["amqp://h", "amqp://u:p@h:1/v", "amqp://127.0.0.1:5672", "amqp://h?heartbeat=1"] {
            assert_eq!(text.parse::<Address>().map(|address| address.kind()), Ok("amqp"), "{text}");
        }
    }
}
