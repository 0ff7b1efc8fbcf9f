//! What the page of a case holds: the version on the screen, the one that came meanwhile, the form
//! that is open, and how it is sent. Tried in a real browser by `tests/tests/faces.rs`.

use crate::api::{self, Moved};
use crate::components::conflict::Conflict;
use crate::components::moves::plan::Begun;
use crate::components::moves::{MoveForm, Sending, Wants};
use crate::desk::{Choice, Desk, bring_into_view, move_word};
use crate::poll::Poll;
use crate::words;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::case::Move;
use shared::id::CaseId;
use shared::label::Lang;
use shared::report::PHOTO_BYTES_LIMIT;
use shared::wire::console::{AllowedMove, CaseDetail, CaseQuery, CaseRow, Colleague};

/// Cases that a merge is offered at once: more is not read but searched.
const CANDIDATES: u32 = 8;

/// What the page holds.
#[derive(Clone, Copy)]
pub(super) struct Sheet {
    /// The version on the screen.
    pub(super) shown: RwSignal<Option<CaseDetail>>,
    /// That version beside a newer one.
    pub(super) conflict: RwSignal<Option<Conflict>>,
    /// What is being filled in.
    pub(super) form: MoveForm,
    /// What was just done, said to the reader.
    pub(super) done: RwSignal<Option<Done>>,
    pub(super) poll: Poll<CaseDetail>,
}

/// What there is to say after a form has closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// The move was made.
    Moved(Move),
    /// The case went on without it.
    NotAnyMore,
}

impl Done {
    pub(super) fn words(self, lang: Lang) -> String {
        match self {
            Self::Moved(kind) => {
                let (done, gap) = (words::MOVE_DONE.of(lang), lang.pick("：", ": "));
                format!("{done}{gap}{}", move_word(kind, lang))
            }
            Self::NotAnyMore => words::NOT_ANY_MORE.of(lang).to_owned(),
        }
    }
}

impl Sheet {
    /// A newer answer came: show it, or show it beside what somebody is working on.
    pub(super) fn receive(self, newer: CaseDetail) {
        // The photo changes the case, too: its own answer tells whether anything else has.
        let sends = |photo: &Sending| matches!(photo, Sending::Under(_));
        if self.form.photo.with_untracked(sends) {
            return;
        }
        let working = self.form.open.with_untracked(Option::is_some);
        let saw = self.shown.get_untracked();
        match saw {
            Some(saw) if working && saw.row.revision != newer.row.revision => {
                let refused = self
                    .conflict
                    .with_untracked(|old| old.as_ref().is_some_and(|old| old.refused));
                let now = newer;
                let conflict = Conflict { saw, now, refused };
                if self
                    .conflict
                    .with_untracked(|old| old.as_ref() != Some(&conflict))
                {
                    self.conflict.set(Some(conflict));
                }
            }
            _ => {
                if saw.as_ref() != Some(&newer) {
                    self.shown.set(Some(newer));
                }
            }
        }
    }

    /// Takes the present version; what was begun stays open if it is still possible.
    pub(super) fn go_on(self) {
        let Some(conflict) = self.conflict.get_untracked() else {
            return;
        };
        let begun = self.form.open.get_untracked();
        let now = &conflict.now;
        let still = begun.is_some_and(|begun| {
            let allowed = now.moves.contains(&begun.allowed);
            allowed && begun.ask.is_none_or(|ask| now.asks.contains(&ask))
        });
        self.shown.set(Some(conflict.now));
        self.conflict.set(None);
        if still {
            self.form.problem.set(None);
        } else {
            self.form.close();
            self.done.set(Some(Done::NotAnyMore));
        }
    }

    /// Takes the present version and drops what was begun.
    pub(super) fn give_up(self) {
        if let Some(conflict) = self.conflict.get_untracked() {
            self.shown.set(Some(conflict.now));
        }
        self.conflict.set(None);
        self.form.close();
        self.poll.refresh();
    }

    /// The move that merges this case into another, where it may be made now.
    pub(super) fn merging(self) -> Option<AllowedMove> {
        self.shown.with(|case| {
            let moves = case.iter().flat_map(|case| &case.moves);
            let mut merging = moves.filter(|allowed| allowed.kind == Move::Merge);
            merging.next().cloned()
        })
    }

