//! The line between handheld and server: pinned TLS, plain HTTP nowhere but on this machine and
//! from named proxies. The shipped programs, started as their users start them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::json;
use std::process::{Command, Output};
use tests::people::{self, WORKER};
use tests::programs::{Field, Refused, Server, program};

/// A district with a certificate of its own, people, and a running server.
async fn tls_server(data: &std::path::Path) -> Server {
    let mut server = Server::init(data, "350703").unwrap();
    let made = [
        "certificate",
        "--name",
        "127.0.0.1",
        "--name",
        "gewu.example",
    ];
    assert!(server.run(&made).unwrap().contains("sha256 "));
    assert!(
        server.run(&made).is_err(),
        "handhelds know it: none is made over it"
    );
    people::add(&server).unwrap();
    server.start().await.unwrap();
    assert!(server.url().starts_with("https://"));
    server
}

fn code(server: &Server) -> String {
    let printed = server.run(&["device", "code", "--login", WORKER]).unwrap();
    printed.trim().to_owned()
}

fn enrol(server: &Server, data: &std::path::Path, code: &str) -> Result<(), String> {
    let url = server.url();
    let enrolled = Field::new(data).run(&["enrol", "--server", &url, "--code", code]);
    match enrolled {
        Ok(_) => Ok(()),
        Err(error) => Err(error.downcast::<Refused>().unwrap().words),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handheld_knows_its_server_by_the_fingerprint_in_the_code() {
    let (data, handhelds) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = tls_server(data.path()).await;
    let invitation = code(&server);
    let (letters, print) = invitation.split_once('@').unwrap();
    assert_eq!((letters.len(), print.len()), (9, 64));

    // Another machine's certificate, and none named at all: refused before anything is sent.
    let other = if print.starts_with('0') { "1" } else { "0" };
    let wrong = format!("{letters}@{other}{}", &print[1..]);
    for refused in [wrong.as_str(), letters] {
        let words = enrol(&server, &handhelds.path().join("wrong"), refused).unwrap_err();
        assert!(words.contains("指纹"), "{words}");
    }

    // The code was not used up by that; half of the fingerprint is enough for who types.
    let half = format!("{letters}@{}", print[..32].to_uppercase());
    let field = handhelds.path().join("right");
    enrol(&server, &field, &half).unwrap();
    let synced = Field::new(&field).run(&["sync"]).unwrap();
    assert_eq!(synced["problem"], json!(null), "{synced}");
    let status = Field::new(&field).run(&["status"]).unwrap();
    assert_eq!(status["me"]["server"], json!(server.url()), "shown bare");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_invitation_needs_no_address_beside_it() {
    let (data, field) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = tls_server(data.path()).await;
    let host = server.url().replace("https://", "");
    let asked = ["device", "code", "--login", WORKER, "--server", &host];
    let invitation = server.run(&asked).unwrap();
    assert!(
        invitation.starts_with(&format!("gewu://{host}/")),
        "{invitation}"
    );
    let bound = Field::new(field.path()).run(&["enrol", "--code", invitation.trim()]);
    assert_eq!(bound.unwrap()["login"], json!(WORKER));
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_clients_get_http_2_and_cookies_that_never_travel_in_the_clear() {
    let data = tempfile::tempdir().unwrap();
    let server = tls_server(data.path()).await;
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder()
        .tls_danger_accept_invalid_certs(true)
        .no_proxy()
        .build()
        .unwrap();
    let answer = client.get(format!("{}/readyz", server.url())).send().await;
    let answer = answer.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.version()),
        (200, reqwest::Version::HTTP_2)
    );
    assert!(answer.headers().contains_key("strict-transport-security"));
    let signed_in = client
        .post(format!("{}/v1/session", server.url()))
        .json(&json!({"login": "guanli", "password": people::PASSWORD}))
        .send()
        .await
        .unwrap();
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("; Secure"), "{cookie}");
    let plain = client.get(server.url().replace("https", "http"));
    assert!(plain.send().await.is_err(), "the port speaks TLS only");
}

fn serve(data: &std::path::Path, arguments: &[&str]) -> Output {
    Command::new(program("gewu-server").unwrap())
        .args(["serve", "--data"])
        .arg(data)
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn plain_http_over_a_network_is_refused_at_start_and_says_what_to_do() {
    let data = tempfile::tempdir().unwrap();
    Server::init(data.path(), "350703").unwrap();
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let refused = serve(data.path(), &["--listen", listen]);
        let words = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success());
        for way in ["--tls-cert", "gewu-server certificate", "--behind-proxy"] {
            assert!(words.contains(way), "{words}");
        }
    }
    // A certificate without its key, and one together with a proxy, are mistakes.
    let half = serve(data.path(), &["--tls-cert", "c.pem"]);
    assert_eq!(half.status.code(), Some(2));
    let missing = ["--tls-cert", "c.pem", "--tls-key", "k.pem"];
    let words = serve(data.path(), &missing).stderr;
    assert!(String::from_utf8_lossy(&words).contains("k.pem"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_named_proxy_is_believed_about_where_a_request_comes_from() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::init(data.path(), "350703").unwrap();
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    // Each try names another address and another code; who is believed is braked by it.
    let tries = async |server: &Server| {
        let mut refused = Vec::new();
        for n in 0..52 {
            let body = json!({"code": format!("WRONG-{n}"), "name": "", "platform": "",
                "device_id": "01890000-0000-7000-8000-000000000001", "app_version": ""});
            let answer = client
                .post(format!("{}/v1/devices/enrol", server.url()))
                .header("x-forwarded-for", format!("198.51.100.{n}"))
                .json(&body)
                .send();
            refused.push(answer.await.unwrap().status().as_u16());
        }
        refused
    };
    server.start().await.unwrap();
    let direct = tries(&server).await;
    assert_eq!(
        (direct[0], direct[51]),
        (404, 429),
        "its own word is not believed"
    );
    server.kill();
    server
        .start_with(&["--behind-proxy", "127.0.0.1"])
        .await
        .unwrap();
    assert!(tries(&server).await.iter().all(|status| *status == 404));
}
