//! A weak mobile link in front of a port of this machine: slow, far, losing packets, and cut off
//! now and then.
//!
//! It stands between two TCP connections, so it shapes what the handheld's and the server's own
//! TCP would have sent: each direction passes packets one after another at the link's speed, each
//! arrives half a round trip later, a lost one takes the link a second time and holds up what is
//! behind it until it was missed, a connection costs a round trip before it carries anything, and
//! a cut ends all connections and takes what is under way with it. Until [`Shaped::weaken`] it
//! passes everything on at once, so that a handheld can be bound through it.

use crate::sim::chance::Chance;
use anyhow::Result;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// What a packet carries on most mobile networks.
const PACKET_BYTES: usize = 1_400;
/// Packets under way in one direction before the sender has to wait: the window of a phone.
const WINDOW_PACKETS: usize = 32;

/// A weak link.
#[derive(Debug, Clone, Copy)]
pub struct Weak {
    /// Bits a second, each way.
    pub bits_per_s: u64,
    /// There and back.
    pub round_trip: Duration,
    /// Packets in a hundred that are lost.
    pub loss_percent: usize,
    /// A cut comes this often.
    pub cut_every: Duration,
    /// How long nobody gets through then.
    pub cut_lasts: Duration,
}

/// The link; ends when dropped.
#[derive(Debug)]
pub struct Shaped {
    port: u16,
    shared: Arc<Shared>,
    taking: JoinHandle<()>,
    cutting: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    weak: Weak,
    is_weak: AtomicBool,
    up: Direction,
    down: Direction,
    cuts: AtomicU64,
    /// Odd while nobody gets through; each change ends the connections.
    life: watch::Sender<u64>,
}

#[derive(Debug)]
struct Direction {
    /// When the link is free again, and what will be lost.
    link: Mutex<(Instant, Chance)>,
    bytes: AtomicU64,
}

impl Direction {
    fn new(seed: u64) -> Self {
        Self {
            link: Mutex::new((Instant::now(), Chance::new(seed))),
            bytes: AtomicU64::new(0),
        }
    }

    /// When a packet has left, and when it arrives.
    fn pass(&self, bytes: usize, shared: &Shared) -> (Instant, Instant) {
        let counted = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.bytes.fetch_add(counted, Ordering::SeqCst);
        let now = Instant::now();
        if !shared.is_weak.load(Ordering::SeqCst) {
            return (now, now);
        }
        let weak = &shared.weak;
        let on_link = Duration::from_micros(counted * 8 * 1_000_000 / weak.bits_per_s);
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        let (free, chance) = &mut *link;
        let mut left = (*free).max(now) + on_link;
        let mut arrives = left + weak.round_trip / 2;
        while chance.below(100) < weak.loss_percent {
            // Missed after a round trip, then sent once more.
            left += on_link;
            arrives += weak.round_trip + on_link;
        }
        *free = left;
        (left, arrives)
    }
}

impl Shaped {
    /// Stands in front of a port of this machine.
    ///
    /// # Errors
    /// When there is no port to listen on.
    pub async fn start(to: u16, weak: Weak, seed: u64) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            weak,
            is_weak: AtomicBool::new(false),
            up: Direction::new(seed),
            down: Direction::new(seed.wrapping_add(1)),
            cuts: AtomicU64::new(0),
            life: watch::channel(0).0,
        });
        let all = Arc::clone(&shared);
        let taking = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, to, Arc::clone(&all)));
            }
        });
        Ok(Self {
            port,
            shared,
            taking,
            cutting: None,
        })
    }

    /// From now on it is weak, and what went before is not counted.
    pub fn weaken(&mut self) {
        self.shared.is_weak.store(true, Ordering::SeqCst);
        for direction in [&self.shared.up, &self.shared.down] {
            direction.bytes.store(0, Ordering::SeqCst);
        }
        // Connections from before knew no handshake.
        self.shared.life.send_modify(|life| *life += 2);
        self.cutting = Some(tokio::spawn(cut(Arc::clone(&self.shared))));
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Bytes that went up so far, without what TCP sent again.
    #[must_use]
    pub fn up(&self) -> u64 {
        self.shared.up.bytes.load(Ordering::SeqCst)
    }

    /// Bytes that went down so far.
    #[must_use]
    pub fn down(&self) -> u64 {
        self.shared.down.bytes.load(Ordering::SeqCst)
    }

    /// How often the link was cut.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Shaped {
    fn drop(&mut self) {
        self.taking.abort();
        if let Some(cutting) = &self.cutting {
            cutting.abort();
        }
    }
}

async fn cut(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(shared.weak.cut_every).await;
        shared.life.send_modify(|life| *life += 1);
        shared.cuts.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(shared.weak.cut_lasts).await;
        shared.life.send_modify(|life| *life += 1);
    }
}

/// One connection from its handshake to its end or the next cut.
async fn carry(near: TcpStream, to: u16, shared: Arc<Shared>) {
    let mut life = shared.life.subscribe();
    let is_cut = *life.borrow_and_update() % 2 == 1;
    let carried = async {
        if shared.is_weak.load(Ordering::SeqCst) {
            tokio::time::sleep(shared.weak.round_trip).await;
        }
        let Ok(far) = TcpStream::connect(("127.0.0.1", to)).await else {
            return;
        };
        let (near_in, near_out) = near.into_split();
        let (far_in, far_out) = far.into_split();
        // Whoever hangs up ends both ways: HTTP needs no half of a connection.
        tokio::select! {
            () = pass(near_in, far_out, &shared.up, &shared) => {}
            () = pass(far_in, near_out, &shared.down, &shared) => {}
        }
    };
    if is_cut {
        return;
    }
    tokio::select! {
        () = carried => {}
        _ = life.changed() => {}
    }
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    direction: &Direction,
    shared: &Shared,
) {
    let (under_way, mut arriving) = mpsc::channel::<(Instant, Vec<u8>)>(WINDOW_PACKETS);
    let send = async {
        let mut packet = vec![0; PACKET_BYTES];
        while let Ok(count @ 1..) = from.read(&mut packet).await {
            let bytes = packet.get(..count).unwrap_or_default().to_vec();
            let (left, arrives) = direction.pass(count, shared);
            if under_way.send((arrives, bytes)).await.is_err() {
                return;
            }
            tokio::time::sleep_until(left).await;
        }
        drop(under_way);
    };
    let receive = async {
        // A packet behind a lost one waits for it, which the order of the queue sees to.
        while let Some((arrives, bytes)) = arriving.recv().await {
            tokio::time::sleep_until(arrives).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(send, receive);
}
