-- The newest cases of one unit. Without it SQLite walks the newest cases of the whole district until
-- a page is full, which for a unit with few of them is to the end.
CREATE INDEX cases_unit_newest ON cases (district, lead_unit, opened_ms, id);
