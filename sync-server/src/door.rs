//! Where connections come in: over TLS, or plain from this machine and from named proxies.
//!
//! A handshake takes as long as its client likes, so each has a task of its own and a limit; the
//! server sees finished connections only. Tests: `tests/tests/transport.rs`.

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A handshake is two round trips; on the worst line some seconds.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(20);
/// Handshakes under way: a district's handhelds coming back at once, some KiB each.
const HANDSHAKES_MAX: usize = 4_096;
/// Finished connections that wait for the server to take them.
const ARRIVED_MAX: usize = 64;
/// How long to wait when the system gives no socket, mostly for want of file handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// How connections are taken.
pub(crate) enum Guard {
    /// Over TLS.
    Tls(TlsAcceptor),
    /// Plain, from this machine and these addresses only.
    Plain(Vec<IpAddr>),
}

/// A connection, plain or not.
pub(crate) trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Connection for T {}

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        *stream.remote_addr()
    }
}

/// The door: gives connections that are ready to be served.
pub(crate) struct Door {
    local: SocketAddr,
    arrived: mpsc::Receiver<(Box<dyn Connection>, Peer)>,
    accepting: JoinHandle<()>,
}

impl Door {
    /// Opens a bound socket under this guard.
    pub(crate) fn open(listener: TcpListener, guard: Guard) -> std::io::Result<Self> {
        let local = listener.local_addr()?;
        let (give, arrived) = mpsc::channel(ARRIVED_MAX);
        Ok(Self {
            local,
            arrived,
            accepting: tokio::spawn(accept(listener, guard, give)),
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.local
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Listener for Door {
    type Io = Box<dyn Connection>;
    type Addr = Peer;

    async fn accept(&mut self) -> (Self::Io, Peer) {
        match self.arrived.recv().await {
            Some(one) => one,
            // The task ends with the door only.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<Peer> {
        Ok(Peer(self.local))
    }
}

async fn accept(
    listener: TcpListener,
    guard: Guard,
    give: mpsc::Sender<(Box<dyn Connection>, Peer)>,
) {
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::debug!(%error, "a connection could not be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Small answers shall not wait for company; a socket that refuses works all the same.
        let _ = stream.set_nodelay(true);
        match &guard {
            Guard::Plain(proxies) => {
                let from = peer.ip().to_canonical();
                if !(from.is_loopback() || proxies.contains(&from)) {
                    tracing::warn!("a plain connection came past the proxy and was closed");
                    continue;
                }
                if give.send((Box::new(stream), Peer(peer))).await.is_err() {
                    return;
                }
            }
            Guard::Tls(acceptor) => {
                let Ok(turn) = Arc::clone(&handshakes).acquire_owned().await else {
                    return;
                };
                let (acceptor, give) = (acceptor.clone(), give.clone());
                tokio::spawn(async move {
                    if let Some(stream) = shake_hands(&acceptor, stream).await {
                        drop(turn);
                        let _ = give.send((stream, Peer(peer))).await;
                    }
                });
            }
        }
    }
}

async fn shake_hands(acceptor: &TlsAcceptor, stream: TcpStream) -> Option<Box<dyn Connection>> {
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => Some(Box::new(stream)),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a handshake failed");
            None
        }
        Err(_) => None,
    }
}
