//! Where Kafka is: `kafka://HOST:PORT[,HOST:PORT…][/PREFIX][?PROPERTY=VALUE&…]`.

use std::fmt;
use std::str::FromStr;

/// What names begin with where nothing else is said.
const PREFIX: &str = "rcpt";
/// The longest name of a topic is 249 characters; so much is left for what stands behind the prefix.
const LONGEST: usize = 120;

/// Brokers, and how our names begin there.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// The brokers that are asked first, `HOST:PORT` by commas.
    pub brokers: String,
    /// What our topics and groups begin with.
    pub prefix: String,
    /// Properties of the client library, as it names them.
    pub properties: Vec<(String, String)>,
}

/// Properties may be passwords, so only their names are shown.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.properties.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Address").field("brokers", &self.brokers).field("prefix", &self.prefix).field("properties", &names).finish()
    }
}

impl FromStr for Address {
    type Err = String;

    /// Reads an address; a fault repeats nothing of it, since it may hold a password.
    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("kafka://").ok_or("expected kafka://HOST:PORT, found another scheme")?;
        let (rest, properties) = rest.split_once('?').unwrap_or((rest, ""));
        let (brokers, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = if prefix.is_empty() { PREFIX } else { prefix };
        if !brokers.split(',').all(is_broker) {
            return Err("expected HOST:PORT by commas behind kafka://, found something else".to_owned());
        }
        if !is_name(prefix) || prefix.len() > LONGEST {
            return Err(format!("expected a prefix of up to {LONGEST} letters, digits, dots, hyphens and underscores behind the brokers"));
        }
        let properties = properties.split('&').filter(|part| !part.is_empty()).map(property).collect::<Result<_, _>>()?;
        let address = Self { brokers: brokers.to_owned(), prefix: prefix.to_owned(), properties };
        check(&address).map(|()| address)
    }
}

/// Whether the client library makes clients of the properties.
#[cfg(feature = "kafka")]
fn check(address: &Address) -> Result<(), String> {
    super::settings::check(address)
}

#[cfg(not(feature = "kafka"))]
fn check(_: &Address) -> Result<(), String> {
    Err(super::ABSENT.to_owned())
}

impl Address {
    /// The same brokers with names of the lab's own.
    #[must_use]
    pub fn of_lab(&self) -> Self {
        Self { prefix: self.name("lab"), ..self.clone() }
    }

    /// One of our own names: the prefix, and what it is for.
    pub fn name(&self, purpose: &str) -> String {
        format!("{}.{purpose}", self.prefix)
    }
}

/// Whether Kafka would take this as the name of a topic.
pub fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !text.is_empty() && text.len() <= 249 && text.chars().all(allowed) && text != "." && text != ".."
}

fn is_broker(text: &str) -> bool {
    let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
    !host.is_empty() && !host.contains(['/', '@', ' ']) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

fn property(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected PROPERTY=VALUE by & behind the question mark, found something else")?;
    // What makes the difference between at least once and perhaps is not left to an address.
    if OURS.contains(&name) {
        return Err(format!("{name}: expected a property that is not ours to set"));
    }
    let value = percent_encoding::percent_decode_str(value).decode_utf8().map_err(|_| format!("{name}: expected UTF-8"))?;
    Ok((name.to_owned(), value.into_owned()))
}

/// Properties that our promises rest on.
const OURS: [&str; 8] = [
    "acks",
    "auto.offset.reset",
    "bootstrap.servers",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "group.id",
    "request.required.acks",
];

#[cfg(all(test, feature = "kafka"))]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address, String> {
        text.parse()
    }

    #[test]
    fn ok_brokers_prefix_and_properties() {
        let place = parse("kafka://a.example:9092,[::1]:9093/mail.x?sasl.username=u&sasl.password=p%26q").expect("an address");
        assert_eq!((place.brokers.as_str(), place.name("tasks").as_str()), ("a.example:9092,[::1]:9093", "mail.x.tasks"));
        assert_eq!(place.properties[1], ("sasl.password".to_owned(), "p&q".to_owned()));
        assert!(!format!("{place:?}").contains("p&q"));
        assert_eq!(place.of_lab().name("tasks"), "mail.x.lab.tasks");
        assert_eq!(parse("kafka://a:1/").expect("an address").prefix, "rcpt");
    }

    #[test]
    fn err_what_is_none_repeats_nothing() {
        for text in
            ["amqp://h:1", "kafka://", "kafka://user:secret@", "kafka://secret", "kafka://h:0", "kafka://h:1/sec ret", "kafka://h:1?secret"]
        {
            let fault = parse(text).expect_err(text);
            assert!(!fault.contains("sec") && fault.contains("expected"), "{text}: {fault}");
        }
        assert!(parse("kafka://h:1?enable.auto.commit=true").is_err(), "our promises are not for sale");
        for (text, name) in [("kafka://h:1?no.such=secret", "no.such"), ("kafka://h:1?session.timeout.ms=secret", "session.timeout.ms")] {
            let fault = parse(text).expect_err(text);
            assert!(fault.contains(name) && !fault.contains("secret"), "{fault}");
        }
    }
}

#[cfg(all(test, not(feature = "kafka")))]
mod absence {
    use super::*;

    #[test]
    fn err_a_build_without_kafka_says_so() {
        let fault = "kafka://h:9092".parse::<Address>().expect_err("there is none");
        assert!(fault.contains("this build of rcpt has no Kafka"), "{fault}");
        assert!("kafka://h".parse::<Address>().expect_err("no address").contains("HOST:PORT"));
    }
}
