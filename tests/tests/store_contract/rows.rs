//! Rows to test with: plausible, small, numbered.

use shared::case::{Class, Life};
use shared::id::{
    AreaCode, Bucket, CaseId, CatalogueVersion, CategoryId, ConditionId, DeviceId, OpId, PersonId,
    ReportId, Sha256, UnitCode,
};
use shared::report::{Place, PlaceSource};
use shared::time::Timestamp;
use shared::wire::sync::Outcome;
use sync_server::store::cases::{CaseRow, NewCase};
use sync_server::store::devices::DeviceRow;
use sync_server::store::operations::NewOperation;
use sync_server::store::people::PersonRow;
use sync_server::store::reports::ReportRow;
use sync_server::store::{Result, Store, StoreError, Tx, cases, devices, people, reports};
use uuid::Uuid;

pub(crate) fn area(code: &str) -> AreaCode {
    AreaCode::new(code).unwrap()
}

pub(crate) fn district() -> AreaCode {
    area("350703")
}

pub(crate) fn unit(code: &str) -> UnitCode {
    UnitCode::new(code).unwrap()
}

pub(crate) fn bucket() -> Bucket {
    Bucket::new("unit:D22-4").unwrap()
}

pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp(1_795_487_400_000 + ms)
}

pub(crate) fn hash(text: &str) -> Sha256 {
    Sha256::of(text.as_bytes())
}

pub(crate) fn person_id(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}

pub(crate) fn device_id(n: u128) -> DeviceId {
    DeviceId(Uuid::from_u128(0xd000 + n))
}

pub(crate) fn op_id(n: u128) -> OpId {
    OpId(Uuid::from_u128(0xa000 + n))
}

pub(crate) fn report_id(n: u128) -> ReportId {
    ReportId(Uuid::from_u128(0xb000 + n))
}

pub(crate) fn case_id(n: u128) -> CaseId {
    CaseId(Uuid::from_u128(0xc000 + n))
}

pub(crate) fn person(n: u128) -> PersonRow {
    PersonRow {
        id: person_id(n),
        district: district(),
        login: format!("worker{n:03}"),
        name: String::from("陈建国"),
        password_hash: None,
        disabled: None,
        created: at(0),
    }
}

pub(crate) fn device(n: u128) -> DeviceRow {
    DeviceRow {
        id: device_id(n),
        district: district(),
        person: person_id(1),
        epoch: 1,
        name: String::from("手持机"),
        platform: String::from("linux"),
        app_version: String::from("0.1.0"),
        enrolled: at(0),
        last_seen: None,
        made: 0,
        high_water: 0,
        received: 0,
        disabled: None,
        key: None,
        owed_since: None,
        lost: None,
    }
}

pub(crate) fn operation(n: u128, seq: i64) -> NewOperation<'static> {
    NewOperation {
        op_id: op_id(n),
        device: device_id(1),
        epoch: 1,
        seq,
        hash: hash("content"),
        kind: "report.file",
        subject: "b",
        body: r#"{"v":1}"#,
        received: at(seq),
        outcome: Outcome::Applied,
        result: "{}",
    }
}

pub(crate) fn report(n: u128) -> ReportRow {
    ReportRow {
        id: report_id(n),
        district: district(),
        reporter: person_id(1),
        device: device_id(1),
        op_id: op_id(n),
        short_code: format!("7F3A-{n}"),
        category: CategoryId::new("C0101").unwrap(),
        condition: ConditionId::new("C0101-1").unwrap(),
        catalogue_version: CatalogueVersion::new("350703-1").unwrap(),
        grid: Some(area("350703001012001002003")),
        grid_doubt: vec![area("350703001012001002004"), area("350703001012001002005")],
        place: Place {
            lat_e7: 273_310_000,
            lon_e7: -1_181_200_000,
            accuracy_m: Some(12),
            source: PlaceSource::Gps,
            words: String::from("七贤路口东侧"),
        },
        text: String::from("井盖缺失😀 '; DROP TABLE reports; --"),
        occurred: at(-60_000),
        clock_skew_ms: Some(-172_800_000),
        received: at(0),
        self_fixed: false,
        preview: Some(String::from(r#"{"lead":"D22-4"}"#)),
        same_as: Some(report_id(99)),
    }
}

pub(crate) fn case(n: u128) -> CaseRow {
    CaseRow {
        id: case_id(n),
        district: district(),
        case_no: format!("350703-20261124-{n:05}"),
        report: report_id(n),
        short_code: format!("7F3A-{n}"),
        revision: 0,
        state: String::from("received"),
        class: Class::Open,
        lead: unit("D22-4"),
        grid: Some(area("350703001012001002003")),
        category: CategoryId::new("C0101").unwrap(),
        excerpt: String::from("井盖缺失"),
        lat_e7: 273_310_000,
        lon_e7: 1_181_200_000,
        reporter: person_id(1),
        opened: at(i64::try_from(n).unwrap()),
        dispatched: None,
        deadline: None,
        handled: None,
        closed: None,
        photos_expected: 0,
        photos_stored: 0,
        self_fixed: false,
        solved_level: None,
        life: Life::default(),
    }
}

/// Writes in the test's district and expects it to be kept.
pub(crate) fn write<T: Send + 'static>(
    store: &Store,
    work: impl FnMut(&mut dyn Tx) -> Result<T> + Send + 'static,
) -> T {
    store
        .write_blocking::<T, StoreError>(&district(), work)
        .unwrap()
}

/// Reads and expects an answer.
pub(crate) fn read<T: Send + 'static>(
    store: &Store,
    look: impl FnOnce(&mut dyn Tx) -> Result<T> + Send + 'static,
) -> T {
    store.read_blocking::<T, StoreError>(look).unwrap()
}

/// The person and the device that the other rows name.
pub(crate) fn cast(tx: &mut dyn Tx) -> Result<()> {
    assert!(people::insert_if_new(tx, &person(1))?);
    devices::put(tx, &device(1))
}

/// Keeps a case with its report.
pub(crate) fn open_case(
    tx: &mut dyn Tx,
    row: &CaseRow,
    n: u128,
    assisting: &[UnitCode],
) -> Result<()> {
    let mut filed = report(n);
    filed.id = row.report;
    reports::insert(tx, &filed)?;
    let search = format!(
        "{} {} {} 井盖缺失 100% A_B",
        row.case_no, row.short_code, row.excerpt
    );
    let decision = r#"{"rule":"部件先属主"}"#;
    cases::insert(
        tx,
        NewCase {
            row,
            decision,
            differs: "[]",
            search: &search,
            assisting,
            next_due: None,
            phashes: "0123456789abcdef",
        },
    )
}
