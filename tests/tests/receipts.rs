//! With the shipped programs: a report is filed, added to and withdrawn on a handheld without a
//! network; its receipt is checked by the command line alone, and the ledger says what is owed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use serde_json::Value;
use std::path::Path;
use std::process::Command;
use tests::people;
use tests::programs::{photo, program};

/// `gewu-server receipt verify` without any data folder: whether it is good, and what it says.
fn verify(file: &Path, key: &str) -> (bool, String) {
    let output = Command::new(program("gewu-server").unwrap())
        .args(["receipt", "verify"])
        .arg(file)
        .args(["--key", key])
        .output()
        .unwrap();
    let said = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    (output.status.success(), said.join(""))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_good_without_the_server_and_bad_when_it_was_changed() {
    let dir = tempfile::tempdir().unwrap();
    let (mut server, field) = people::begin(dir.path()).await.unwrap();
    server.kill();
    let filed = field.file("井盖不见了", "no_exif.jpg").unwrap();
    let code = filed["filed"]["short_code"].as_str().unwrap().to_owned();
    field
        .run(&["note", &code, "--text", "旁边还有一个"])
        .unwrap();
    field
        .run(&[
            "amend",
            &code,
            "--category",
            "C0102",
            "--condition",
            "C0102-1",
        ])
        .unwrap();
    let far = format!("far:{}", photo("jolla.jpg").display());
    field.run(&["add-photo", &code, &far]).unwrap();
    field
        .run(&["withdraw", &code, "--reason", "已自行恢复"])
        .unwrap();
    assert!(field.run(&["receipt", &code]).is_err(), "nobody has it yet");
    server.start().await.unwrap();
    field.run(&["sync"]).unwrap();
    let shown = field.run(&["show", &code]).unwrap();
    let course: Vec<&str> = shown["course"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        course,
        [
            "received",
            "dispatch",
            "note",
            "amend",
            "photo_add",
            "withdraw"
        ]
    );
    assert_eq!(shown["row"]["state"], "withdrawn");
    assert!(
        shown["receipt"]["picture"]
            .as_str()
            .unwrap()
            .starts_with("data:image/svg+xml")
    );
    let ledger: Value = serde_json::from_str(&server.run(&["ledger", "--json"]).unwrap()).unwrap();
    assert_eq!(
        (&ledger[0]["made"], &ledger[0]["received"]),
        (&5.into(), &5.into())
    );
    assert_eq!(ledger[0]["photos_owed"], 0);
    let key = server.run(&["receipt", "key"]).unwrap().trim().to_owned();
    server.kill();

    let file = dir.path().join("receipt.json");
    field
        .run(&["receipt", &code, "--out", &file.display().to_string()])
        .unwrap();
    let (good, said) = verify(&file, &key);
    assert!(good, "{said}");
    let number = shown["row"]["case_no"].as_str().unwrap();
    assert!(said.contains(number), "{said}");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace(number, "JY20260101-00001")).unwrap();
    let (good, said) = verify(&file, &key);
    assert!(!good && said.contains("签名不符"), "{said}");
    std::fs::write(&file, &text).unwrap();
    let (good, said) = verify(&file, &key.replace(char::is_alphabetic, "0"));
    assert!(!good, "{said}");
}
