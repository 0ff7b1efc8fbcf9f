//! `gewu-server route`: which unit gets a report, by when, by which rule, and why nobody else. For
//! a case that is there, or for a report that somebody thinks of.

use crate::{open, told};
use anyhow::Context;
use clap::Args;
use shared::catalogue::Catalogue;
use shared::coordinates::LatLon;
use shared::dryrun::PastCase;
use shared::id::{CaseId, CatalogueVersion, CategoryId, ConditionId};
use shared::report::{Place, PlaceSource};
use shared::routing::{Decision, Verdict};
use shared::time::Timestamp;
use std::sync::Arc;
use sync_server::config::DataArgs;
use sync_server::http::system_clock;
use sync_server::service::catalogue::trial::explain;
use sync_server::service::district::District;
use sync_server::store::{self, Store};
use uuid::Uuid;

#[derive(Args)]
pub(crate) struct RouteArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Printed number of a case: routed again at its own moment, by the catalogue it names
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["category", "condition", "lat", "lon"])]
    case: Option<String>,
    /// Category, as C0101
    #[arg(long, required_unless_present = "case")]
    category: Option<CategoryId>,
    /// Filing condition, as C0101-1; the category's first when left out
    #[arg(long, requires = "category")]
    condition: Option<ConditionId>,
    /// Latitude in degrees, WGS-84
    #[arg(long, required_unless_present = "case", allow_negative_numbers = true)]
    lat: Option<f64>,
    /// Longitude in degrees, WGS-84
    #[arg(long, required_unless_present = "case", allow_negative_numbers = true)]
    lon: Option<f64>,
    /// Put right on the spot
    #[arg(long, conflicts_with = "case")]
    self_fixed: bool,
    /// Another version of the catalogue than the case's own or the one in force
    #[arg(long = "catalogue", value_name = "VERSION")]
    version: Option<CatalogueVersion>,
    /// Say also which facts matched, and what became of every other candidate
    #[arg(long)]
    explain: bool,
    /// One JSON object for a program
    #[arg(long)]
    json: bool,
}

/// Prints the decision.
pub(crate) fn print(args: RouteArgs) -> anyhow::Result<()> {
    let (store, district) = open(&args.data)?;
    let now = system_clock()();
    let (report, named) = match &args.case {
        Some(number) => found(&store, &district, number)?,
        None => (imagined(&args, &district, now)?, None),
    };
    store.close_blocking();
    // By the one in force too where the report's own was lost with a restore.
    let own = named.and_then(|version| district.catalogue_of(&version));
    let catalogue = match args.version {
        None => Arc::clone(own.unwrap_or(&district.catalogue)),
        Some(version) => {
            let catalogue = district.catalogue_of(&version).cloned();
            catalogue.with_context(|| format!("there is no catalogue {version}"))?
        }
    };
    let mut decision = explain(&district, &catalogue, &report);
    if !args.explain {
        decision.considered.clear();
        decision.matched.clear();
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&decision)?);
    } else {
        for line in words(&decision, &catalogue, report.at) {
            println!("{line}");
        }
    }
    Ok(())
}

/// A case that is there, and the catalogue that its report names.
fn found(
    store: &Store,
    district: &District,
    number: &str,
) -> anyhow::Result<(PastCase, Option<CatalogueVersion>)> {
    let (code, wanted) = (district.code.clone(), number.to_owned());
    let found = store
        .read_blocking(move |tx| Ok(store::past_cases::by_no(tx, &code, &wanted)?))
        .map_err(told)?;
    let (case, version) = found.with_context(|| format!("there is no case {number}"))?;
    Ok((case, Some(version)))
}

/// A report that somebody thinks of, filed now.
fn imagined(args: &RouteArgs, district: &District, now: Timestamp) -> anyhow::Result<PastCase> {
    let category = args.category.clone().context("name a category")?;
    let version = args.version.as_ref();
    let catalogue = version.and_then(|version| district.catalogue_of(version));
    let catalogue = catalogue.unwrap_or(&district.catalogue);
    let condition = match &args.condition {
        Some(condition) => condition.clone(),
        None => {
            let first = catalogue.conditions_of(&category).next();
            let first = first.with_context(|| format!("category {category} has no conditions"))?;
            first.id.clone()
        }
    };
    let (lat, lon) = args
        .lat
        .zip(args.lon)
        .context("name a latitude and a longitude")?;
    let (lat_e7, lon_e7) = LatLon::new(lat, lon)?.to_e7();
    let place = Place {
        lat_e7: lat_e7.into(),
        lon_e7: lon_e7.into(),
        accuracy_m: None,
        source: PlaceSource::Typed,
        words: String::new(),
    };
    let (grid, doubt) = district.locate(&place);
    Ok(PastCase {
        id: CaseId(Uuid::nil()),
        case_no: String::new(),
        category,
        condition,
        grid,
        doubt,
        self_fixed: args.self_fixed,
        at: now,
    })
}

fn words(decision: &Decision, catalogue: &Catalogue, at: Timestamp) -> Vec<String> {
    let year = at.china_year();
    let deadline = decision
        .deadline_ms
        .map_or_else(|| String::from("无期限"), |deadline| deadline.show(year));
    let mut lines = vec![
        format!("责任单位：{}（{}）", decision.lead_name, decision.lead),
        format!(
            "期限：{deadline}（{}，从{}起算）",
            decision.limit,
            at.show(year)
        ),
        format!("依据：{}，目录 {}", decision.rule, catalogue.version()),
    ];
    if !decision.assisting.is_empty() {
        let names: Vec<&str> = decision
            .assisting
            .iter()
            .map(|unit| unit.name.as_str())
            .collect();
        lines.push(format!("协办：{}", names.join("、")));
    }
    lines.push(String::from("理由："));
    lines.extend(decision.because.iter().map(|reason| format!("  {reason}")));
    if !decision.matched.is_empty() {
        lines.push(String::from("对上的事实："));
        lines.extend(decision.matched.iter().map(|fact| format!("  {fact}")));
    }
    if !decision.considered.is_empty() {
        lines.push(String::from("逐个看过的单位："));
    }
    for one in &decision.considered {
        let verdict = match one.verdict {
            Verdict::Taken => "选定",
            Verdict::Absent => "没有",
            Verdict::NotOnList => "不在清单",
            Verdict::InDoubt => "属地未定",
            Verdict::NotNeeded => "未用到",
            Verdict::Other => "其他",
        };
        let why = if one.why.is_empty() {
            String::new()
        } else {
            format!("：{}", one.why)
        };
        lines.push(format!("  {} — {verdict}{why}", one.name));
    }
    lines
}
