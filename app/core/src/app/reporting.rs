//! The façade's part of what became of it: my reports, their photos, the cases around.

use super::App;
use crate::additions;
use crate::cases::{case_card, data_url, report_detail, report_row};
use crate::error::CoreError;
use crate::place::District;
use crate::receipts;
use crate::store::{self, outbox, reports};
use shared::id::ReportId;
use shared::receipt::Receipt;
use shared::wire::handheld::{OpenCases, ReportDetail, ReportRow};

/// Reports in a list: half a year of a busy worker's scrolling.
const REPORTS_LIMIT: u32 = 500;

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
        let (standing, photos, additions, receipt) = self.store().read(|tx| {
            let standing = reports::get(tx, id)?;
            let receipt = outbox::receipt(tx, standing.report.op_id)?;
            let photos = store::photos::of_report(tx, id)?;
            Ok((standing, photos, outbox::additions(tx, id)?, receipt))
        })?;
        let district = self.district();
        let catalogue = district.as_deref().map(District::catalogue);
        Ok(ReportDetail {
            additions: additions::views(&additions, catalogue),
            receipt: receipt.as_ref().and_then(receipts::view),
            ..report_detail(&standing, &photos, self.is_running())
        })
    }

    /// The same by its short code or case number.
    ///
    /// # Errors
    /// When there is no such report.
    pub fn report_by_code(&self, code: &str) -> Result<ReportDetail, CoreError> {
        let standing = self.store().read(|tx| reports::by_code(tx, code.trim()))?;
        self.report(standing.report.id)
    }

    /// The server's receipt for a report, none until it came.
    ///
    /// # Errors
    /// When there is no such report.
    pub fn receipt(&self, id: ReportId) -> Result<Option<Receipt>, CoreError> {
        let receipt = self.store().read(|tx| {
            let op_id = reports::get(tx, id)?.report.op_id;
            outbox::receipt(tx, op_id)
        })?;
        Ok(receipt)
    }

    /// The stored copy of a photo, as an address that an `img` shows; its preview when the copy
    /// was removed after the server had it long enough.
    ///
    /// # Errors
    /// When there is no such photo.
    pub fn photo(&self, photo: i64) -> Result<String, CoreError> {
        let jpeg = self.store().read(|tx| store::photos::picture(tx, photo))?;
        Ok(data_url(&jpeg))
    }

    /// The newest so many open cases of the worker's buckets as last heard, own and others'.
    ///
    /// # Errors
    /// When the store fails.
    pub fn open_cases(&self, limit: u32) -> Result<OpenCases, CoreError> {
        let (found, more) = self.store().read(|tx| store::cases::open(tx, limit))?;
        Ok(OpenCases {
            cases: found.iter().map(case_card).collect(),
            more,
        })
    }
}
