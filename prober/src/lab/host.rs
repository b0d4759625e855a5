//! A mail host: a small SMTP server (RFC 5321) that behaves as its manner says.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::conversation::{self, End};
use super::greylist::Greylist;
use super::guest_book::{GuestBook, Visit};
use super::manner::Manner;
use super::session::Session;
use super::{crowd, host_address, site};

/// How long a guest may be quiet, or shake hands.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// An error that names the address it is about.
pub(super) fn named(error: &io::Error, address: SocketAddr) -> io::Error {
    let said = match error.kind() {
        io::ErrorKind::AddrInUse => format!("{address} is in use already"),
        _ => format!("cannot listen on {address}: {error}"),
    };
    io::Error::new(error.kind(), said)
}

/// Listens on an address.
pub(super) async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| named(&error, address))
}

type Listeners = Vec<(TcpListener, &'static Manner)>;

/// Listens for every host on one port.
pub(super) async fn bind_all(port: u16, crowd: usize) -> io::Result<Listeners> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    // A port that is free at the first address may be taken at the last; another one is tried then.
    for _ in 0..16 {
        match try_bind_all(port, crowd).await {
            Ok(listeners) => return Ok(listeners),
            Err(error) if port == 0 => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

async fn try_bind_all(mut port: u16, crowd: usize) -> io::Result<Listeners> {
    let mut listeners = Vec::new();
    let sites = site::hosts().map(|(number, manner)| (host_address(number), manner));
    for (address, manner) in sites.chain(crowd::members(crowd).map(|member| (member.address, member.manner))) {
        let listener = bind(SocketAddr::new(address, port)).await?;
        port = listener.local_addr()?.port();
        listeners.push((listener, manner));
    }
    Ok(listeners)
}

/// The port that they share.
pub(super) fn port_of(listeners: &Listeners) -> io::Result<u16> {
    let first = listeners.first().ok_or_else(|| io::Error::other("the lab has no mail hosts"))?;
    Ok(first.0.local_addr()?.port())
}

/// What a host keeps from one session to the next.
pub(super) struct Host {
    pub(super) manner: &'static Manner,
    pub(super) greylist: Greylist,
    present: Mutex<HashMap<IpAddr, u32>>,
    acceptor: TlsAcceptor,
    guests: Arc<GuestBook>,
}

impl Host {
    pub(super) fn new(manner: &'static Manner, acceptor: TlsAcceptor, guests: Arc<GuestBook>) -> Self {
        Self { manner, greylist: Greylist::default(), present: Mutex::default(), acceptor, guests }
    }

    fn count(&self, guest: IpAddr, change: impl FnOnce(u32) -> u32) -> u32 {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let count = present.entry(guest).or_default();
        *count = change(*count);
        *count
    }
}

/// One of a guest's connections, as long as it counts.
pub(super) struct Presence {
    host: Arc<Host>,
    pub(super) guest: IpAddr,
    /// How many of the guest's there are, this one included.
    pub(super) count: u32,
}

impl Presence {
    fn of(host: &Arc<Host>, guest: IpAddr) -> Self {
        Self { host: Arc::clone(host), guest, count: host.count(guest, |count| count.saturating_add(1)) }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.host.count(self.guest, |count| count.saturating_sub(1));
    }
}

/// Serves guests until it is called off.
pub(super) async fn serve(listener: TcpListener, host: Arc<Host>) {
    let mut visits = JoinSet::new();
    loop {
        while visits.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, guest)) => drop(visits.spawn(receive(stream, guest, Arc::clone(&host)))),
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn receive(stream: TcpStream, guest: SocketAddr, host: Arc<Host>) {
    let opened_ms = host.guests.now_ms();
    let mut session = Session::new(&host, Presence::of(&host, guest.ip()));
    let address = stream.local_addr();
    // Replies to grouped commands go out one by one; without this each would wait for the last one's acknowledgement.
    let _ = stream.set_nodelay(true);
    // However it ends, the visit is over then.
    let _ = converse(stream, &mut session, &host.acceptor).await;
    if let Ok(address) = address {
        let Session { commands, quit, tls, .. } = session;
        host.guests.sign(Visit { host: address, guest, commands, quit, tls, opened_ms, closed_ms: host.guests.now_ms() });
    }
}

async fn converse(mut stream: TcpStream, session: &mut Session, acceptor: &TlsAcceptor) -> io::Result<()> {
    if !conversation::greet(&mut stream, session).await? {
        return Ok(());
    }
    match conversation::hold(&mut stream, session).await? {
        End::Over => Ok(()),
        // What came behind STARTTLS in plain text is forgotten (RFC 3207 §4.2).
        End::Handshake => {
            let mut stream = timeout(PATIENCE, acceptor.accept(stream)).await??;
            session.secured();
            conversation::hold(&mut stream, session).await.map(drop)
        }
        End::Garbage => conversation::garbage(&mut stream).await,
    }
}
