-- What the client of an upload said of it (tus: Upload-Metadata), told again when it asks.
ALTER TABLE uploads ADD COLUMN metadata TEXT NOT NULL DEFAULT '';
