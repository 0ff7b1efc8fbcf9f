-- Ticks at the points of rounds (巡查). Which rounds and points there are is in the catalogue. No
-- person: the operation says who made it.
CREATE TABLE patrol_marks (
    op_id TEXT NOT NULL PRIMARY KEY,
    district TEXT NOT NULL,
    area TEXT NOT NULL,
    round TEXT NOT NULL,
    point TEXT NOT NULL,
    seen TEXT NOT NULL,
    note TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    received_ms BIGINT NOT NULL
);
CREATE INDEX patrol_marks_made ON patrol_marks (district, round, made_ms, op_id);
