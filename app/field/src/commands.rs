//! What each command does: calls of the façade, and their answers in words and in JSON.

use crate::additions;
use crate::args::{Command, EnrolArgs, FileArgs, PhotoArg, ReportArgs};
use crate::carry;
use crate::patrol;
use crate::similar;
use crate::tasks;
use crate::words;
use app_core::store::StoreError;
use app_core::vault::VaultError;
use app_core::{App, CoreError, Edge, Enrolment, Moment};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use serde_json::{Value, json};
use shared::id::{CategoryId, ConditionId, DraftId, OpId, ReportId};
use shared::report::{PhotoRole, PlaceSource};
use shared::wire::handheld::{
    CategoryDetail, DraftFields, PlaceInput, ReportDetail, ReportRow, SyncReport,
};
use std::path::Path;

/// What a command answers.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) text: String,
    pub(crate) json: Value,
    pub(crate) code: u8,
}

/// Everything is kept, but the server wasn't reached.
const CODE_SYNC: u8 = 3;
/// The PIN stands before it.
const CODE_PIN: u8 = 7;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The handheld couldn't; what was filled in is in the draft.
    Core {
        error: CoreError,
        draft: Option<DraftId>,
    },
    /// The command line names something that isn't there.
    Usage(String),
    /// Everything else.
    Other(String),
}

impl Stop {
    pub(crate) fn other(words: String) -> Self {
        Self::Other(words)
    }

    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Other(_) => 1,
            Self::Usage(_) => 2,
            Self::Core { error, .. } => match error {
                CoreError::Server(_) => CODE_SYNC,
                CoreError::NotEnrolled
                | CoreError::NotReady
                | CoreError::CourierNotReady
                | CoreError::OtherDistrict(_) => 5,
                CoreError::Store(StoreError::Missing(_)) => 2,
                CoreError::Store(StoreError::Vault(
                    VaultError::Locked
                    | VaultError::WrongPin { .. }
                    | VaultError::Waiting { .. }
                    | VaultError::BadPin,
                )) => CODE_PIN,
                CoreError::Store(_) | CoreError::Bundle { .. } => 6,
                CoreError::Photo(_)
                | CoreError::Fault(_)
                | CoreError::Addition(_)
                | CoreError::Mark(_)
                | CoreError::Unfilled(_)
                | CoreError::ChangedMeanwhile
                | CoreError::AlreadyFiled
                | CoreError::Courier(_)
                | CoreError::CourierUnwritten(_)
                | CoreError::Operation(_) => 4,
            },
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Other(words) | Self::Usage(words) => words.clone(),
            Self::Core { error, draft } => {
                let kept = draft.map_or(String::new(), |draft| format!("\n  draft {draft}"));
                format!("{}\n  {error}{kept}", error.problem().words)
            }
        }
    }

    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Other(words) => json!({"problem": {"code": "other", "words": words}}),
            Self::Usage(words) => json!({"problem": {"code": "usage", "words": words}}),
            Self::Core { error, draft } => {
                json!({"problem": error.problem(), "detail": error.to_string(), "draft": draft})
            }
        }
    }
}

pub(crate) fn outcome(text: String, value: &impl Serialize) -> Result<Outcome, Stop> {
    let json = serde_json::to_value(value).map_err(|error| Stop::Other(error.to_string()))?;
    Ok(Outcome {
        text,
        json,
        code: 0,
    })
}

