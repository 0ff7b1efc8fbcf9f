//! The small district of the simulation: two communities of 建阳区, four categories, a few people.
//! Made once in a process; every seed begins with a copy of its database.

use crate::world::{self, START};
use anyhow::{Context, Result};
use image::{ImageFormat, Rgb, RgbImage};
use shared::area::AreaKind;
use shared::coordinates::LatLon;
use shared::id::{AreaCode, PersonId, PostId, UnitCode};
use shared::role::{Post, PostKind, Role};
use shared::time::Timestamp;
use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::OnceLock;
use sync_server::service::district::District;
use sync_server::service::init;
use sync_server::store::people::PersonRow;
use sync_server::store::posts::PostRow;
use sync_server::store::{self, Store};
use uuid::Uuid;

use super::chance::Chance;

/// The two communities in which workers hold posts.
pub const COMMUNITIES: [&str; 2] = ["350703001012", "350703001203"];
/// Workers with an account.
pub const WORKERS: usize = 5;
/// What is filed: (category, condition).
pub const MATTERS: [(&str, &str); 4] = [
    ("C0101", "C0101-1"),
    ("C0102", "C0102-1"),
    ("E0110", "E0110-1"),
    ("C0101", "C0101-2"),
];
/// Everything was set up a day before the first morning.
const MADE: Timestamp = Timestamp(START.0 - 86_400_000);

/// What every seed begins with.
#[derive(Debug)]
pub struct Template {
    /// The server's database.
    pub database: Vec<u8>,
    /// Points to file at: in a grid, on a border, and in none.
    pub places: Vec<(f64, f64)>,
    /// Camera files: small ones first, one large enough for several pieces last.
    pub photos: Vec<Vec<u8>>,
}

/// Who a worker is.
#[must_use]
pub const fn worker(number: usize) -> PersonId {
    PersonId(Uuid::from_u128(0x7000 + number as u128))
}

/// The person who dispatches and handles everything.
pub const OFFICE: PersonId = PersonId(Uuid::from_u128(0x9000));

/// The template.
#[must_use]
pub fn template() -> &'static Template {
    static TEMPLATE: OnceLock<Template> = OnceLock::new();
    TEMPLATE.get_or_init(|| make().expect("the district of the simulation"))
}

/// 建阳区, cut down to what is quick to read again and again.
fn plan() -> Result<init::Plan> {
    let mut plan = init::read(&world::district_folder(), 2026)?;
    let within = |code: &str| {
        ["350703", "350703001"].contains(&code)
            || COMMUNITIES
                .iter()
                .any(|community| code.starts_with(community))
    };
    plan.areas.retain(|row| within(row.area.code.as_str()));
    for row in &mut plan.areas {
        // The outlines of district and street have a thousand corners, and nothing is filed there.
        if matches!(row.area.kind, AreaKind::District | AreaKind::Street) {
            row.geometry = None;
        }
    }
    plan.units.retain(|unit| within(unit.area.as_str()));
    let kept: BTreeSet<&str> = MATTERS.iter().map(|(category, _)| *category).collect();
    plan.catalogue
        .categories
        .retain(|c| kept.contains(c.id.as_str()));
    plan.catalogue
        .conditions
        .retain(|c| kept.contains(c.category.as_str()));
    plan.catalogue.street_matters.clear();
    Ok(plan)
}

