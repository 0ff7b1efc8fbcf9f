//! Every call to the server, and nothing else fetches.
//!
//! The session is a cookie that the browser adds and no script can read; changes carry a header
//! that no other site can send. Answers are the types of `shared::wire`. A call fails with a
//! [`Problem`] that has words for a person; a stale move is an outcome, not a failure.

mod archive;
mod catalogue;
mod people;

pub(crate) use archive::{archive, check_case, check_day, contact, erase_contact};
pub(crate) use catalogue::{
    begin_draft, catalogue, catalogues, draft, dry_run, edit_draft, end_order, export_address,
    give_order, give_up_draft, import_part, orders, publish,
};
pub(crate) use people::{add_post, change_password, end_post, reset_password, set_closed};

use crate::desk::Choice;
use crate::words::{self, Word};
use gloo_net::http::{Request, RequestBuilder, Response};
use serde::{Serialize, de::DeserializeOwned};
use shared::id::{CaseId, DeviceId, OpId, PersonId, Sha256};
use shared::label::Lang;
use shared::signature::PublicKey;
use shared::wire::console::{
    AuditEntry, AuditQuery, CaseDetail, CasePage, CaseQuery, CodeAnswer, Colleague, DeviceRow,
    LookedRequest, LostRequest, MeAnswer, MoveRequest, NewCode, NewPerson, Page, PatrolQuery,
    PatrolRow, PersonRow, QuarantineRow, ReceiptKeyAnswer, RepeatedPage, ResolveRequest,
    SignInRequest, SimilarPage, StaleAnswer, Statistics, StatisticsQuery, UnitRow, WorkList,
};
use shared::wire::error::{ErrorAnswer, ErrorCode};
use shared::wire::sync::AreasBundle;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ProgressEvent, XmlHttpRequest};

/// Sent with every change; the server refuses changes by cookie without it.
const CHANGE_HEADER: (&str, &str) = ("x-gewu", "1");

/// Pages of people fetched for a picker.
const PEOPLE_PAGES_LIMIT: usize = 200;

const CONFLICT: u16 = 409;

/// Why a call did not do what was wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// The server could not be reached.
    Unreachable,
    /// The server refused, and said why.
    Refused(ErrorAnswer),
    /// The server answered something else than was agreed.
    Unreadable(u16),
}

impl Problem {
    /// What happened and what to do, for a person.
    pub(crate) fn words(&self, lang: Lang) -> String {
        match self {
            Self::Unreachable => words::UNREACHABLE.of(lang).to_owned(),
            Self::Refused(answer) => match lang {
                Lang::En if !answer.words_en.is_empty() => answer.words_en.clone(),
                _ => answer.words.clone(),
            },
            Self::Unreadable(status) => {
                let word: Word = match status {
                    404 => words::NOT_FOUND,
                    _ => words::UNREADABLE,
                };
                word.of(lang).to_owned()
            }
        }
    }

    /// It can't be done as things stand now; somebody else may have been quicker.
    pub(crate) fn is_conflict(&self) -> bool {
        match self {
            Self::Refused(answer) => {
                matches!(answer.code, ErrorCode::Stale | ErrorCode::NotPossible)
            }
            Self::Unreadable(status) => *status == CONFLICT,
            Self::Unreachable => false,
        }
    }

    /// The session is gone: sign in again.
    pub(crate) fn is_signed_out(&self) -> bool {
        match self {
            Self::Refused(answer) => answer.code == ErrorCode::Unauthenticated,
            Self::Unreadable(status) => *status == 401,
            Self::Unreachable => false,
        }
    }
}

type Outcome<T> = Result<T, Problem>;

/// What became of a move.
#[derive(Debug)]
pub(crate) enum Moved {
    /// It was made.
    Done,
    /// Somebody else was quicker; the case as it is now.
    Stale(Box<CaseDetail>),
}

/// Who is signed in.
pub(crate) async fn me() -> Outcome<MeAnswer> {
    get("/v1/me").await
}

