//! Rounds as lines, one for each point, and back.

use super::columns::Cells;
use super::read::{filled, flag as read_flag};
use crate::catalogue::table::TableError;
use crate::coordinates::{E7, LatLon};
use crate::id::AreaCode;
use crate::patrol::{Point, Round};

/// A line for each point, in the order to walk.
pub(super) fn lines(rounds: &[Round]) -> Vec<Vec<String>> {
    let degrees = |e7: i32| format!("{:.7}", f64::from(e7) / E7);
    let mut lines = Vec::new();
    for round in rounds {
        for point in &round.points {
            lines.push(vec![
                round.id.clone(),
                point.id.clone(),
                round.name.clone(),
                round.area.to_string(),
                point.name.clone(),
                degrees(point.lat_e7),
                degrees(point.lon_e7),
                point.words.clone(),
                super::flag(round.retired),
            ]);
        }
    }
    lines
}

/// A point with its round, which has no other point yet.
pub(super) fn line(row: &Cells<'_>) -> Result<Round, TableError> {
    let text = |at: usize| filled(row, at);
    let degrees = |at: usize| {
        let wrong = |_| row.wrong(at, "不是度数，应如27.1505", "not degrees");
        row.text(at).parse::<f64>().map_err(wrong)
    };
    let area: Result<AreaCode, _> = row.text(3).parse();
    let area = area.map_err(|_| row.wrong(3, "不是区域编号", "not the code of a place"))?;
    let at = LatLon::new(degrees(5)?, degrees(6)?);
    let at = at.map_err(|_| row.wrong(5, "不在地球上", "not on the globe"))?;
    let (lat_e7, lon_e7) = at.to_e7();
    Ok(Round {
        id: text(0)?,
        name: text(2)?,
        area,
        points: vec![Point {
            id: text(1)?,
            name: text(4)?,
            lat_e7,
            lon_e7,
            words: row.text(7).to_owned(),
        }],
        retired: read_flag(row, 8, false)?,
    })
}

/// Lines of the same round put together; the first of them names it.
pub(super) fn together(lines: Vec<Round>) -> Vec<Round> {
    let mut rounds: Vec<Round> = Vec::new();
    for line in lines {
        match rounds.iter_mut().find(|round| round.id == line.id) {
            Some(round) => round.points.extend(line.points),
            None => rounds.push(line),
        }
    }
    rounds
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use crate::catalogue::parts::{Part, export, import};
    use crate::catalogue::shipped_doc;
    use crate::catalogue::table::Table;
    use crate::id::CatalogueVersion;
    use crate::time::Timestamp;

    #[test]
    fn a_round_is_made_of_the_lines_of_its_points_and_goes_out_as_it_came() {
        let doc = shipped_doc(CatalogueVersion::new("350703-1").unwrap(), vec![]).unwrap();
        let text = "路线编号,点位编号,路线名称,区域编号,点位名称,纬度,经度,看什么\n\
            morning,gate,早间巡查,350703001012,小学门口,27.1505,118.0292,\n\
            morning,market,早间巡查,350703001012,东市场后门,27.1506,118.0297,消防通道\n";
        let table = Table::from_csv("巡查", text).unwrap();
        let new = import(&doc, Part::Patrols, &table, Timestamp(0)).unwrap();
        assert_eq!(new.patrols.len(), 1);
        let points: Vec<_> = new.patrols.iter().flat_map(|round| &round.points).collect();
        assert_eq!(points.len(), 2);
        let out = export(&new, Part::Patrols);
        let back = import(&doc, Part::Patrols, &out, Timestamp(0)).unwrap();
        assert_eq!(back.patrols, new.patrols);
        // A round that a later file leaves out is retired; it may come back.
        let other = text.replace("morning", "evening");
        let other = Table::from_csv("巡查", &other).unwrap();
        let later = import(&new, Part::Patrols, &other, Timestamp(0)).unwrap();
        let rounds = later.patrols.iter().map(|it| (it.id.as_str(), it.retired));
        let rounds: Vec<_> = rounds.collect();
        assert_eq!(rounds, [("evening", false), ("morning", true)]);
        let again = import(&later, Part::Patrols, &table, Timestamp(0)).unwrap();
        assert!(
            again
                .patrols
                .iter()
                .any(|it| it.id == "morning" && !it.retired)
        );
        let wrong = text.replace("27.1506", "北");
        let wrong = Table::from_csv("巡查", &wrong).unwrap();
        assert!(import(&doc, Part::Patrols, &wrong, Timestamp(0)).is_err());
    }
}
