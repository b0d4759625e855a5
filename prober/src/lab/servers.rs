//! The lab's servers beside mail: for names and for time, true ones and others, each at an address of its own on one port.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;

use super::name_server::{self, Honesty, NameServer};
use super::time_server;
use super::upstream::Upstream;
use super::zone::Zone;

/// A name server's address, and how true it is.
const NAME_SERVERS: [(Ipv4Addr, Honesty); 3] = [(DNS, Honesty::Honest), (HIJACKING_DNS, Honesty::Hijacks), (CUT_OFF_DNS, Honesty::CutOff)];
/// A time server's address, and by how much it is ahead.
const TIME_SERVERS: [(Ipv4Addr, Duration); 3] =
    [(TIME, Duration::ZERO), (ODD_TIME, Duration::from_mins(1)), (WRONG_TIME, Duration::from_hours(1))];

/// The name server that says what is.
pub(super) const DNS: Ipv4Addr = Ipv4Addr::new(127, 77, 0, 53);
/// The one that gives an address to every name that does not exist.
pub const HIJACKING_DNS: Ipv4Addr = Ipv4Addr::new(127, 77, 0, 54);
/// The one that denies every name, as if it were cut off from the network.
pub const CUT_OFF_DNS: Ipv4Addr = Ipv4Addr::new(127, 77, 0, 55);
/// The time server that is right.
pub(super) const TIME: Ipv4Addr = Ipv4Addr::new(127, 77, 0, 123);
/// The one that is a minute ahead.
pub const ODD_TIME: Ipv4Addr = Ipv4Addr::new(127, 77, 0, 124);
/// The one that is an hour ahead.
pub const WRONG_TIME: Ipv4Addr = Ipv4Addr::new(127, 77, 0, 125);

/// All of them, bound and not yet serving.
pub(super) struct Servers {
    names: Vec<(UdpSocket, TcpListener, Honesty)>,
    times: Vec<(UdpSocket, Duration)>,
    /// The name server that says what is.
    pub(super) dns: SocketAddr,
}

/// Binds every server to one port; 0 for a free one.
pub(super) async fn bind_all(port: u16) -> io::Result<Servers> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    // A port that is free at the first address may be taken at the last; another one is tried then.
    for _ in 0..16 {
        match try_bind_all(port).await {
            Ok(servers) => return Ok(servers),
            Err(error) if port == 0 => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

async fn try_bind_all(mut port: u16) -> io::Result<Servers> {
    let (mut names, mut times) = (Vec::new(), Vec::new());
    for (address, honesty) in NAME_SERVERS {
        let (udp, tcp) = name_server::bind(address, port).await?;
        port = udp.local_addr()?.port();
        names.push((udp, tcp, honesty));
    }
    for (address, ahead) in TIME_SERVERS {
        times.push((name_server::bind_udp(SocketAddr::from((address, port))).await?, ahead));
    }
    Ok(Servers { names, times, dns: SocketAddr::from((DNS, port)) })
}

impl Servers {
    /// Serves, as tasks of `tasks`; returns the name server that says what is, for other ways to it.
    pub(super) fn serve(self, zone: &Arc<Zone>, upstream: &Arc<Upstream>, tasks: &mut JoinSet<()>) -> Arc<NameServer> {
        for (udp, tcp, honesty) in self.names {
            let names = Arc::new(NameServer::new(Arc::clone(zone), Arc::clone(upstream), honesty));
            tasks.spawn(name_server::serve_udp(udp, Arc::clone(&names)));
            tasks.spawn(name_server::serve_tcp(tcp, names));
        }
        for (udp, ahead) in self.times {
            tasks.spawn(time_server::serve(udp, ahead));
        }
        Arc::new(NameServer::new(Arc::clone(zone), Arc::clone(upstream), Honesty::Honest))
    }
}
