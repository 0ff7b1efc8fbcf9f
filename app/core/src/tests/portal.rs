//! The real HTTP transport against things that aren't our server.

use super::world::{IN_GRID_1, World, manhole};
use crate::Enrolment;
use crate::sync::http::Http;
use crate::sync::transport::{Failure, Link, Transport};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use shared::id::Sha256;
use shared::wire::handheld::ReportStatus;
use shared::wire::sync::PullRequest;
use std::collections::BTreeMap;

/// Serves one answer to everything and gives the address.
async fn always<R, F>(answer: F) -> String
where
    R: IntoResponse + Send + 'static,
    F: Fn() -> R + Clone + Send + Sync + 'static,
{
    let router = Router::new().fallback(move || {
        let response = answer();
        async move { response }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn link(server: &str) -> Link {
    Link {
        server: server.into(),
        token: "secret".into(),
    }
}

fn pull() -> PullRequest {
    PullRequest {
        buckets: BTreeMap::new(),
        limit: 10,
    }
}

#[tokio::test]
async fn a_portal_that_says_200_to_everything_is_never_believed() {
    let page = || {
        (
            [(header::CONTENT_TYPE, "text/html")],
            "<html>请登录 WiFi</html>",
        )
    };
    let server = always(page).await;
    let world = World::new();
    let app = world.enrolled().await;
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    // The handheld's own address of the server, as seen through the portal.
    let http = Http::new().unwrap();
    let sha256 = Sha256::of(b"photo");
    assert!(!http.has_photo(&link(&server), sha256, 5).await.unwrap());
    let opened = http
        .open_upload(&link(&server), sha256, 5)
        .await
        .unwrap_err();
    assert_eq!(opened.code(), "foreign_answer");
    assert_eq!(
        http.pull(&link(&server), &pull()).await.unwrap_err().code(),
        "foreign_answer"
    );
    let sent = http
        .send_chunk(&link(&server), "/v1/files/1", 0, vec![1])
        .await
        .unwrap_err();
    assert_eq!(sent.code(), "foreign_answer");
    let form = Enrolment {
        server: server.clone(),
        code: "x".into(),
        device_name: "x".into(),
        platform: "x".into(),
    };
    let refused = app
        .enrol_over(&http, &form, &world.edge())
        .await
        .unwrap_err();
    assert!(refused.problem().words.contains("网络需要登录"));
    assert_eq!(app.report(id).unwrap().row.status, ReportStatus::OnDevice);
    assert_eq!(app.me().unwrap().unwrap().server, "http://server.test");
}

#[tokio::test]
async fn a_portal_that_redirects_or_says_401_is_not_our_server() {
    let http = Http::new().unwrap();
    let redirect = always(|| {
        (
            StatusCode::FOUND,
            [(header::LOCATION, "http://portal.test/login")],
        )
    })
    .await;
    assert_eq!(
        http.pull(&link(&redirect), &pull())
            .await
            .unwrap_err()
            .code(),
        "foreign_answer"
    );
    let unauthorised = always(|| (StatusCode::UNAUTHORIZED, "sign in")).await;
    let failure = http.pull(&link(&unauthorised), &pull()).await.unwrap_err();
    assert_eq!(
        failure.code(),
        "foreign_answer",
        "a pause would be a long silence"
    );
}

#[tokio::test]
async fn our_own_refusals_are_told_apart() {
    let http = Http::new().unwrap();
    let error =
        |code: &str| format!(r#"{{"code":"{code}","words":"绑定码不对","words_en":"wrong"}}"#);
    let cases = [
        (
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "unauthenticated",
        ),
        (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "too_large"),
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "busy"),
        (StatusCode::CONFLICT, "offset", "offset"),
        (StatusCode::GONE, "gone", "gone"),
        (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "refused"),
        (StatusCode::INTERNAL_SERVER_ERROR, "internal", "refused"),
    ];
    for (status, code, expected) in cases {
        let body = error(code);
        let server = always(move || (status, [(header::RETRY_AFTER, "7")], body.clone())).await;
        let failure = http.pull(&link(&server), &pull()).await.unwrap_err();
        assert_eq!(failure.code(), expected, "{status}");
        if expected == "busy" {
            assert_eq!(
                failure,
                Failure::Busy {
                    retry_after_ms: Some(7_000)
                }
            );
        }
        if expected == "gone" {
            assert_eq!(failure.words().0, "绑定码不对");
        }
    }
}

#[tokio::test]
async fn garbage_and_half_answers_are_failures_and_no_panic() {
    let http = Http::new().unwrap();
    for body in [
        "",
        "null",
        "[]",
        "{\"protocol\":\"gewu-sync/1\"}",
        "\u{0}\u{1}",
        "{{{{",
    ] {
        let server = always(move || body).await;
        assert_eq!(
            http.pull(&link(&server), &pull()).await.unwrap_err().code(),
            "foreign_answer"
        );
    }
    let nobody = http
        .pull(&link("http://127.0.0.1:1"), &pull())
        .await
        .unwrap_err();
    assert_eq!(nobody.code(), "offline");
    for address in ["", "not an address", "ftp://x", "http://"] {
        assert!(
            http.pull(&link(address), &pull()).await.is_err(),
            "{address:?}"
        );
    }
}

#[tokio::test]
async fn a_token_is_never_sent_to_another_server_than_our_own() {
    let http = Http::new().unwrap();
    let server = always(|| "").await;
    let elsewhere = http
        .upload_offset(&link(&server), "http://elsewhere.test/v1/files/1")
        .await;
    assert_eq!(elsewhere.unwrap_err().code(), "foreign_answer");
}

#[tokio::test]
async fn a_photo_is_believed_there_only_by_its_hash_or_as_a_picture_of_its_size() {
    let http = Http::new().unwrap();
    let sha256 = Sha256::of(b"photo");
    let tag = format!("\"{sha256}\"");
    let tagged = always(move || ([(header::ETAG, tag.clone())], "")).await;
    assert!(http.has_photo(&link(&tagged), sha256, 5).await.unwrap());
    let picture = always(|| ([(header::CONTENT_TYPE, "image/jpeg")], "photo")).await;
    assert!(http.has_photo(&link(&picture), sha256, 5).await.unwrap());
    assert!(!http.has_photo(&link(&picture), sha256, 6).await.unwrap());
    let none = always(|| StatusCode::NOT_FOUND).await;
    assert!(!http.has_photo(&link(&none), sha256, 5).await.unwrap());
}
