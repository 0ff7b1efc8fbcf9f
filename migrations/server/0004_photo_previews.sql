CREATE TABLE previews (
    -- A small JPEG that is sent before its photo. The same picture may belong to several photos,
    -- which differ in their watermarks. Without stored_ms its bytes are owed.
    hash TEXT NOT NULL PRIMARY KEY,
    bytes BIGINT NOT NULL,
    device TEXT NOT NULL,
    announced_ms BIGINT NOT NULL,
    stored_ms BIGINT
);

ALTER TABLE photos ADD COLUMN preview_hash TEXT;
CREATE INDEX photos_preview ON photos (preview_hash, hash);