pub(crate) async fn run(app: &App, edge: &Edge, command: &Command) -> Result<Outcome, Stop> {
    match command {
        Command::Enrol(args) => enrol(app, edge, args).await,
        Command::File(args) => file(app, edge, args).await,
        Command::Preview(args) => preview(app, edge, args),
        // Done before the data is opened.
        Command::Pin(_) | Command::Keyring { .. } => {
            Err(Stop::other(String::from("the key was not changed")))
        }
        Command::Sync => Ok(synced(&app.sync_once(edge).await?)?),
        Command::List { words } => {
            let mut rows = app.reports(words.as_deref().unwrap_or_default())?;
            rows.iter_mut().for_each(|row| row.preview = None);
            let lines: Vec<String> = rows.iter().map(words::report_line).collect();
            outcome(lines.join("\n"), &rows)
        }
        Command::Show { report } => {
            let detail = find_report(app, report)?;
            outcome(words::report(&detail), &detail)
        }
        Command::Amend(args) => additions::amend(app, edge, args),
        Command::Withdraw { report, reason } => additions::withdraw(app, edge, report, reason),
        Command::Note { report, text } => additions::note(app, edge, report, text),
        Command::AddPhoto {
            report,
            photo,
            text,
        } => additions::add_photo(app, edge, report, photo, text),
        Command::Tasks { lat, lon } => tasks::list(app, lat.zip(*lon), edge.now()),
        Command::Task { case } => tasks::show(app, case, edge.now()),
        Command::FinishTask(args) => tasks::finish(app, edge, args),
        Command::Patrol { round } => patrol::show(app, round.as_deref(), edge.now()),
        Command::Mark(args) => patrol::mark(app, edge, args),
        Command::DropTask { case } => tasks::put_down(app, case),
        Command::Contest { report, reason } => tasks::contest(app, edge, report, reason),
        Command::Receipt { report, out } => additions::receipt(app, report, out.as_deref()),
        Command::Categories { words } => categories(app, words.as_deref()),
        Command::Category { category } => {
            let detail = find_category(app, category)?;
            outcome(conditions(&detail), &detail)
        }
        Command::Status => {
            let mut home = app.home()?;
            home.recent
                .iter_mut()
                .for_each(|row: &mut ReportRow| row.preview = None);
            let me = home.me.as_ref().map_or_else(String::new, |me| {
                let posts: Vec<&str> = me.posts.iter().map(|post| post.path.as_str()).collect();
                format!(
                    "{} · {} · {}\n",
                    me.name,
                    me.district_name,
                    posts.join("、")
                )
            });
            outcome(format!("{me}{}", words::sync_status(&home.sync)), &home)
        }
        Command::Export { file } => carry::export(app, edge, file),
        Command::Import { file, out } => carry::import(app, edge, file, out.as_deref()).await,
        Command::Drafts => drafts(app),
        Command::Discard { draft } => {
            app.discard_draft(draft_id(draft)?)?;
            outcome("已删除草稿".to_owned(), &json!({"discarded": draft}))
        }
        Command::Photo { photo, out } => write_photo(app, *photo, out),
    }
}

fn write_photo(app: &App, photo: i64, out: &Path) -> Result<Outcome, Stop> {
    let address = app.photo(photo)?;
    let text = address
        .split_once(',')
        .map(|(_, text)| text)
        .unwrap_or_default();
    let jpeg = BASE64
        .decode(text)
        .map_err(|error| Stop::Other(error.to_string()))?;
    std::fs::write(out, &jpeg)
        .map_err(|error| Stop::Other(format!("could not write {}: {error}", out.display())))?;
    outcome(
        format!("{} 字节", jpeg.len()),
        &json!({"bytes": jpeg.len()}),
    )
}

fn drafts(app: &App) -> Result<Outcome, Stop> {
    let mut rows = app.drafts()?;
    rows.iter_mut().for_each(|row| row.preview = None);
    let line = |row: &shared::wire::handheld::DraftRow| {
        format!(
            "{} 照片{} {} {}",
            row.id, row.photos, row.category_name, row.excerpt
        )
    };
    outcome(rows.iter().map(line).collect::<Vec<_>>().join("\n"), &rows)
}

async fn enrol(app: &App, edge: &Edge, args: &EnrolArgs) -> Result<Outcome, Stop> {
    let form = Enrolment {
        server: args.server.clone(),
        code: args.code.clone(),
        device_name: args.name.clone(),
        platform: std::env::consts::OS.to_owned(),
    };
    let me = app.enrol(&form, edge).await?;
    if app.categories().is_empty() {
        let problem = app.sync_status()?.problem;
        let words = problem.map_or_else(|| "目录尚未下载".to_owned(), |problem| problem.words);
        let mut enrolled = outcome(format!("已绑定 {}，但{words}", me.name), &me)?;
        enrolled.code = CODE_SYNC;
        return Ok(enrolled);
    }
    outcome(format!("已绑定 {} · {}", me.name, me.district_name), &me)
}

fn synced(report: &SyncReport) -> Result<Outcome, Stop> {
    let mut done = outcome(words::sync(report), report)?;
    if report.problem.is_some() {
        done.code = CODE_SYNC;
    }
    Ok(done)
}

