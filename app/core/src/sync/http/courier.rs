//! Delivering a courier file.

use super::{CONTENT_TYPE, Failure, Http, Link, Method, REQUEST_TIMEOUT, read};
use shared::courier::{ANSWER_BYTES_LIMIT, ANSWER_MAGIC};
use std::time::Duration;

/// Bytes a second on the slowest link that is worth waiting for: the largest file takes a quarter
/// of an hour.
const SLOWEST_BYTES_PER_S: u64 = 40 * 1024;

impl Http {
    /// Delivers a courier file, one's own or another's; the answer is a file too.
    ///
    /// # Errors
    /// When the server can't be reached or doesn't take it. On a slow link only [`Http::patient`]
    /// brings it there.
    pub async fn deliver(&self, link: &Link, file: &[u8]) -> Result<Vec<u8>, Failure> {
        let length = u64::try_from(file.len()).unwrap_or(u64::MAX);
        let patience = REQUEST_TIMEOUT + Duration::from_secs(length / SLOWEST_BYTES_PER_S);
        let to = self
            .signed(Method::POST, link, "/v1/courier")?
            .header(CONTENT_TYPE, "application/octet-stream")
            .timeout(patience)
            .body(file.to_vec());
        let answer = read(self.send(to).await?, ANSWER_BYTES_LIMIT).await?;
        if answer.starts_with(ANSWER_MAGIC) {
            Ok(answer)
        } else {
            Err(Failure::Foreign(String::from(
                "no answer to a courier file",
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn who_is_patient_waits_for_the_whole_alone() {
        // The client shows the limits that it has.
        let shown = |http: Http| format!("{http:?}").contains("read_timeout");
        assert!(shown(Http::new().unwrap()));
        assert!(!shown(Http::patient().unwrap()));
    }
}
