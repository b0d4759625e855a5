//! Between what writes or reads and blocks, and a body that comes in pieces.

use std::io::{self, Read, Write};
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// How many pieces are held between.
const HELD: usize = 4;
/// How large a piece is, in octets.
const PIECE: usize = 64 * 1024;
/// How long a client may take for the next piece.
const PATIENCE: Duration = Duration::from_mins(1);

/// A body of what `write` writes, at the pace at which it is read.
pub(super) fn body(write: impl FnOnce(&mut dyn Write) -> Result<(), String> + Send + 'static) -> Body {
    let (sender, receiver) = channel(HELD);
    spawn_blocking(move || {
        let mut out = io::BufWriter::with_capacity(PIECE, Pieces(sender.clone()));
        let written = write(&mut out).and_then(|()| out.flush().map_err(|error| error.to_string()));
        if let Err(fault) = written {
            // The body breaks off, so that nobody takes it for whole.
            let _ = sender.blocking_send(Err(io::Error::other(fault)));
        }
    });
    from(receiver)
}

/// A body of pieces as they come.
pub(super) fn from(receiver: Receiver<io::Result<Bytes>>) -> Body {
    Body::from_stream(stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|piece| (piece, receiver)) }))
}

struct Pieces(Sender<io::Result<Bytes>>);

impl Write for Pieces {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.0.blocking_send(Ok(Bytes::copy_from_slice(octets))).map_err(gone)?;
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Hands the pieces of `body` to `read`, which blocks, and waits for its end. A body that breaks off, or has more than `limit` octets, ends in
/// an error there.
pub(super) async fn read<T: Send + 'static>(
    body: Body,
    limit: u64,
    read: impl FnOnce(&mut dyn Read) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (sender, receiver) = channel(HELD);
    let reading = spawn_blocking(move || read(&mut Gathered { receiver, piece: Bytes::new() }));
    let (mut pieces, mut left) = (body.into_data_stream(), limit);
    loop {
        let piece = match timeout(PATIENCE, pieces.next()).await {
            Ok(None) => break,
            Ok(Some(Ok(piece))) if piece.len() as u64 <= left => Ok(piece),
            Ok(Some(Ok(_))) => Err(io::Error::new(io::ErrorKind::FileTooLarge, "the list is too long")),
            Ok(Some(Err(_))) | Err(_) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the list broke off")),
        };
        left -= piece.as_ref().map_or(0, |piece| piece.len() as u64);
        let is_last = piece.is_err();
        // Where nobody reads any more, the reason comes from there.
        if sender.send(piece).await.is_err() || is_last {
            break;
        }
    }
    drop(sender);
    reading.await.map_err(io::Error::other)?
}

struct Gathered {
    receiver: Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for Gathered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let length = self.piece.as_ref().read(buffer)?;
        let _ = self.piece.split_to(length);
        Ok(length)
    }
}
