//! What the screens may ask for: each command gives `now` and ids, and calls the core.
//!
//! A command that thinks belongs into `app-core`. All run off the window's thread, since a disk
//! may be slow. Failures are [`Problem`]s with words for the worker.

#![allow(
    clippy::needless_pass_by_value,
    reason = "Tauri hands a command owned arguments"
)]

mod body;

use crate::{Handheld, position};
use app_core::{CoreError, Enrolment};
use body::{bytes_of, photo_of, unreadable};
use shared::addition::Addition;
use shared::case::Found;
use shared::catalogue::{Complaints, Label};
use shared::courier::CourierError;
use shared::id::{CaseId, CategoryId, DraftId, OpId, ReportId};
use shared::patrol::{Mark, OnRound};
use shared::report::PhotoRole;
use shared::wire::handheld::{
    About, CategoryDetail, CategoryRow, CourierView, DraftFields, DraftRow, DraftView, FiledView,
    Home, LocatedView, LockView, MapView, MeView, OpenCases, PatrolCard, PatrolView, PlaceInput,
    PreviewView, Problem, ReportDetail, ReportRow, Settings, SimilarView, SyncStatus, TaskDetail,
    TaskRow,
};
use shared::wire::queue::{NetworkKind, Queue, SendingRules};
use tauri::ipc::Request;
use tauri::{AppHandle, Builder, State, Wry};

type Answer<T> = Result<T, Problem>;

/// Lets the window call the commands below.
pub(crate) fn handled(builder: Builder<Wry>) -> Builder<Wry> {
    builder.invoke_handler(tauri::generate_handler![
        about,
        settings,
        save_settings,
        lock_view,
        unlock,
        set_pin,
        set_lock_minutes,
        lock_now,
        touch,
        enrol,
        home,
        sync_status,
        sync_now,
        queue,
        save_sending_rules,
        set_network,
        position,
        drafts,
        new_draft,
        draft,
        save_draft,
        discard_draft,
        add_photo,
        set_photo_role,
        remove_photo,
        photo,
        locate,
        map,
        recent_categories,
        categories,
        search_categories,
        category,
        preview,
        similar,
        file_draft,
        export_courier,
        import_courier,
        reports,
        report,
        open_cases,
        tasks,
        task_number,
        task,
        take_up_task,
        set_task,
        finish_task,
        put_down_task,
        labels,
        complaints,
        patrols,
        patrol,
        mark_point,
        begin_report_on_round,
        add_to_report,
        add_report_photo,
    ])
}

fn said(error: CoreError) -> Problem {
    tracing::debug!(%error, "a command was refused");
    error.problem()
}

#[tauri::command(async)]
fn about(state: State<'_, Handheld>) -> Answer<About> {
    Ok(About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: std::env::consts::OS.to_owned(),
        camera: cfg!(mobile),
        receiver: position::HAS_RECEIVER,
        stored_bytes: state.core().map_or(0, |core| core.stored_bytes()),
    })
}

#[tauri::command(async)]
fn settings(state: State<'_, Handheld>) -> Answer<Settings> {
    state.core()?.settings().map_err(said)
}

#[tauri::command(async)]
fn save_settings(state: State<'_, Handheld>, settings: Settings) -> Answer<()> {
    state.core()?.set_settings(&settings).map_err(said)
}

#[tauri::command(async)]
fn lock_view(state: State<'_, Handheld>) -> Answer<LockView> {
    state.keeper.view()
}

#[tauri::command(async)]
fn unlock(state: State<'_, Handheld>, pin: &str) -> Answer<()> {
    state.keeper.unlock(pin, state.edge.now())
}

#[tauri::command(async)]
fn set_pin(state: State<'_, Handheld>, old: &str, new: Option<&str>) -> Answer<()> {
    state.keeper.set_pin(old, new, state.edge.now())
}

#[tauri::command(async)]
fn set_lock_minutes(state: State<'_, Handheld>, minutes: u32) -> Answer<()> {
    state.keeper.set_idle_minutes(minutes)
}

#[tauri::command(async)]
fn lock_now(state: State<'_, Handheld>) -> Answer<()> {
    state.keeper.lock()
}