/// Signs in; the answer's token is for programs, the browser keeps the cookie.
pub(crate) async fn sign_in(request: &SignInRequest) -> Outcome<()> {
    post("/v1/session", request).await.map(drop)
}

/// Signs out.
pub(crate) async fn sign_out() -> Outcome<()> {
    let request = changing(Request::delete("/v1/session"));
    let response = request
        .send()
        .await
        .map_err(|_offline| Problem::Unreachable)?;
    accepted(response).await.map(drop)
}

/// The work lists of this person with their counts.
pub(crate) async fn work_lists() -> Outcome<Vec<WorkList>> {
    get("/v1/worklists").await
}

/// What was counted over some days.
pub(crate) async fn statistics(query: &StatisticsQuery) -> Outcome<Statistics> {
    let by = query.by.as_deref().unwrap_or_default();
    let escape = crate::filter::escape;
    let (from, to) = (escape(&query.from), escape(&query.to));
    get(&format!(
        "/v1/statistics?from={from}&to={to}&by={}",
        escape(by)
    ))
    .await
}

/// A page of cases.
pub(crate) async fn cases(query: &CaseQuery) -> Outcome<CasePage> {
    let query = crate::filter::to_query(query);
    get(&format!("/v1/cases?{query}")).await
}

/// A case.
pub(crate) async fn case(id: CaseId) -> Outcome<CaseDetail> {
    get(&format!("/v1/cases/{id}")).await
}

/// Open cases that may be the same thing as one.
pub(crate) async fn similar(id: CaseId) -> Outcome<SimilarPage> {
    get(&format!("/v1/cases/{id}/similar")).await
}

/// Places where the same trouble came again and again.
pub(crate) async fn repeated() -> Outcome<RepeatedPage> {
    get("/v1/repeated").await
}

/// Rounds with what was seen at their points in some time; the last day when none is named.
pub(crate) async fn patrols(query: &PatrolQuery) -> Outcome<Vec<PatrolRow>> {
    let times = [("from_ms", query.from_ms), ("to_ms", query.to_ms)];
    let words = times
        .iter()
        .filter_map(|(name, ms)| Some(format!("{name}={}", (*ms)?)));
    let words: Vec<String> = words.collect();
    get(&format!("/v1/patrols?{}", words.join("&"))).await
}

/// Moves a case.
pub(crate) async fn move_case(id: CaseId, request: &MoveRequest) -> Outcome<Moved> {
    moved(send(&format!("/v1/cases/{id}/moves"), request).await?).await
}

/// Says that what came to a case was looked at, up to a revision.
pub(crate) async fn looked(id: CaseId, base_revision: i64) -> Outcome<Moved> {
    let request = LookedRequest { base_revision };
    moved(send(&format!("/v1/cases/{id}/looked"), &request).await?).await
}

async fn moved(response: Response) -> Outcome<Moved> {
    if response.status() != CONFLICT {
        return accepted(response).await.map(|_done| Moved::Done);
    }
    let text = response.text().await.map_err(|_cut| Problem::Unreachable)?;
    if let Ok(stale) = serde_json::from_str::<StaleAnswer>(&text) {
        return Ok(Moved::Stale(Box::new(stale.current)));
    }
    Err(serde_json::from_str(&text).map_or(Problem::Unreadable(CONFLICT), Problem::Refused))
}

/// Who works in the unit that leads a case.
pub(crate) async fn colleagues(id: CaseId) -> Outcome<Vec<Colleague>> {
    get(&format!("/v1/cases/{id}/colleagues")).await
}

