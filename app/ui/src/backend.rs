//! What the screens may ask for. The only file of the screens that knows Tauri exists: each
//! function is one command of `app/shell`, by the same name.
//!
//! Arguments and answers are values of `shared::wire::handheld`; a failure is always a
//! [`Problem`] with words for the worker. Photo bytes go as a raw body, everything else as JSON.

use crate::words::unknown_problem;
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use shared::addition::Addition;
use shared::case::Found;
use shared::catalogue::{Complaints, Label};
use shared::id::{CaseId, CategoryId, DraftId, ReportId};
use shared::patrol::{Mark, OnRound};
use shared::report::PhotoRole;
use shared::wire::handheld::{
    About, CategoryDetail, CategoryRow, CourierView, DraftFields, DraftRow, DraftView, FiledView,
    Home, LockView, MapView, MeView, OpenCases, PatrolCard, PatrolView, PlaceInput, PreviewView,
    Problem, ReportDetail, ReportRow, Settings, SimilarView, SyncStatus, TaskDetail, TaskRow,
};
use shared::wire::queue::{NetworkKind, Queue, SendingRules};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// What a command gives.
pub(crate) type Answer<T> = Result<T, Problem>;

pub(crate) async fn about() -> Answer<About> {
    ask("about", json!({})).await
}

pub(crate) async fn settings() -> Answer<Settings> {
    ask("settings", json!({})).await
}

pub(crate) async fn save_settings(settings: &Settings) -> Answer<()> {
    ask("save_settings", json!({ "settings": settings })).await
}

pub(crate) async fn enrol(server: &str, code: &str) -> Answer<MeView> {
    ask("enrol", json!({ "server": server, "code": code })).await
}

/// How the handheld is locked.
pub(crate) async fn lock_view() -> Answer<LockView> {
    ask("lock_view", json!({})).await
}

pub(crate) async fn unlock(pin: &str) -> Answer<()> {
    ask("unlock", json!({ "pin": pin })).await
}

/// Sets or changes the PIN; none takes it away.
pub(crate) async fn set_pin(old: &str, new: Option<&str>) -> Answer<()> {
    ask("set_pin", json!({ "old": old, "new": new })).await
}

pub(crate) async fn set_lock_minutes(minutes: u32) -> Answer<()> {
    ask("set_lock_minutes", json!({ "minutes": minutes })).await
}

pub(crate) async fn lock_now() -> Answer<()> {
    ask("lock_now", json!({})).await
}

/// Somebody touched the screen.
pub(crate) async fn touch() -> Answer<()> {
    ask("touch", json!({})).await
}

pub(crate) async fn home() -> Answer<Home> {
    ask("home", json!({})).await
}

pub(crate) async fn sync_status() -> Answer<SyncStatus> {
    ask("sync_status", json!({})).await
}

/// Asks for a round of sync at once; the answer doesn't wait for its end.
pub(crate) async fn sync_now() -> Answer<()> {
    ask("sync_now", json!({})).await
}

pub(crate) async fn queue() -> Answer<Queue> {
    ask("queue", json!({})).await
}

pub(crate) async fn save_sending_rules(rules: SendingRules) -> Answer<()> {
    ask("save_sending_rules", json!({ "rules": rules })).await
}

/// Says which network there is, and that it is worth a try.
pub(crate) async fn set_network(network: NetworkKind) -> Answer<()> {
    ask("set_network", json!({ "network": network })).await
}

/// Asks the phone where it is. Fails with words on a machine without a receiver.
pub(crate) async fn position() -> Answer<PlaceInput> {
    ask("position", json!({})).await
}

pub(crate) async fn drafts() -> Answer<Vec<DraftRow>> {
    ask("drafts", json!({})).await
}

/// An id for a draft; the draft itself begins with the first fact.
pub(crate) async fn new_draft() -> Answer<DraftId> {
    ask("new_draft", json!({})).await
}

pub(crate) async fn draft(id: DraftId) -> Answer<DraftView> {
    ask("draft", json!({ "draft": id })).await
}

pub(crate) async fn save_draft(id: DraftId, fields: &DraftFields) -> Answer<DraftView> {
    ask("save_draft", json!({ "draft": id, "fields": fields })).await
}

pub(crate) async fn discard_draft(id: DraftId) -> Answer<()> {
    ask("discard_draft", json!({ "draft": id })).await
}