fn make() -> Result<Template> {
    let plan = plan()?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("gewu.db");
    let store = Store::create(&format!("sqlite://{}", file.display()))?;
    let (code, units) = (plan.district.clone(), plan.units.clone());
    let filled = store.write_blocking(&code, move |tx| {
        init::store(tx, &plan, "life-1", MADE)?;
        for number in 0..WORKERS {
            let area = COMMUNITIES[number % COMMUNITIES.len()];
            person(
                tx,
                worker(number),
                &format!("worker{number}"),
                &plan.district,
            )?;
            store::posts::insert(
                tx,
                &grid_post(worker(number), area, MADE, 0x7100 + number as u128),
            )?;
        }
        person(tx, OFFICE, "office", &plan.district)?;
        store::posts::insert(tx, &post(Role::Dispatcher, &plan.district, None, 0x9100))?;
        for (number, unit) in (0x9200_u128..).zip(&units) {
            store::posts::insert(
                tx,
                &post(Role::Handler, &unit.area, Some(unit.code.clone()), number),
            )?;
        }
        Ok::<_, sync_server::service::Fault>(())
    });
    filled.map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let district = store.read_blocking(move |tx| District::load(tx, MADE));
    let district = district.map_err(|fault| anyhow::anyhow!("{fault}"))?;
    store.close_blocking();
    let journal = folder.path().join("gewu.db-wal");
    anyhow::ensure!(
        std::fs::metadata(&journal).map_or(0, |data| data.len()) == 0,
        "the template is not whole"
    );
    Ok(Template {
        database: std::fs::read(&file)?,
        places: places(&district)?,
        photos: photos()?,
    })
}

fn person(
    tx: &mut dyn store::Tx,
    id: PersonId,
    login: &str,
    district: &AreaCode,
) -> store::Result<()> {
    store::people::insert_if_new(
        tx,
        &PersonRow {
            id,
            district: district.clone(),
            login: login.to_owned(),
            name: format!("某人{login}"),
            password_hash: None,
            disabled: None,
            created: MADE,
        },
    )?;
    Ok(())
}

/// A grid post at a community.
#[must_use]
pub fn grid_post(person: PersonId, area: &str, from: Timestamp, id: u128) -> PostRow {
    PostRow {
        post: Post {
            id: PostId(Uuid::from_u128(id)),
            role: Role::GridWorker,
            area: AreaCode::new(area).expect("a code"),
            unit: None,
            kind: PostKind::Worker,
        },
        person,
        from,
        to: None,
    }
}

fn post(role: Role, area: &AreaCode, unit: Option<UnitCode>, id: u128) -> PostRow {
    PostRow {
        post: Post {
            id: PostId(Uuid::from_u128(id)),
            role,
            area: area.clone(),
            unit,
            kind: PostKind::Office,
        },
        person: OFFICE,
        from: MADE,
        to: None,
    }
}

/// Points all over the two communities, by what the district itself says of them.
fn places(district: &District) -> Result<Vec<(f64, f64)>> {
    let (lat, lon) = (world::PLACE.0 as f64 / 1e7, world::PLACE.1 as f64 / 1e7);
    let mut found: Vec<(f64, f64)> = Vec::new();
    let mut grids = BTreeSet::new();
    for ring in 0..40_i32 {
        for step in 0..16_i32 {
            let angle = f64::from(step) * std::f64::consts::TAU / 16.0;
            let far = f64::from(ring) * 0.0012;
            let at = LatLon::new(lat + far * angle.sin(), lon + far * angle.cos())?;
            let grid = district.grids.locate(at, None).grid().cloned();
            if grid.is_some_and(|grid| grids.insert(grid)) {
                found.push((at.lat, at.lon));
            }
        }
    }
    anyhow::ensure!(grids.len() >= 4, "only {} grids were found", grids.len());
    // In no grid at all: such a report is only its reporter's.
    found.push((27.5, 118.5));
    Ok(found)
}

fn photos() -> Result<Vec<Vec<u8>>> {
    let mut chance = Chance::new(7);
    let mut files = Vec::new();
    for number in 0..6_u8 {
        files.push(png(&RgbImage::from_pixel(
            24,
            32,
            Rgb([number * 40, 90, 200]),
        ))?);
    }
    // Noise doesn't shrink: some 150 KB as a JPEG, three pieces at the smallest size.
    files.push(png(&RgbImage::from_fn(480, 360, |_, _| {
        let [red, green, blue, ..] = chance.draw().to_be_bytes();
        Rgb([red, green, blue])
    }))?);
    Ok(files)
}

fn png(picture: &RgbImage) -> Result<Vec<u8>> {
    let mut file = Cursor::new(Vec::new());
    picture
        .write_to(&mut file, ImageFormat::Png)
        .context("a camera file")?;
    Ok(file.into_inner())
}
