-- The app before this step refuses the file: it was written by a later version.
CREATE TABLE tasks (
    -- What the worker took up to look at on the spot. While it isn't done, its photos are those of
    -- the draft with the same id.
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL,
    report_id TEXT NOT NULL,
    -- Kind of the operation that it becomes.
    kind TEXT NOT NULL,
    -- JSON of the case as it was then, so that it can be shown when the case has left this handheld.
    doc TEXT NOT NULL,
    found TEXT,
    reason TEXT NOT NULL,
    begun_ms BIGINT NOT NULL,
    -- The operation that it became, and when.
    op_id TEXT REFERENCES operations (op_id),
    done_ms BIGINT
);
CREATE INDEX tasks_case ON tasks (case_id, begun_ms);
-- Who may look at a case on the spot came with the same step: these are fetched again.
DELETE FROM cases
WHERE json_valid(doc) AND json_extract(doc, '$.state') IN ('verifying', 'checking');
CREATE INDEX photos_operation ON photos (op_id) WHERE op_id IS NOT NULL;
