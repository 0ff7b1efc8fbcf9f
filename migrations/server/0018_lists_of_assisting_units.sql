-- When the case was opened, which never changes: with it the newest cases that a unit assists in are
-- one walk along an index. Without it they are all looked up and sorted, for each page.
-- The primary key and the index by cases stay: by them it is asked whether a unit assists in a case.
ALTER TABLE case_assisting ADD COLUMN case_opened_ms BIGINT NOT NULL DEFAULT 0;
UPDATE case_assisting
SET case_opened_ms = (SELECT opened_ms FROM cases WHERE cases.id = case_assisting.case_id);
CREATE INDEX case_assisting_newest ON case_assisting (district, unit, case_opened_ms, case_id);
