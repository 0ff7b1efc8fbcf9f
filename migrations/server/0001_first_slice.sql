CREATE TABLE meta (
    -- schema_version, server_epoch, district, catalogue_version, areas_version.
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE counters (
    -- One row per district. Locked and written once by every batch of writes, so that the numbers
    -- appear in the order in which they commit.
    district TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    -- The day of the last case number as 20261121, and its serial.
    case_serial_day BIGINT NOT NULL,
    case_serial BIGINT NOT NULL
);

CREATE TABLE areas (
    -- A code begins with its parent's, so a scope is a range of codes.
    code TEXT NOT NULL PRIMARY KEY,
    parent TEXT,
    level TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    -- GeoJSON geometry in WGS-84.
    geometry TEXT,
    -- 1 when the outline was generated and is not official.
    synthetic BIGINT NOT NULL
);

CREATE TABLE units (
    -- Codes of departments repeat between districts.
    district TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    area TEXT NOT NULL,
    -- 1 for a unit without staff, whose cases wait for a person.
    pool BIGINT NOT NULL,
    PRIMARY KEY (district, code)
);

CREATE TABLE catalogues (
    -- Never changed nor removed: a report is judged by the version it was filled with.
    version TEXT NOT NULL PRIMARY KEY,
    district TEXT NOT NULL,
    -- The whole document as JSON, calendar included.
    doc TEXT NOT NULL,
    published_ms BIGINT NOT NULL
);

CREATE TABLE people (
    id TEXT NOT NULL PRIMARY KEY,
    district TEXT NOT NULL,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    -- Argon2id; none for somebody who only carries a handheld.
    password_hash TEXT,
    disabled_ms BIGINT,
    created_ms BIGINT NOT NULL
);

CREATE TABLE posts (
    -- A person in a role at a place; several per person. Ended, never removed.
    id TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people (id),
    role TEXT NOT NULL,
    area TEXT NOT NULL,
    unit TEXT,
    kind TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    to_ms BIGINT
);
CREATE INDEX posts_person ON posts (person, from_ms, id);
CREATE INDEX posts_area ON posts (area, id);

CREATE TABLE devices (
    id TEXT NOT NULL PRIMARY KEY,
    district TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES people (id),
    epoch BIGINT NOT NULL,
    name TEXT NOT NULL,
    platform TEXT NOT NULL,
    app_version TEXT NOT NULL,
    enrolled_ms BIGINT NOT NULL,
    last_seen_ms BIGINT,
    -- The loss ledger of the epoch: operations it says it made, received without a gap, received.
    made BIGINT NOT NULL,
    high_water BIGINT NOT NULL,
    received BIGINT NOT NULL,
    disabled_ms BIGINT
);
CREATE INDEX devices_district ON devices (district, id);
CREATE INDEX devices_person ON devices (person, id);

CREATE TABLE sessions (
    -- SHA-256 of the token; the token itself is nowhere.
    token_hash TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people (id),
    device TEXT REFERENCES devices (id),
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    revoked_ms BIGINT
);
CREATE INDEX sessions_person ON sessions (person, token_hash);

CREATE TABLE enrol_codes (
    -- SHA-256 of the code.
    code_hash TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people (id),
    expires_ms BIGINT NOT NULL,
    used_ms BIGINT,
    -- The device that used it: the same one may repeat its request.
    device TEXT
);

CREATE TABLE operations (
    -- Everything a device ever sent that could be kept, with the answer it got.
    op_id TEXT NOT NULL PRIMARY KEY,
    device TEXT NOT NULL REFERENCES devices (id),
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- The canonical text, as hashed.
    body TEXT NOT NULL,
    received_ms BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    -- The answer as JSON, repeated to a repeat.
    result TEXT NOT NULL,
    UNIQUE (device, epoch, seq)
);

CREATE TABLE quarantine (
    -- What could not be acted on, kept for a person. The same operation id with another content is
    -- a row of its own.
    op_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    district TEXT NOT NULL,
    device TEXT NOT NULL,
    person TEXT,
    reason_code TEXT NOT NULL,
    reason TEXT NOT NULL,
    body TEXT NOT NULL,
    received_ms BIGINT NOT NULL,
    resolved_ms BIGINT,
    resolved_by TEXT,
    note TEXT NOT NULL,
    PRIMARY KEY (op_id, hash)
);
CREATE INDEX quarantine_newest ON quarantine (district, received_ms, op_id, hash);
CREATE INDEX quarantine_waiting ON quarantine (district, received_ms, op_id, hash)
    WHERE resolved_ms IS NULL;

CREATE TABLE reports (
    -- A filed fact; no column ever changes.
    id TEXT NOT NULL PRIMARY KEY,
    district TEXT NOT NULL,
    reporter TEXT NOT NULL,
    device TEXT NOT NULL,
    op_id TEXT NOT NULL,
    -- By which the worker knows it before it has a number.
    short_code TEXT NOT NULL,
    category TEXT NOT NULL,
    condition TEXT NOT NULL,
    catalogue_version TEXT NOT NULL,
    -- The grid that the server found, none outside all; codes within the accuracy, space between.
    grid TEXT,
    grid_doubt TEXT NOT NULL,
    -- WGS-84 in units of 1e-7 degree; accuracy in metres.
    lat_e7 BIGINT NOT NULL,
    lon_e7 BIGINT NOT NULL,
    accuracy_m BIGINT,
    place_source TEXT NOT NULL,
    place_words TEXT NOT NULL,
    text TEXT NOT NULL,
    -- When it was seen, by the device's clock, and how far that clock was off.
    occurred_ms BIGINT NOT NULL,
    clock_skew_ms BIGINT,
    received_ms BIGINT NOT NULL,
    self_fixed BIGINT NOT NULL,
    -- What the worker was shown before sending, JSON.
    preview TEXT
);

CREATE TABLE photos (
    -- SHA-256 of the stored bytes. The row comes with the report, the bytes may come later:
    -- without stored_ms they are owed by the device.
    hash TEXT NOT NULL PRIMARY KEY,
    bytes BIGINT NOT NULL,
    mime TEXT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    device TEXT NOT NULL,
    announced_ms BIGINT NOT NULL,
    stored_ms BIGINT
);
CREATE INDEX photos_owed ON photos (device, hash) WHERE stored_ms IS NULL;

CREATE TABLE report_photos (
    report TEXT NOT NULL REFERENCES reports (id),
    -- From 1, in the order taken.
    ordinal BIGINT NOT NULL,
    hash TEXT NOT NULL REFERENCES photos (hash),
    role TEXT NOT NULL,
    original_hash TEXT,
    PRIMARY KEY (report, ordinal)
);
CREATE INDEX report_photos_hash ON report_photos (hash, report, ordinal);

CREATE TABLE uploads (
    -- A photo on its way; its bytes so far are in the spool.
    id TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL,
    length BIGINT NOT NULL,
    offset_bytes BIGINT NOT NULL,
    mime TEXT NOT NULL,
    device TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX uploads_device ON uploads (device, hash, id);
CREATE INDEX uploads_expiry ON uploads (expires_ms, id);

CREATE TABLE cases (
    -- A state machine that the server owns. Moves only by compare-and-set on revision.
    id TEXT NOT NULL PRIMARY KEY,
    district TEXT NOT NULL,
    case_no TEXT NOT NULL UNIQUE,
    report TEXT NOT NULL UNIQUE REFERENCES reports (id),
    short_code TEXT NOT NULL,
    revision BIGINT NOT NULL,
    -- A name of the STATES table, and open or closed.
    state TEXT NOT NULL,
    state_class TEXT NOT NULL,
    lead_unit TEXT NOT NULL,
    -- Street, community and grid, as far as the place lies in one.
    street TEXT,
    community TEXT,
    grid TEXT,
    category TEXT NOT NULL,
    -- Beginning of the text for lists; everything that is searched, in lower case.
    excerpt TEXT NOT NULL,
    search TEXT NOT NULL,
    lat_e7 BIGINT NOT NULL,
    lon_e7 BIGINT NOT NULL,
    reporter TEXT NOT NULL,
    opened_ms BIGINT NOT NULL,
    dispatched_ms BIGINT,
    -- 9223372036854775807 for none, so that the order by deadline is the order of an index.
    deadline_ms BIGINT NOT NULL,
    handled_ms BIGINT,
    closed_ms BIGINT,
    -- The routing decision and where it differs from the worker's preview, JSON.
    decision TEXT NOT NULL,
    differs TEXT NOT NULL,
    photos_expected BIGINT NOT NULL,
    photos_stored BIGINT NOT NULL,
    self_fixed BIGINT NOT NULL,
    -- 0 on the spot, then the level at which it was put right; none while open.
    solved_level BIGINT
);
CREATE INDEX cases_newest ON cases (district, opened_ms, id);
CREATE INDEX cases_due ON cases (district, state_class, deadline_ms, id);
CREATE INDEX cases_state ON cases (district, state, opened_ms, id);
CREATE INDEX cases_unit ON cases (district, lead_unit, state, opened_ms, id);
CREATE INDEX cases_street ON cases (district, street, opened_ms, id);
CREATE INDEX cases_community ON cases (district, community, opened_ms, id);
CREATE INDEX cases_reporter ON cases (district, reporter, opened_ms, id);

CREATE TABLE case_assisting (
    -- Units that are told and share the file.
    district TEXT NOT NULL,
    unit TEXT NOT NULL,
    case_id TEXT NOT NULL REFERENCES cases (id),
    PRIMARY KEY (district, unit, case_id)
);
CREATE INDEX case_assisting_case ON case_assisting (case_id, unit);

CREATE TABLE case_events (
    -- The trail of a case; only appended. Each row's hash covers the one before it.
    case_id TEXT NOT NULL REFERENCES cases (id),
    -- From 1 without gaps.
    ordinal BIGINT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    -- None for the system.
    actor_person TEXT,
    actor_role TEXT,
    actor_unit TEXT,
    at_ms BIGINT NOT NULL,
    reason TEXT NOT NULL,
    -- Further facts, JSON.
    detail TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (case_id, ordinal)
);

CREATE TABLE changes (
    -- One row for each row that a bucket holds, at the number of its newest change: a device that
    -- was away for a month gets each row once.
    district TEXT NOT NULL,
    bucket TEXT NOT NULL,
    tbl TEXT NOT NULL,
    row_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    -- put, tombstone, evict or redact.
    why TEXT NOT NULL,
    PRIMARY KEY (district, bucket, tbl, row_id)
);
CREATE UNIQUE INDEX changes_page ON changes (district, bucket, seq);

CREATE TABLE audit (
    -- Who did what, beside the trails of cases: sign-ins, people, posts, devices, quarantine.
    id TEXT NOT NULL PRIMARY KEY,
    district TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    person TEXT,
    device TEXT,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_newest ON audit (district, at_ms, id);