#[tauri::command(async)]
fn touch(state: State<'_, Handheld>) {
    state.keeper.touch(state.edge.now());
}

#[tauri::command]
async fn enrol(state: State<'_, Handheld>, server: String, code: String) -> Answer<MeView> {
    let form = Enrolment {
        server: with_scheme(&server),
        code,
        device_name: device_name(),
        platform: std::env::consts::OS.to_owned(),
    };
    state.core()?.enrol(&form, &state.edge).await.map_err(said)
}

#[tauri::command(async)]
fn home(state: State<'_, Handheld>) -> Answer<Home> {
    state.core()?.home().map_err(said)
}

#[tauri::command(async)]
fn sync_status(state: State<'_, Handheld>) -> Answer<SyncStatus> {
    state.core()?.sync_status().map_err(said)
}

#[tauri::command(async)]
fn sync_now(state: State<'_, Handheld>) -> Answer<()> {
    let (core, edge) = (state.core()?, state.edge.clone());
    tauri::async_runtime::spawn(async move {
        if let Err(error) = core.sync_once(&edge).await {
            tracing::warn!(%error, "a round of sync ended early");
        }
    });
    Ok(())
}

#[tauri::command(async)]
fn queue(state: State<'_, Handheld>) -> Answer<Queue> {
    state.core()?.queue(state.edge.now()).map_err(said)
}

#[tauri::command(async)]
fn save_sending_rules(state: State<'_, Handheld>, rules: SendingRules) -> Answer<()> {
    state.core()?.set_sending_rules(rules).map_err(said)
}

#[tauri::command(async)]
fn set_network(state: State<'_, Handheld>, network: NetworkKind) -> Answer<()> {
    state.keeper.set_network(network);
    Ok(())
}

#[tauri::command(async)]
fn position(handle: AppHandle) -> Answer<PlaceInput> {
    position::ask(&handle)
}

#[tauri::command(async)]
fn drafts(state: State<'_, Handheld>) -> Answer<Vec<DraftRow>> {
    state.core()?.drafts().map_err(said)
}

/// An id for a draft; the draft itself begins with the first fact.
#[tauri::command(async)]
fn new_draft(state: State<'_, Handheld>) -> DraftId {
    DraftId(state.edge.uuid())
}

#[tauri::command(async)]
fn draft(state: State<'_, Handheld>, draft: DraftId) -> Answer<DraftView> {
    state.core()?.draft(draft).map_err(said)
}

#[tauri::command(async)]
fn save_draft(
    state: State<'_, Handheld>,
    draft: DraftId,
    fields: DraftFields,
) -> Answer<DraftView> {
    let core = state.core()?;
    core.set_draft(draft, &fields, state.edge.now())
        .map_err(said)?;
    core.draft(draft).map_err(said)
}

#[tauri::command(async)]
fn discard_draft(state: State<'_, Handheld>, draft: DraftId) -> Answer<()> {
    state.core()?.discard_draft(draft).map_err(said)
}

/// The bytes are the body; draft and role are headers beside it.
#[tauri::command(async)]
fn add_photo(state: State<'_, Handheld>, request: Request<'_>) -> Answer<DraftView> {
    let (core, now) = (state.core()?, state.edge.now());
    let (draft, role, bytes) = photo_of(&request, "draft").ok_or_else(unreadable)?;
    core.add_photo(draft, &bytes, role, now).map_err(said)?;
    core.draft(draft).map_err(said)
}

#[tauri::command(async)]
fn set_photo_role(
    state: State<'_, Handheld>,
    draft: DraftId,
    photo: i64,
    role: PhotoRole,
) -> Answer<DraftView> {
    let core = state.core()?;
    core.set_photo_role(photo, role, state.edge.now())
        .map_err(said)?;
    core.draft(draft).map_err(said)
}

#[tauri::command(async)]
fn remove_photo(state: State<'_, Handheld>, draft: DraftId, photo: i64) -> Answer<DraftView> {
    let core = state.core()?;
    core.remove_photo(photo, state.edge.now()).map_err(said)?;
    core.draft(draft).map_err(said)
}

