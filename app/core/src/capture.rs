//! From the shutter to the filed report: drafts, their photos, and the one durable step.
//!
//! A draft is on disk with its first photo and survives a kill at any moment. Filing checks with
//! the rules of `shared`, burns the watermarks outside any lock, and then commits report,
//! operation, number, hash chain and photo bytes together. Whatever fails, the draft stays.
//! Tests: `tests/capture.rs`.

mod filing;

pub(crate) use filing::{
    Taken, commit, mark, references, stamp_all, stamp_photos, stamp_time, take,
};

use crate::cases::photo_view;
use crate::error::{CoreError, Unfilled};
use crate::photos::PreparedPhoto;
use crate::place::{District, category_row, condition_row, input_of, place_of};
use crate::store::drafts::{self, Draft, Fields};
use crate::store::photos::Photo;
use crate::store::{self, Store, StoreError, device, settings};
use shared::contact;
use shared::emergency::{self, EmergencyOrder};
use shared::grid::Located;
use shared::id::DraftId;
use shared::report::{FiledReport, PHOTOS_LIMIT, PhotoRole, Place, Preview, ReportFault};
use shared::report::{check, check_against, check_self_fix};
use shared::routing::Decision;
use shared::time::Timestamp;
use shared::wire::handheld::{DraftFields, DraftRow, DraftView, PreviewView, Problem};

/// The version that operations name as their maker.
pub const APP_VERSION: &str = env!("CARGO_PKG_VERSION");

/// A list shows this many characters of a text.
const EXCERPT_CHARS: usize = 40;

/// The beginning of a text, on one line.
pub(crate) fn excerpt(text: &str) -> String {
    let mut chars = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c });
    let beginning: String = chars.by_ref().take(EXCERPT_CHARS).collect();
    if chars.next().is_some() {
        format!("{beginning}…")
    } else {
        beginning
    }
}

/// Begins a draft unless what has this id was filed: a photo that comes after the report went would
/// lie in a draft that can never be sent.
pub(crate) fn begin(
    tx: &store::Transaction<'_>,
    id: DraftId,
    now: Timestamp,
) -> Result<(), CoreError> {
    if drafts::is_filed(tx, id)? {
        return Err(CoreError::AlreadyFiled);
    }
    Ok(drafts::begin(tx, id, now)?)
}

/// Adds a prepared photo to a draft, which begins with it if it isn't there.
pub(crate) fn add_photo(
    store: &mut Store,
    id: DraftId,
    role: PhotoRole,
    photo: &PreparedPhoto,
    now: Timestamp,
) -> Result<i64, CoreError> {
    let bytes = u64::try_from(photo.jpeg.len() + photo.preview.len()).unwrap_or(u64::MAX);
    if !store.has_room_for(bytes)? {
        return Err(StoreError::Full.into());
    }
    store.write(|tx| {
        begin(tx, id, now)?;
        if store::photos::number_of_draft(tx, id)? >= PHOTOS_LIMIT {
            return Err(ReportFault::TooManyPhotos.into());
        }
        if store::photos::draft_has(tx, id, photo)? {
            return Err(ReportFault::PhotoTwice.into());
        }
        let row = store::photos::add_to_draft(tx, id, role, photo, now)?;
        drafts::touch(tx, id, now)?;
        Ok(row)
    })
}

/// Replaces what is filled in. The text is kept as it is, to the last character; one that is too
/// long is kept too, and said to be so.
pub(crate) fn set_fields(
    store: &mut Store,
    id: DraftId,
    input: &DraftFields,
    now: Timestamp,
) -> Result<(), CoreError> {
    let fields = fields_of(input)?;
    store.write(|tx| {
        begin(tx, id, now)?;
        let fields = Fields {
            patrol: drafts::get(tx, id)?.fields.patrol,
            ..fields
        };
        drafts::set_fields(tx, id, &fields, now)?;
        Ok(())
    })
}

fn fields_of(input: &DraftFields) -> Result<Fields, CoreError> {
    Ok(Fields {
        place: input.place.as_ref().map(place_of).transpose()?,
        category: input.category.clone(),
        condition: input.condition.clone(),
        text: input.text.clone(),
        self_fixed: input.self_fixed,
        similar: input.similar.clone(),
        patrol: None,
        contact: input.contact.clone(),
    })
}

