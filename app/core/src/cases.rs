//! My reports and their cases as the worker sees them: where each stands, and its whole course.
//!
//! Pure functions from stored rows to views. A status says what is safe and what is still to go;
//! a problem says what to do. Tests: `tests/sync.rs`.

use crate::capture::excerpt;
use crate::store::photos::Photo;
use crate::store::reports::{Answer, Standing};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use shared::case::{CLOSED, CONTEST_MS_MAX, Class};
use shared::label::{self, Lang};
use shared::time::Timestamp;
use shared::wire::handheld::{CaseCard, PhotoView, Problem, ReportDetail, ReportRow, ReportStatus};
use shared::wire::queue::{PhotoStanding, QueuePhoto};
use shared::wire::sync::CaseState;

/// A JPEG as an address that an `img` shows.
#[must_use]
pub fn data_url(jpeg: &[u8]) -> String {
    format!("data:image/jpeg;base64,{}", BASE64.encode(jpeg))
}

/// A photo for the screen.
#[must_use]
pub fn photo_view(photo: &Photo) -> PhotoView {
    PhotoView {
        id: photo.id,
        preview: data_url(&photo.preview),
        role: photo.role,
        width: photo.width,
        height: photo.height,
        bytes: photo.bytes,
        sent: if photo.sent.is_some() {
            photo.bytes
        } else {
            photo.upload_offset
        },
        sha256: photo.sha256,
        taken: photo.taken,
        suggestion: photo.hint.map(|hint| (hint.lat, hint.lon)),
    }
}

/// A photo that the server refused so often needs somebody's eye; it is still tried for ever.
const TROUBLED_AFTER: u32 = 5;

/// A photo in the sending queue.
#[must_use]
pub fn queue_photo(photo: &Photo) -> QueuePhoto {
    let standing = if photo.sent.is_some() {
        PhotoStanding::Received
    } else if photo.attempts >= TROUBLED_AFTER {
        PhotoStanding::NeedsAttention
    } else if photo.upload_offset > 0 {
        PhotoStanding::Sending
    } else if photo.preview_sent.is_some() {
        PhotoStanding::PreviewSent
    } else {
        PhotoStanding::OnDevice
    };
    let problem = (standing == PhotoStanding::NeedsAttention).then(|| Problem {
        code: String::from("photo_refused"),
        words: String::from("服务器多次没有接收这张照片。照片在本机，会一直再试；请告诉管理员。"),
        words_en: String::from(
            "The server refused this photo several times. It is kept and tried again; tell an administrator.",
        ),
    });
    QueuePhoto {
        id: photo.id,
        role: photo.role,
        bytes: photo.bytes,
        sent: photo.sent.map_or(photo.upload_offset, |_| photo.bytes),
        standing,
        problem,
    }
}

fn is_troubled(answer: &Answer) -> bool {
    matches!(answer.outcome.as_str(), "quarantined" | "rejected")
}

/// Somebody at the office settled what the server could not take.
fn is_settled(answer: &Answer) -> bool {
    answer.outcome == "settled"
}

fn status(standing: &Standing, is_sending: bool) -> ReportStatus {
    let number = standing
        .answer
        .as_ref()
        .and_then(|answer| answer.case_no.as_ref());
    match (&standing.case, &standing.answer) {
        (Some(case), _) if case.class == Class::Closed => ReportStatus::Closed,
        (Some(_), _) => ReportStatus::Accepted,
        (None, Some(answer)) if is_troubled(answer) => ReportStatus::NeedsAttention,
        (None, Some(answer)) if is_settled(answer) => ReportStatus::Settled,
        (None, Some(_)) if number.is_some() => ReportStatus::Accepted,
        (None, Some(_)) => ReportStatus::Delivered,
        (None, None) if is_sending => ReportStatus::Sending,
        (None, None) => ReportStatus::OnDevice,
    }
}