#[tauri::command(async)]
fn photo(state: State<'_, Handheld>, photo: i64) -> Answer<String> {
    state.core()?.photo(photo).map_err(said)
}

#[tauri::command(async)]
fn export_courier(state: State<'_, Handheld>) -> Answer<CourierView> {
    state.core()?.export_here(&state.edge).map_err(said)
}

/// The bytes of the file are the body.
#[tauri::command]
async fn import_courier(state: State<'_, Handheld>, request: Request<'_>) -> Answer<CourierView> {
    let bytes = bytes_of(&request).ok_or_else(|| said(CourierError::Foreign.into()))?;
    let core = state.core()?;
    core.import_here(bytes, &state.edge).await.map_err(said)
}

#[tauri::command(async)]
fn locate(state: State<'_, Handheld>, place: PlaceInput) -> Answer<LocatedView> {
    state.core()?.locate(&place).map_err(said)
}

/// Around the middle of the worker's own grids when no centre is given.
#[tauri::command(async)]
fn map(state: State<'_, Handheld>, centre: Option<(f64, f64)>, radius: f64) -> Answer<MapView> {
    let core = state.core()?;
    let (lat, lon) = centre.map_or_else(|| core.middle(), Ok).map_err(said)?;
    core.map(lat, lon, radius).map_err(said)
}

#[tauri::command(async)]
fn recent_categories(state: State<'_, Handheld>) -> Answer<Vec<CategoryRow>> {
    state.core()?.recent_categories().map_err(said)
}

#[tauri::command(async)]
fn categories(state: State<'_, Handheld>) -> Answer<Vec<CategoryRow>> {
    Ok(state.core()?.categories())
}

#[tauri::command(async)]
fn search_categories(state: State<'_, Handheld>, words: &str) -> Answer<Vec<CategoryRow>> {
    Ok(state.core()?.search_categories(words))
}

#[tauri::command(async)]
fn category(state: State<'_, Handheld>, category: CategoryId) -> Answer<CategoryDetail> {
    state.core()?.category(&category).map_err(said)
}

#[tauri::command(async)]
fn preview(state: State<'_, Handheld>, draft: DraftId) -> Answer<PreviewView> {
    state.core()?.preview(draft, state.edge.now()).map_err(said)
}

#[tauri::command(async)]
fn similar(state: State<'_, Handheld>, draft: DraftId) -> Answer<Vec<SimilarView>> {
    state.core()?.similar(draft).map_err(said)
}

#[tauri::command(async)]
fn file_draft(state: State<'_, Handheld>, draft: DraftId) -> Answer<FiledView> {
    let (op, moment) = (OpId(state.edge.uuid()), state.edge.moment());
    state.core()?.save_report(draft, op, &moment).map_err(said)
}

#[tauri::command(async)]
fn reports(state: State<'_, Handheld>, words: &str) -> Answer<Vec<ReportRow>> {
    state.core()?.reports(words).map_err(said)
}

#[tauri::command(async)]
fn report(state: State<'_, Handheld>, report: ReportId) -> Answer<ReportDetail> {
    state.core()?.report(report).map_err(said)
}

#[tauri::command(async)]
fn open_cases(state: State<'_, Handheld>, limit: u32) -> Answer<OpenCases> {
    state.core()?.open_cases(limit).map_err(said)
}

/// Nearest first when it is said where the worker is.
#[tauri::command(async)]
fn tasks(state: State<'_, Handheld>, here: Option<(f64, f64)>) -> Answer<Vec<TaskRow>> {
    state.core()?.tasks(here).map_err(said)
}

#[tauri::command(async)]
fn task_number(state: State<'_, Handheld>) -> Answer<u32> {
    state.core()?.task_number().map_err(said)
}

#[tauri::command(async)]
fn task(state: State<'_, Handheld>, case: CaseId) -> Answer<TaskDetail> {
    state.core()?.task(case, None).map_err(said)
}

