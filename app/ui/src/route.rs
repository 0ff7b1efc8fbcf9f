//! Which page is shown: the part of the address behind `#`, so that the phone's back key works.
//!
//! An address that isn't understood is the home page. Tests at the end.

use shared::id::{CaseId, DraftId, ReportId};

/// Which of the own reports are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// All filed ones.
    All,
    /// Those that need something from the worker.
    Attention,
    /// Those not filed yet.
    Drafts,
}

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// Server address and code.
    Bind,
    /// The first page.
    Home,
    /// A new report, or a draft.
    Capture(Option<DraftId>),
    /// What was just filed.
    Filed(ReportId),
    /// My reports.
    Reports(Shown),
    /// One report.
    Report(ReportId),
    /// What is to be looked at on the spot, and the open cases of my grids.
    Tasks,
    /// One task.
    Task(CaseId),
    /// One round; which one is behind it in the address.
    Patrol,
    /// What is safe, what waits and why.
    Queue,
    /// Settings.
    Settings,
}

impl Route {
    /// The page of an address, with or without its `#`.
    pub(crate) fn parse(hash: &str) -> Self {
        let path = hash.trim_start_matches('#').trim_matches('/');
        let (page, rest) = path.split_once('/').unwrap_or((path, ""));
        match (page, rest) {
            ("bind", _) => Self::Bind,
            ("capture", id) => Self::Capture(id.parse().ok()),
            ("filed", id) => id.parse().map_or(Self::Home, Self::Filed),
            ("reports", "attention") => Self::Reports(Shown::Attention),
            ("reports", "drafts") => Self::Reports(Shown::Drafts),
            ("reports", _) => Self::Reports(Shown::All),
            ("report", id) => id.parse().map_or(Self::Home, Self::Report),
            ("tasks", _) => Self::Tasks,
            ("patrol", _) => Self::Patrol,
            ("task", id) => id.parse().map_or(Self::Tasks, Self::Task),
            ("queue", _) => Self::Queue,
            ("settings", _) => Self::Settings,
            _ => Self::Home,
        }
    }

    /// The address of this page with something behind it.
    pub(crate) fn href_of(self, rest: &str) -> String {
        format!("{}/{rest}", self.href())
    }

    /// What stands behind the page in an address.
    pub(crate) fn rest(hash: &str) -> String {
        let path = hash.trim_start_matches('#').trim_matches('/');
        path.split_once('/')
            .map_or_else(String::new, |(_, rest)| rest.to_owned())
    }

    /// The address of this page.
    pub(crate) fn href(self) -> String {
        match self {
            Self::Bind => String::from("#/bind"),
            Self::Home => String::from("#/"),
            Self::Capture(None) => String::from("#/capture"),
            Self::Capture(Some(id)) => format!("#/capture/{id}"),
            Self::Filed(id) => format!("#/filed/{id}"),
            Self::Reports(Shown::All) => String::from("#/reports"),
            Self::Reports(Shown::Attention) => String::from("#/reports/attention"),
            Self::Reports(Shown::Drafts) => String::from("#/reports/drafts"),
            Self::Report(id) => format!("#/report/{id}"),
            Self::Tasks => String::from("#/tasks"),
            Self::Patrol => String::from("#/patrol"),
            Self::Task(id) => format!("#/task/{id}"),
            Self::Queue => String::from("#/queue"),
            Self::Settings => String::from("#/settings"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn every_page_is_found_again_by_its_address() {
        let id = "0192d3c4-0000-7000-8000-000000000001";
        let pages = [
            Route::Bind,
            Route::Home,
            Route::Capture(None),
            Route::Capture(Some(id.parse().unwrap())),
            Route::Filed(id.parse().unwrap()),
            Route::Reports(Shown::All),
            Route::Reports(Shown::Attention),
            Route::Reports(Shown::Drafts),
            Route::Report(id.parse().unwrap()),
            Route::Tasks,
            Route::Task(id.parse().unwrap()),
            Route::Patrol,
            Route::Queue,
            Route::Settings,
        ];
        for page in pages {
            assert_eq!(Route::parse(&page.href()), page);
        }
    }

    #[test]
    fn a_strange_address_is_the_home_page() {
        for hash in ["", "#", "#/nothing", "#/report/x", "#/filed/../../etc"] {
            assert_eq!(Route::parse(hash), Route::Home, "{hash}");
        }
    }
}