/// Why something needs attention: the server's own words where it gave some.
pub(crate) fn problem(code: &str, words: Option<&str>) -> Problem {
    let own = words.filter(|words| !words.is_empty());
    Problem {
        code: code.to_owned(),
        words: own.unwrap_or(label::fault(code, Lang::Zh)).to_owned(),
        words_en: label::fault(code, Lang::En).to_owned(),
    }
}

/// What is wrong with a report, or how that was settled, or else what is wrong with
/// something that was added to it.
fn trouble(standing: &Standing, status: ReportStatus) -> Option<Problem> {
    let answer = standing.answer.as_ref();
    let own = [ReportStatus::NeedsAttention, ReportStatus::Settled].contains(&status);
    let own = answer.filter(|_| own);
    let own = own.map(|answer| {
        let code = answer.code.as_deref().unwrap_or(&answer.outcome);
        problem(code, answer.words.as_deref())
    });
    own.or_else(|| {
        let (code, words) = standing.addition.as_ref()?;
        Some(problem(
            code.as_deref().unwrap_or_default(),
            words.as_deref(),
        ))
    })
}

/// A report for the list.
#[must_use]
pub fn report_row(standing: &Standing, is_sending: bool) -> ReportRow {
    let (report, case) = (&standing.report, standing.case.as_ref());
    let answer = standing.answer.as_ref();
    let status = status(standing, is_sending);
    ReportRow {
        id: report.id,
        short_code: report.short_code.clone(),
        case_no: case
            .map(|case| case.case_no.clone())
            .or_else(|| answer.and_then(|answer| answer.case_no.clone())),
        status,
        state: case.map(|case| case.state.clone()),
        category_name: report.category_name.clone(),
        excerpt: excerpt(&report.filed.text),
        place: report.place_path.clone(),
        filed: report.filed_at,
        lead_name: case
            .map_or(&report.decision.lead_name, |case| &case.lead_name)
            .clone(),
        deadline: case.map_or(report.decision.deadline_ms, |case| case.deadline_ms),
        closed: case.and_then(|case| case.closed_ms),
        photos: standing.photos,
        preview: standing.preview.as_deref().map(data_url),
        problem: trouble(standing, status),
    }
}

/// A report with its course.
#[must_use]
pub fn report_detail(standing: &Standing, photos: &[Photo], is_sending: bool) -> ReportDetail {
    let (report, case) = (&standing.report, standing.case.as_ref());
    let answer = standing.answer.as_ref();
    ReportDetail {
        row: report_row(standing, is_sending),
        text: report.filed.text.clone(),
        place: report.filed.place.clone(),
        condition_name: report.condition_name.clone(),
        occurred: report.filed.occurred_ms,
        self_fixed: report.filed.self_fixed,
        rule: case
            .map_or(&report.decision.rule, |case| &case.rule)
            .clone(),
        because: case
            .map_or(&report.decision.because, |case| &case.because)
            .clone(),
        differs: answer
            .map(|answer| answer.differs.clone())
            .unwrap_or_default(),
        photos: photos.iter().map(photo_view).collect(),
        received: answer.and_then(|answer| answer.received),
        course: case.map(|case| case.course.clone()).unwrap_or_default(),
        additions: Vec::new(),
        receipt: None,
        contest_until: case.and_then(|case| contest_until(case, standing)),
    }
}

/// Until when its reporter may say that a closed case isn't put right; what was put right by the
/// reporter is not contested by the same.
fn contest_until(case: &CaseState, standing: &Standing) -> Option<Timestamp> {
    let closed = case
        .closed_ms
        .filter(|_| case.state == CLOSED && !standing.report.filed.self_fixed)?;
    Some(closed.plus_ms(CONTEST_MS_MAX))
}

/// A mirrored case for the list.
#[must_use]
pub fn case_card(case: &CaseState) -> CaseCard {
    CaseCard {
        id: case.id,
        case_no: case.case_no.clone(),
        state: case.state.clone(),
        class: case.class,
        category_name: case.category_name.clone(),
        lead_name: case.lead_name.clone(),
        deadline: case.deadline_ms,
        mine: case.mine,
    }
}
