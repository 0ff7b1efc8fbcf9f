-- When everything had been sent and this photo was at the server, by the server's clock: how long a
-- photo is kept after that is not for the handheld's own clock to say, which may be set to anything.
ALTER TABLE photos ADD COLUMN safe_ms BIGINT;
CREATE INDEX photos_not_known_safe ON photos (id) WHERE sent_ms IS NOT NULL AND safe_ms IS NULL;