/// Adds a photo of how it is now to a case; `progress` is called with per cent on its way.
///
/// By the older call of browsers, since `fetch` doesn't tell how much has gone.
pub(crate) async fn add_photo(
    id: CaseId,
    file: &web_sys::File,
    progress: impl Fn(u8) + 'static,
) -> Outcome<CaseDetail> {
    let odd = |_refused| Problem::Unreadable(0);
    let request = XmlHttpRequest::new().map_err(odd)?;
    request
        .open("PUT", &format!("/v1/cases/{id}/photos"))
        .map_err(odd)?;
    let (name, value) = CHANGE_HEADER;
    request.set_request_header(name, value).map_err(odd)?;
    let told = Closure::<dyn Fn(ProgressEvent)>::new(move |event: ProgressEvent| {
        if event.length_computable() && event.total() > 0.0 {
            progress(percent(event.loaded() / event.total()));
        }
    });
    let upload = request.upload().map_err(odd)?;
    upload.set_onprogress(Some(told.as_ref().unchecked_ref()));
    let ended = js_sys::Promise::new(&mut |resolve, _reject| request.set_onloadend(Some(&resolve)));
    request.send_with_opt_blob(Some(file)).map_err(odd)?;
    // Whatever ends it, ends it by this event.
    let _ = JsFuture::from(ended).await;
    drop(told);
    let status = request.status().unwrap_or(0);
    if status == 0 {
        return Err(Problem::Unreachable);
    }
    let text = request.response_text().ok().flatten().unwrap_or_default();
    if (200..300).contains(&status) {
        return serde_json::from_str(&text).map_err(|_other| Problem::Unreadable(status));
    }
    Err(serde_json::from_str(&text).map_or(Problem::Unreadable(status), Problem::Refused))
}

/// A share as whole per cent.
#[expect(
    clippy::as_conversions,
    reason = "a share is between nought and one, and a float cast saturates"
)]
fn percent(share: f64) -> u8 {
    (share * 100.0) as u8
}

/// The units that cases can be given to.
pub(crate) async fn units() -> Outcome<Vec<UnitRow>> {
    get("/v1/units").await
}

/// What waits for a person, a page of it; with what is settled if wanted.
pub(crate) async fn quarantine(
    cursor: Option<&str>,
    settled: bool,
) -> Outcome<Page<QuarantineRow>> {
    let path = paged("/v1/quarantine", cursor);
    if !settled {
        return get(&path).await;
    }
    let glue = if cursor.is_some() { '&' } else { '?' };
    get(&format!("{path}{glue}settled=true")).await
}

/// Settles one content in quarantine.
pub(crate) async fn resolve(id: OpId, hash: Option<Sha256>, note: String) -> Outcome<()> {
    let path = format!("/v1/quarantine/{id}/resolve");
    post(&path, &ResolveRequest { hash, note }).await.map(drop)
}

/// The devices and what each owes, a page of them.
pub(crate) async fn devices(cursor: Option<&str>) -> Outcome<Page<DeviceRow>> {
    get(&paged("/v1/devices", cursor)).await
}

/// The key that receipts are checked with.
pub(crate) async fn receipt_key() -> Outcome<PublicKey> {
    let answer: ReceiptKeyAnswer = get("/v1/receipts/key").await?;
    Ok(answer.key)
}

/// A code by which a device is enrolled once.
pub(crate) async fn device_code(person: PersonId) -> Outcome<CodeAnswer> {
    read(post("/v1/devices/codes", &NewCode { person }).await?).await
}

/// Marks a handheld as lost, or as found.
pub(crate) async fn set_lost(device: DeviceId, lost: bool) -> Outcome<()> {
    let path = format!("/v1/devices/{device}/lost");
    post(&path, &LostRequest { lost }).await.map(drop)
}

/// Who did what, a page of it.
pub(crate) async fn audit(query: &AuditQuery) -> Outcome<Page<AuditEntry>> {
    let mut words = Vec::new();
    let number = |number: &Option<i64>| number.map(|number| number.to_string());
    let fields = [
        ("person", query.person.clone()),
        ("action", query.action.clone()),
        ("from_ms", number(&query.from_ms)),
        ("to_ms", number(&query.to_ms)),
        ("cursor", query.cursor.clone()),
    ];
    for (name, value) in fields {
        words.extend(value.map(|value| format!("{name}={}", crate::filter::escape(&value))));
    }
    get(&format!("/v1/audit?{}", words.join("&"))).await
}

