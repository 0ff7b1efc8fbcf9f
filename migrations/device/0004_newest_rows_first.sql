-- The app before this step refuses the file: it was written by a later version.
-- A new bucket comes newest first: rows below this number are still to come. NULL when it is whole.
ALTER TABLE cursors ADD COLUMN backfill BIGINT;
