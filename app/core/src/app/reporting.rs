//! The façade's part of what became of it: my reports, their photos, the cases around.

use super::App;
use crate::cases::{case_card, data_url, report_detail, report_row};
use crate::error::CoreError;
use crate::store::{self, reports};
use shared::id::ReportId;
use shared::wire::handheld::{CaseCard, ReportDetail, ReportRow};

/// Reports in a list: half a year of a busy worker's scrolling.
const REPORTS_LIMIT: u32 = 500;
/// Cases of the worker's grids in a list.
const CASES_LIMIT: u32 = 500;

impl App {
    /// My reports, the newest first; with words, those whose short code, number, category, place
    /// or text contains them.
    ///
    /// # Errors
    /// When the store fails.
    pub fn reports(&self, words: &str) -> Result<Vec<ReportRow>, CoreError> {
        let words = words.trim();
        let found = self.store().read(|tx| {
            if words.is_empty() {
                reports::newest(tx, REPORTS_LIMIT)
            } else {
                reports::search(tx, words, REPORTS_LIMIT)
            }
        })?;
        let is_sending = self.is_running();
        Ok(found
            .iter()
            .map(|standing| report_row(standing, is_sending))
            .collect())
    }

    /// A report with its course and photos.
    ///
    /// # Errors
    /// When there is no such report.
    pub fn report(&self, id: ReportId) -> Result<ReportDetail, CoreError> {
        let (standing, photos) = self
            .store()
            .read(|tx| Ok((reports::get(tx, id)?, store::photos::of_report(tx, id)?)))?;
        Ok(report_detail(&standing, &photos, self.is_running()))
    }

    /// The same by its short code or case number.
    ///
    /// # Errors
    /// When there is no such report.
    pub fn report_by_code(&self, code: &str) -> Result<ReportDetail, CoreError> {
        let standing = self.store().read(|tx| reports::by_code(tx, code.trim()))?;
        self.report(standing.report.id)
    }

    /// The stored copy of a photo, as an address that an `img` shows.
    ///
    /// # Errors
    /// When there is no such photo.
    pub fn photo(&self, photo: i64) -> Result<String, CoreError> {
        let jpeg = self.store().read(|tx| store::photos::bytes(tx, photo))?;
        Ok(data_url(&jpeg))
    }

    /// Cases of the worker's buckets as last heard, own and others'.
    ///
    /// # Errors
    /// When the store fails.
    pub fn cases(&self) -> Result<Vec<CaseCard>, CoreError> {
        let cases = self.store().read(|tx| store::cases::all(tx, CASES_LIMIT))?;
        Ok(cases.iter().map(case_card).collect())
    }
}