/// Photos are then added to its draft as to a report's.
#[tauri::command(async)]
fn take_up_task(state: State<'_, Handheld>, case: CaseId) -> Answer<TaskDetail> {
    let (draft, moment) = (DraftId(state.edge.uuid()), state.edge.moment());
    state
        .core()?
        .take_up_task(case, draft, &moment)
        .map_err(said)
}

#[tauri::command(async)]
fn set_task(
    state: State<'_, Handheld>,
    case: CaseId,
    found: Option<Found>,
    reason: &str,
) -> Answer<()> {
    state.core()?.set_task(case, found, reason).map_err(said)
}

#[tauri::command(async)]
fn finish_task(state: State<'_, Handheld>, case: CaseId) -> Answer<TaskDetail> {
    let (op, moment) = (OpId(state.edge.uuid()), state.edge.moment());
    state.core()?.finish_task(case, op, &moment).map_err(said)
}

#[tauri::command(async)]
fn put_down_task(state: State<'_, Handheld>, case: CaseId) -> Answer<()> {
    state.core()?.put_down_task(case).map_err(said)
}

#[tauri::command(async)]
fn patrols(state: State<'_, Handheld>) -> Answer<Vec<PatrolCard>> {
    state.core()?.patrols(state.edge.now()).map_err(said)
}

#[tauri::command(async)]
fn patrol(state: State<'_, Handheld>, round: &str) -> Answer<PatrolView> {
    state.core()?.patrol(round, state.edge.now()).map_err(said)
}

#[tauri::command(async)]
fn mark_point(state: State<'_, Handheld>, mark: Mark) -> Answer<()> {
    let (op, moment) = (OpId(state.edge.uuid()), state.edge.moment());
    state.core()?.mark_point(&mark, op, &moment).map_err(said)
}

/// Gives the draft that was begun.
#[tauri::command(async)]
fn begin_report_on_round(state: State<'_, Handheld>, at: OnRound) -> Answer<DraftId> {
    let draft = DraftId(state.edge.uuid());
    let core = state.core()?;
    core.begin_report_on_round(&at, draft, state.edge.now())
        .map_err(said)?;
    Ok(draft)
}

/// The words that this city says otherwise.
#[tauri::command(async)]
fn labels(state: State<'_, Handheld>) -> Answer<Vec<Label>> {
    Ok(state.core()?.labels())
}

/// Where to complain.
#[tauri::command(async)]
fn complaints(state: State<'_, Handheld>) -> Answer<Complaints> {
    Ok(state.core()?.complaints())
}

#[tauri::command(async)]
fn add_to_report(state: State<'_, Handheld>, report: ReportId, addition: Addition) -> Answer<()> {
    let (op, moment) = (OpId(state.edge.uuid()), state.edge.moment());
    let core = state.core()?;
    core.add_to_report(report, &addition, op, &moment)
        .map_err(said)
}

/// The bytes are the body; report and role are headers beside it.
#[tauri::command(async)]
fn add_report_photo(state: State<'_, Handheld>, request: Request<'_>) -> Answer<()> {
    let (op, moment) = (OpId(state.edge.uuid()), state.edge.moment());
    let (report, role, bytes) = photo_of(&request, "report").ok_or_else(unreadable)?;
    let core = state.core()?;
    core.add_report_photo(report, &bytes, role, "", op, &moment)
        .map_err(said)
}

/// People type a bare host name; the network is asked over TLS unless they say otherwise.
fn with_scheme(server: &str) -> String {
    let server = server.trim();
    if server.contains("://") {
        server.to_owned()
    } else {
        format!("https://{server}")
    }
}

/// What the administrator's list of devices shows.
fn device_name() -> String {
    std::fs::read_to_string("/etc/hostname")
        .map(|name| name.trim().to_owned())
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| String::from("handheld"))
}

#[cfg(test)]
mod tests {
    use super::with_scheme;

    #[test]
    fn a_bare_host_is_asked_over_tls() {
        assert_eq!(
            with_scheme(" gewu.example.gov.cn "),
            "https://gewu.example.gov.cn"
        );
        assert_eq!(
            with_scheme("http://127.0.0.1:8080"),
            "http://127.0.0.1:8080"
        );
    }
}
