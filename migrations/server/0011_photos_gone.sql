ALTER TABLE photos ADD COLUMN
    -- When its device said that it has nothing but the preview any more: owed by nobody from then
    -- on. Taken back when the bytes come after all.
    gone_ms BIGINT;