/// A draft with everything the screen shows of it.
pub(crate) fn draft_view(
    store: &mut Store,
    district: Option<&District>,
    id: DraftId,
) -> Result<DraftView, CoreError> {
    let (draft, photos, enrolled, same_as_code) = store.read(|tx| {
        let draft = drafts::get(tx, id)?;
        let same_as = draft.fields.similar.same_as;
        let code = same_as.map(|report| store::nearby::code_of(tx, report));
        Ok((
            draft,
            store::photos::of_draft(tx, id)?,
            device::read(tx)?.is_some(),
            code.transpose()?.flatten(),
        ))
    })?;
    let faults = faults(&draft.fields, &photos, district, enrolled);
    let fields = &draft.fields;
    let suggestion = photos
        .iter()
        .find_map(|photo| photo.hint)
        .map(|hint| (hint.lat, hint.lon));
    let catalogue = district.map(District::catalogue);
    Ok(DraftView {
        id,
        created: draft.created,
        updated: draft.updated,
        place: fields.place.as_ref().map(input_of),
        located: fields
            .place
            .as_ref()
            .zip(district)
            .map(|(place, d)| d.located_view(place)),
        suggestion: suggestion.filter(|_| fields.place.is_none()),
        category: catalogue
            .zip(fields.category.as_ref())
            .and_then(|(catalogue, id)| catalogue.category(id))
            .map(category_row),
        condition: catalogue
            .zip(fields.condition.as_ref())
            .and_then(|(catalogue, id)| catalogue.condition(id))
            .map(condition_row),
        text: fields.text.clone(),
        self_fixed: fields.self_fixed,
        similar: fields.similar.clone(),
        same_as_code,
        contact: fields.contact.clone(),
        photos: photos.iter().map(photo_view).collect(),
        faults,
    })
}

/// All drafts for the list.
pub(crate) fn draft_rows(
    store: &mut Store,
    district: Option<&District>,
) -> Result<Vec<DraftRow>, CoreError> {
    let drafts = store.read(|tx| {
        drafts::all(tx)?
            .into_iter()
            .map(|draft| Ok((store::photos::of_draft(tx, draft.id)?, draft)))
            .collect::<Result<Vec<_>, StoreError>>()
    })?;
    let row = |(photos, draft): (Vec<Photo>, Draft)| DraftRow {
        id: draft.id,
        updated: draft.updated,
        category_name: district
            .zip(draft.fields.category.as_ref())
            .and_then(|(district, id)| district.catalogue().category(id))
            .map(|category| category.name.clone())
            .unwrap_or_default(),
        excerpt: excerpt(&draft.fields.text),
        photos: u32::try_from(photos.len()).unwrap_or(u32::MAX),
        preview: photos
            .first()
            .map(|photo| crate::cases::data_url(&photo.preview)),
    };
    Ok(drafts.into_iter().map(row).collect())
}

/// What is still missing or wrong, in the order of the screen.
fn faults(
    fields: &Fields,
    photos: &[Photo],
    district: Option<&District>,
    enrolled: bool,
) -> Vec<Problem> {
    let mut faults: Vec<CoreError> = Vec::new();
    if !enrolled {
        faults.push(CoreError::NotEnrolled);
    } else if district.is_none() {
        faults.push(CoreError::NotReady);
    }
    let category = district
        .zip(fields.category.as_ref())
        .and_then(|(district, id)| district.catalogue().category(id));
    if photos.is_empty() && category.is_some_and(|category| category.photo_required) {
        faults.push(ReportFault::PhotoMissing.into());
    }
    if fields.place.is_none() {
        faults.push(CoreError::Unfilled(Unfilled::Place));
    }
    if fields.category.is_none() {
        faults.push(CoreError::Unfilled(Unfilled::Category));
    } else if fields.condition.is_none() {
        faults.push(CoreError::Unfilled(Unfilled::Condition));
    }
    if let (Some(place), Some(category), Some(condition)) =
        (&fields.place, &fields.category, &fields.condition)
    {
        let report = FiledReport {
            category: category.clone(),
            condition: condition.clone(),
            place: place.clone(),
            grid: None,
            grid_doubt: Vec::new(),
            text: fields.text.clone(),
            occurred_ms: Timestamp::default(),
            self_fixed: fields.self_fixed,
            preview: None,
            same_as: None,
            patrol: None,
            contact: None,
        };
        let refs: Vec<_> = photos.iter().map(Photo::reference).collect();
        let general = check(&report, &refs);
        let by_catalogue = district.map_or(Ok(()), |district| {
            check_against(&report, &refs, district.catalogue())
        });
        // Without any photo that one is missing is said already.
        let by_fix = match district {
            Some(district) if !photos.is_empty() => {
                check_self_fix(&report, &refs, district.catalogue())
            }
            _ => Ok(()),
        };
        for fault in [general, by_catalogue, by_fix]
            .into_iter()
            .filter_map(Result::err)
        {
            if fault != ReportFault::PhotoMissing {
                faults.push(fault.into());
            }
        }
    } else if fields.text.chars().count() > shared::report::TEXT_CHARS_LIMIT {
        faults.push(ReportFault::TextTooLong.into());
    }
    if !contact::fits(&fields.contact.0, &fields.contact.1) {
        faults.push(ReportFault::ContactTooLong.into());
    }
    faults.iter().map(CoreError::problem).collect()
}

