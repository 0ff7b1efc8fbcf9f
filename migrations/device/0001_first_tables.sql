-- The handheld's database. There is no earlier app that could open it.
-- Times are UTC milliseconds by the device's clock unless a column says server; ids are lower-case
-- texts; JSON is read and written by the app alone.

CREATE TABLE device (
    -- This installation; at most one row, made at the first enrolment.
    only_row BIGINT NOT NULL PRIMARY KEY,
    device_id TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    -- Number and hash of the newest operation of this epoch: read and raised in the transaction
    -- that writes the operation, so that there is never a gap.
    seq BIGINT NOT NULL,
    last_hash TEXT NOT NULL,
    server TEXT NOT NULL,
    token TEXT NOT NULL,
    -- 1 after the server refused the token: sync waits for a new enrolment, filing goes on.
    token_refused BIGINT NOT NULL,
    -- JSON of the person and posts at the last contact.
    me TEXT NOT NULL,
    district TEXT NOT NULL,
    district_name TEXT NOT NULL,
    -- Changes when the server came back from a backup: then everything is offered again.
    server_epoch TEXT NOT NULL,
    -- Server's clock minus the device's clock at the last contact.
    offset_ms BIGINT NOT NULL,
    catalogue_wanted TEXT NOT NULL,
    areas_wanted TEXT NOT NULL,
    enrolled_ms BIGINT NOT NULL,
    last_success_ms BIGINT
);

CREATE TABLE settings (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE drafts (
    -- Becomes the report's id.
    id TEXT NOT NULL PRIMARY KEY,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    -- Raised with each change, so that filing notices one made in between.
    revision BIGINT NOT NULL,
    -- JSON of the fields filled in so far.
    fields TEXT NOT NULL
);

CREATE TABLE operations (
    -- The outbox, and the ledger of what was sent: rows are never deleted.
    op_id TEXT NOT NULL PRIMARY KEY,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    hash TEXT NOT NULL,
    -- Canonical form with its hash: exactly what is sent.
    body TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    -- Refusals of this operation alone, and when it may be tried again; others go first.
    attempts BIGINT NOT NULL,
    retry_ms BIGINT,
    -- The server's answer; NULL while it waits.
    outcome TEXT,
    code TEXT,
    words TEXT,
    case_id TEXT,
    case_no TEXT,
    received_ms BIGINT,
    answered_ms BIGINT,
    -- JSON list: where the server decided otherwise than the preview.
    differs TEXT NOT NULL,
    UNIQUE (epoch, seq)
);
CREATE INDEX operations_waiting ON operations (epoch, seq) WHERE outcome IS NULL;

CREATE TABLE reports (
    id TEXT NOT NULL PRIMARY KEY,
    op_id TEXT NOT NULL UNIQUE REFERENCES operations (op_id),
    short_code TEXT NOT NULL UNIQUE,
    filed_ms BIGINT NOT NULL,
    category TEXT NOT NULL,
    category_name TEXT NOT NULL,
    condition_name TEXT NOT NULL,
    place_path TEXT NOT NULL,
    -- JSON of the filed report, and of the decision that the worker was shown.
    filed TEXT NOT NULL,
    decision TEXT NOT NULL
);
CREATE INDEX reports_filed ON reports (filed_ms, id);
CREATE INDEX reports_category ON reports (category, filed_ms);

CREATE TABLE photos (
    -- Belongs to a draft, then to the report that the draft became: never to neither.
    id INTEGER NOT NULL PRIMARY KEY,
    draft_id TEXT REFERENCES drafts (id),
    report_id TEXT REFERENCES reports (id),
    ordinal BIGINT NOT NULL,
    role TEXT NOT NULL,
    -- Of the stored bytes.
    sha256 TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    preview BLOB NOT NULL,
    -- Of what the camera wrote.
    original_sha256 TEXT NOT NULL,
    original_bytes BIGINT NOT NULL,
    taken_ms BIGINT,
    -- Position by the camera: a suggestion, kept off the stored bytes.
    hint_lat_e7 BIGINT,
    hint_lon_e7 BIGINT,
    added_ms BIGINT NOT NULL,
    -- The upload: where it goes, how far it got, refusals of this photo, when it had arrived.
    upload_url TEXT,
    upload_offset BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    retry_ms BIGINT,
    sent_ms BIGINT
);
CREATE INDEX photos_draft ON photos (draft_id, ordinal);
CREATE INDEX photos_report ON photos (report_id, ordinal);
CREATE INDEX photos_waiting ON photos (id) WHERE sent_ms IS NULL;

CREATE TABLE photo_chunks (
    photo_id INTEGER NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
    ordinal BIGINT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (photo_id, ordinal)
) WITHOUT ROWID;

CREATE TABLE cases (
    -- Mirror of the server's cases in this person's buckets.
    id TEXT NOT NULL PRIMARY KEY,
    report_id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    -- JSON as it came, members of later versions included.
    doc TEXT NOT NULL
);
CREATE INDEX cases_report ON cases (report_id);

CREATE TABLE case_buckets (
    -- By which buckets a case came: it leaves with the last of them.
    bucket TEXT NOT NULL,
    case_id TEXT NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    PRIMARY KEY (bucket, case_id)
) WITHOUT ROWID;
CREATE INDEX case_buckets_case ON case_buckets (case_id, bucket);

CREATE TABLE cursors (
    bucket TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL
);

CREATE TABLE bundles (
    -- `catalogue` and `areas`, whole, by version; the newest of each kind is in use.
    kind TEXT NOT NULL,
    version TEXT NOT NULL,
    fetched_ms BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, version)
);
