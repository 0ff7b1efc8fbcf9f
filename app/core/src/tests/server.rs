//! A server in memory: the promises of the protocol, and faults on demand.
//!
//! It keeps what a real one keeps (operations by id, photos by hash, cases, cursors) so that a
//! test can ask afterwards what arrived, how often, and whether anything is missing.

use super::world::{START, areas, catalogue};
use crate::sync::transport::{Failure, Link, Transport};
use shared::case::Class;
use shared::chain::{self, signed_text};
use shared::id::{AreaCode, Bucket, CaseId, CatalogueVersion, PersonId, PostId, ReportId, Sha256};
use shared::operation::{self, SealedOperation};
use shared::receipt;
use shared::report::FiledReport;
use shared::role::{Post, PostKind, Role};
use shared::signature::{PublicKey, SecretKey};
use shared::wire::sync::{
    AreasBundle, CaseState, CatalogueBundle, CourseEntry, EnrolAnswer, EnrolRequest, Me,
    OperationResult, Outcome, PROTOCOL, PullAnswer, PullRequest, PulledRow, PushAnswer,
    PushRequest, Why,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Mutex;
use uuid::Uuid;

/// What goes wrong with the next requests.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// It never arrives.
    LoseRequest,
    /// It takes effect, and the answer never arrives.
    LoseAnswer,
    /// The server says no.
    Say(Failure),
}

#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Every operation with how often it came.
    pub(super) operations: BTreeMap<String, (String, u32)>,
    pub(super) results: HashMap<String, OperationResult>,
    pub(super) pushes: Vec<usize>,
    pub(super) photos: HashMap<Sha256, Vec<u8>>,
    pub(super) uploads: HashMap<String, (Sha256, u64, Vec<u8>)>,
    pub(super) cases: Vec<CaseState>,
    pub(super) faults: VecDeque<Fault>,
    pub(super) requests: u32,
    pub(super) server_epoch: String,
    /// Operations whose text contains this are quarantined.
    pub(super) quarantine: Option<String>,
    /// Operations whose text contains this bring the whole push down.
    pub(super) poison: Option<String>,
    /// Largest number of operations in a push that is taken.
    pub(super) push_max: usize,
    /// Rows in a page.
    pub(super) page: usize,
    pub(super) catalogue_version: String,
    pub(super) bucket_left: bool,
    pub(super) nonce: Option<String>,
    /// The key that the handheld was enrolled with.
    pub(super) device_key: Option<PublicKey>,
    /// What the server's own key is made of.
    pub(super) key_seed: u8,
}

#[derive(Debug)]
pub(super) struct Server {
    pub(super) kept: Mutex<Kept>,
}

fn offline() -> Failure {
    Failure::Unreachable("no network".into())
}

impl Server {
    pub(super) fn new() -> Self {
        Self {
            kept: Mutex::new(Kept {
                server_epoch: "life-1".into(),
                push_max: 100,
                page: 2,
                catalogue_version: "350703-1".into(),
                ..Kept::default()
            }),
        }
    }

    pub(super) fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.kept.lock().unwrap().faults.extend(faults);
    }

    pub(super) fn go_offline(&self) {
        self.fail(std::iter::repeat_n(Fault::LoseRequest, 1000));
    }

    pub(super) fn go_online(&self) {
        self.kept.lock().unwrap().faults.clear();
    }

    fn me() -> Me {
        Me {
            id: PersonId(Uuid::from_u128(77)),
            login: "chenxx".into(),
            name: "陈晓霞".into(),
            posts: vec![Post {
                id: PostId(Uuid::from_u128(78)),
                role: Role::GridWorker,
                area: AreaCode::new("350703001012001").unwrap(),
                unit: None,
                kind: PostKind::Worker,
            }],
        }
    }

    /// Meets the next fault, or does the work.
    fn meet<A>(&self, work: impl FnOnce(&mut Kept) -> Result<A, Failure>) -> Result<A, Failure> {
        let mut kept = self.kept.lock().unwrap();
        kept.requests += 1;
        match kept.faults.pop_front() {
            None => work(&mut kept),
            Some(Fault::LoseRequest) => Err(offline()),
            Some(Fault::LoseAnswer) => work(&mut kept).and(Err(offline())),
            Some(Fault::Say(failure)) => Err(failure),
        }
    }

    pub(super) fn close(&self, report: ReportId) {
        let mut kept = self.kept.lock().unwrap();
        let now = kept
            .cases
            .iter()
            .map(|case| case.revision)
            .max()
            .unwrap_or(0)
            + 1;
        let case = kept
            .cases
            .iter_mut()
            .find(|case| case.report_id == report)
            .unwrap();
        case.state = "closed".into();
        case.class = Class::Closed;
        case.closed_ms = Some(START);
        case.revision = now;
    }
}

