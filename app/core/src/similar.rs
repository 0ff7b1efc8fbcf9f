//! 附近已有相似事件: before filing, open cases of the worker's grids and own reports nearby are
//! compared with the draft, without a network. The rule is `shared::similar`; the worker decides,
//! and a report is filed either way. Tests: `tests/similar.rs`.

use crate::capture::excerpt;
use crate::cases::data_url;
use crate::error::CoreError;
use crate::place::District;
use crate::store::drafts::{self, Draft};
use crate::store::nearby::{self, OwnReport};
use crate::store::{self, Store, StoreError, Transaction, device};
use shared::id::{CategoryId, DraftId, ReportId};
use shared::similar::{Likeness, PerceptualHash, Sighting, Verdict, bounds_around, compare};
use shared::time::Timestamp;
use shared::wire::handheld::SimilarView;
use shared::wire::sync::CaseState;

/// Cases and reports nearby that are compared, the newest of each.
const COMPARED_LIMIT: u32 = 200;
/// Rows that are shown: more are not compared by eye on a phone.
const SHOWN_LIMIT: usize = 5;

/// What may be the same thing as a draft, the most alike first; empty while its place or category
/// isn't known, and for something put right on the spot.
pub(crate) fn of_draft(
    store: &mut Store,
    district: &District,
    id: DraftId,
) -> Result<Vec<SimilarView>, CoreError> {
    let found = store.read(|tx| {
        let draft = drafts::get(tx, id)?;
        let photos = store::photos::of_draft(tx, id)?;
        let photos: Vec<_> = photos.iter().filter_map(|photo| photo.phash).collect();
        look(tx, district, &draft, &photos)
    })?;
    Ok(found)
}

/// The same for a draft that isn't kept.
pub(crate) fn of_fields(
    store: &mut Store,
    district: &District,
    draft: &Draft,
) -> Result<Vec<SimilarView>, CoreError> {
    Ok(store.read(|tx| look(tx, district, draft, &[]))?)
}

fn look(
    tx: &Transaction<'_>,
    district: &District,
    draft: &Draft,
    photos: &[PerceptualHash],
) -> Result<Vec<SimilarView>, StoreError> {
    let fields = &draft.fields;
    let (Some(place), Some(category)) = (&fields.place, &fields.category) else {
        return Ok(Vec::new());
    };
    if fields.self_fixed {
        return Ok(Vec::new());
    }
    let catalogue = district.catalogue();
    let offset = device::read(tx)?.map_or(0, |device| device.offset_ms);
    let name = catalogue.category(category).map(|row| row.name.as_str());
    let words = format!("{} {}", fields.text, place.words);
    let this = Sighting {
        category,
        category_name: name.unwrap_or_default(),
        lat_e7: place.lat_e7,
        lon_e7: place.lon_e7,
        accuracy_m: place.accuracy_m,
        seen: draft.created.plus_ms(offset),
        words: &words,
        photos,
    };
    let reach = catalogue.nearness(category).reach_limit_m();
    let bounds = bounds_around(place.lat_e7, place.lon_e7, reach);
    let mut found = Vec::new();
    for case in nearby::open_cases(tx, &bounds, COMPARED_LIMIT)? {
        found.extend(compare_case(tx, district, &this, case)?);
    }
    for own in nearby::own_reports(tx, &bounds, COMPARED_LIMIT)? {
        found.extend(compare_own(tx, district, &this, own, offset)?);
    }
    found.retain(|view| !fields.similar.different.contains(&view.report));
    found.sort_by_key(|view| std::cmp::Reverse((view.likeness.score, view.seen)));
    found.truncate(SHOWN_LIMIT);
    Ok(found)
}

/// The other side of a comparison, with what it borrows from.
struct Other<'a> {
    category: &'a CategoryId,
    category_name: &'a str,
    place: (i64, i64),
    accuracy_m: Option<u32>,
    seen: Timestamp,
    words: String,
    photos: &'a [PerceptualHash],
}

impl Other<'_> {
    /// How it compares, when that is worth a question.
    fn like(&self, this: &Sighting<'_>, district: &District) -> Option<Likeness> {
        let other = Sighting {
            category: self.category,
            category_name: self.category_name,
            lat_e7: self.place.0,
            lon_e7: self.place.1,
            accuracy_m: self.accuracy_m,
            seen: self.seen,
            words: &self.words,
            photos: self.photos,
        };
        let likeness = compare(this, &other, district.catalogue());
        Some(likeness).filter(|likeness| likeness.verdict > Verdict::No)
    }
}

fn compare_case(
    tx: &Transaction<'_>,
    district: &District,
    this: &Sighting<'_>,
    case: CaseState,
) -> Result<Option<SimilarView>, StoreError> {
    let Ok(category) = case.category.parse::<CategoryId>() else {
        return Ok(None);
    };
    let mut photos = case.look.photos;
    if photos.is_empty() {
        // An own one may be here from before the server said.
        photos = nearby::photos_of(tx, case.report_id)?;
    }
    let seen = case.look.seen_ms.unwrap_or(case.opened_ms);
    let other = Other {
        category: &category,
        category_name: &case.category_name,
        place: (case.lat_e7, case.lon_e7),
        accuracy_m: case.look.accuracy_m,
        seen,
        words: format!("{} {}", case.text, case.look.place_words),
        photos: &photos,
    };
    let Some(likeness) = other.like(this, district) else {
        return Ok(None);
    };
    Ok(Some(SimilarView {
        preview: preview(tx, case.report_id)?,
        report: case.report_id,
        code: case.case_no,
        category_name: case.category_name,
        excerpt: excerpt(&case.text),
        state: Some(case.state),
        seen,
        mine: case.mine,
        likeness,
    }))
}

fn compare_own(
    tx: &Transaction<'_>,
    district: &District,
    this: &Sighting<'_>,
    own: OwnReport,
    offset: i64,
) -> Result<Option<SimilarView>, StoreError> {
    let filed = own.filed;
    if filed.self_fixed {
        return Ok(None);
    }
    let photos = nearby::photos_of(tx, own.id)?;
    let seen = filed.occurred_ms.plus_ms(offset);
    let other = Other {
        category: &filed.category,
        category_name: &own.category_name,
        place: (filed.place.lat_e7, filed.place.lon_e7),
        accuracy_m: filed.place.accuracy_m,
        seen,
        words: format!("{} {}", filed.text, filed.place.words),
        photos: &photos,
    };
    let Some(likeness) = other.like(this, district) else {
        return Ok(None);
    };
    Ok(Some(SimilarView {
        preview: preview(tx, own.id)?,
        report: own.id,
        code: own.short_code,
        category_name: own.category_name,
        excerpt: excerpt(&filed.text),
        state: None,
        seen,
        mine: true,
        likeness,
    }))
}

fn preview(tx: &Transaction<'_>, report: ReportId) -> Result<Option<String>, StoreError> {
    let preview = nearby::preview_of(tx, report)?;
    Ok(preview.as_deref().map(data_url))
}
