//! Serves the connections that come in, HTTP/1 and HTTP/2, and sends away who says nothing.
//!
//! As `axum::serve` does it, which sets no timer: whoever connected and kept silent stayed for ever.

use crate::door::{Arrived, Door, Peer};
use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tower::{Layer, Service};

/// How long a connection may say nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Until its first request, from the handshake on.
    first: Duration,
    /// Between two requests. Over HTTP/2 whoever is there answers for as long as it likes.
    idle: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(30),
            // Longer than clients and proxies keep a connection that they don't use: else it would
            // be closed just as a request comes.
            idle: Duration::from_secs(120),
        }
    }
}

/// Takes requests until `stop` is done, then finishes those under way.
pub(crate) async fn serve(
    mut door: Door,
    router: Router,
    patience: Patience,
    stop: impl Future<Output = ()>,
) {
    // Its routes are put together now and not for each request.
    let router: Router = router.with_state(());
    let builder = Arc::new(builder(patience));
    let (stopping, told) = watch::channel(());
    let (serving, mut served) = mpsc::channel::<()>(1);
    let mut stop = pin!(stop);
    loop {
        let arrived = tokio::select! {
            arrived = door.accept() => arrived,
            () = stop.as_mut() => break,
        };
        let one = One {
            builder: Arc::clone(&builder),
            router: router.clone(),
            patience,
            told: told.clone(),
            _serving: serving.clone(),
        };
        tokio::spawn(one.attend(arrived));
    }
    // No more come in, those that are there hear of it, and the last of them ends the wait.
    drop(door);
    drop(stopping);
    drop(serving);
    let _ = served.recv().await;
}

fn builder(patience: Patience) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.idle);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(patience.idle);
    builder
}

/// What one connection is served with.
struct One {
    builder: Arc<Builder<TokioExecutor>>,
    router: Router,
    patience: Patience,
    told: watch::Receiver<()>,
    _serving: mpsc::Sender<()>,
}

impl One {
    async fn attend(mut self, arrived: Arrived) {
        let Arrived {
            stream,
            peer,
            place: _place,
        } = arrived;
        let asked = Arc::new(AtomicBool::new(false));
        let service = Heard {
            inner: Extension(ConnectInfo::<Peer>(peer)).layer(self.router),
            asked: Arc::clone(&asked),
        };
        let service = TowerToHyperService::new(service);
        let connection = self.builder.serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        let mut first = pin!(tokio::time::sleep(self.patience.first));
        let (mut is_stopping, mut has_looked) = (false, false);
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection broke off");
                    }
                    break;
                }
                _ = self.told.changed(), if !is_stopping => {
                    is_stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = first.as_mut(), if !has_looked => {
                    has_looked = true;
                    if !asked.load(Ordering::Relaxed) {
                        break;
                    }
                }
            }
        }
    }
}

/// A service that notes that it was asked.
#[derive(Clone)]
struct Heard<S> {
    inner: S,
    asked: Arc<AtomicBool>,
}

impl<S: Service<R>, R> Service<R> for Heard<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.asked.store(true, Ordering::Relaxed);
        self.inner.call(request)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use crate::door::Guard;
    use axum::routing::get;
    use std::net::SocketAddr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;
    use tokio::time::timeout;

    const SHORT: Patience = Patience {
        first: Duration::from_millis(300),
        idle: Duration::from_millis(600),
    };
    /// Longer than anything here takes.
    const ENOUGH: Duration = Duration::from_secs(20);

    /// A server of two pages, what stops it, and its end.
    async fn served() -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
        let slow = || async {
            tokio::time::sleep(SHORT.idle * 2).await;
            "at last"
        };
        let router = Router::new()
            .route("/", get(|| async { "here" }))
            .route("/slow", get(slow));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let door = Door::open(listener, Guard::Plain(Vec::new()), None).unwrap();
        let address = door.address();
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        let served = tokio::spawn(serve(door, router, SHORT, stopped));
        (address, stop, served)
    }

    /// What comes back until the server closes the connection.
    async fn heard(address: SocketAddr, said: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut heard = Vec::new();
        let reading = stream.read_to_end(&mut heard);
        timeout(ENOUGH, reading).await.unwrap().unwrap();
        String::from_utf8(heard).unwrap()
    }

    #[tokio::test]
    async fn whoever_says_nothing_is_sent_away_and_whoever_waits_for_an_answer_is_not() {
        let (address, _stop, _served) = served().await;
        let (nothing, half, preface, silent_after, slow) = tokio::join!(
            heard(address, ""),
            heard(address, "GET / HTTP/1.1\r\nhost:"),
            heard(address, "PRI * HTTP/2.0"),
            heard(address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n"),
            heard(address, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n"),
        );
        assert_eq!([nothing, half, preface], ["", "", ""]);
        assert!(silent_after.ends_with("here"), "{silent_after}");
        assert!(slow.ends_with("at last"), "{slow}");
    }

    #[tokio::test]
    async fn the_end_waits_for_what_is_under_way_and_for_nobody_silent() {
        let (address, stop, served) = served().await;
        let _silent = TcpStream::connect(address).await.unwrap();
        let slow = tokio::spawn(heard(address, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n"));
        tokio::time::sleep(SHORT.first).await;
        stop.send(()).unwrap();
        timeout(ENOUGH, served).await.unwrap().unwrap();
        assert!(slow.await.unwrap().ends_with("at last"));
        assert!(TcpStream::connect(address).await.is_err());
    }
}
