//! A table of cells over the district that answers most lookups with one look.
//!
//! Many cells lie wholly inside one grid; the others list the grids that may hold a point of them.
//! It must give the same answer as asking every polygon: a cell is settled only when no edge of the
//! grid comes near it. Tests are in `grid/tests.rs`.

use super::{edges, holds};

/// More cells settle more lookups, but those of a large district no longer fit the processor's
/// cache: with 26,000 grids, 24 to a grid were half as quick as 6 beside other work.
const CELLS_PER_GRID: usize = 6;

/// The table of 26,000 grids has a twentieth of this many; so many take 16 MB.
const CELLS_LIMIT: usize = 1 << 22;

/// A cell counts as touched by an edge that passes this near, in parts of its side. That is larger
/// by far than the error of the computation, so what is settled is so for each point of the cell.
const MARGIN: f64 = 1e-3;

/// A point counts as on the table when it is outside by no more than this part of a cell.
const ROUNDING: f64 = 1e-6;

/// Marks an entry that is a grid's number and not the place of a list.
const SETTLED: u32 = 1 << 31;

/// Two opposite corners, south-west and north-east, in degrees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub low: [f64; 2],
    pub high: [f64; 2],
}

/// What the table knows of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known<'a> {
    /// This grid takes it.
    Grid(u32),
    /// The first of these that holds it takes it, if one does.
    FirstOf(&'a [u32]),
}

/// The table.
#[derive(Debug)]
pub(super) struct Cells {
    low: [f64; 2],
    per_degree: [f64; 2],
    columns: usize,
    rows: usize,
    /// Per cell, row by row from the south: a settled grid, or where its list begins.
    entries: Vec<u32>,
    /// Lists of grids in order of precedence, each with its length before it.
    lists: Vec<u32>,
}

impl Cells {
    /// Lays the table over grids, which come in order of precedence with their closed rings.
    pub(super) fn over(grids: &[(Extent, &[[f64; 2]])]) -> Self {
        let mut cells = Self::empty(grids);
        // Grids that may hold a point of the cell, and whether the last one holds all of it.
        let mut found: Vec<(Vec<u32>, bool)> =
            vec![(Vec::new(), false); cells.columns * cells.rows];
        for (number, (extent, corners)) in (0..SETTLED).zip(grids) {
            let (Some([west, south]), Some([east, north])) =
                (cells.cell_of(extent.low), cells.cell_of(extent.high))
            else {
                continue;
            };
            for row in south..=north {
                for column in west..=east {
                    let Some((list, is_full)) = found.get_mut(row * cells.columns + column) else {
                        continue;
                    };
                    if *is_full {
                        continue;
                    }
                    let cell = cells.extent_of(column, row);
                    let is_touched = edges(corners).any(|(a, b)| cell.is_touched_by(a, b));
                    if is_touched || holds(corners, cell.middle()) {
                        list.push(number);
                        *is_full = !is_touched;
                    }
                }
            }
        }
        cells.fill(&found);
        cells
    }

