CREATE TABLE contacts (
    -- Whom to call about a report. The operation holds the commitment alone, so that erasing a
    -- contact changes no hash.
    op_id TEXT NOT NULL PRIMARY KEY,
    district TEXT NOT NULL,
    report TEXT NOT NULL,
    commitment TEXT NOT NULL,
    -- Empty once it was erased.
    name TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '',
    salt TEXT NOT NULL DEFAULT '',
    received_ms BIGINT NOT NULL,
    erased_ms BIGINT
);
CREATE INDEX contacts_report ON contacts (report, op_id);
-- What may have to be erased: those that are kept.
CREATE INDEX contacts_kept ON contacts (district, op_id) WHERE erased_ms IS NULL;
