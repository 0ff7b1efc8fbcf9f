//! One kept connection that speaks HTTP/1.1 with as little work as possible: the clients share the
//! machine's cores with the server, and what they burn is not the server's speed.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What an answer's head says at most.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// A connection to the server.
pub(crate) struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer: its status and its body as sent.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// A request as it goes over the line; made before the clock runs.
pub(crate) fn request(path: &str, token: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

impl Line {
    /// Connects to `http://host:port`.
    pub(crate) async fn open(url: &str) -> Self {
        let address = url.trim_start_matches("http://");
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        }
    }

    /// Sends a request and waits for the whole answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Answer {
        self.stream.write_all(request).await.unwrap();
        let mut expected = None;
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await.unwrap();
            assert!(read > 0, "the server hung up");
            if expected.is_none() {
                expected = head(&self.buffer);
                let fits = expected.is_some() || self.buffer.len() < HEAD_BYTES_MAX;
                assert!(fits, "no end of the head");
            }
            let Some((status, from, length)) = expected else {
                continue;
            };
            if self.buffer.len() >= from + length {
                let body = self.buffer[from..from + length].to_vec();
                self.buffer.drain(..from + length);
                return Answer { status, body };
            }
        }
    }
}

/// Status, where the body begins and how long it is.
fn head(bytes: &[u8]) -> Option<(u16, usize, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&bytes[..end]).unwrap();
    let status = text[9..12].parse().unwrap();
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().unwrap())
    });
    Some((status, end + 4, length.expect("an answer with its length")))
}

/// Begins to listen for news; the stream lasts as long as what this gives.
pub(crate) async fn listen(url: &str, token: &str) -> TcpStream {
    let mut stream = Line::open(url).await.stream;
    let request = format!(
        "GET /v1/sync/events HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");
    stream
}
