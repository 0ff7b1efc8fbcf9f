//! The ladder: numbered SQL texts from `migrations/server`, applied in order, each once.
//!
//! One text serves both databases; should a step truly differ, it gets two texts here. A step runs
//! in one transaction with the number it leaves behind in `meta`. Nothing here makes a database:
//! that is `create` in the drivers. Held by `tests/tests/store_contract.rs`.

use super::error::{Result, StoreError};
use super::tx::{Dialect, Driver};
use crate::params;

struct Step {
    number: i64,
    words: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! step {
    ($number:literal, $words:literal) => {
        Step {
            number: $number,
            words: $words,
            sqlite: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../migrations/server/",
                $words,
                ".sql"
            )),
            postgres: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../migrations/server/",
                $words,
                ".sql"
            )),
        }
    };
}

const LADDER: &[Step] = &[
    step!(1, "0001_first_slice"),
    step!(2, "0002_upload_metadata"),
    step!(3, "0003_device_keys"),
    step!(4, "0004_photo_previews"),
    step!(5, "0005_what_buckets_hold"),
    step!(6, "0006_lost_handhelds"),
    step!(7, "0007_token_challenges"),
    step!(8, "0008_case_life"),
    step!(9, "0009_catalogue_drafts_and_orders"),
    step!(10, "0010_rollups"),
    step!(11, "0011_photos_gone"),
    step!(12, "0012_similar_cases"),
    step!(13, "0013_patrol_marks"),
    step!(14, "0014_district_chain"),
    step!(15, "0015_contacts"),
    step!(16, "0016_reports_on_rounds"),
    step!(17, "0017_lists_of_units"),
    step!(18, "0018_lists_of_assisting_units"),
    step!(19, "0019_former_carriers"),
    step!(20, "0020_news_of_cases"),
    step!(21, "0021_work_of_ones_own"),
];

/// The step this program was written for.
#[must_use]
pub fn needed() -> i64 {
    LADDER.last().map_or(0, |step| step.number)
}

/// The step a database stands on, or `None` when it holds no Gewu tables.
pub(super) fn found(driver: &mut dyn Driver) -> Result<Option<i64>> {
    const SQL: &str = "SELECT value FROM meta WHERE key = 'schema_version'";
    if !driver.has_table("meta")? {
        return Ok(None);
    }
    let rows = driver.query(SQL, &[])?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let number = row.text(0)?.parse();
    number.map(Some).map_err(|_| StoreError::Column {
        column: 0,
        wanted: "the schema version",
    })
}

/// Refuses a database whose tables are not those this program was written for.
pub(super) fn check(driver: &mut dyn Driver, place: &str) -> Result<()> {
    let needed = needed();
    match found(driver)? {
        None => Err(StoreError::Missing(place.to_owned())),
        Some(found) if found < needed => Err(StoreError::SchemaOld { found, needed }),
        Some(found) if found > needed => Err(StoreError::SchemaNew { found, needed }),
        Some(_) => Ok(()),
    }
}

/// Climbs from where the database stands to the top; the names of the steps taken.
pub(super) fn climb(driver: &mut dyn Driver) -> Result<Vec<&'static str>> {
    let from = found(driver)?.unwrap_or(0);
    if from > needed() {
        return Err(StoreError::SchemaNew {
            found: from,
            needed: needed(),
        });
    }
    let mut taken = Vec::new();
    for step in LADDER.iter().filter(|step| step.number > from) {
        driver.begin_write()?;
        if let Err(error) = apply(driver, step) {
            driver.rollback()?;
            return Err(error);
        }
        driver.commit()?;
        taken.push(step.words);
    }
    Ok(taken)
}

fn apply(driver: &mut dyn Driver, step: &Step) -> Result<()> {
    const SQL: &str = "
        INSERT INTO meta (key, value)
        VALUES ('schema_version', $1)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    driver.script(match driver.dialect() {
        Dialect::Sqlite => step.sqlite,
        Dialect::Postgres => step.postgres,
    })?;
    driver.execute(SQL, params![&step.number.to_string()])?;
    Ok(())
}