impl Kept {
    /// Another one after a change of [`Kept::key_seed`].
    fn receipt_key(&self) -> SecretKey {
        SecretKey::from_seed(&[self.key_seed; 32])
    }

    /// Every push of a handheld of today is signed with the key it was enrolled with.
    fn check_signature(&self, request: &PushRequest) {
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
            });
        }
        result.received_at = Some(START);
        self.results.insert(result.op_id.clone(), result.clone());
        result
    }

    /// All of 1..=n are here.
    fn high_water(&self) -> u64 {
        let parsed = self.operations.values().map(|(text, _)| {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            value["seq"].as_u64().unwrap()
        });
        let numbers: BTreeSet<u64> = parsed.collect();
        (1..).take_while(|n| numbers.contains(n)).count() as u64
    }

    /// Photos of applied operations that are not here.
    fn owed(&self) -> Vec<Sha256> {
        let mut owed = BTreeSet::new();
        for (id, (text, _)) in &self.operations {
            let result = self.results.get(id);
            let applied = result.is_some_and(|result| result.outcome == Outcome::Applied);
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            for photo in value["photos"].as_array().unwrap() {
                let sha256: Sha256 = photo["sha256"].as_str().unwrap().parse().unwrap();
                if applied && !self.photos.contains_key(&sha256) {
                    owed.insert(sha256);
                }
            }
        }
        owed.into_iter().collect()
    }

    fn take(&mut self, text: &str) -> OperationResult {
        let opened = operation::open(serde_json::from_str(text).unwrap()).unwrap();
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
            let case = case_of(number, &opened.operation.subject, &report);
            result.case_id = Some(case.id);
            result.case_no = Some(case.case_no.clone());
            self.cases.push(case);
        }
        self.results.insert(op_id, result.clone());
        result
    }
}

fn case_of(number: usize, subject: &str, report: &FiledReport) -> CaseState {
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
    }
}

impl Transport for Server {
    async fn enrol(&self, _server: &str, request: &EnrolRequest) -> Result<EnrolAnswer, Failure> {
        self.meet(|kept| {
            kept.device_key = request.key;
            Ok(EnrolAnswer {
                protocol: PROTOCOL.into(),
                device_id: request.device_id,
                epoch: 1,
                token: "secret".into(),
                me: Self::me(),
                district: AreaCode::new("350703").unwrap(),
                district_name: "建阳区".into(),
                server_epoch: kept.server_epoch.clone(),
                server_time: START,
                catalogue_version: CatalogueVersion::new(kept.catalogue_version.clone()).unwrap(),
                areas_version: "areas-1".into(),
                receipt_key: Some(kept.receipt_key().public()),
            })
        })
    }

    async fn push(&self, link: &Link, request: &PushRequest) -> Result<PushAnswer, Failure> {
        assert_eq!(link.token, "secret");
        let request = request.clone();
        self.meet(move |kept| {
            kept.pushes.push(request.ops.len());
            if request.ops.len() > kept.push_max {
                return Err(Failure::TooLarge);
            }
            let texts: Vec<String> = request.ops.iter().map(ToString::to_string).collect();
            if let Some(poison) = &kept.poison
                && texts.iter().any(|text| text.contains(poison.as_str()))
            {
                return Err(Failure::Refused {
                    status: 400,
                    words: "看不懂".into(),
                    words_en: "malformed".into(),
                });
            }
            let hashes: Vec<Sha256> = request
                .ops
                .iter()
                .map(|op| chain::Link::of(op).unwrap().hash)
                .collect();
            kept.check_signature(&request);
            let mut results: Vec<_> = texts.iter().map(|text| kept.take(text)).collect();
            let mut entries = Vec::new();
            for (result, hash) in results.iter_mut().zip(hashes) {
                entries.extend(result.entry(hash));
                result.receipted = result.received_at.is_some();
            }
            let seal = receipt::seal(&entries, &kept.receipt_key());
            Ok(PushAnswer {
                protocol: PROTOCOL.into(),
                nonce: kept.nonce.clone().unwrap_or(request.nonce),
                server_epoch: kept.server_epoch.clone(),
                server_time: START,
                high_water: kept.high_water(),
                gaps: vec![],
                results,
                seal,
            })
        })
    }

