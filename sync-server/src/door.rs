//! Where connections come in: over TLS, or plain from this machine and from named proxies.
//!
//! A handshake takes as long as its client likes, so each has a task of its own and a limit; the
//! server sees finished connections only. Over TLS an address has so many places, so that nobody
//! alone takes what all need. Tests: `tests/tests/transport.rs`, and below.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
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

/// Connections of one address over TLS: an office with its handhelds behind one address, or a
/// mobile network's, and no more than the server has room for from several like it.
const PLACES_MAX: usize = 2_000;
/// Of the files that may be open, one address gets this part.
const PLACES_PART: u64 = 4;
/// The same warning comes once in this time.
const WARN_EVERY: Duration = Duration::from_secs(60);

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

/// A connection that is ready to be served.
pub(crate) struct Arrived {
    /// What it says and hears.
    pub(crate) stream: Box<dyn Connection>,
    /// Its other end.
    pub(crate) peer: Peer,
    /// Held for as long as it lasts.
    pub(crate) place: Place,
}

/// Whom an address stands for: of IPv6, whoever has one has all of its /64.
pub(crate) fn whose(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(long) => {
            let [one, two, three, four, ..] = long.segments();
            IpAddr::V6(Ipv6Addr::new(one, two, three, four, 0, 0, 0, 0))
        }
        short @ IpAddr::V4(_) => short,
    }
}

/// How many connections each address has.
type Counts = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// The places of all addresses.
struct Places {
    most: usize,
    taken: Counts,
}

impl Places {
    /// As many for each address as `files` allow, which may be open at once.
    fn of(files: Option<u64>) -> Self {
        let part = files.map(|files| usize::try_from(files / PLACES_PART).unwrap_or(usize::MAX));
        Self {
            most: part.unwrap_or(PLACES_MAX).min(PLACES_MAX),
            taken: Arc::default(),
        }
    }

    /// A place, unless the address has all of its own. This machine may have any number.
    fn take(&self, from: IpAddr) -> Option<Place> {
        if from.to_canonical().is_loopback() {
            return Some(Place::default());
        }
        let whose = whose(from);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(whose).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place(Some((whose, Arc::clone(&self.taken)))))
    }
}

/// A connection's place among those of its address, where these are counted.
#[derive(Default)]
pub(crate) struct Place(Option<(IpAddr, Counts)>);

impl Drop for Place {
    fn drop(&mut self) {
        let Some((whose, taken)) = &self.0 else {
            return;
        };
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(whose) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(whose);
            }
        }
    }
}

/// Lets a warning through once in a while.
#[derive(Default)]
struct Sparing(Option<Instant>);

impl Sparing {
    fn is_due(&mut self) -> bool {
        let is_due = self.0.is_none_or(|last| last.elapsed() >= WARN_EVERY);
        if is_due {
            self.0 = Some(Instant::now());
        }
        is_due
    }
}

/// The door: gives connections that are ready to be served.
pub(crate) struct Door {
    local: SocketAddr,
    arrived: mpsc::Receiver<Arrived>,
    accepting: JoinHandle<()>,
}

impl Door {
    /// Opens a bound socket under this guard, for a process that may have so many files open.
    pub(crate) fn open(
        listener: TcpListener,
        guard: Guard,
        files: Option<u64>,
    ) -> std::io::Result<Self> {
        let local = listener.local_addr()?;
        let (give, arrived) = mpsc::channel(ARRIVED_MAX);
        Ok(Self {
            local,
            arrived,
            accepting: tokio::spawn(accept(listener, guard, Places::of(files), give)),
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.local
    }

    /// The next connection.
    pub(crate) async fn accept(&mut self) -> Arrived {
        match self.arrived.recv().await {
            Some(arrived) => arrived,
            // The task ends with the door only.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, guard: Guard, places: Places, give: mpsc::Sender<Arrived>) {
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    let (mut failing, mut crowding) = (Sparing::default(), Sparing::default());
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                if failing.is_due() {
                    tracing::warn!(%error, "connections can't be taken");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Small answers shall not wait for company; a socket that refuses works all the same.
        let _ = stream.set_nodelay(true);
        let from = peer.ip().to_canonical();
        match &guard {
            Guard::Plain(proxies) => {
                if !(from.is_loopback() || proxies.contains(&from)) {
                    tracing::warn!("a plain connection came past the proxy and was closed");
                    continue;
                }
                let arrived = Arrived {
                    stream: Box::new(stream),
                    peer: Peer(peer),
                    place: Place::default(),
                };
                if give.send(arrived).await.is_err() {
                    return;
                }
            }
            Guard::Tls(acceptor) => {
                let Some(place) = places.take(from) else {
                    if crowding.is_due() {
                        tracing::warn!("an address has all its connections; more were closed");
                    }
                    continue;
                };
                let Ok(turn) = Arc::clone(&handshakes).acquire_owned().await else {
                    return;
                };
                let (acceptor, give) = (acceptor.clone(), give.clone());
                tokio::spawn(async move {
                    if let Some(stream) = shake_hands(&acceptor, stream).await {
                        drop(turn);
                        let peer = Peer(peer);
                        let _ = give
                            .send(Arrived {
                                stream,
                                peer,
                                place,
                            })
                            .await;
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_so_many_places_and_gets_them_back() {
        let places = Places::of(Some(12));
        let (here, there) = (address("198.51.100.1"), address("198.51.100.2"));
        let mut taken: Vec<_> = (0..3).map(|_| places.take(here).unwrap()).collect();
        assert!(places.take(here).is_none());
        assert!(places.take(address("::ffff:198.51.100.1")).is_none());
        drop(places.take(there).unwrap());
        taken.pop();
        taken.push(places.take(here).unwrap());
        assert!(places.take(here).is_none());
        drop(taken);
        assert!(places.taken.lock().unwrap().is_empty());
    }

    #[test]
    fn this_machine_has_any_number_and_a_network_of_ipv6_is_one() {
        let places = Places::of(Some(4));
        let own: Vec<_> = (0..9)
            .filter_map(|_| places.take(address("127.0.0.1")))
            .collect();
        assert_eq!(own.len(), 9);
        let _one = places.take(address("2001:db8:0:1::1")).unwrap();
        assert!(places.take(address("2001:db8:0:1:ffff::2")).is_none());
        assert!(places.take(address("2001:db8:0:2::1")).is_some());
    }

    #[test]
    fn one_address_never_takes_all_files() {
        assert_eq!(Places::of(None).most, PLACES_MAX);
        assert_eq!(Places::of(Some(1_024)).most, 256);
        assert_eq!(Places::of(Some(1 << 20)).most, PLACES_MAX);
    }
}
