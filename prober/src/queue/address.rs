//! Where the queue is, as `RCPT_QUEUE` says it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use lapin::uri::AMQPUri;

use super::Broker;
use super::amqp::Amqp;

/// The address of a queue. Printed without what stands in it: there may be a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Address {
    /// In this process.
    #[default]
    Embedded,
    /// RabbitMQ.
    Amqp(Box<AMQPUri>),
}

impl Address {
    /// The queue there, which need not be up yet; `None` for the one in this process, which each run makes for itself.
    pub fn open(&self) -> Option<Arc<dyn Broker>> {
        match self {
            Self::Embedded => None,
            Self::Amqp(uri) => Some(Arc::new(Amqp::at(uri))),
        }
    }

    /// Its kind, for logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Amqp(_) => "amqp",
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
                let uri = text.parse().map_err(|_| "expected amqp://[USER:PASSWORD@]HOST[:PORT][/VHOST]".to_owned())?;
                Ok(Self::Amqp(Box::new(uri)))
            }
            _ => Err("expected embedded or amqp://[USER:PASSWORD@]HOST[:PORT][/VHOST]".to_owned()),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}