    async fn pull(&self, _link: &Link, request: &PullRequest) -> Result<PullAnswer, Failure> {
        let bucket = Bucket::new("person:77").unwrap();
        let from = request.buckets.get(&bucket).copied().unwrap_or(0);
        self.meet(|kept| {
            let mut rows: Vec<&CaseState> = kept
                .cases
                .iter()
                .filter(|case| case.revision > from)
                .collect();
            rows.sort_by_key(|case| case.revision);
            let more = rows.len() > kept.page;
            rows.truncate(kept.page);
            let position = rows.last().map_or(from, |case| case.revision);
            let owed = kept.owed();
            let waiting = request.photos_waiting.unwrap();
            let rows = rows.into_iter().map(|case| PulledRow {
                bucket: bucket.clone(),
                also: vec![],
                table: "cases".into(),
                id: case.id.to_string(),
                revision: case.revision,
                why: Why::Put,
                doc: Some(serde_json::to_value(case).unwrap()),
            });
            let left = kept.bucket_left;
            Ok(PullAnswer {
                protocol: PROTOCOL.into(),
                server_epoch: kept.server_epoch.clone(),
                server_time: START,
                rows: if left { vec![] } else { rows.collect() },
                buckets: if left {
                    BTreeMap::new()
                } else {
                    BTreeMap::from([(bucket, position)])
                },
                more: more && !left,
                backfill: BTreeMap::new(),
                digests: BTreeMap::new(),
                repair: None,
                room: None,
                photos_owed: if owed.len() as u64 == waiting {
                    vec![]
                } else {
                    owed
                },
                catalogue_version: CatalogueVersion::new(kept.catalogue_version.clone()).unwrap(),
                areas_version: "areas-1".into(),
                me: Self::me(),
                lost: false,
            })
        })
    }

    async fn catalogue(
        &self,
        _link: &Link,
        version: &CatalogueVersion,
    ) -> Result<CatalogueBundle, Failure> {
        self.meet(|_| {
            Ok(CatalogueBundle {
                version: version.clone(),
                ..catalogue()
            })
        })
    }

    async fn areas(&self, _link: &Link) -> Result<AreasBundle, Failure> {
        self.meet(|_| Ok(areas()))
    }

    async fn has_photo(&self, _link: &Link, sha256: Sha256, _bytes: u64) -> Result<bool, Failure> {
        self.meet(|kept| Ok(kept.photos.contains_key(&sha256)))
    }

    async fn open_upload(
        &self,
        _link: &Link,
        sha256: Sha256,
        bytes: u64,
    ) -> Result<(String, u64), Failure> {
        self.meet(|kept| {
            // An upload that was begun goes on.
            let begun = kept.uploads.iter().find(|(_, (hash, ..))| *hash == sha256);
            if let Some((url, (.., arrived))) = begun {
                return Ok((url.clone(), arrived.len() as u64));
            }
            let url = format!("/v1/files/{}", kept.uploads.len() + 1);
            kept.uploads.insert(url.clone(), (sha256, bytes, vec![]));
            Ok((url, 0))
        })
    }

    async fn upload_offset(&self, _link: &Link, url: &str) -> Result<u64, Failure> {
        self.meet(|kept| {
            kept.uploads
                .get(url)
                .map(|(.., bytes)| bytes.len() as u64)
                .ok_or(Failure::gone())
        })
    }

    async fn send_chunk(
        &self,
        _link: &Link,
        url: &str,
        offset: u64,
        chunk: Vec<u8>,
    ) -> Result<u64, Failure> {
        self.meet(|kept| {
            let (sha256, whole, bytes) = kept.uploads.get_mut(url).ok_or(Failure::gone())?;
            if bytes.len() as u64 != offset {
                return Err(Failure::Offset);
            }
            bytes.extend(chunk);
            if bytes.len() as u64 == *whole {
                if Sha256::of(bytes) != *sha256 {
                    kept.uploads.remove(url);
                    return Err(Failure::Checksum);
                }
                kept.photos.insert(*sha256, bytes.clone());
                return Ok(*whole);
            }
            Ok(bytes.len() as u64)
        })
    }
}
