//! A SOCKS5 proxy (RFC 1928, RFC 1929) that writes down where it was asked to go.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A running proxy. It asks for a login and serves IPv4 addresses alone, so that a name would be refused.
#[derive(Debug)]
pub struct Socks {
    address: SocketAddr,
    targets: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Socks {
    /// Starts one on a free port for guests of this name and password.
    ///
    /// # Errors
    /// Where no port can be had.
    pub fn start(login: (&'static str, &'static str)) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let this = Self { address: listener.local_addr()?, targets: Arc::default() };
        let targets = Arc::clone(&this.targets);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let targets = Arc::clone(&targets);
                // Whoever fails to follow the protocol is hung up on.
                thread::spawn(move || drop(serve(stream, login, &targets)));
            }
        });
        Ok(this)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it was asked to go, in order.
    pub fn targets(&self) -> Vec<SocketAddr> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(mut guest: TcpStream, login: (&str, &str), targets: &Mutex<Vec<SocketAddr>>) -> io::Result<()> {
    let [version, methods] = take::<2>(&mut guest)?;
    let mut offered = vec![0; methods.into()];
    guest.read_exact(&mut offered)?;
    if version != 5 || !offered.contains(&2) {
        return guest.write_all(&[5, 0xff]);
    }
    guest.write_all(&[5, 2])?;
    let [_, length] = take::<2>(&mut guest)?;
    let user = text(&mut guest, length)?;
    let [length] = take::<1>(&mut guest)?;
    let password = text(&mut guest, length)?;
    if (user.as_str(), password.as_str()) != login {
        return guest.write_all(&[1, 1]);
    }
    guest.write_all(&[1, 0])?;
    let [_, command, _, kind] = take::<4>(&mut guest)?;
    if (command, kind) != (1, 1) {
        // Address type not supported.
        return guest.write_all(&[5, 8, 0, 1, 0, 0, 0, 0, 0, 0]);
    }
    let (ip, port) = (take::<4>(&mut guest)?, u16::from_be_bytes(take::<2>(&mut guest)?));
    let target = SocketAddr::from((ip, port));
    targets.lock().unwrap_or_else(PoisonError::into_inner).push(target);
    let host = TcpStream::connect(target)?;
    guest.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    let (mut from_guest, mut to_host) = (guest.try_clone()?, host.try_clone()?);
    thread::spawn(move || io::copy(&mut from_guest, &mut to_host));
    io::copy(&mut &host, &mut guest).map(drop)
}

fn take<const N: usize>(stream: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut octets = [0; N];
    stream.read_exact(&mut octets).map(|()| octets)
}

fn text(stream: &mut TcpStream, length: u8) -> io::Result<String> {
    let mut octets = vec![0; length.into()];
    stream.read_exact(&mut octets)?;
    Ok(String::from_utf8_lossy(&octets).into_owned())
}