/// Adds a photo as the camera wrote it. The draft and the role go as headers beside the bytes.
pub(crate) async fn add_photo(
    id: DraftId,
    role: PhotoRole,
    bytes: &Uint8Array,
) -> Answer<DraftView> {
    read(send_photo("add_photo", ("draft", id.to_string()), role, bytes).await?)
}

/// Adds words, a correction or a withdrawal to a filed report.
pub(crate) async fn add_to_report(id: ReportId, addition: &Addition) -> Answer<()> {
    ask(
        "add_to_report",
        json!({ "report": id, "addition": addition }),
    )
    .await
}

/// Adds a photo to a filed report.
pub(crate) async fn add_report_photo(
    id: ReportId,
    role: PhotoRole,
    bytes: &Uint8Array,
) -> Answer<()> {
    read(send_photo("add_report_photo", ("report", id.to_string()), role, bytes).await?)
}

/// A photo as a raw body, with its owner and role as headers beside it.
async fn send_photo(
    command: &str,
    owner: (&str, String),
    role: PhotoRole,
    bytes: &Uint8Array,
) -> Answer<JsValue> {
    let headers = Object::new();
    let options = Object::new();
    let set = |object: &Object, key: &str, value: &JsValue| {
        Reflect::set(object, &key.into(), value).map_err(|error| refused(&error))
    };
    set(&headers, owner.0, &owner.1.into())?;
    set(&headers, "role", &role_key(role).into())?;
    set(&options, "headers", &headers)?;
    call(command, bytes, &options).await
}

pub(crate) async fn set_photo_role(id: DraftId, photo: i64, role: PhotoRole) -> Answer<DraftView> {
    ask(
        "set_photo_role",
        json!({ "draft": id, "photo": photo, "role": role }),
    )
    .await
}

pub(crate) async fn remove_photo(id: DraftId, photo: i64) -> Answer<DraftView> {
    ask("remove_photo", json!({ "draft": id, "photo": photo })).await
}

/// A whole photo as a `data:` address.
pub(crate) async fn photo(photo: i64) -> Answer<String> {
    ask("photo", json!({ "photo": photo })).await
}

/// Outlines around a place; around the worker's own grids when none is given.
pub(crate) async fn map(centre: Option<(f64, f64)>, radius: f64) -> Answer<MapView> {
    ask("map", json!({ "centre": centre, "radius": radius })).await
}

pub(crate) async fn recent_categories() -> Answer<Vec<CategoryRow>> {
    ask("recent_categories", json!({})).await
}

pub(crate) async fn categories() -> Answer<Vec<CategoryRow>> {
    ask("categories", json!({})).await
}

pub(crate) async fn search_categories(words: &str) -> Answer<Vec<CategoryRow>> {
    ask("search_categories", json!({ "words": words })).await
}

pub(crate) async fn category(id: &CategoryId) -> Answer<CategoryDetail> {
    ask("category", json!({ "category": id })).await
}

pub(crate) async fn preview(id: DraftId) -> Answer<PreviewView> {
    ask("preview", json!({ "draft": id })).await
}

/// What nearby may be the same thing as a draft.
pub(crate) async fn similar(id: DraftId) -> Answer<Vec<SimilarView>> {
    ask("similar", json!({ "draft": id })).await
}

pub(crate) async fn file_draft(id: DraftId) -> Answer<FiledView> {
    ask("file_draft", json!({ "draft": id })).await
}

/// Puts what waits into sealed files.
pub(crate) async fn export_courier() -> Answer<CourierView> {
    ask("export_courier", json!({})).await
}

/// Delivers another's file, or takes in an answer that was brought back.
pub(crate) async fn import_courier(bytes: &Uint8Array) -> Answer<CourierView> {
    read(call("import_courier", bytes, &JsValue::UNDEFINED).await?)
}

/// My reports, those with these words in them when there are any.
pub(crate) async fn reports(words: &str) -> Answer<Vec<ReportRow>> {
    ask("reports", json!({ "words": words })).await
}

pub(crate) async fn report(id: ReportId) -> Answer<ReportDetail> {
    ask("report", json!({ "report": id })).await
}

/// The newest so many open cases of my grids.
pub(crate) async fn open_cases(limit: u32) -> Answer<OpenCases> {
    ask("open_cases", json!({ "limit": limit })).await
}

