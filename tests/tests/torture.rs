//! A short torture of the shipped programs on both databases: killed at any moment behind a line
//! that loses, nothing is lost and nothing is there twice. The long one: `cargo xtask torture`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::time::Duration;
use tests::backends::Backend;
use tests::torture::{self, Until};

/// Long enough for some dozens of kills on a busy machine.
const LENGTH: Duration = Duration::from_secs(12);

async fn torture(store: Option<&str>, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let until = Until {
        length: LENGTH,
        kills: u64::MAX,
    };
    let figures = torture::run(folder.path(), store, until, seed)
        .await
        .unwrap();
    assert!(
        figures.server_kills > 0 && figures.handheld_kills > 0,
        "{figures:?}"
    );
    figures.check().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_programs_are_killed_again_and_again_on_sqlite() {
    torture(None, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_programs_are_killed_again_and_again_on_postgresql() {
    let backend = tokio::task::spawn_blocking(Backend::postgres)
        .await
        .unwrap();
    torture(Some(&backend.url), 2).await;
    tokio::task::spawn_blocking(move || drop(backend))
        .await
        .unwrap();
}