/// Ends all console sessions of a person.
pub(crate) async fn end_sessions(person: PersonId) -> Outcome<()> {
    let request = changing(Request::delete(&format!("/v1/people/{person}/sessions")));
    let response = request
        .send()
        .await
        .map_err(|_offline| Problem::Unreachable)?;
    accepted(response).await.map(drop)
}

/// Delivers a courier file; the answer is a file to be carried back.
pub(crate) async fn deliver(file: &web_sys::File) -> Outcome<Vec<u8>> {
    let request = changing(Request::post("/v1/courier"))
        .header("content-type", "application/octet-stream")
        .body(file.clone())
        .map_err(|_unwritable| Problem::Unreadable(0))?;
    let response = request
        .send()
        .await
        .map_err(|_offline| Problem::Unreachable)?;
    let response = accepted(response).await?;
    let status = response.status();
    response
        .binary()
        .await
        .map_err(|_cut| Problem::Unreadable(status))
}

/// People and posts, a page of them.
pub(crate) async fn people(cursor: Option<&str>) -> Outcome<Page<PersonRow>> {
    get(&paged("/v1/people", cursor)).await
}

/// Everybody, for a picker.
pub(crate) async fn all_people() -> Outcome<Vec<Choice>> {
    let mut all = Vec::new();
    let mut cursor = None;
    // A district has some thousands; the bound is for a server that never says it is at the end.
    for _ in 0..PEOPLE_PAGES_LIMIT {
        let page = people(cursor.as_deref()).await?;
        let enabled = page.rows.into_iter().filter(|row| !row.disabled);
        all.extend(enabled.map(|row| Choice {
            code: row.me.id.to_string(),
            name: row.me.name,
            detail: row.me.login,
        }));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(all)
}

/// Adds a person with first posts.
pub(crate) async fn add_person(person: &NewPerson) -> Outcome<()> {
    post("/v1/people", person).await.map(drop)
}

/// All places of the district.
pub(crate) async fn areas() -> Outcome<AreasBundle> {
    get("/v1/areas").await
}

/// Where a photo's bytes are; the browser asks with its cookie.
pub(crate) fn photo_address(photo: &Sha256) -> String {
    format!("/v1/photos/{photo}")
}

fn paged(path: &str, cursor: Option<&str>) -> String {
    cursor.map_or_else(
        || path.to_owned(),
        |cursor| format!("{path}?cursor={}", crate::filter::escape(cursor)),
    )
}

fn changing(request: RequestBuilder) -> RequestBuilder {
    request.header(CHANGE_HEADER.0, CHANGE_HEADER.1)
}

async fn get<T: DeserializeOwned>(path: &str) -> Outcome<T> {
    let response = Request::get(path)
        .send()
        .await
        .map_err(|_offline| Problem::Unreachable)?;
    read(accepted(response).await?).await
}

async fn post<T: Serialize>(path: &str, body: &T) -> Outcome<Response> {
    accepted(send(path, body).await?).await
}

async fn send<T: Serialize>(path: &str, body: &T) -> Outcome<Response> {
    let request = changing(Request::post(path))
        .json(body)
        .map_err(|_unwritable| Problem::Unreadable(0))?;
    request
        .send()
        .await
        .map_err(|_offline| Problem::Unreachable)
}

async fn accepted(response: Response) -> Outcome<Response> {
    if response.ok() {
        return Ok(response);
    }
    let status = response.status();
    let answer = response.json::<ErrorAnswer>().await;
    Err(answer.map_or(Problem::Unreadable(status), Problem::Refused))
}

async fn read<T: DeserializeOwned>(response: Response) -> Outcome<T> {
    let status = response.status();
    response
        .json()
        .await
        .map_err(|_other| Problem::Unreadable(status))
}