    /// Opens the form that merges this case into another, with that one chosen.
    pub(super) fn begin_merge(self, into: CaseRow, desk: Desk) {
        let Some(allowed) = untrack(|| self.merging()) else {
            return;
        };
        let begun = Begun { allowed, ask: None };
        self.shown
            .with_untracked(|case| self.form.begin(desk, begun, case.as_ref()));
        let reason = match desk.lang.get_untracked() {
            Lang::Zh => format!("与{}是同一件", into.case_no),
            Lang::En => format!("The same matter as {}", into.case_no),
        };
        self.form.reason.set(reason);
        self.form.into.set(Some(into.id));
        self.form.cases.set(Some(vec![into]));
        bring_into_view("moves");
    }

    /// Sends the move against the version on the screen.
    pub(super) fn send(self, id: CaseId, desk: Desk) {
        let Some(saw) = self.shown.get_untracked() else {
            return;
        };
        let Some(request) = untrack(|| self.form.request(saw.row.revision)) else {
            return;
        };
        self.form.busy.set(true);
        self.form.problem.set(None);
        spawn_local(async move {
            let outcome = api::move_case(id, &request).await;
            self.form.busy.set(false);
            match outcome {
                Ok(Moved::Done) => {
                    self.form.close();
                    self.conflict.set(None);
                    self.done.set(Some(Done::Moved(request.kind)));
                    self.poll.refresh();
                    bring_into_view("moves");
                }
                Ok(Moved::Stale(now)) => {
                    let now = *now;
                    let refused = true;
                    self.conflict.set(Some(Conflict { saw, now, refused }));
                }
                Err(problem) => {
                    desk.notice(&problem);
                    let words = problem.words(desk.lang.get_untracked());
                    self.form.problem.set(Some(words));
                }
            }
        });
    }

    /// What the forms ask for, with the answers put where they look for them.
    pub(super) fn wants(self, id: CaseId, desk: Desk) -> Wants {
        let form = self.form;
        Wants {
            colleagues: Callback::new(move |()| {
                if form.colleagues.with_untracked(Option::is_some) {
                    return;
                }
                if form.colleagues_problem.with_untracked(Option::is_some) {
                    form.colleagues_problem.set(None);
                }
                spawn_local(async move {
                    match api::colleagues(id).await {
                        Ok(people) => {
                            let choice = |person: Colleague| Choice {
                                code: person.id.to_string(),
                                name: person.name,
                                detail: String::new(),
                            };
                            let people = people.into_iter().map(choice).collect();
                            form.colleagues.set(Some(people));
                        }
                        Err(problem) => {
                            desk.notice(&problem);
                            form.colleagues_problem.set(Some(problem));
                        }
                    }
                });
            }),
            cases: Callback::new(move |words: String| {
                let query = CaseQuery {
                    text: Some(words),
                    class: Some("open".into()),
                    limit: Some(CANDIDATES),
                    ..CaseQuery::default()
                };
                spawn_local(async move {
                    match api::cases(&query).await {
                        Ok(page) => form.cases.set(Some(page.rows)),
                        Err(problem) => form.fails(desk, &problem),
                    }
                });
            }),
            photo: Callback::new(move |file| self.add_photo(id, file, desk)),
        }
    }

    /// Sends a photo. The version that comes back takes the place of the one on the screen when
    /// nothing but the photo has changed; else both are shown.
    fn add_photo(self, id: CaseId, file: web_sys::File, desk: Desk) {
        let limit = u32::try_from(PHOTO_BYTES_LIMIT).map_or(f64::MAX, f64::from);
        let photo = self.form.photo;
        if file.size() > limit {
            let words = words::AFTER_PHOTO_LARGE.of(desk.lang.get_untracked());
            photo.set(Sending::Failed(words.to_owned()));
            return;
        }
        photo.set(Sending::Under(0));
        self.form.lack.set(None);
        spawn_local(async move {
            let progress = move |percent| {
                // The page may be gone.
                let _ = photo.try_set(Sending::Under(percent));
            };
            match api::add_photo(id, &file, progress).await {
                Ok(now) => {
                    let _ = photo.try_set(Sending::Done);
                    self.with_photo(now);
                }
                Err(problem) => {
                    desk.notice(&problem);
                    let words = problem.words(desk.lang.get_untracked());
                    let _ = photo.try_set(Sending::Failed(words));
                }
            }
        });
    }

    fn with_photo(self, now: CaseDetail) {
        let expected = self.shown.try_with_untracked(|saw| {
            let saw = saw.as_ref().map(|saw| saw.row.revision);
            saw.and_then(|saw| saw.checked_add(1)) == Some(now.row.revision)
        });
        match expected {
            Some(true) => self.shown.set(Some(now)),
            Some(false) => self.receive(now),
            None => {}
        }
    }
}
