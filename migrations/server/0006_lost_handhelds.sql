ALTER TABLE devices ADD COLUMN
    -- Since when it is reported lost, and when it first came after that and was told.
    lost_ms BIGINT;
ALTER TABLE devices ADD COLUMN
    told_lost_ms BIGINT;
