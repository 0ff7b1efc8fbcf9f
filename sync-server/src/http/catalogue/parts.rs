//! Parts of the catalogue as files: out as CSV or as a workbook, and into a draft.

use crate::http::App;
use crate::http::auth::SignedIn;
use crate::http::error::{Answer, Refusal};
use crate::http::extract::{Part as PathPart, Query};
use crate::service::catalogue::{self, Source, drafts};
use crate::service::{Fault, words};
use crate::sheets;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use shared::catalogue::parts::Part;
use shared::catalogue::table::Table;
use shared::id::CatalogueDraftId;
use shared::wire::catalogue::CatalogueDraftDetail;
use shared::wire::error::{ErrorAnswer, ErrorCode};

/// One file: forty times a large city's whole table.
const FILE_BYTES_LIMIT: usize = 8 * 1024 * 1024;

/// Which part goes where.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub(in crate::http) struct Target {
    /// The part that the file holds; for a workbook it may be left out: then each sheet that has a
    /// part's name is taken.
    #[serde(default)]
    part: Option<String>,
    /// The revision that was on the screen.
    base_revision: i64,
}

/// Take a CSV file or a workbook into a draft.
#[utoipa::path(post, path = "/v1/catalogues/drafts/{draft}/import", tag = "catalogue",
    params(("draft" = String, Path,), Target),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = CatalogueDraftDetail), (status = 403, body = ErrorAnswer),
        (status = 409, body = ErrorAnswer), (status = 422, body = ErrorAnswer)))]
pub(in crate::http) async fn import(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    PathPart(draft): PathPart<CatalogueDraftId>,
    Query(target): Query<Target>,
    body: Bytes,
) -> Answer<Json<CatalogueDraftDetail>> {
    // Before the file costs anything.
    let actor = session.actor.clone();
    app.read(move |tx, district, _now| drafts::get(tx, &actor, district, draft))
        .await?;
    let part = target.part.as_deref().map(part_of).transpose()?;
    // A file that breaks its reader must not break more than this request.
    let tables = tokio::task::spawn_blocking(move || sheets::read(part, &body))
        .await
        .map_err(|_panic| unreadable())?
        .map_err(|error| drafts::table_fault(&error))?;
    let revision = target.base_revision;
    let detail = app
        .write(move |tx, district, now| {
            drafts::import(tx, &session.actor, district, draft, revision, &tables, now)
        })
        .await?;
    Ok(Json(detail))
}

fn part_of(text: &str) -> Result<Part, Fault> {
    let (zh, en) = ("没有这一部分。", "There is no such part.");
    Part::parse(text).ok_or(Fault::invalid("part", zh, en))
}

fn unreadable() -> Refusal {
    let said = words(
        "文件读不懂，可能已损坏。请用表格软件另存为 xlsx 后再导入；草稿没有变化。",
        "The file could not be read; save it as xlsx again. The draft is unchanged.",
    );
    Refusal::new(ErrorCode::Invalid, said).field("file")
}

/// What to write.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub(in crate::http) struct Wanted {
    /// A published version; the one in force when neither this nor a draft is named.
    #[serde(default)]
    version: Option<String>,
    /// An open draft.
    #[serde(default)]
    draft: Option<String>,
    /// One part; every part when left out, which is for `xlsx` only.
    #[serde(default)]
    part: Option<String>,
    /// `xlsx`, or `csv` for one part.
    #[serde(default)]
    format: Option<String>,
}

/// Parts of a version or a draft as a file.
#[utoipa::path(get, path = "/v1/catalogues/export", tag = "catalogue", params(Wanted),
    responses((status = 200, content_type = "text/csv"), (status = 403, body = ErrorAnswer),
        (status = 404, body = ErrorAnswer), (status = 422, body = ErrorAnswer)))]
pub(in crate::http) async fn export(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Query(wanted): Query<Wanted>,
) -> Answer<Response> {
    let source = match (wanted.draft, wanted.version) {
        (Some(draft), _) => Source::Draft(draft.parse().map_err(|_| Fault::NotFound("draft"))?),
        (None, None) => Source::Version(None),
        (None, Some(version)) => {
            let version = version.parse().map_err(|_| Fault::NotFound("catalogue"))?;
            Source::Version(Some(version))
        }
    };
    let part = wanted.part.as_deref().map(part_of).transpose()?;
    let parts = part.map_or_else(|| Part::ALL.to_vec(), |part| vec![part]);
    let (name, tables) = app
        .read(move |tx, district, _now| {
            catalogue::export(tx, &session.actor, district, &source, &parts)
        })
        .await?;
    let file = format!("catalogue-{name}-{}", part.map_or("all", Part::as_str));
    match (wanted.format.as_deref(), tables.as_slice()) {
        (Some("csv"), [table]) => {
            let kind = "text/csv; charset=utf-8";
            Ok(attachment(
                &format!("{file}.csv"),
                kind,
                table.to_csv().into_bytes(),
            ))
        }
        (Some("csv"), _) => {
            let (zh, en) = (
                "CSV 一次一个部分，请选一个。",
                "CSV holds one part; name it.",
            );
            Err(Fault::invalid("part", zh, en).into())
        }
        _ => workbook(file, tables).await,
    }
}

async fn workbook(file: String, tables: Vec<Table>) -> Answer<Response> {
    let bytes = tokio::task::spawn_blocking(move || sheets::write(&tables)).await;
    let bytes = bytes.map_err(|_| Refusal::internal())?.map_err(|error| {
        tracing::error!(%error, "a workbook could not be written");
        Refusal::internal()
    })?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(attachment(&format!("{file}.xlsx"), kind, bytes))
}

fn attachment(name: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    (headers, bytes).into_response()
}

/// The body limit of a file.
pub(in crate::http) const fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(FILE_BYTES_LIMIT)
}
