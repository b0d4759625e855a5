//! The texts of settings, read one by one; a fault says what was expected and found, but never what may be a secret.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use shared::domain::Domain;
use shared::mailbox::Mailbox;
use shared::smtp::command::HeloName;
use shared::wire::signature::Secret;

use super::{GIB, NTP_PORT, TimeServer};
use crate::dial_policy::DialPolicy;

pub(super) fn parse_servers(text: &str) -> Result<Vec<SocketAddr>, String> {
    let one = |item: &str| {
        let bare = item.parse().map(|ip| SocketAddr::new(ip, 53));
        bare.or_else(|_| item.parse()).map_err(|_| format!("expected IP or IP:PORT, found {item:?}"))
    };
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(one).collect()
}

pub(super) fn parse_number<T: TryFrom<u64>>(text: &str, least: u64, most: u64) -> Result<T, String> {
    let fault = || format!("expected a number of {least} to {most}, found {text:?}");
    let number = text.parse::<u64>().ok().filter(|number| (least..=most).contains(number)).ok_or_else(fault)?;
    T::try_from(number).map_err(|_| fault())
}

pub(super) fn parse_gib(text: &str) -> Result<u64, String> {
    let fault = || format!("expected a number of GiB, such as 64 or 0.5, found {text:?}");
    let number = text.parse::<f64>().ok().filter(|number| (0.000_001..=1_000_000.0).contains(number)).ok_or_else(fault)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "between 1 KiB and 1 PiB")]
    Ok((number * GIB as f64) as u64)
}

pub(super) fn parse_networks(text: &str) -> Result<DialPolicy, String> {
    if is_off(text) {
        return Ok(DialPolicy::Internet);
    }
    if is_on(text) {
        return Ok(DialPolicy::everything());
    }
    let one = |item: &str| item.trim().parse().map_err(|_| format!("expected on, off or NETWORK/PREFIX, found {item:?}"));
    text.split(',').map(one).collect::<Result<Vec<IpNet>, String>>().map(DialPolicy::InternetAnd)
}

pub(super) fn parse_helo(text: &str) -> Result<HeloName, String> {
    Domain::parse(text).map(HeloName::new).map_err(|error| format!("expected this host's own domain name, found {text:?} ({error})"))
}

pub(super) fn parse_mail_from(text: &str) -> Result<Mailbox, String> {
    let mailbox = Mailbox::parse(text).map_err(|error| format!("expected a mailbox of your own: {error}"))?;
    match mailbox.domain() {
        Some(_) if !mailbox.needs_smtputf8() => Ok(mailbox),
        _ => Err("expected an ASCII mailbox at a domain".into()),
    }
}

pub(super) fn parse_addresses(text: &str) -> Result<Vec<IpAddr>, String> {
    let one = |item: &str| item.trim().parse().map_err(|_| format!("expected IP addresses by commas, found {:?}", item.trim()));
    text.split(',').map(one).collect()
}

pub(super) fn parse_cache(text: &str) -> Result<String, String> {
    // The address may hold a password, so it is not repeated.
    redis::Client::open(text).map(|_| text.to_owned()).map_err(|_| "expected redis://[USER:PASSWORD@]HOST[:PORT][/DB]".to_owned())
}

pub(super) fn parse_canaries(text: &str) -> Result<Vec<Mailbox>, String> {
    let one = |item: &str| Mailbox::parse(item.trim()).map_err(|error| format!("expected mailboxes by commas: {error}"));
    text.split(',').map(one).collect()
}

fn is_off(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "0" | "false" | "off" | "no")
}

fn is_on(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "1" | "true" | "on" | "yes")
}

pub(super) fn parse_switch(text: &str) -> Result<bool, String> {
    if is_on(text) || is_off(text) { Ok(is_on(text)) } else { Err(format!("expected on or off, found {text:?}")) }
}

pub(super) fn parse_blocklists(text: &str) -> Result<Vec<Domain>, String> {
    if is_off(text) {
        return Ok(Vec::new());
    }
    let one = |item: &str| Domain::parse(item).map_err(|error| format!("expected off or domains by commas, found {item:?} ({error})"));
    text.split(',').map(|item| one(item.trim())).collect()
}

pub(super) fn parse_time_server(text: &str) -> Result<Option<TimeServer>, String> {
    if is_off(text) {
        return Ok(None);
    }
    let fault = || format!("expected off, HOST or HOST:PORT, found {text:?}");
    let (host, port) = match (text.parse::<IpAddr>(), text.parse::<SocketAddr>()) {
        (Ok(ip), _) => return Ok(Some(TimeServer { host: ip.to_string(), port: NTP_PORT })),
        (_, Ok(address)) => return Ok(Some(TimeServer { host: address.ip().to_string(), port: address.port() })),
        _ => text.rsplit_once(':').map_or(Some((text, NTP_PORT)), |(host, port)| Some((host, port.parse().ok()?))).ok_or_else(fault)?,
    };
    let domain = Domain::parse(host).map_err(|_| fault())?;
    Ok(Some(TimeServer { host: domain.as_ascii().to_owned(), port }))
}

pub(super) fn parse_secret(text: &str) -> Result<Secret, String> {
    let fault = || format!("expected at least {} octets, found {}", Secret::MIN_LEN, text.len());
    Secret::new(text.to_owned()).ok_or_else(fault)
}
