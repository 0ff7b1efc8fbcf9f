//! A small TCP proxy that loses: connections are refused, slowed and cut in the middle, in either
//! direction, by the bytes that went through.

use crate::sim::chance::Chance;
use anyhow::Result;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Bytes moved at once.
const PIECE_BYTES: usize = 4 * 1024;
/// A connection that is cut lives for fewer bytes than this in one direction.
const CUT_BYTES_MAX: usize = 24 * 1024;

/// The proxy; ends when dropped.
#[derive(Debug)]
pub struct Lossy {
    address: SocketAddr,
    is_calm: Arc<AtomicBool>,
    cut: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

/// What a connection has coming.
#[derive(Debug, Clone, Copy)]
struct Plan {
    up_bytes: usize,
    down_bytes: usize,
    pause: Duration,
}

impl Lossy {
    /// Stands in front of a port of this machine.
    pub async fn start(port: u16, seed: u64) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (is_calm, cut) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let (calm, counted) = (Arc::clone(&is_calm), Arc::clone(&cut));
        let chance = Mutex::new(Chance::new(seed));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let plan = {
                    let mut chance = chance.lock().unwrap_or_else(PoisonError::into_inner);
                    plan(calm.load(Ordering::SeqCst), &mut chance)
                };
                let counted = Arc::clone(&counted);
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await
                        && pass(client, server, plan).await
                    {
                        counted.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        Ok(Self {
            address,
            is_calm,
            cut,
            task,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Loses nothing any more.
    pub fn calm(&self) {
        self.is_calm.store(true, Ordering::SeqCst);
    }

    /// How many connections were cut.
    #[must_use]
    pub fn cut(&self) -> u64 {
        self.cut.load(Ordering::SeqCst)
    }
}

impl Drop for Lossy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn plan(is_calm: bool, chance: &mut Chance) -> Plan {
    let whole = Plan {
        up_bytes: usize::MAX,
        down_bytes: usize::MAX,
        pause: Duration::ZERO,
    };
    if is_calm {
        return whole;
    }
    let bytes = chance.below(CUT_BYTES_MAX);
    match chance.below(10) {
        0 => Plan {
            up_bytes: 0,
            ..whole
        },
        1 | 2 => Plan {
            up_bytes: bytes,
            ..whole
        },
        3 | 4 => Plan {
            down_bytes: bytes / 8,
            ..whole
        },
        5 | 6 => Plan {
            pause: Duration::from_millis(20),
            ..whole
        },
        _ => whole,
    }
}

/// Passes bytes on both ways; whether it was cut.
async fn pass(mut client: TcpStream, mut server: TcpStream, mut plan: Plan) -> bool {
    let (mut up, mut down) = ([0_u8; PIECE_BYTES], [0_u8; PIECE_BYTES]);
    loop {
        let (to, bytes, left) = tokio::select! {
            read = client.read(&mut up) => match read {
                Ok(count) if count > 0 => (&mut server, &up[..count], &mut plan.up_bytes),
                _ => return false,
            },
            read = server.read(&mut down) => match read {
                Ok(count) if count > 0 => (&mut client, &down[..count], &mut plan.down_bytes),
                _ => return false,
            },
        };
        tokio::time::sleep(plan.pause).await;
        let passed = bytes.len().min(*left);
        *left -= passed;
        if to.write_all(&bytes[..passed]).await.is_err() {
            return false;
        }
        if passed < bytes.len() {
            return true;
        }
    }
}
