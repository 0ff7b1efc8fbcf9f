-- The app before this step can't open the file any more.
-- The server's receipt for the operation, JSON.
ALTER TABLE operations ADD COLUMN receipt TEXT;
CREATE INDEX operations_subject ON operations (subject, epoch, seq);
-- The operation that announced the photo; NULL for one filed with its report.
ALTER TABLE photos ADD COLUMN op_id TEXT REFERENCES operations (op_id);
