//! What the server in memory does with what it is sent.

use super::Kept;
use crate::tests::world::START;
use shared::case::Class;
use shared::chain::{self, signed_text};
use shared::id::{Bucket, CaseId, ReportId, Sha256};
use shared::operation::{self, SealedOperation};
use shared::report::{FiledReport, PhotoRef};
use shared::signature::SecretKey;
use shared::time::Timestamp;
use shared::wire::sync::{
    CaseState, CourseEntry, Look, OperationResult, Outcome, PulledRow, PushRequest, Why,
};
use std::collections::BTreeSet;
use uuid::Uuid;

impl Kept {
    /// What its clock shows.
    pub(super) const fn now(&self) -> Timestamp {
        START.plus_ms(self.passed_ms)
    }

    /// Another one after a change of [`Kept::key_seed`].
    pub(in crate::tests) fn receipt_key(&self) -> SecretKey {
        SecretKey::from_seed(&[self.key_seed; 32])
    }

    /// Every push of a handheld of today is signed with the key it was enrolled with.
    pub(super) fn check_signature(&self, request: &PushRequest) {
        let links: Vec<_> = request.ops.iter().filter_map(chain::Link::of).collect();
        let key = self.device_key.expect("enrolled with a key");
        let signature = request.signature.expect("a signature");
        assert!(key.verifies(&signed_text(&links), &signature));
    }

    /// What follows a report: an entry in the course of its case; held while that isn't here.
    fn add(&mut self, opened: &SealedOperation) -> OperationResult {
        let operation = &opened.operation;
        let now = self.cases.iter().map(|case| case.revision).max();
        let subject = |case: &&mut CaseState| case.report_id.to_string() == operation.subject;
        let case = self.cases.iter_mut().find(subject);
        let mut result = OperationResult {
            op_id: operation.op_id.to_string(),
            outcome: Outcome::Held,
            code: None,
            words: None,
            case_id: None,
            case_no: None,
            revision: None,
            received_at: None,
            differs: vec![],
            receipted: false,
        };
        let Some(case) = case else { return result };
        let is_visit = ["case.verify", "case.check"].contains(&operation.kind.as_str());
        if is_visit && case.on_the_spot.is_none() {
            result.outcome = Outcome::Applied;
            result.code = Some("late_finding".into());
            result.words = Some("昨天10:30已由他人核实".into());
            result.received_at = Some(START);
            self.results.insert(result.op_id.clone(), result.clone());
            return result;
        }
        if case.class == Class::Closed {
            result.outcome = Outcome::Quarantined;
            result.code = Some("case_closed".into());
            result.words = Some("事件已于昨天10:30结案".into());
        } else {
            result.outcome = Outcome::Applied;
            case.revision = now.unwrap_or(0) + 1;
            case.course.push(CourseEntry {
                kind: operation.kind.clone(),
                at: START,
                by: "网格员".into(),
                reason: operation.payload.to_string(),
                found: None,
            });
        }
        result.received_at = Some(START);
        self.results.insert(result.op_id.clone(), result.clone());
        result
    }

    /// All of 1..=n are here.
    pub(super) fn high_water(&self) -> u64 {
        let parsed = self.operations.values().map(|(text, _)| {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            value["seq"].as_u64().unwrap()
        });
        let numbers: BTreeSet<u64> = parsed.collect();
        (1..).take_while(|n| numbers.contains(n)).count() as u64
    }

    /// Cases that moved after a revision; a new bucket doesn't hold those that left.
    pub(super) fn rows_after(&self, from: i64) -> Vec<&CaseState> {
        let is_held = |case: &&CaseState| from > 0 || !self.left.contains(&case.id);
        let moved = self.cases.iter().filter(|case| case.revision > from);
        moved.filter(is_held).collect()
    }

    /// A case as it comes by its bucket.
    pub(super) fn row(&self, bucket: &Bucket, case: &CaseState) -> PulledRow {
        let has_left = self.left.contains(&case.id);
        PulledRow {
            bucket: bucket.clone(),
            also: vec![],
            table: "cases".into(),
            id: case.id.to_string(),
            revision: case.revision,
            why: if has_left { Why::Evict } else { Why::Put },
            doc: (!has_left).then(|| serde_json::to_value(case).unwrap()),
        }
    }