/// Tasks on the spot, nearest first when it is said where the worker is.
pub(crate) async fn tasks(here: Option<(f64, f64)>) -> Answer<Vec<TaskRow>> {
    ask("tasks", json!({ "here": here })).await
}

pub(crate) async fn task_number() -> Answer<u32> {
    ask("task_number", json!({})).await
}

pub(crate) async fn task(case: CaseId) -> Answer<TaskDetail> {
    ask("task", json!({ "case": case })).await
}

/// Makes a draft for its photos, once.
pub(crate) async fn take_up_task(case: CaseId) -> Answer<TaskDetail> {
    ask("take_up_task", json!({ "case": case })).await
}

pub(crate) async fn set_task(case: CaseId, found: Option<Found>, reason: &str) -> Answer<()> {
    ask(
        "set_task",
        json!({ "case": case, "found": found, "reason": reason }),
    )
    .await
}

pub(crate) async fn finish_task(case: CaseId) -> Answer<TaskDetail> {
    ask("finish_task", json!({ "case": case })).await
}

pub(crate) async fn put_down_task(case: CaseId) -> Answer<()> {
    ask("put_down_task", json!({ "case": case })).await
}

/// The rounds of my places.
pub(crate) async fn patrols() -> Answer<Vec<PatrolCard>> {
    ask("patrols", json!({})).await
}

pub(crate) async fn patrol(round: &str) -> Answer<PatrolView> {
    ask("patrol", json!({ "round": round })).await
}

pub(crate) async fn mark_point(mark: &Mark) -> Answer<()> {
    ask("mark_point", json!({ "mark": mark })).await
}

/// Begins a report at a point; gives its draft.
pub(crate) async fn begin_report_on_round(at: &OnRound) -> Answer<DraftId> {
    ask("begin_report_on_round", json!({ "at": at })).await
}

/// The words that this city says otherwise.
pub(crate) async fn labels() -> Answer<Vec<Label>> {
    ask("labels", json!({})).await
}

/// Where to complain.
pub(crate) async fn complaints() -> Answer<Complaints> {
    ask("complaints", json!({})).await
}

/// A photo's role as the core names it.
pub(crate) const fn role_key(role: PhotoRole) -> &'static str {
    match role {
        PhotoRole::Near => "near",
        PhotoRole::Far => "far",
        PhotoRole::Before => "before",
        PhotoRole::After => "after",
        PhotoRole::Other => "other",
    }
}

async fn ask<T: DeserializeOwned>(command: &str, arguments: serde_json::Value) -> Answer<T> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    let arguments = arguments
        .serialize(&serializer)
        .map_err(|error| unknown_problem(&error.to_string()))?;
    read(call(command, &arguments, &JsValue::UNDEFINED).await?)
}

fn read<T: DeserializeOwned>(answer: JsValue) -> Answer<T> {
    serde_wasm_bindgen::from_value(answer).map_err(|error| unknown_problem(&error.to_string()))
}

async fn call(command: &str, arguments: &JsValue, options: &JsValue) -> Answer<JsValue> {
    let invoke = invoke().ok_or_else(|| unknown_problem("no shell"))?;
    let parameters = Array::of3(&command.into(), arguments, options);
    let promise: Promise = Reflect::apply(&invoke, &JsValue::UNDEFINED, &parameters)
        .map_err(|error| refused(&error))?
        .unchecked_into();
    JsFuture::from(promise)
        .await
        .map_err(|error| refused(&error))
}

/// `window.__TAURI__.core.invoke`.
fn invoke() -> Option<Function> {
    let get = |object: &JsValue, key: &str| Reflect::get(object, &key.into()).ok();
    let tauri = get(&js_sys::global(), "__TAURI__")?;
    get(&get(&tauri, "core")?, "invoke")?.dyn_into().ok()
}

/// A command's own problem, or whatever else went wrong, as one.
fn refused(error: &JsValue) -> Problem {
    serde_wasm_bindgen::from_value(error.clone()).unwrap_or_else(|_| {
        let text = error.as_string().or_else(|| {
            let message = Reflect::get(error, &"message".into()).ok()?;
            message.as_string()
        });
        unknown_problem(&text.unwrap_or_default())
    })
}
