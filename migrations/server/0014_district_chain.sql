-- Every entry of a trail and of the audit has a number in its district, from 1 without gaps, in the
-- order of the commits. Sealing puts their hashes into one chain; see docs/STORAGE.md.
ALTER TABLE counters ADD COLUMN
    -- The last of these numbers.
    entry_no BIGINT NOT NULL DEFAULT 0;
ALTER TABLE case_events ADD COLUMN district TEXT NOT NULL DEFAULT '';
ALTER TABLE case_events ADD COLUMN entry_no BIGINT NOT NULL DEFAULT 0;
ALTER TABLE audit ADD COLUMN entry_no BIGINT NOT NULL DEFAULT 0;
ALTER TABLE audit ADD COLUMN
    -- Over the entry and the hash of the audit's entry before it; empty until the first entry after
    -- this step is written.
    hash TEXT NOT NULL DEFAULT '';

-- What was there before: first the trails, then the audit, each in the order of its times.
UPDATE case_events
SET district = (SELECT district FROM cases WHERE cases.id = case_events.case_id);
UPDATE case_events
SET entry_no = numbered.entry_no
FROM (
    SELECT case_id, ordinal,
        row_number() OVER (PARTITION BY district ORDER BY at_ms, case_id, ordinal) AS entry_no
    FROM case_events
) AS numbered
WHERE case_events.case_id = numbered.case_id AND case_events.ordinal = numbered.ordinal;
UPDATE audit
SET entry_no = numbered.entry_no
    + (SELECT count(*) FROM case_events WHERE case_events.district = audit.district)
FROM (
    SELECT id, row_number() OVER (PARTITION BY district ORDER BY at_ms, id) AS entry_no
    FROM audit
) AS numbered
WHERE audit.id = numbered.id;
UPDATE counters
SET entry_no = (SELECT count(*) FROM case_events WHERE case_events.district = counters.district)
    + (SELECT count(*) FROM audit WHERE audit.district = counters.district);
CREATE UNIQUE INDEX case_events_entry ON case_events (district, entry_no);
CREATE UNIQUE INDEX audit_entry ON audit (district, entry_no);

CREATE TABLE seals (
    -- Entries that are sealed, a run of them after the other.
    district TEXT NOT NULL,
    first_no BIGINT NOT NULL,
    last_no BIGINT NOT NULL,
    -- Their hashes in order, 64 hex digits each.
    hashes TEXT NOT NULL,
    -- The district's chain before and after them.
    before_hash TEXT NOT NULL,
    head TEXT NOT NULL,
    sealed_ms BIGINT NOT NULL,
    PRIMARY KEY (district, first_no)
);

CREATE TABLE day_roots (
    -- What the server signed at the end of a day in China, as 20261124.
    district TEXT NOT NULL,
    day BIGINT NOT NULL,
    -- The life of the data that it belongs to.
    epoch TEXT NOT NULL,
    -- The day's last entry and the chain after it.
    last_no BIGINT NOT NULL,
    head TEXT NOT NULL,
    -- The root of the day before that has one.
    before_root TEXT NOT NULL,
    root TEXT NOT NULL,
    -- Short name of the key, and its signature.
    key_id TEXT NOT NULL,
    signature TEXT NOT NULL,
    sealed_ms BIGINT NOT NULL,
    PRIMARY KEY (district, day)
);
