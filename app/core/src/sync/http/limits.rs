//! How long anything on the network may take: all limits in one place.
//!
//! None is on the whole of a request. What moves may go on, however weak the link is; what stands
//! still is given up after about half a minute. docs/SYNC.md says what that makes of each request.
//!
//! While a body is sent nothing can be seen of it here: the system takes it at once and sends it at
//! the pace of the link. So it is the system that notices a dead link, and the limits of this file
//! are for what it can't notice: a server, or something in between, that takes all and says nothing.

use super::courier;
use reqwest::{Body, ClientBuilder, Request};
use std::time::Duration;

/// A phone with signal connects within this; without, the worker shouldn't wait longer.
const CONNECT: Duration = Duration::from_secs(10);
/// Where nothing comes through for this long, the link is gone: bytes that nobody acknowledges, an
/// answer that doesn't go on, news without the comment that the server sends every 20 seconds.
pub(super) const SILENCE: Duration = Duration::from_secs(30);
/// A connection on which nothing moves asks after this whether the other end is there.
const PROBES_AFTER: Duration = Duration::from_secs(15);
/// And then this often.
const PROBES_EACH: Duration = Duration::from_secs(5);
/// Until so many went without an answer: half a minute too.
const PROBES_MAX: u32 = 3;
/// Half of the weakest link, 5 KB a second: what is lost and sent again takes up to the other half.
const SLOWEST_BYTES_PER_S: u64 = 2_500;
/// What an answer may take beside what its length needs. Something that drips, a portal say, must
/// not hold everything else up for ever.
const READING: Duration = Duration::from_secs(120);
/// A courier file is opened when its turn has come: some others before it, two minutes each at most.
const COURIER_ANSWER: Duration = Duration::from_secs(10 * 60);
/// A stream of news; the server ends it within the hour.
pub(super) const LISTENING: Duration = Duration::from_secs(2 * 60 * 60);

/// The limits of a handheld.
pub(super) const USUAL: Limits = Limits {
    answer: SILENCE,
    silence: SILENCE,
    reading: READING,
    bytes_per_s: SLOWEST_BYTES_PER_S,
};

/// What a request and its answer may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// From the beginning of a request to the head of its answer, beside what its body needs.
    answer: Duration,
    /// Without a byte of an answer that has begun.
    silence: Duration,
    /// An answer that has begun, beside what its length needs.
    reading: Duration,
    /// The slowest link that is waited for.
    bytes_per_s: u64,
}

impl Limits {
    /// How long the head of the answer is waited for, from the beginning of the request.
    pub(super) fn until_head(self, request: &Request) -> Duration {
        let body = request.body().and_then(Body::as_bytes);
        let answer = if request.url().path() == courier::PLACE {
            self.answer.max(COURIER_ANSWER)
        } else {
            self.answer
        };
        answer.saturating_add(self.passing(body.map_or(0, <[u8]>::len)))
    }

    /// How long the next bytes of an answer are waited for, when so many came since it began.
    pub(super) fn until_more(self, came: usize, began_before: Duration) -> Duration {
        let whole = self.reading.saturating_add(self.passing(came));
        self.silence.min(whole.saturating_sub(began_before))
    }

    /// What so many bytes take on the slowest link.
    fn passing(self, bytes: usize) -> Duration {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        Duration::from_millis(bytes.saturating_mul(1000) / self.bytes_per_s.max(1))
    }
}

