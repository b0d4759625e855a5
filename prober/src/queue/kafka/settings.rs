//! Whether clients can be made of an address, so that what is wrong with it is told at the start and not tried again for ever.

use rdkafka::config::ClientConfig;
use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaError;
use rdkafka::producer::FutureProducer;

use super::address::Address;
use super::client::Ears;
use super::watch::Quiet;
use super::{intake, outbox};

/// What is said where an address asks for what takes OpenSSL.
const WITHOUT_TLS: &str = "this rcpt was built without TLS and SCRAM: build it with --features kafka-tls (docs/kafka.md)";

/// Whether the library knows the properties of an address, and makes clients of them.
///
/// # Errors
/// The name of the first property that it does not know, or not with this value; what this build lacks for it; or, where they do not fit
/// together, the library's own words.
pub(super) fn check(address: &Address) -> Result<(), String> {
    address.properties.iter().try_for_each(|(name, value)| known(name, value))?;
    if asks_for_kerberos(address) {
        return Err("sasl.mechanism: expected PLAIN, or SCRAM-SHA-256 or SCRAM-SHA-512 with --features kafka-tls; \
            without a word it is GSSAPI, which rcpt does not speak"
            .to_owned());
    }
    try_out(address).map_err(|error| without_secrets(error.to_string(), address))
}

fn known(name: &str, value: &str) -> Result<(), String> {
    if !cfg!(feature = "kafka-tls") && takes_tls(name, value) {
        return Err(format!("{name}: {WITHOUT_TLS}"));
    }
    let native = ClientConfig::new().set(name, value).create_native_config();
    native.map(drop).map_err(|_| format!("{name}: expected a property of librdkafka with a value that it takes"))
}

fn takes_tls(name: &str, value: &str) -> bool {
    match name {
        "security.protocol" => ["ssl", "sasl_ssl"].iter().any(|protocol| value.eq_ignore_ascii_case(protocol)),
        "sasl.mechanism" | "sasl.mechanisms" => value.starts_with("SCRAM-"),
        "enable.ssl.certificate.verification" => true,
        _ => name.starts_with("ssl."),
    }
}

/// GSSAPI is what the library takes where SASL is asked for without a mechanism.
fn asks_for_kerberos(address: &Address) -> bool {
    let last =
        |names: &[&str]| address.properties.iter().rfind(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.as_str());
    let is_sasl = last(&["security.protocol"]).is_some_and(|protocol| protocol.to_ascii_lowercase().starts_with("sasl"));
    is_sasl && matches!(last(&["sasl.mechanism", "sasl.mechanisms"]), None | Some("GSSAPI"))
}

/// Makes a client of each kind that knows of no broker, so that nothing is connected, and drops it.
fn try_out(address: &Address) -> Result<(), KafkaError> {
    let (mut puts, mut takes) = (outbox::config(address), intake::config(address));
    puts.remove("bootstrap.servers");
    takes.remove("bootstrap.servers");
    drop(puts.create_with_context::<_, FutureProducer<Ears>>(Ears::default())?);
    drop(takes.create_with_context::<_, BaseConsumer<Quiet>>(Quiet(Ears::default()))?);
    Ok(())
}

/// What the library says, without the values of properties that are nobody's to read.
fn without_secrets(said: String, address: &Address) -> String {
    let is_secret = |name: &str| ["password", "secret", "pem", "oauthbearer", "username"].iter().any(|word| name.contains(word));
    let secrets = address.properties.iter().filter(|(name, value)| is_secret(name) && value.len() > 2);
    secrets.fold(said, |said, (_, value)| said.replace(value, "…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(properties: &str) -> String {
        format!("kafka://127.0.0.1:1?{properties}").parse::<Address>().expect_err(properties)
    }

    #[cfg(not(feature = "kafka-tls"))]
    #[test]
    fn err_what_takes_tls_is_told_from_nonsense() {
        for (properties, name) in [
            ("security.protocol=ssl", "security.protocol: "),
            ("security.protocol=SASL_SSL&sasl.mechanism=PLAIN", "security.protocol: "),
            ("security.protocol=sasl_plaintext&sasl.mechanism=SCRAM-SHA-256&sasl.username=a&sasl.password=b", "sasl.mechanism: "),
            ("sasl.mechanisms=SCRAM-SHA-512", "sasl.mechanisms: "),
            ("ssl.ca.location=/ca.pem", "ssl.ca.location: "),
        ] {
            let fault = fault(properties);
            assert!(fault.starts_with(name) && fault.contains("--features kafka-tls"), "{fault}");
        }
        let nonsense = fault("security.protocol=secret");
        assert!(nonsense.contains("security.protocol: expected") && !nonsense.contains("kafka-tls"), "{nonsense}");
    }

    #[test]
    fn err_properties_that_do_not_fit_together_in_the_librarys_words() {
        for (properties, words) in [
            ("security.protocol=sasl_plaintext", "GSSAPI"),
            ("security.protocol=sasl_plaintext&sasl.mechanism=GSSAPI", "GSSAPI"),
            ("security.protocol=sasl_plaintext&sasl.mechanism=NONE", "Unsupported SASL mechanism: NONE"),
            #[cfg(not(feature = "kafka-tls"))]
            ("security.protocol=sasl_plaintext&sasl.mechanism=OAUTHBEARER", "No provider for SASL mechanism OAUTHBEARER"),
            ("max.poll.interval.ms=5000", "`max.poll.interval.ms`must be >= `session.timeout.ms`"),
            ("linger.ms=60000", "must be greater than"),
        ] {
            let fault = fault(properties);
            assert!(fault.contains(words), "{properties}: {fault}");
        }
    }

    #[test]
    fn ok_plain_and_nothing_secret_is_repeated() {
        let text = "kafka://127.0.0.1:1?security.protocol=sasl_plaintext&sasl.mechanism=PLAIN&sasl.username=rcpt&sasl.password=hidden";
        let address: Address = text.parse().expect("an address");
        assert_eq!(without_secrets("bad: hidden of rcpt".to_owned(), &address), "bad: … of …");
    }
}
