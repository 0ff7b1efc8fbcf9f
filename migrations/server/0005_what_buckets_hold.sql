CREATE TABLE buckets (
    -- What a bucket holds now: kept with every change of the feed, so that a pull compares without
    -- reading rows. A bucket without a row here is counted from the feed when it is next written.
    district TEXT NOT NULL,
    bucket TEXT NOT NULL,
    -- Number of its newest change.
    newest BIGINT NOT NULL,
    -- Rows that are there (put or redact), and the sum of their hashes modulo 2^53.
    held BIGINT NOT NULL,
    digest BIGINT NOT NULL,
    PRIMARY KEY (district, bucket)
);
CREATE INDEX buckets_moved ON buckets (district, newest, bucket);

-- A new bucket is filled from its newest row down, without those that left it.
CREATE INDEX changes_held ON changes (district, bucket, seq) WHERE why IN ('put', 'redact');

-- Closed cases in the order in which they leave the handhelds.
CREATE INDEX cases_closed ON cases (district, closed_ms, id) WHERE closed_ms IS NOT NULL;
