//! Everything ever sent still parses: each message of the wire has a golden file under
//! `golden/v1/`, recorded from a real server and never edited; only tokens were replaced. A new
//! message gets a new file and a line below.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::addition::Addition;
use shared::chain::{Link, signed_text, vouched};
use shared::operation;
use shared::receipt::Receipt;
use shared::report::FiledReport;
use shared::wire::{catalogue, console, error, sync};
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/v1")
        .join(format!("{name}.json"))
}

/// The saved message parses as `T`, and `T` written again holds every member that was saved.
fn still_parses<T: Serialize + DeserializeOwned>(name: &str) {
    let saved: Value = serde_json::from_str(&std::fs::read_to_string(path(name)).unwrap()).unwrap();
    let parsed: T = serde_json::from_value(saved.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
    let again = serde_json::to_value(parsed).unwrap();
    holds(&saved, &again, name);
    // A message from a later version has members that we don't know.
    let mut later = saved;
    if let Some(members) = later.as_object_mut() {
        members.insert(String::from("a_later_member"), json!({"x": 1}));
        serde_json::from_value::<T>(later)
            .unwrap_or_else(|e| panic!("{name} with more members: {e}"));
    }
}

fn holds(saved: &Value, again: &Value, at: &str) {
    match (saved, again) {
        (Value::Object(saved), Value::Object(again)) => {
            for (key, value) in saved {
                let at = format!("{at}.{key}");
                holds(
                    value,
                    again.get(key).unwrap_or_else(|| panic!("{at} was lost")),
                    &at,
                );
            }
        }
        (Value::Array(saved), Value::Array(again)) => {
            assert_eq!(saved.len(), again.len(), "{at}");
            for (index, (saved, again)) in saved.iter().zip(again).enumerate() {
                holds(saved, again, &format!("{at}[{index}]"));
            }
        }
        _ => assert_eq!(saved, again, "{at}"),
    }
}

macro_rules! golden {
    ($($test:ident: $type:ty;)*) => {
        $(#[test] fn $test() { still_parses::<$type>(stringify!($test)); })*

        #[test]
        fn no_golden_file_is_without_a_test() {
            let tested = [$(stringify!($test)),*];
            let tested: Vec<_> = tested.into_iter().chain(FILINGS).chain(ADDITIONS).collect();
            for entry in std::fs::read_dir(path("x").parent().unwrap()).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                assert!(tested.contains(&name.trim_end_matches(".json")), "{name} is not tested");
            }
        }
    };
}

golden! {
    new_catalogue_draft: catalogue::NewCatalogueDraft;
    catalogue_draft_row: catalogue::CatalogueDraftRow;
    catalogue_draft_detail: catalogue::CatalogueDraftDetail;
    edit_request: catalogue::EditRequest;
    edit_request_round: catalogue::EditRequest;
    dry_run_request: catalogue::DryRunRequest;
    dry_run: shared::dryrun::DryRun;
    publish_request: catalogue::PublishRequest;
    version_row: catalogue::VersionRow;
    catalogues_answer: catalogue::CataloguesAnswer;
    catalogues_answer_unlisted: catalogue::CataloguesAnswer;
    new_order: catalogue::NewOrder;
    order_row: catalogue::OrderRow;
    pull_answer_orders: sync::PullAnswer;
    case_detail_considered: console::CaseDetail;
    enrol_request: sync::EnrolRequest;
    enrol_answer: sync::EnrolAnswer;
    push_request: sync::PushRequest;
    push_answer: sync::PushAnswer;
    pull_request: sync::PullRequest;
    pull_answer: sync::PullAnswer;
    pull_request_gone: sync::PullRequest;
    pull_request_repair: sync::PullRequest;
    pull_answer_repair: sync::PullAnswer;
    pull_answer_look: sync::PullAnswer;
    pull_request_mine: sync::PullRequest;
    pull_answer_mine: sync::PullAnswer;
    pull_answer_settled: sync::PullAnswer;
    pull_request_unsettled: sync::PullRequest;
    poke: sync::Poke;
    courier_answer: shared::courier::CourierAnswer;
    challenge_answer: sync::ChallengeAnswer;
    token_request: sync::TokenRequest;
    token_answer: sync::TokenAnswer;
    areas_bundle: sync::AreasBundle;
    catalogue_bundle: sync::CatalogueBundle;
    catalogue_bundle_nearness: sync::CatalogueBundle;
    similar_page: console::SimilarPage;
    repeated_page: console::RepeatedPage;
    patrol_rows: Vec<console::PatrolRow>;
    limits: sync::Limits;
    sign_in_request: console::SignInRequest;
    sign_in_answer: console::SignInAnswer;
    me_answer: console::MeAnswer;
    me_answer_labels: console::MeAnswer;
    statistics: console::Statistics;
    case_page: console::CasePage;
    case_page_owed: console::CasePage;
    case_detail: console::CaseDetail;
    case_detail_gone: console::CaseDetail;
    case_detail_preview: console::CaseDetail;
    move_request: console::MoveRequest;
    looked_request: console::LookedRequest;
    move_request_correct: console::MoveRequest;
    stale_answer: console::StaleAnswer;
    code_answer: console::CodeAnswer;
    lost_request: console::LostRequest;
    closed_request: console::ClosedRequest;
    password_answer: console::PasswordAnswer;
    password_change: console::PasswordChange;
    resolve_request: console::ResolveRequest;
    resolve_request_hash: console::ResolveRequest;
    audit_page: console::Page<console::AuditEntry>;
    error_answer: error::ErrorAnswer;
    enrol_request_with_key: sync::EnrolRequest;
    push_request_signed: sync::PushRequest;
    push_answer_sealed: sync::PushAnswer;
    receipt: Receipt;
    receipt_key_answer: console::ReceiptKeyAnswer;
    roots_answer: shared::archive::RootsAnswer;
    archive_state: console::ArchiveState;
    check: console::Check;
    contact_answer: console::ContactAnswer;
    device_page: console::Page<console::DeviceRow>;
    device_page_room: console::Page<console::DeviceRow>;
}

/// Reports, without and with what later versions added.
const FILINGS: [&str; 2] = ["operation_report_file", "operation_report_file_same_as"];

#[test]
fn a_saved_operation_still_has_the_hash_it_was_filed_with() {
    for name in FILINGS {
        let text = std::fs::read_to_string(path(name)).unwrap();
        let opened = operation::open(&serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(
            opened.text,
            text.trim_end(),
            "the canonical form is what was saved"
        );
        let operation = opened.operation;
        let report: FiledReport = serde_json::from_value(operation.payload).unwrap();
        let is_later = name != "operation_report_file";
        assert_eq!(report.same_as.is_some(), is_later);
        assert_eq!(operation.photos[0].phash.is_some(), is_later);
    }
}

/// What may follow a report.
const ADDITIONS: [&str; 7] = [
    "operation_report_amend",
    "operation_note_add",
    "operation_photo_add",
    "operation_report_withdraw",
    "operation_case_verify",
    "operation_case_check",
    "operation_case_contest",
];

#[test]
fn saved_additions_still_have_their_hash_and_can_be_read() {
    for name in ADDITIONS {
        let text = std::fs::read_to_string(path(name)).unwrap();
        let opened = operation::open(&serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(opened.text, text.trim_end(), "{name}");
        let operation = opened.operation;
        let read = Addition::read(&operation.kind, &operation.payload);
        assert_eq!(read.unwrap().unwrap().kind(), operation.kind);
    }
}

fn saved<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(&std::fs::read_to_string(path(name)).unwrap()).unwrap()
}

#[test]
fn a_saved_signature_still_vouches_for_the_saved_push() {
    let key = saved::<sync::EnrolRequest>("enrol_request_with_key")
        .key
        .unwrap();
    let request: sync::PushRequest = saved("push_request_signed");
    let links: Vec<Link> = request.ops.iter().filter_map(Link::of).collect();
    assert!(key.verifies(&signed_text(&links), &request.signature.unwrap()));
    assert_eq!(vouched(&links).len(), request.ops.len());
}

#[test]
fn saved_roots_are_still_good_and_stand_on_each_other() {
    let answer: shared::archive::RootsAnswer = saved("roots_answer");
    for root in &answer.roots {
        assert_eq!(root.verify(&answer.key), Ok(()), "{}", root.day);
    }
    let days = answer.roots.windows(2);
    assert!(days.into_iter().all(|two| two[1].before == two[0].root));
}

#[test]
fn a_saved_receipt_is_still_good() {
    let key = saved::<console::ReceiptKeyAnswer>("receipt_key_answer").key;
    assert_eq!(saved::<Receipt>("receipt").verify(&key), Ok(()));
    let answer: sync::PushAnswer = saved("push_answer_sealed");
    assert_eq!(answer.seal.unwrap().key, key);
}
