-- In which square a case lies, of 0.002 degree each way: what lies near is found by an index, however
-- many cases there are. The same whole-number division as in shared/src/similar/cells.rs.
ALTER TABLE cases ADD COLUMN cell BIGINT NOT NULL DEFAULT 0;
-- Perceptual hashes of its photos, space between.
ALTER TABLE cases ADD COLUMN phashes TEXT NOT NULL DEFAULT '';
UPDATE cases SET cell = lat_e7 / 20000 * 1000000 + lon_e7 / 20000;
CREATE INDEX cases_cell ON cases (cell, opened_ms, id);
-- The report that the worker said this one is the same as: a hint. NULL for none.
ALTER TABLE reports ADD COLUMN same_as TEXT;
CREATE INDEX reports_same_as ON reports (same_as, id) WHERE same_as IS NOT NULL;

CREATE TABLE repeated_places (
    -- Squares in which a case was opened that had others of its group near it, with the newest such
    -- case. Only says where to look: what is there is counted when somebody asks.
    district TEXT NOT NULL,
    -- The group (大类): C01.
    family TEXT NOT NULL,
    cell BIGINT NOT NULL,
    last_ms BIGINT NOT NULL,
    PRIMARY KEY (district, family, cell)
);
CREATE INDEX repeated_places_newest ON repeated_places (district, last_ms, family, cell);
