-- Reports that were begun at a point of a round (巡查): only says where to look, the operations say it
-- themselves. When it was made by the server's clock as far as the handheld knew it, like ticks.
CREATE TABLE patrol_reports (
    report TEXT NOT NULL PRIMARY KEY,
    district TEXT NOT NULL,
    round TEXT NOT NULL,
    point TEXT NOT NULL,
    made_ms BIGINT NOT NULL
);
CREATE INDEX patrol_reports_made ON patrol_reports (district, round, made_ms, report);