/// Connections that notice by themselves that the other end is gone, also while a body is sent.
pub(super) fn watchful(builder: ClientBuilder) -> ClientBuilder {
    // Elsewhere a system has no such setting, and gives up what nobody acknowledges by its own.
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let builder = builder.tcp_user_timeout(SILENCE);
    builder
        .connect_timeout(CONNECT)
        .tcp_keepalive(PROBES_AFTER)
        .tcp_keepalive_interval(PROBES_EACH)
        .tcp_keepalive_retries(PROBES_MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::super::network::{Network, TOO_LATE};
    use super::super::{Carrier, Failure, Response, read_within};
    use super::*;
    use reqwest::Method;
    use std::future::Future;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::sleep;

    const KIB: usize = 1024;

    const fn seconds(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    const fn millis(number: u64) -> Duration {
        Duration::from_millis(number)
    }

    fn post(to: &str, body: usize) -> Request {
        let mut request = Request::new(Method::POST, to.parse().unwrap());
        *request.body_mut() = Some(vec![b'x'; body].into());
        request
    }

    #[test]
    fn a_body_has_the_time_that_it_needs_at_half_of_the_weakest_link() {
        let head = |path: &str, body| {
            let to = format!("https://gewu.test{path}");
            USUAL.until_head(&post(&to, body)).as_secs()
        };
        assert_eq!(head("/v1/sync/pull", 0), 30);
        assert_eq!(head("/v1/sync/push", 256 * KIB), 30 + 104);
        assert_eq!(head("/v1/files/1", 512 * KIB), 30 + 209);
        assert_eq!(head("/v1/courier", 38 * KIB * KIB), 600 + 15_938);
        let without = Request::new(Method::GET, "https://gewu.test/v1/areas".parse().unwrap());
        assert_eq!(USUAL.until_head(&without), seconds(30));
        for body in [0, 40 * KIB, 512 * KIB, 38 * KIB * KIB] {
            let needs = u64::try_from(body).unwrap() / 5_000;
            assert!(head("/v1/files/1", body) >= needs + 30, "{body}");
        }
    }

    #[test]
    fn an_answer_may_go_on_while_it_comes_and_neither_stand_still_nor_drip() {
        assert_eq!(USUAL.until_more(0, seconds(0)), seconds(30));
        // 20 MB at 5 KB a second, in the middle and near the end.
        assert_eq!(USUAL.until_more(10_000_000, seconds(2_000)), seconds(30));
        assert_eq!(USUAL.until_more(19_999_000, seconds(4_000)), seconds(30));
        // A byte each half minute.
        assert_eq!(USUAL.until_more(3, seconds(90)), seconds(30));
        assert!(USUAL.until_more(4, seconds(119)) <= seconds(2));
        assert_eq!(USUAL.until_more(4, seconds(125)), seconds(0));
        assert_eq!(USUAL.until_more(usize::MAX, Duration::MAX), seconds(0));
    }

    /// Serves one connection, and says where.
    async fn serve<F>(answer: impl FnOnce(TcpStream) -> F + Send + 'static) -> String
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            answer(stream).await;
        });
        format!("http://{address}/v1/files/1")
    }

    /// Takes a request with a body of this length, with a rest before each 64 KiB of it.
    async fn take(stream: &mut TcpStream, body: usize, rest: Duration) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else {
                return;
            };
            head.push(byte);
        }
        let mut left = body;
        while left > 0 {
            sleep(rest).await;
            let mut piece = vec![0; left.min(64 * KIB)];
            if stream.read_exact(&mut piece).await.is_err() {
                return;
            }
            left -= piece.len();
        }
    }

    /// Whoever gave up hears nothing, which is no fault of the one who speaks.
    async fn say(stream: &mut TcpStream, bytes: &[u8]) {
        stream.write_all(bytes).await.ok();
    }

    async fn carried(limits: Limits, request: Request) -> Result<Response, Failure> {
        Network::new(limits).unwrap().carry(request).await
    }

    fn too_late() -> Failure {
        Failure::Unreachable(TOO_LATE.to_owned())
    }

    #[tokio::test]
    async fn a_body_that_takes_longer_than_an_answer_may_is_sent_whole() {
        // Sixteen pieces with a rest before each: 0.8 seconds.
        let body = KIB * KIB;
        for (bytes_per_s, arrives) in [(64 * 1024, true), (u64::MAX, false)] {
            let to = serve(move |mut stream| async move {
                take(&mut stream, body, millis(50)).await;
                say(&mut stream, b"HTTP/1.1 204 No Content\r\n\r\n").await;
            })
            .await;
            let limits = Limits {
                answer: millis(300),
                bytes_per_s,
                ..USUAL
            };
            let answer = carried(limits, post(&to, body)).await;
            match answer {
                Ok(answer) => assert!(arrives && answer.status() == 204, "{answer:?}"),
                Err(failure) => assert!(!arrives && failure == too_late(), "{failure:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_server_that_takes_all_and_says_nothing_is_given_up() {
        let to = serve(|mut stream| async move {
            take(&mut stream, 3, Duration::ZERO).await;
            std::future::pending::<()>().await;
        })
        .await;
        let limits = Limits {
            answer: millis(200),
            ..USUAL
        };
        let failure = carried(limits, post(&to, 3)).await.unwrap_err();
        assert_eq!(failure, too_late());
    }

    #[tokio::test]
    async fn an_answer_that_stands_still_is_given_up() {
        let to = serve(|mut stream| async move {
            take(&mut stream, 3, Duration::ZERO).await;
            let begun = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfour";
            say(&mut stream, begun).await;
            std::future::pending::<()>().await;
        })
        .await;
        let limits = Limits {
            silence: millis(200),
            ..USUAL
        };
        let answer = carried(limits, post(&to, 3)).await.unwrap();
        let failure = read_within(limits, answer, KIB).await.unwrap_err();
        assert_eq!(failure, too_late());
    }

    #[tokio::test]
    async fn an_answer_that_comes_slowly_is_read_whole_and_one_that_drips_is_given_up() {
        // Forty pieces with a rest before each: 1.2 seconds.
        for (piece, comes) in [(1_000, true), (1, false)] {
            let to = serve(move |mut stream| async move {
                take(&mut stream, 3, Duration::ZERO).await;
                let length = 40 * piece;
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
                say(&mut stream, head.as_bytes()).await;
                for _ in 0..40 {
                    sleep(millis(30)).await;
                    say(&mut stream, &vec![b'x'; piece]).await;
                }
            })
            .await;
            let limits = Limits {
                reading: millis(500),
                bytes_per_s: 5_000,
                ..USUAL
            };
            let answer = carried(limits, post(&to, 3)).await.unwrap();
            match read_within(limits, answer, 64 * KIB).await {
                Ok(body) => assert!(comes && body.len() == 40 * piece, "{}", body.len()),
                Err(failure) => assert!(!comes && failure == too_late(), "{failure:?}"),
            }
        }
    }
}
