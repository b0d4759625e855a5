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
            "amqp" => {
                // What is wrong may be the password, so it is not repeated.
                let fault = || "expected amqp://[USER:PASSWORD@]HOST[:PORT][/VHOST]".to_owned();
                let uri = text.parse().ok().filter(|_| has_host(text)).ok_or_else(fault)?;
                Ok(Self::Amqp(Box::new(uri)))
            }
            "amqps" => {
                Err("expected amqp://: TLS to RabbitMQ is not spoken here; between sites, lay a tunnel and give its near end".to_owned())
            }
            "kafka" => Ok(Self::Kafka(Box::new(text.parse()?))),
            _ => Err("expected embedded, amqp://[USER:PASSWORD@]HOST[:PORT][/VHOST] or kafka://HOST:PORT[,HOST:PORT][/PREFIX]".to_owned()),
        }
    }
}

/// Whether there is a host in the address; without one, the library would take this machine.
fn has_host(text: &str) -> bool {
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    !host.is_empty() && !host.starts_with(':')
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
