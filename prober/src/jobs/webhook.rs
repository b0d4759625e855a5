//! Where a job's news goes: an address of the caller's choice, and so of no trust. Only globally routable hosts are dialled, and no redirect is
//! followed, since either would let a caller make us ask our own neighbours.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use axum::http::{Request, StatusCode, Uri};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use shared::domain::host_name::HostName;
use shared::wire::signature::{self, Secret, Signed};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::clock;
use crate::dial_policy::DialPolicy;
use crate::resolver::Resolver;
use crate::tls::Tls;

/// How long one delivery may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest address that is taken.
const MAX_LENGTH: usize = 2048;
/// The header with a delivery's id, by which a receiver knows one that comes twice.
const ID: &str = "rcpt-delivery";

/// An address to post to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Webhook {
    is_secure: bool,
    /// Host and port as they were given.
    authority: String,
    host: String,
    port: u16,
    path: String,
}

/// Why a delivery failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It may pass.
    Passing(String),
    /// It will not.
    Lasting(String),
}

/// Whatever can be spoken over.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Webhook {
    /// Reads an address; one of a host that may not be dialled is none.
    ///
    /// # Errors
    /// What was expected, in words.
    pub(super) fn parse(text: &str, policy: &DialPolicy) -> Result<Self, String> {
        let fault = || "expected http:// or https://, a host and perhaps a port, without user and fragment".to_owned();
        let uri: Uri = Some(text)
            .filter(|text| text.len() <= MAX_LENGTH && !text.contains('#'))
            .and_then(|text| text.parse().ok())
            .ok_or_else(fault)?;
        let is_secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(fault()),
        };
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(fault)?;
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        if host.parse::<IpAddr>().is_ok_and(|ip| policy.permit(ip).is_err()) {
            return Err("expected a host that is globally routable".to_owned());
        }
        let port = match authority.as_str().strip_prefix(authority.host()).and_then(|rest| rest.strip_prefix(':')) {
            None | Some("") => {
                if is_secure {
                    443
                } else {
                    80
                }
            }
            Some(digits) => digits.parse().ok().filter(|port| *port > 0).ok_or_else(fault)?,
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { is_secure, authority: authority.to_string(), host, port, path })
    }

    /// Posts a body once, signed.
    pub(super) async fn post(&self, way: &Way<'_>, id: &str, body: &str) -> Result<(), Fault> {
        match timeout(PATIENCE, self.try_to_post(way, id, body)).await {
            Ok(Ok(status)) if status.is_success() => Ok(()),
            // RFC 9110 §15.5.11: nobody is there any more, and that is likely to stay so.
            Ok(Ok(StatusCode::GONE)) => Err(Fault::Lasting("it answered 410".to_owned())),
            Ok(Ok(status)) => Err(Fault::Passing(format!("it answered {}", status.as_u16()))),
            Ok(Err(fault)) => Err(fault),
            Err(_) => Err(Fault::Passing(format!("it did not answer within {} s", PATIENCE.as_secs()))),
        }
    }

    async fn try_to_post(&self, way: &Way<'_>, id: &str, body: &str) -> Result<StatusCode, Fault> {
        let passing = |error: &dyn std::fmt::Display| Fault::Passing(format!("it could not be asked: {error}"));
        let stream = self.connect(way).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| passing(&error))?;
        let talking = tokio::spawn(connection);
        let path = self.path.split('?').next().unwrap_or_default();
        let signature = signature::sign(way.secret, Signed { method: "POST", path, body: body.as_bytes() }, clock::now().seconds());
        let request = Request::post(&self.path)
            .header(HOST, &self.authority)
            .header(USER_AGENT, concat!("rcpt/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, "application/json")
            .header(signature::HEADER, signature)
            .header(ID, id)
            .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
            .map_err(|error| Fault::Lasting(error.to_string()))?;
        let answer = sender.send_request(request).await.map(|answer| answer.status()).map_err(|error| passing(&error));
        // The answer's body is nothing to us.
        talking.abort();
        answer
    }

    /// Connects to the first of the host's addresses that may be dialled and answers.
    async fn connect(&self, way: &Way<'_>) -> Result<Box<dyn Stream>, Fault> {
        let name = HostName::new(&self.host);
        let found = if let Ok(ip) = self.host.parse() {
            vec![ip]
        } else {
            let looked_up = way.resolver.addresses(&name, Instant::now() + PATIENCE).await;
            looked_up.map_err(|failure| Fault::Passing(format!("its host could not be looked up: {failure:?}")))?
        };
        let refused = || Fault::Lasting("its host has no address that is globally routable".to_owned());
        let addresses: Vec<SocketAddr> =
            found.into_iter().filter(|ip| way.policy.permit(*ip).is_ok()).map(|ip| SocketAddr::new(ip, self.port)).collect();
        if addresses.is_empty() {
            return Err(refused());
        }
        let passing = |error: std::io::Error| Fault::Passing(format!("no connection came about: {error}"));
        let stream = TcpStream::connect(addresses.as_slice()).await.map_err(passing)?;
        if !self.is_secure {
            return Ok(Box::new(stream));
        }
        let stream = way.tls.connect_verified(stream, &self.host).await.map_err(passing)?;
        Ok(Box::new(stream))
    }
}

/// What deliveries go by.
pub(super) struct Way<'a> {
    pub(super) resolver: &'a Resolver,
    pub(super) policy: &'a DialPolicy,
    pub(super) tls: &'a Tls,
    pub(super) secret: &'a Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_addresses_that_lead_nowhere_good() {
        let parse = |text: &str| Webhook::parse(text, &DialPolicy::Internet);
        for text in [
            "",
            "hooks.example.com",
            "ftp://hooks.example.com/",
            "https://user@hooks.example.com/",
            "https://",
            "http://127.0.0.1/",
            "http://[::1]:8080/",
            "https://169.254.169.254/latest",
            "https://10.1.2.3/",
            "https://hooks.example.com/#x",
            "https://hooks.example.com:99999/",
            "https://hooks.example.com:0/",
            "http://[::ffff:127.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://hooks.example.com@127.0.0.1/",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let hook = parse("https://hooks.example.com/a?b=c").expect("an address");
        assert_eq!((hook.is_secure, &*hook.host, hook.port, &*hook.path), (true, "hooks.example.com", 443, "/a?b=c"));
        let hook = parse("http://[2600::1]:8080/").expect("an address");
        assert_eq!((&*hook.authority, &*hook.host, hook.port), ("[2600::1]:8080", "2600::1", 8080), "RFC 9110 §7.2: Host has the brackets");
    }
}
