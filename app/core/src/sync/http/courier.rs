//! Delivering a courier file.

use super::{CONTENT_TYPE, Failure, Http, Link, Method, read};
use shared::courier::{ANSWER_BYTES_LIMIT, ANSWER_MAGIC};

/// Where files are delivered.
pub(super) const PLACE: &str = "/v1/courier";

impl Http {
    /// Delivers a courier file, one's own or another's; the answer is a file too.
    ///
    /// # Errors
    /// When the server can't be reached or doesn't take it.
    pub async fn deliver(&self, link: &Link, file: &[u8]) -> Result<Vec<u8>, Failure> {
        let to = self
            .signed(Method::POST, link, PLACE)?
            .header(CONTENT_TYPE, "application/octet-stream")
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
