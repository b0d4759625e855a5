//! Connections outwards: from which address, by which family first, and through which proxy.

use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use tokio::net::{TcpSocket, TcpStream};
use tokio_socks::tcp::Socks5Stream;

/// Which family of addresses is tried first, or alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4 first, then IPv6, whose networks are more often without reputation.
    V4First,
    /// IPv6 first.
    V6First,
    /// IPv4 alone.
    V4Only,
    /// IPv6 alone.
    V6Only,
}

impl FromStr for Family {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "v4-first" => Ok(Self::V4First),
            "v6-first" => Ok(Self::V6First),
            "v4-only" => Ok(Self::V4Only),
            "v6-only" => Ok(Self::V6Only),
            _ => Err(format!("expected v4-first, v6-first, v4-only or v6-only, found {text:?}")),
        }
    }
}

impl Family {
    /// At most `limit` addresses in the order of trying, the first of each family before the second of any.
    pub fn order(self, addresses: Vec<IpAddr>, limit: usize) -> Vec<IpAddr> {
        let wanted = |ip: &IpAddr| match self {
            Self::V4Only => ip.is_ipv4(),
            Self::V6Only => ip.is_ipv6(),
            Self::V4First | Self::V6First => true,
        };
        let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = addresses.into_iter().filter(wanted).partition(IpAddr::is_ipv4);
        let mut ranked: Vec<(usize, IpAddr)> = v4.into_iter().enumerate().chain(v6.into_iter().enumerate()).collect();
        ranked.sort_by_key(|(rank, ip)| (*rank, ip.is_ipv6() != (self == Self::V6First)));
        ranked.truncate(limit);
        ranked.into_iter().map(|(_, ip)| ip).collect()
    }
}

/// A SOCKS5 proxy (RFC 1928), of the operator's own setting and never a caller's.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    address: String,
    login: Option<(String, String)>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("address", &self.address).finish_non_exhaustive()
    }
}

impl FromStr for Proxy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || "expected socks5://[USER:PASSWORD@]HOST:PORT".to_owned();
        let rest = text.strip_prefix("socks5://").ok_or_else(fault)?.trim_end_matches('/');
        let (login, address) = match rest.rsplit_once('@') {
            Some((login, address)) => (Some(login.split_once(':').ok_or_else(fault)?), address),
            None => (None, rest),
        };
        let (host, port) = address.rsplit_once(':').ok_or_else(fault)?;
        if host.is_empty() || port.parse::<u16>().is_err() {
            return Err(fault());
        }
        Ok(Self { address: address.to_owned(), login: login.map(|(user, password)| (user.to_owned(), password.to_owned())) })
    }
}

/// How connections are made.
#[derive(Debug, Clone)]
pub struct Dialer {
    /// Our own addresses to dial from; the system's choice where there is none of the family.
    pub bind: Vec<IpAddr>,
    /// The proxy to go through.
    pub proxy: Option<Proxy>,
    /// Which family comes first.
    pub family: Family,
}

impl Dialer {
    /// The address of ours that `target` is dialled from. It is always the same one, since hosts remember whom they told to come back.
    pub fn source(&self, target: IpAddr) -> Option<IpAddr> {
        let ours: Vec<IpAddr> = self.bind.iter().copied().filter(|ip| ip.is_ipv4() == target.is_ipv4()).collect();
        let mut hasher = DefaultHasher::new();
        target.hash(&mut hasher);
        let pick = hasher.finish().checked_rem(u64::try_from(ours.len()).unwrap_or(0))?;
        ours.get(usize::try_from(pick).unwrap_or(0)).copied()
    }

    /// Connects to `target`.
    ///
    /// # Errors
    /// Where that fails, or the proxy refuses.
    pub async fn connect(&self, target: SocketAddr) -> io::Result<TcpStream> {
        let stream = match &self.proxy {
            None => self.connect_directly(target).await?,
            Some(Proxy { address, login: None }) => {
                Socks5Stream::connect(address.as_str(), target).await.map_err(io::Error::other)?.into_inner()
            }
            Some(Proxy { address, login: Some((user, password)) }) => {
                let stream = Socks5Stream::connect_with_password(address.as_str(), target, user, password).await;
                stream.map_err(io::Error::other)?.into_inner()
            }
        };
        // Commands are small and each waits for its reply: Nagle's delay would only slow them.
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn connect_directly(&self, target: SocketAddr) -> io::Result<TcpStream> {
        let socket = if target.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        if let Some(ip) = self.source(target.ip()) {
            socket.bind(SocketAddr::new(ip, 0))?;
        }
        socket.connect(target).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ips(text: &str) -> Vec<IpAddr> {
        text.split(' ').map(|ip| ip.parse().expect("an address")).collect()
    }

    #[test]
    fn ok_families_in_the_stated_order() {
        let found = || ips("192.0.2.1 2001:db8::1 192.0.2.2 2001:db8::2");
        assert_eq!(Family::V4First.order(found(), 3), ips("192.0.2.1 2001:db8::1 192.0.2.2"));
        assert_eq!(Family::V6First.order(found(), 3), ips("2001:db8::1 192.0.2.1 2001:db8::2"));
        assert_eq!(Family::V4Only.order(found(), 3), ips("192.0.2.1 192.0.2.2"));
        assert_eq!(Family::V6Only.order(found(), 1), ips("2001:db8::1"));
    }

    #[test]
    fn ok_a_host_always_sees_the_same_source() {
        let dialer = Dialer { bind: ips("192.0.2.1 192.0.2.2 2001:db8::1"), proxy: None, family: Family::V4First };
        let target = "198.51.100.7".parse().expect("an address");
        assert_eq!(dialer.source(target), dialer.source(target));
        assert!(dialer.source(target).is_some_and(|ip| ip.is_ipv4()));
        assert_eq!(dialer.source("2001:db8::9".parse().expect("an address")), ips("2001:db8::1").first().copied());
        assert_eq!(Dialer { bind: Vec::new(), ..dialer }.source(target), None);
    }

    #[test]
    fn err_proxies_that_cannot_be_meant() {
        for text in ["", "127.0.0.1:1080", "socks5://", "socks5://host", "http://host:1080", "socks5://user@host:1", "socks5://host:99999"]
        {
            assert!(text.parse::<Proxy>().is_err(), "{text}");
        }
        let proxy: Proxy = "socks5://user:secret@[::1]:1080".parse().expect("a proxy");
        assert!(!format!("{proxy:?}").contains("secret"));
    }
}