/// A draft whose fields are all there.
struct Filled {
    place: Place,
    located: Located,
    decision: Decision,
    report: FiledReport,
}

fn fill(
    draft: &Draft,
    district: &District,
    orders: &[EmergencyOrder],
    now: Timestamp,
) -> Result<Filled, CoreError> {
    let fields = &draft.fields;
    let place = fields
        .place
        .clone()
        .ok_or(CoreError::Unfilled(Unfilled::Place))?;
    let category = fields
        .category
        .clone()
        .ok_or(CoreError::Unfilled(Unfilled::Category))?;
    let condition = fields
        .condition
        .clone()
        .ok_or(CoreError::Unfilled(Unfilled::Condition))?;
    if !contact::fits(&fields.contact.0, &fields.contact.1) {
        return Err(ReportFault::ContactTooLong.into());
    }
    let located = district.locate(&place);
    let catalogue = district.catalogue();
    emergency::check(&category, catalogue, orders, located.grid(), now)?;
    let self_fixed = fields.self_fixed;
    let decision = district.decide(&category, &condition, &located, self_fixed, orders, now);
    let grid_doubt = match &located {
        Located::InDoubt { others, .. } => others.clone(),
        Located::In { .. } | Located::Outside { .. } => Vec::new(),
    };
    let report = FiledReport {
        category,
        condition,
        place: place.clone(),
        grid: located.grid().cloned(),
        grid_doubt,
        text: fields.text.clone(),
        occurred_ms: draft.created,
        self_fixed: fields.self_fixed,
        preview: Some(Preview {
            lead: decision.lead.clone(),
            deadline_ms: decision.deadline_ms,
            rule: decision.rule.clone(),
        }),
        same_as: fields.similar.same_as,
        patrol: fields.patrol.clone(),
        // Vouched for when it is filed: only then its salt is known.
        contact: None,
    };
    Ok(Filled {
        place,
        located,
        decision,
        report,
    })
}

/// Where the draft would go if it were sent now.
pub(crate) fn preview(
    store: &mut Store,
    district: &District,
    id: DraftId,
    now: Timestamp,
) -> Result<PreviewView, CoreError> {
    let (draft, orders) = store.read(|tx| Ok((drafts::get(tx, id)?, settings::orders(tx)?)))?;
    let filled = fill(&draft, district, &orders, now)?;
    Ok(PreviewView {
        decision: filled.decision,
        located: district.located_view(&filled.place),
    })
}

/// A draft of fields that nobody keeps.
pub(crate) fn unkept(input: &DraftFields, now: Timestamp) -> Result<Draft, CoreError> {
    Ok(Draft {
        id: DraftId(uuid::Uuid::nil()),
        created: now,
        updated: now,
        revision: 0,
        fields: fields_of(input)?,
    })
}

/// The same without a draft: nothing is kept.
pub(crate) fn preview_fields(
    district: &District,
    input: &DraftFields,
    orders: &[EmergencyOrder],
    now: Timestamp,
) -> Result<PreviewView, CoreError> {
    let draft = unkept(input, now)?;
    let filled = fill(&draft, district, orders, now)?;
    Ok(PreviewView {
        decision: filled.decision,
        located: district.located_view(&filled.place),
    })
}
