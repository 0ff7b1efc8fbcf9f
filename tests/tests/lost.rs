//! A lost handheld: what it has is saved, then nobody reads it any more. The shipped programs.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use app_core::vault::{self, Lock};
use serde_json::{Value, json};
use tests::people;
use tests::programs::{Refused, Server};

/// The console of an administrator.
struct Console<'a> {
    server: &'a Server,
    client: reqwest::Client,
    token: String,
}

impl<'a> Console<'a> {
    async fn sign_in(server: &'a Server) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client
            .post(format!("{}/v1/session", server.url()))
            .json(&json!({"login": "guanli", "password": people::PASSWORD}))
            .send();
        let answer: Value = answer.await.unwrap().json().await.unwrap();
        Self {
            server,
            client,
            token: answer["token"].as_str().unwrap().to_owned(),
        }
    }

    async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.server.url());
        let answer = self.client.get(url).bearer_auth(&self.token).send();
        answer.await.unwrap().json().await.unwrap()
    }

    /// The first handheld of the list.
    async fn device(&self) -> Value {
        self.get("/v1/devices").await["rows"][0].clone()
    }

    async fn mark(&self, device: &Value, lost: bool) {
        let device = device["id"].as_str().unwrap();
        let url = format!("{}/v1/devices/{device}/lost", self.server.url());
        let request = self.client.post(url).bearer_auth(&self.token);
        let answer = request.json(&json!({"lost": lost})).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 204);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_handheld_delivers_what_it_has_and_then_locks_for_good() {
    let dir = tempfile::tempdir().unwrap();
    let (server, field) = people::begin(dir.path()).await.unwrap();
    field.file("丢失之前送到的", "jolla.jpg").unwrap();
    field.run(&["sync"]).unwrap();
    field.file("还在手机里的", "jolla.jpg").unwrap();

    let console = Console::sign_in(&server).await;
    console.mark(&console.device().await, true).await;
    let row = console.device().await;
    assert!(row["lost_ms"].is_i64(), "{row}");

    let told = field.run(&["sync"]).unwrap_err();
    let told = told.downcast::<Refused>().unwrap();
    assert!(told.words.contains("挂失"), "{told}");

    // What it had is here, with its photo, for a person; what came before is a case as ever.
    let waiting = console.get("/v1/quarantine").await;
    let rows = waiting["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{waiting}");
    assert_eq!(rows[0]["code"], json!("device_lost"));
    assert!(rows[0]["body"].as_str().unwrap().contains("还在手机里的"));
    let row = console.device().await;
    assert_eq!((&row["made"], &row["received"]), (&json!(2), &json!(2)));
    assert_eq!(row["photos_owed"], json!(0));
    assert_eq!(
        console.get("/v1/cases").await["rows"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    // Nobody opens it any more, by the program or by its files.
    assert_eq!(vault::look(field.folder()).unwrap(), Lock::Erased);
    let refused = field.run(&["list"]).unwrap_err();
    let refused = refused.downcast::<Refused>().unwrap();
    assert!(refused.words.contains("挂失"), "{refused}");
    assert!(vault::key(field.folder()).is_err());

    let audit = console.get("/v1/audit").await;
    let deeds: Vec<_> = audit["rows"].as_array().unwrap().iter().collect();
    let noted = |action: &str| deeds.iter().filter(|row| row["action"] == action).count();
    assert_eq!((noted("device.lost"), noted("device.told_lost")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_handheld_that_can_not_deliver_keeps_its_key_until_it_can() {
    let dir = tempfile::tempdir().unwrap();
    let (mut server, field) = people::begin(dir.path()).await.unwrap();
    field.file("先别丢", "jolla.jpg").unwrap();
    {
        let console = Console::sign_in(&server).await;
        console.mark(&console.device().await, true).await;
    }
    server.kill();
    assert!(field.run(&["sync"]).is_err());
    assert_eq!(vault::look(field.folder()).unwrap(), Lock::Open);
    assert_eq!(field.run(&["list"]).unwrap().as_array().unwrap().len(), 1);
    // Found before it came: everything is as if nothing had been.
    server.start().await.unwrap();
    let console = Console::sign_in(&server).await;
    console.mark(&console.device().await, false).await;
    let synced = field.run(&["sync"]).unwrap();
    assert_eq!(synced["problem"], json!(null), "{synced}");
    assert_eq!(vault::look(field.folder()).unwrap(), Lock::Open);
}
