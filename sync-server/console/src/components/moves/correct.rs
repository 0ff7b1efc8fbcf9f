//! 更正立案: the right category with its condition, and the right place; begun with what its reporter
//! proposes. Tests of what is typed are at the end of the file.

use super::MoveForm;
use super::fields;
use crate::components::picker::Picker;
use crate::desk::Desk;
use crate::words::{self, Word};
use leptos::prelude::*;
use shared::case::{Fact, Move, Refusal};
use shared::coordinates::LatLon;
use shared::report::Place;
use shared::wire::console::CaseDetail;

/// Fills in what its reporter proposes, else the category as it stands.
pub(super) fn begin(form: MoveForm, desk: Desk, case: &CaseDetail) {
    desk.want_categories();
    desk.want_conditions();
    let amended = case.life.as_ref().and_then(|life| life.amended.as_ref());
    let category = amended.and_then(|amended| amended.category.as_ref());
    let category = category.unwrap_or(&case.row.category);
    form.category.set(Some(category.to_string()));
    let Some(amended) = amended else { return };
    if amended.category.is_some() || amended.condition.is_some() {
        let condition = amended.condition.as_ref();
        let condition = condition.map_or_else(String::new, ToString::to_string);
        form.condition.set(condition);
    }
    if let Some((lat, lon)) = amended.place.as_ref().and_then(Place::degrees) {
        form.lat.set(format!("{lat:.7}"));
        form.lon.set(format!("{lon:.7}"));
    }
}

/// The place that was typed, as it is sent; none where nothing was.
pub(super) fn position(lat: &str, lon: &str) -> Result<Option<(i64, i64)>, Refusal> {
    let (lat, lon) = (lat.trim(), lon.trim());
    if lat.is_empty() && lon.is_empty() {
        return Ok(None);
    }
    let (Ok(lat), Ok(lon)) = (lat.parse::<f64>(), lon.parse::<f64>()) else {
        return Err(Refusal::Missing(Fact::Place));
    };
    let at = LatLon::new(lat, lon).map_err(|_| Refusal::Missing(Fact::Place))?;
    let (lat_e7, lon_e7) = at.to_e7();
    Ok(Some((i64::from(lat_e7), i64::from(lon_e7))))
}

/// What is wrong with the place, in the form of a correction.
pub(super) fn lack(form: MoveForm) -> Option<Refusal> {
    let open = form.open.get_untracked()?;
    let (lat, lon) = (form.lat.get_untracked(), form.lon.get_untracked());
    let lack = position(&lat, &lon).err();
    lack.filter(|_| open.allowed.kind == Move::Correct)
}

/// The conditions of the category that was chosen; none where that is the case's own.
pub(super) fn conditions(
    desk: Desk,
    case: Signal<Option<CaseDetail>>,
    form: MoveForm,
) -> Option<Vec<(String, String)>> {
    let chosen = form.category.get()?;
    let own = case.with(|case| case.as_ref().map(|case| case.row.category.to_string()));
    if own.as_ref() == Some(&chosen) {
        return None;
    }
    let rows = desk.conditions.with(|rows| {
        let rows = rows.iter().flatten();
        let of_it = rows.filter(|row| !row.retired && row.category.as_str() == chosen);
        of_it
            .map(|row| (row.id.to_string(), row.name.clone()))
            .collect()
    });
    Some(rows)
}

/// Which category it really is. Another one has other conditions.
#[component]
pub(super) fn CategoryField(form: MoveForm) -> impl IntoView {
    let desk = Desk::here();
    let choose = move |category: Option<String>| {
        if category != form.category.get_untracked() {
            form.condition.set(String::new());
        }
        form.category.set(category);
    };
    view! {
        <Picker
            id=fields::id(Fact::Category)
            label=words::CATEGORY
            choices=desk.categories
            value=form.category
            on_choose=Callback::new(choose)
            on_want=Callback::new(move |()| {
                desk.want_categories();
                desk.want_conditions();
            })
            problem=desk.categories_problem
        />
    }
}

/// Where it really is, in degrees.
#[component]
pub(super) fn PlaceField(form: MoveForm) -> impl IntoView {
    let desk = Desk::here();
    let number = move |id: &'static str, name: Word, value: RwSignal<String>| {
        view! {
            <div class="field">
                <label for=id>{move || desk.say(name)}</label>
                <input
                    id=id
                    type="text"
                    inputmode="decimal"
                    autocomplete="off"
                    prop:value=value
                    on:input=move |event| value.set(event_target_value(&event))
                />
            </div>
        }
    };
    view! {
        <fieldset>
            <legend>{move || desk.say(words::RIGHT_PLACE)}</legend>
            <small>{move || desk.say(words::RIGHT_PLACE_HOW)}</small>
            {number(fields::id(Fact::Place), words::LATITUDE, form.lat)}
            {number("move-lon", words::LONGITUDE, form.lon)}
        </fieldset>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_both_numbers_or_none() {
        let lack = Err(Refusal::Missing(Fact::Place));
        assert_eq!(position(" ", ""), Ok(None));
        let place = Ok(Some((271_505_000, 1_180_292_000)));
        assert_eq!(position("27.1505", " 118.0292 "), place);
        assert_eq!(position("27.1505", ""), lack);
        assert_eq!(position("北纬27", "118"), lack);
        assert_eq!(position("97.1", "118.0"), lack);
        assert_eq!(position("NaN", "118.0"), lack);
    }
}
