//! Rounds as the office makes them: what a round has to be like, and its points as lines of text.

use super::{ID_CHARS_LIMIT, Point, Round};
use crate::coordinates::{E7, LatLon};
use crate::id::AreaCode;
use std::collections::HashSet;

/// Characters of what a round or a point is called.
pub const NAME_CHARS_LIMIT: usize = 60;
/// Points of a round; more than that are several rounds.
pub const POINTS_LIMIT: usize = 200;

/// Why a round can't be kept as it is. Each has words in `label`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoundFault {
    /// The round or a point has no name, or a long one, or a point nothing that ticks name it by.
    #[error("a name is missing or longer than {NAME_CHARS_LIMIT} characters")]
    Name,
    /// It has no points, or more than [`POINTS_LIMIT`].
    #[error("a round has 1 to {POINTS_LIMIT} points")]
    Points,
    /// Two points go by the same name.
    #[error("two points go by the same name")]
    Twice,
    /// A point is not on the globe.
    #[error("a point is not on the globe")]
    Place,
}

/// A line that is no point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineFault {
    /// Which line, from 1.
    pub line: usize,
}

impl Round {
    /// Checks what a person may have written wrong.
    ///
    /// # Errors
    /// The first fault found.
    pub fn check(&self) -> Result<(), RoundFault> {
        let is_name = |name: &str| {
            let count = name.trim().chars().count();
            (1..=NAME_CHARS_LIMIT).contains(&count)
        };
        let is_named = |point: &Point| is_name(&point.name) && !point.id.is_empty();
        if !is_name(&self.name) || !self.points.iter().all(is_named) {
            return Err(RoundFault::Name);
        }
        if !(1..=POINTS_LIMIT).contains(&self.points.len()) {
            return Err(RoundFault::Points);
        }
        let (mut ids, mut names) = (HashSet::new(), HashSet::new());
        let mut points = self.points.iter();
        if !points.all(|point| ids.insert(&point.id) && names.insert(point.name.trim())) {
            return Err(RoundFault::Twice);
        }
        let on_globe = |point: &Point| LatLon::from_e7(point.lat_e7, point.lon_e7).is_ok();
        if !self.points.iter().all(on_globe) {
            return Err(RoundFault::Place);
        }
        Ok(())
    }
}

/// What a new round of a place is called in ticks: no round, retired or not, has that id.
#[must_use]
pub fn new_round_id(rounds: &[Round], area: &AreaCode) -> String {
    let mut ids = (0..=rounds.len()).map(|n| format!("{area}-{}", n + 1));
    let is_free = |id: &String| rounds.iter().all(|round| round.id != *id);
    ids.find(is_free).unwrap_or_default()
}

/// The points of a text with a line for each: name, latitude, longitude and what to look at, with
/// commas or tabs between, as pasted from a table; its heads are passed by.
///
/// A point that goes by the name of one of before keeps that one's id, and with it its ticks.
///
/// # Errors
/// The first line that is no point.
pub fn read_points(text: &str, before: &[Point]) -> Result<Vec<Point>, LineFault> {
    let mut points = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let cells = cells(text);
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
        let is_head = line == 1 && ["纬度", "lat"].contains(&cell(1));
        if is_head || text.trim().is_empty() {
            continue;
        }
        points.push(point(cell(0), cell(1), cell(2), cell(3), before).ok_or(LineFault { line })?);
    }
    Ok(points)
}

/// A line taken apart: by tabs where it has some, else by commas; the last cell may hold more.
fn cells(line: &str) -> Vec<&str> {
    let by_tabs = line.contains('\t');
    let is_between = |letter: char| {
        if by_tabs {
            letter == '\t'
        } else {
            letter == ',' || letter == '，'
        }
    };
    line.splitn(4, is_between).map(str::trim).collect()
}

