-- The app before this step refuses the file: it was written by a later version.
-- Where mirrored cases and own reports lie, so that what is near is found without reading each.
ALTER TABLE cases ADD COLUMN lat_e7 BIGINT;
ALTER TABLE cases ADD COLUMN lon_e7 BIGINT;
-- 1 while work remains.
ALTER TABLE cases ADD COLUMN is_open BIGINT NOT NULL DEFAULT 0;
UPDATE cases
SET lat_e7 = json_extract(doc, '$.lat_e7'), lon_e7 = json_extract(doc, '$.lon_e7'),
    is_open = (coalesce(json_extract(doc, '$.class'), '') = 'open')
WHERE json_valid(doc);
CREATE INDEX cases_place ON cases (lat_e7, lon_e7) WHERE is_open = 1;
ALTER TABLE reports ADD COLUMN lat_e7 BIGINT;
ALTER TABLE reports ADD COLUMN lon_e7 BIGINT;
UPDATE reports
SET lat_e7 = json_extract(filed, '$.place.lat_e7'), lon_e7 = json_extract(filed, '$.place.lon_e7')
WHERE json_valid(filed);
CREATE INDEX reports_place ON reports (lat_e7, lon_e7);
-- What a photo looks like, before its watermark: 16 hex digits. NULL when that says nothing.
ALTER TABLE photos ADD COLUMN phash TEXT;