    /// The cases of the reports that a handheld names.
    pub(super) fn mine(&mut self, named: &[ReportId]) -> Vec<serde_json::Value> {
        if !named.is_empty() {
            self.named.push(named.to_vec());
        }
        if self.names_nothing {
            return vec![];
        }
        let cases = self.cases.iter();
        let mine = cases.filter(|case| named.contains(&case.report_id));
        mine.map(|case| serde_json::to_value(case).unwrap())
            .collect()
    }

    /// Photos of applied operations that are not here.
    pub(super) fn owed(&self) -> Vec<Sha256> {
        let mut owed = BTreeSet::new();
        for (id, (text, _)) in &self.operations {
            let result = self.results.get(id);
            let applied = result.is_some_and(|result| result.outcome == Outcome::Applied);
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            for photo in value["photos"].as_array().unwrap() {
                let sha256: Sha256 = photo["sha256"].as_str().unwrap().parse().unwrap();
                if applied && !self.photos.contains_key(&sha256) && !self.gone.contains(&sha256) {
                    owed.insert(sha256);
                }
            }
        }
        owed.into_iter().collect()
    }

    pub(super) fn take(&mut self, text: &str) -> OperationResult {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        let is_in = |word: &String| text.contains(word.as_str());
        if self.reject.as_ref().is_some_and(is_in) {
            let op_id = value["op_id"].as_str().unwrap().to_owned();
            return OperationResult::new(op_id, Outcome::Rejected);
        }
        if self.damage.as_ref().is_some_and(is_in) {
            let op_id = value["op_id"].as_str().unwrap().to_owned();
            let mut result = OperationResult::new(op_id, Outcome::Quarantined);
            result.code = Some("hash_mismatch".into());
            return result;
        }
        let opened = operation::open(&value).unwrap();
        let op_id = opened.operation.op_id.to_string();
        self.operations
            .entry(op_id.clone())
            .or_insert_with(|| (opened.text.clone(), 0))
            .1 += 1;
        if let Some(known) = self.results.get(&op_id) {
            return OperationResult {
                outcome: Outcome::Duplicate,
                ..known.clone()
            };
        }
        if opened.operation.kind != operation::kind::REPORT_FILE {
            return self.add(&opened);
        }
        let troubled = self
            .quarantine
            .as_ref()
            .is_some_and(|word| text.contains(word.as_str()));
        let mut result = OperationResult {
            op_id: op_id.clone(),
            outcome: Outcome::Applied,
            code: None,
            words: None,
            case_id: None,
            case_no: None,
            revision: None,
            received_at: Some(START),
            differs: vec![],
            receipted: false,
        };
        if troubled {
            result.outcome = Outcome::Quarantined;
            result.code = Some("category_unknown".into());
        } else {
            let number = self.cases.len() + 1;
            let report: FiledReport =
                serde_json::from_value(opened.operation.payload.clone()).unwrap();
            let case = case_of(
                number,
                &opened.operation.subject,
                &report,
                &opened.operation.photos,
            );
            result.case_id = Some(case.id);
            result.case_no = Some(case.case_no.clone());
            self.cases.push(case);
        }
        self.results.insert(op_id, result.clone());
        result
    }
}

fn case_of(number: usize, subject: &str, report: &FiledReport, photos: &[PhotoRef]) -> CaseState {
    CaseState {
        id: CaseId(Uuid::from_u128(0x5000 + number as u128)),
        report_id: subject.parse().unwrap(),
        case_no: format!("350703-{number:04}"),
        revision: number as i64,
        state: "dispatched".into(),
        class: Class::Open,
        category: report.category.to_string(),
        category_name: "上水井盖".into(),
        text: report.text.clone(),
        grid: report.grid.clone(),
        lat_e7: report.place.lat_e7,
        lon_e7: report.place.lon_e7,
        lead: report.preview.as_ref().unwrap().lead.clone(),
        lead_name: "供水企业".into(),
        deadline_ms: None,
        rule: "部件先属主".into(),
        because: vec![],
        opened_ms: START,
        closed_ms: None,
        photos: (0, 0),
        mine: true,
        course: vec![],
        merged_into: None,
        look: Look {
            accuracy_m: report.place.accuracy_m,
            seen_ms: Some(report.occurred_ms),
            place_words: report.place.words.clone(),
            photos: photos.iter().filter_map(|photo| photo.phash).collect(),
        },
        on_the_spot: None,
    }
}