fn point(name: &str, lat: &str, lon: &str, words: &str, before: &[Point]) -> Option<Point> {
    if name.is_empty() {
        return None;
    }
    let at = LatLon::new(lat.parse().ok()?, lon.parse().ok()?).ok()?;
    let (lat_e7, lon_e7) = at.to_e7();
    let known = before.iter().find(|point| one_line(&point.name) == name);
    let id = known.map_or_else(
        || name.chars().take(ID_CHARS_LIMIT).collect(),
        |point| point.id.clone(),
    );
    Some(Point {
        id,
        name: name.to_owned(),
        lat_e7,
        lon_e7,
        words: words.to_owned(),
    })
}

/// A text of a workbook's cell, which may hold several lines, as part of a line.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r', '\t'], " ")
}

/// Points as such a text.
#[must_use]
pub fn points_text(points: &[Point]) -> String {
    let degrees = |e7: i32| {
        let text = format!("{:.7}", f64::from(e7) / E7);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        text.to_owned()
    };
    let line = |point: &Point| {
        let is_plain = !point.name.contains([',', '，']);
        let between = if is_plain { "," } else { "\t" };
        let (lat, lon) = (degrees(point.lat_e7), degrees(point.lon_e7));
        let mut cells = vec![one_line(&point.name), lat, lon];
        if !point.words.is_empty() {
            cells.push(one_line(&point.words));
        }
        cells.join(between)
    };
    let lines: Vec<String> = points.iter().map(line).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn round(points: Vec<Point>) -> Round {
        Round {
            id: "r1".into(),
            name: "早间巡查".into(),
            area: AreaCode::new("350703001012").unwrap(),
            points,
            retired: false,
        }
    }

    #[test]
    fn points_are_pasted_as_people_have_them_and_keep_their_ticks() {
        let text = "名称,纬度,经度,看什么\n\
            小学门口,27.1505,118.0292\n\
            \n\
            东市场后门，27.1506，118.0297，消防通道，占道\n\
            桥头\t27.1507\t118.0299\t护栏\n";
        let points = read_points(text, &[]).unwrap();
        let names: Vec<&str> = points.iter().map(|point| point.name.as_str()).collect();
        assert_eq!(names, ["小学门口", "东市场后门", "桥头"]);
        assert_eq!(points.get(1).unwrap().words, "消防通道，占道");
        assert_eq!(points.first().unwrap().lat_e7, 271_505_000);
        assert_eq!(round(points.clone()).check(), Ok(()));
        assert_eq!(
            read_points(&points_text(&points), &points),
            Ok(points.clone())
        );
        // What a workbook broke into two lines stays one point.
        let mut known = points;
        known.first_mut().unwrap().words = "护栏\n井盖".into();
        let back = read_points(&points_text(&known), &known).unwrap();
        assert_eq!(back.len(), known.len());
        assert_eq!(back.first().unwrap().words, "护栏 井盖");
        // Moved and named as before it is the same point.
        known.first_mut().unwrap().id = "gate".into();
        let moved = read_points("小学门口,27.16,118.03", &known).unwrap();
        assert_eq!(moved.first().unwrap().id, "gate");
    }

    #[test]
    fn what_is_no_point_or_no_round_is_said() {
        for (text, line) in [
            ("小学门口", 1),
            ("小学门口,27.1,118.0\n桥头,118.0,27.1", 2),
            (",27.1,118.0", 1),
            ("小学门口,北,东", 1),
        ] {
            assert_eq!(read_points(text, &[]), Err(LineFault { line }), "{text}");
        }
        let points = read_points("小学门口,27.1,118.0", &[]).unwrap();
        assert_eq!(round(Vec::new()).check(), Err(RoundFault::Points));
        let twice = [points.clone(), points].concat();
        assert_eq!(round(twice).check(), Err(RoundFault::Twice));
        let long = read_points(&format!("{},27.1,118.0", "长".repeat(61)), &[]).unwrap();
        assert_eq!(round(long).check(), Err(RoundFault::Name));
    }

    #[test]
    fn a_new_round_takes_no_id_of_a_retired_one() {
        let area = AreaCode::new("350703001012").unwrap();
        assert_eq!(new_round_id(&[], &area), "350703001012-1");
        let mut old = round(Vec::new());
        old.id = "350703001012-1".into();
        old.retired = true;
        assert_eq!(new_round_id(&[old], &area), "350703001012-2");
    }
}
