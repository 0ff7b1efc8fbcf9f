-- The app before this step refuses the file: it was written by a later version.
CREATE TABLE cases_asked (
    -- A report filed here about whose case the server was asked by its name.
    report_id TEXT NOT NULL PRIMARY KEY,
    -- When, by this device's clock: it isn't asked at every pull what the server doesn't tell.
    asked_ms BIGINT NOT NULL
) WITHOUT ROWID;
