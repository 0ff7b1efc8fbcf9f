-- Until when a unit that assists owes its part of an open case; 9223372036854775807 for a part without
-- a date, NULL for a unit that owes nothing.
ALTER TABLE case_assisting ADD COLUMN part_due_ms BIGINT;
CREATE INDEX case_assisting_owed ON case_assisting (district, unit, part_due_ms, case_id)
    WHERE part_due_ms IS NOT NULL;
-- Who works on it inside the unit that leads, while it is open.
ALTER TABLE cases ADD COLUMN assigned TEXT;
CREATE INDEX cases_assigned ON cases (district, assigned, deadline_ms, id)
    WHERE assigned IS NOT NULL;
-- Until when it may stay in its state (环节); NULL where nothing is due, it is suspended or closed.
ALTER TABLE cases ADD COLUMN stage_due_ms BIGINT;
CREATE INDEX cases_stage_due ON cases (district, stage_due_ms, id) WHERE stage_due_ms IS NOT NULL;
-- All of it stands in the life of each case, JSON: the job that tells what is due looks at every open
-- case once and notes it.
UPDATE cases
SET next_due_ms = 0
WHERE state_class = 'open';