fn place(args: &ReportArgs) -> Option<PlaceInput> {
    let (lat, lon) = args.lat.zip(args.lon)?;
    let source = if args.accuracy.is_some() {
        PlaceSource::Gps
    } else {
        PlaceSource::Typed
    };
    let words = args.place_words.clone();
    Some(PlaceInput {
        lat,
        lon,
        accuracy_m: args.accuracy,
        source,
        words,
    })
}

fn fields(app: &App, args: &ReportArgs) -> Result<DraftFields, Stop> {
    let category = find_category(app, &args.category)?;
    let condition = find_condition(&category, args.condition.as_deref())?;
    Ok(DraftFields {
        place: place(args),
        category: Some(category.row.id),
        condition: Some(condition),
        text: args.text.clone(),
        self_fixed: args.self_fixed,
        similar: Default::default(),
        contact: (args.contact_name.clone(), args.contact_phone.clone()),
    })
}

/// What can be kept while the catalogue isn't here.
fn words_alone(args: &ReportArgs) -> DraftFields {
    DraftFields {
        place: place(args),
        category: None,
        condition: None,
        text: args.text.clone(),
        self_fixed: args.self_fixed,
        similar: Default::default(),
        contact: (args.contact_name.clone(), args.contact_phone.clone()),
    }
}

fn preview(app: &App, edge: &Edge, args: &ReportArgs) -> Result<Outcome, Stop> {
    let now = args.at.unwrap_or_else(|| edge.now());
    let fields = fields(app, args)?;
    let preview = app.preview_fields(&fields, now)?;
    let mut answer = outcome(words::preview(&preview, now), &preview)?;
    similar::beside(&mut answer, &app.similar_fields(&fields, now)?, now);
    Ok(answer)
}

async fn file(app: &App, edge: &Edge, args: &FileArgs) -> Result<Outcome, Stop> {
    let report = &args.report;
    let moment = report.at.map_or_else(
        || edge.moment(),
        |at| Moment {
            wall: at,
            ..edge.moment()
        },
    );
    let now = moment.wall;
    let fresh = || Ok(DraftId(edge.uuid()));
    let draft = args.draft.as_deref().map_or_else(fresh, draft_id)?;
    let keep = |error: CoreError| Stop::Core {
        error,
        draft: Some(draft),
    };
    // What is wrong on the command line is said before anything is begun; whatever is wrong after
    // that, photos and words are kept in the draft.
    let files = read_files(&args.photos)?;
    let (mut filled, mut trouble) = match fields(app, report) {
        Ok(filled) => (filled, None),
        Err(Stop::Core { error, .. }) => (words_alone(report), Some(error)),
        Err(stop) => return Err(stop),
    };
    app.begin_draft(draft, now)?;
    for (role, bytes) in &files {
        if let Err(error) = app.add_photo(draft, bytes, *role, now) {
            trouble.get_or_insert(error);
        }
    }
    if filled.place.is_none() {
        let suggestion = app.draft(draft)?.suggestion;
        filled.place = suggestion.map(|(lat, lon)| PlaceInput {
            lat,
            lon,
            accuracy_m: None,
            source: PlaceSource::Exif,
            words: report.place_words.clone(),
        });
    }
    app.set_draft(draft, &filled, now).map_err(keep)?;
    if let Some(error) = trouble {
        return Err(keep(error));
    }
    let similar = app.similar(draft).map_err(keep)?;
    if let Some(text) = &args.same_as {
        filled.similar.same_as = Some(similar::named(app, &similar, text)?);
        app.set_draft(draft, &filled, now).map_err(keep)?;
    }
    let preview = app.preview(draft, now).map_err(keep)?;
    let filed = app
        .save_report(draft, OpId(edge.uuid()), &moment)
        .map_err(keep)?;
    let shown = words::preview(&preview, now);
    let text = format!("已存本机 {}\n{shown}", filed.short_code);
    let mut done = outcome(text, &json!({"filed": filed, "preview": preview}))?;
    if args.same_as.is_none() {
        similar::beside(&mut done, &similar, now);
    }
    if args.sync {
        let sync = synced(&app.sync_once(edge).await?)?;
        done.text = format!("{}\n{}", done.text, sync.text);
        done.code = sync.code;
        if let Some(members) = done.json.as_object_mut() {
            members.insert("sync".to_owned(), sync.json);
        }
    }
    Ok(done)
}