    /// What is known of a point.
    pub(super) fn look(&self, point: [f64; 2]) -> Known<'_> {
        let entry = self
            .cell_of(point)
            .and_then(|[column, row]| self.entries.get(row * self.columns + column));
        match entry {
            Some(entry) if entry & SETTLED != 0 => Known::Grid(entry & !SETTLED),
            Some(entry) => Known::FirstOf(self.list(*entry)),
            None => Known::FirstOf(&[]),
        }
    }

    fn empty(grids: &[(Extent, &[[f64; 2]])]) -> Self {
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for (extent, _) in grids {
            low = [low[0].min(extent.low[0]), low[1].min(extent.low[1])];
            high = [high[0].max(extent.high[0]), high[1].max(extent.high[1])];
        }
        let (width, height) = (high[0] - low[0], high[1] - low[1]);
        let count = real(grids.len().saturating_mul(CELLS_PER_GRID).min(CELLS_LIMIT));
        // Square in degrees as far as one row and one column allow.
        let side = (width * height / count).sqrt();
        let along = |length: f64| whole((length / side).clamp(1.0, count.max(1.0))).max(1);
        let (columns, rows) = (along(width), along(height));
        let per_degree = [real(columns) / width, real(rows) / height];
        Self {
            low,
            per_degree,
            columns,
            rows,
            entries: Vec::new(),
            lists: Vec::new(),
        }
    }

    /// Column and row of a point, none outside the table.
    fn cell_of(&self, point: [f64; 2]) -> Option<[usize; 2]> {
        let x = (point[0] - self.low[0]) * self.per_degree[0];
        let y = (point[1] - self.low[1]) * self.per_degree[1];
        // The outer border belongs to the cells inside it, on whichever side it was rounded to. NaN
        // is nowhere.
        let is_on = |at: f64, count: usize| (-ROUNDING..=real(count) + ROUNDING).contains(&at);
        (is_on(x, self.columns) && is_on(y, self.rows))
            .then(|| [whole(x).min(self.columns - 1), whole(y).min(self.rows - 1)])
    }

    fn extent_of(&self, column: usize, row: usize) -> Extent {
        let at = |number: usize, axis: [f64; 2]| axis[0] + real(number) / axis[1];
        let (x, y) = (
            [self.low[0], self.per_degree[0]],
            [self.low[1], self.per_degree[1]],
        );
        Extent {
            low: [at(column, x), at(row, y)],
            high: [at(column + 1, x), at(row + 1, y)],
        }
    }

    fn fill(&mut self, found: &[(Vec<u32>, bool)]) {
        self.entries.reserve_exact(found.len());
        for (list, is_full) in found {
            if let ([only], true) = (list.as_slice(), is_full) {
                self.entries.push(SETTLED | only);
                continue;
            }
            // Lists are far fewer than 2^31 numbers: a cell would have to lie in hundreds of grids.
            self.entries
                .push(u32::try_from(self.lists.len()).unwrap_or_default() & !SETTLED);
            self.lists
                .push(u32::try_from(list.len()).unwrap_or_default());
            self.lists.extend(list);
        }
    }

    fn list(&self, entry: u32) -> &[u32] {
        let Some((length, rest)) = usize::try_from(entry)
            .ok()
            .and_then(|at| self.lists.get(at..)?.split_first())
        else {
            return &[];
        };
        usize::try_from(*length)
            .ok()
            .and_then(|length| rest.get(..length))
            .unwrap_or_default()
    }
}

impl Extent {
    fn middle(&self) -> [f64; 2] {
        [
            (self.low[0] + self.high[0]) / 2.0,
            (self.low[1] + self.high[1]) / 2.0,
        ]
    }

    /// Whether an edge comes into the extent or very near. What is not a number never does.
    fn is_touched_by(&self, a: [f64; 2], b: [f64; 2]) -> bool {
        let middle = self.middle();
        let reach = [
            (self.high[0] - self.low[0]) * (0.5 + MARGIN),
            (self.high[1] - self.low[1]) * (0.5 + MARGIN),
        ];
        let (a, b) = (
            [a[0] - middle[0], a[1] - middle[1]],
            [b[0] - middle[0], b[1] - middle[1]],
        );
        // The edge misses the rectangle when one of three directions parts them: east, north, or
        // across the edge.
        let is_near = |p: f64, q: f64, reach: f64| p.min(q) <= reach && -reach <= p.max(q);
        let across = (b[0] - a[0]) * a[1] - (b[1] - a[1]) * a[0];
        let reach_across = (b[0] - a[0]).abs() * reach[1] + (b[1] - a[1]).abs() * reach[0];
        is_near(a[0], b[0], reach[0])
            && is_near(a[1], b[1], reach[1])
            && across.abs() <= reach_across
    }
}

#[expect(clippy::as_conversions, reason = "counts of cells are far below 2^52")]
fn real(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::as_conversions, reason = "rounds down; a float cast saturates")]
fn whole(number: f64) -> usize {
    number as usize
}
