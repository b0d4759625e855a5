//! The lab's time servers (RFC 4330): one that is right, and some that are not.

use std::time::Duration;

use tokio::net::UdpSocket;

use crate::clock;
use crate::doctor::sntp;

/// Answers with the time, and so much later.
pub(super) async fn serve(socket: UdpSocket, ahead: Duration) {
    let mut buffer = [0; 512];
    loop {
        // An error here is about one earlier datagram (ICMP), not about the socket.
        let Ok((length, guest)) = socket.recv_from(&mut buffer).await else { continue };
        let now_ms = clock::now().0.saturating_add(u64::try_from(ahead.as_millis()).unwrap_or(u64::MAX));
        if let Some(answer) = sntp::answer(buffer.get(..length).unwrap_or_default(), now_ms) {
            let _ = socket.send_to(&answer, guest).await;
        }
    }
}
