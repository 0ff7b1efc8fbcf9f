//! The real HTTP transport against things that aren't our server.

use super::world::{IN_GRID_1, World, manhole};
use crate::store::StoreError;
use crate::sync::http::Http;
use crate::sync::transport::{Failure, Link, Transport};
use crate::{Enrolment, Imported};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use shared::courier::{CourierAnswer, MAGIC, write_answer};
use shared::id::{DeviceId, Sha256};
use shared::wire::handheld::ReportStatus;
use shared::wire::sync::PullRequest;
use std::collections::BTreeMap;
use std::io::Read;
use uuid::Uuid;

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
        ..PullRequest::default()
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
        "{\"protocol\":\"portal/1\"}",
        "\u{0}\u{1}",
        "{{{{",
    ] {
        let server = always(move || body).await;
        assert_eq!(
            http.pull(&link(&server), &pull()).await.unwrap_err().code(),
            "foreign_answer"
        );
    }
    // Our own server, but nothing that this version knows.
    let other = always(|| "{\"protocol\":\"gewu-sync/1\"}").await;
    let failure = http.pull(&link(&other), &pull()).await.unwrap_err();
    assert_eq!(failure.code(), "unreadable_answer");
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

/// Serves what a function makes of each pushed request, status 200.
async fn answering(answer: fn(&Value) -> Value) -> String {
    let router = Router::new().fallback(move |body: axum::body::Bytes| async move {
        let mut plain = Vec::new();
        let packed = flate2::read::GzDecoder::new(&body[..])
            .read_to_end(&mut plain)
            .is_ok();
        let text = if packed { &plain[..] } else { &body[..] };
        let request = serde_json::from_slice(text).unwrap_or(Value::Null);
        axum::Json(answer(&request))
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// What our own server would answer to a push.
fn honest(request: &Value) -> Value {
    let result =
        |op: &Value| json!({"op_id": op["op_id"], "outcome": "applied", "case_no": "JY-1"});
    let ops = request["ops"].as_array().cloned().unwrap_or_default();
    json!({
        "protocol": "gewu-sync/1", "nonce": request["nonce"], "server_epoch": "life-1",
        "server_time": 1, "high_water": 1, "gaps": [],
        "results": ops.iter().map(result).collect::<Vec<_>>(),
    })
}

fn without(request: &Value, member: &str) -> Value {
    let mut answer = honest(request);
    answer.as_object_mut().unwrap().remove(member);
    answer
}

fn with(request: &Value, member: &str, value: Value) -> Value {
    let mut answer = honest(request);
    answer[member] = value;
    answer
}

#[tokio::test]
async fn a_push_is_believed_only_with_our_protocol_our_nonce_and_a_result_for_each() {
    let http = Http::new().unwrap();
    let foreign: [fn(&Value) -> Value; 7] = [
        |_| json!({"ok": true}),
        |request| without(request, "nonce"),
        |request| with(request, "nonce", json!("another")),
        |request| without(request, "protocol"),
        |request| with(request, "protocol", json!("portal/1")),
        |request| with(request, "results", json!([])),
        |request| {
            with(
                request,
                "results",
                json!([{"op_id": "x", "outcome": "applied"}]),
            )
        },
    ];
    let honest: fn(&Value) -> Value = honest;
    for (at, answer) in foreign.into_iter().chain([honest]).enumerate() {
        let world = World::new();
        let app = world.enrolled_at(answering(answer).await).await;
        let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
        let report = app.sync_over(&http, &world.edge()).await.unwrap();
        let waiting = app.sync_status().unwrap().operations_waiting;
        if at == 7 {
            assert_eq!(waiting, 0, "the last one is honest");
            continue;
        }
        // Without its nonce it can't be read, but it names our protocol.
        let expected = ["foreign_answer", "unreadable_answer"][usize::from(at == 1)];
        assert_eq!(report.problem.unwrap().code, expected, "{at}");
        assert_eq!(waiting, 1, "{at}");
        assert_eq!(app.report(id).unwrap().row.status, ReportStatus::OnDevice);
    }
}

#[tokio::test]
async fn a_push_follows_no_redirect() {
    for status in [301, 302, 303, 307, 308] {
        let status = StatusCode::from_u16(status).unwrap();
        let portal = always(move || (status, [(header::LOCATION, "/login")], "{}")).await;
        let world = World::new();
        let app = world.enrolled_at(portal).await;
        world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
        let http = Http::new().unwrap();
        let report = app.sync_over(&http, &world.edge()).await.unwrap();
        assert_eq!(report.problem.unwrap().code, "foreign_answer");
        assert_eq!(app.sync_status().unwrap().operations_waiting, 1);
    }
}

#[tokio::test]
async fn a_handheld_without_keys_delivers_for_others_and_gives_the_answer_to_carry_back() {
    let world = World::new();
    let answer = CourierAnswer {
        device_id: DeviceId(Uuid::from_u128(9)),
        answers: vec![],
        photos: vec![],
        server_epoch: None,
    };
    let key = world.server.kept.lock().unwrap().receipt_key();
    let answer = write_answer(&key, &answer).unwrap();
    let said = answer.clone();
    let app = world.enrolled_at(always(move || said.clone()).await).await;
    // As one that was bound before there were any.
    let keys = "DELETE FROM settings WHERE key IN ('device_key', 'receipt_key')";
    app.store()
        .write(|tx| Ok::<_, StoreError>(tx.execute(keys, [])?))
        .unwrap();
    let file = [MAGIC, &b"sealed"[..]].concat();
    let imported = app.import(file.clone(), &world.edge()).await.unwrap();
    let delivered = Imported::Delivered {
        answer: answer.clone(),
        own: None,
    };
    assert_eq!(imported, delivered);
    let view = app.import_here(file, &world.edge()).await.unwrap();
    assert!(view.delivered);
    assert_eq!(std::fs::read(&view.files[0]).unwrap(), answer);
}