fn read_files(photos: &[PhotoArg]) -> Result<Vec<(PhotoRole, Vec<u8>)>, Stop> {
    let read = |photo: &PhotoArg| {
        std::fs::read(&photo.path)
            .map(|bytes| (photo.role, bytes))
            .map_err(|error| {
                Stop::Usage(format!("could not read {}: {error}", photo.path.display()))
            })
    };
    photos.iter().map(read).collect()
}

fn draft_id(text: &str) -> Result<DraftId, Stop> {
    text.parse()
        .map_err(|_| Stop::Usage(format!("{text:?} is not a draft's id")))
}

pub(crate) fn find_report(app: &App, text: &str) -> Result<ReportDetail, Stop> {
    match text.parse::<ReportId>() {
        Ok(id) => Ok(app.report(id)?),
        Err(_) => Ok(app.report_by_code(text)?),
    }
}

fn categories(app: &App, words: Option<&str>) -> Result<Outcome, Stop> {
    let rows = match words {
        Some(words) => app.search_categories(words),
        None => app.categories(),
    };
    if rows.is_empty() && app.categories().is_empty() {
        return Err(CoreError::NotReady.into());
    }
    let line = |row: &shared::wire::handheld::CategoryRow| {
        let photo = if row.photo_required {
            "（需照片）"
        } else {
            ""
        };
        format!(
            "{} {} · {} · {}{photo}",
            row.id,
            row.kind.word(),
            row.major,
            row.name
        )
    };
    outcome(rows.iter().map(line).collect::<Vec<_>>().join("\n"), &rows)
}

fn conditions(detail: &CategoryDetail) -> String {
    let mut lines = vec![format!("{} {}", detail.row.id, detail.row.name)];
    lines.extend(detail.conditions.iter().map(|condition| {
        format!(
            "  {} {} · {} · {}",
            condition.id, condition.name, condition.limit, condition.closing
        )
    }));
    lines.join("\n")
}

/// By id, by exact name, or by the only one that a search finds.
pub(crate) fn find_category(app: &App, text: &str) -> Result<CategoryDetail, Stop> {
    let all = app.categories();
    if all.is_empty() {
        return Err(CoreError::NotReady.into());
    }
    if let Ok(id) = CategoryId::new(text.to_uppercase())
        && all.iter().any(|row| row.id == id)
    {
        return Ok(app.category(&id)?);
    }
    let named: Vec<_> = all.iter().filter(|row| row.name == text).collect();
    let found = app.search_categories(text);
    match (named.as_slice(), found.as_slice()) {
        ([row], _) => Ok(app.category(&row.id)?),
        ([], [row]) => Ok(app.category(&row.id)?),
        ([], []) => Err(Stop::Usage(format!("no category is called {text:?}"))),
        _ => {
            let names: Vec<String> = found
                .iter()
                .map(|row| format!("{} {}", row.id, row.name))
                .collect();
            Err(Stop::Usage(format!(
                "{text:?} could be: {}",
                names.join(", ")
            )))
        }
    }
}

pub(crate) fn find_condition(
    category: &CategoryDetail,
    text: Option<&str>,
) -> Result<ConditionId, Stop> {
    let all = &category.conditions;
    let choice = || {
        let names: Vec<String> = all
            .iter()
            .map(|condition| format!("{} {}", condition.id, condition.name))
            .collect();
        format!("choose with --condition: {}", names.join(", "))
    };
    let Some(text) = text else {
        return match all.as_slice() {
            [only] => Ok(only.id.clone()),
            _ => Err(Stop::Usage(choice())),
        };
    };
    let numbered = format!("{}-{text}", category.row.id);
    let exact = all.iter().find(|condition| {
        condition.id.as_str().eq_ignore_ascii_case(text)
            || condition.id.as_str() == numbered
            || condition.name == text
    });
    if let Some(condition) = exact {
        return Ok(condition.id.clone());
    }
    let partly: Vec<_> = all
        .iter()
        .filter(|condition| condition.name.contains(text))
        .collect();
    match partly.as_slice() {
        [only] => Ok(only.id.clone()),
        _ => Err(Stop::Usage(choice())),
    }
}
