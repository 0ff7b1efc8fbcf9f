//! Counts what goes over the wire between a handheld and the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What went over the line: up and down.
#[derive(Default)]
pub(crate) struct Wire {
    up: AtomicU64,
    down: AtomicU64,
}

impl Wire {
    /// Bytes up and down since the last look.
    pub(crate) fn take(&self) -> (f64, f64) {
        let take = |count: &AtomicU64| count.swap(0, Ordering::SeqCst) as f64;
        (take(&self.up), take(&self.down))
    }
}

/// Passes bytes on and counts them; where it listens.
pub(crate) async fn counting(to: &str, wire: &Arc<Wire>) -> String {
    let (to, wire) = (
        to.trim_start_matches("http://").to_owned(),
        Arc::clone(wire),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(&to).await.unwrap();
            let (near_in, near_out) = near.into_split();
            let (far_in, far_out) = far.into_split();
            let (one, other) = (Arc::clone(&wire), Arc::clone(&wire));
            tokio::spawn(async move { pass(near_in, far_out, &one.up).await });
            tokio::spawn(async move { pass(far_in, near_out, &other.down).await });
        }
    });
    address
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    count: &AtomicU64,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        count.fetch_add(read as u64, Ordering::SeqCst);
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
