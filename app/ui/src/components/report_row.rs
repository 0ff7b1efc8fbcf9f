//! One report in a list, and the mark of where it stands.

use super::icon::{Icon, Shape};
use crate::route::Route;
use crate::state::{shared, speaker, state_word};
use crate::words;
use leptos::prelude::*;
use shared::wire::handheld::{ReportRow, ReportStatus};

/// Where a report stands: shape, word and colour.
#[component]
pub(crate) fn StatusMark(row: ReportRow) -> impl IntoView {
    let (shape, state) = match row.status {
        ReportStatus::OnDevice => (Shape::HardDrive, "waiting"),
        ReportStatus::Sending => (Shape::Upload, "info"),
        ReportStatus::Delivered => (Shape::Check, "safe"),
        ReportStatus::Accepted | ReportStatus::Closed | ReportStatus::Settled => {
            (Shape::CircleCheck, "safe")
        }
        ReportStatus::NeedsAttention => (Shape::CircleAlert, "late"),
    };
    view! {
        <span class="badge status" data-state=state data-status=status_name(row.status)>
            <Icon shape />
            <span>{speaker().status(&row)}</span>
        </span>
    }
}

const fn status_name(status: ReportStatus) -> &'static str {
    match status {
        ReportStatus::OnDevice => "on_device",
        ReportStatus::Sending => "sending",
        ReportStatus::Delivered => "delivered",
        ReportStatus::Accepted => "accepted",
        ReportStatus::Closed => "closed",
        ReportStatus::NeedsAttention => "needs_attention",
        ReportStatus::Settled => "settled",
    }
}

/// How the words beside a report look: what is settled asks for nothing any more.
pub(crate) const fn problem_class(status: ReportStatus) -> &'static str {
    match status {
        ReportStatus::Settled => "second",
        _ => "error-text",
    }
}

/// The last two names of a path, for lists of one's own grids: 七贤社区 · 第3网格.
pub(crate) fn short_place(path: &str) -> String {
    let names = names_of(path);
    let skip = names.len().saturating_sub(2);
    names.get(skip..).unwrap_or_default().join(" · ")
}

/// The street and the last two names: 潭城街道 · 七贤社区 · 第3网格.
pub(crate) fn brief_place(path: &str) -> String {
    let names = names_of(path);
    let (Some(street), 4..) = (names.first(), names.len()) else {
        return names.join(" · ");
    };
    format!("{street} · {}", short_place(path))
}

/// A path is names divided by spaces, and a grid's name begins with its community's.
fn names_of(path: &str) -> Vec<&str> {
    path.split_whitespace()
        .filter(|name| *name != "·")
        .collect()
}

/// One report in a list.
#[component]
pub(crate) fn ReportItem(row: ReportRow) -> impl IntoView {
    let t = speaker();
    let now = shared().now;
    // The list is of one's own grids: the community and the grid are enough.
    let place = short_place(&row.place);
    let what = if row.excerpt.is_empty() {
        place
    } else if place.is_empty() {
        row.excerpt.clone()
    } else {
        format!("{} · {place}", row.excerpt)
    };
    let late = row.status == ReportStatus::Accepted;
    let deadline = row.deadline.filter(|_| late && row.closed.is_none());
    let case_state = row
        .state
        .clone()
        .filter(|_| late)
        .map(|state| state_word(&state));
    let todo_class = problem_class(row.status);
    let todo = row.problem.as_ref().map(|problem| t.problem(problem));
    let (arrived, photos) = row.photos;
    let photos = (arrived < photos && row.status != ReportStatus::OnDevice)
        .then(|| t.with(words::PHOTOS_SENT, format!("{arrived}/{photos}")));
    view! {
        <li>
            <a class="item" href=Route::Report(row.id).href() data-report=row.id.to_string()>
                <Thumbnail preview=row.preview.clone() />
                <span class="grow stack item-words">
                    <span class="item-title">{row.category_name.clone()}</span>
                    <span class="second item-line">{what}</span>
                    <StatusMark row=row.clone() />
                    {todo.map(|todo| view! { <span class=todo_class>{todo}</span> })}
                    <span class="second item-line">
                        {case_state.clone()}
                        {case_state.filter(|_| deadline.is_some()).map(|_| " · ")}
                        {deadline.map(|deadline| move || t.remaining(deadline, now.get()))}
                        {photos.map(|photos| view! { " " {photos} })}
                    </span>
                </span>
                <Icon shape=Shape::ChevronRight />
            </a>
        </li>
    }
}

/// A photo the size of a thumb, or the place where one would be.
#[component]
pub(crate) fn Thumbnail(preview: Option<String>) -> impl IntoView {
    match preview {
        Some(preview) => view! { <img class="thumb" src=preview alt="" /> }.into_any(),
        None => view! { <span class="thumb"><Icon shape=Shape::FileText /></span> }.into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::{brief_place, short_place};

    #[test]
    fn a_long_path_is_said_in_the_names_that_tell() {
        let path = "潭城街道 七贤社区居委会 七贤社区 一级网格 七贤社区 第1片区 七贤社区 第3网格";
        assert_eq!(short_place(path), "七贤社区 · 第3网格");
        assert_eq!(brief_place(path), "潭城街道 · 七贤社区 · 第3网格");
        assert_eq!(
            brief_place("潭城街道 七贤社区居委会"),
            "潭城街道 · 七贤社区居委会"
        );
        assert_eq!(short_place(""), "");
    }
}
