-- The app before this step may still open the file: it sends no previews.
ALTER TABLE photos ADD COLUMN preview_sha256 TEXT;
ALTER TABLE photos ADD COLUMN preview_attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE photos ADD COLUMN preview_retry_ms BIGINT;
ALTER TABLE photos ADD COLUMN preview_sent_ms BIGINT;
-- When the stored copy was removed by policy; the preview stays. Never before sent_ms.
ALTER TABLE photos ADD COLUMN pruned_ms BIGINT;
CREATE INDEX previews_waiting ON photos (id)
    WHERE preview_sha256 IS NOT NULL AND preview_sent_ms IS NULL;

CREATE TABLE metered_bytes (
    -- Bytes of photos sent over a metered network, for the daily cap. Days of China since 1970.
    day BIGINT NOT NULL PRIMARY KEY,
    bytes BIGINT NOT NULL
);
