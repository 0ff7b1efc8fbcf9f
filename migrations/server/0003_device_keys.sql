-- The device's Ed25519 public key in hex; none for one enrolled by an app that had no key.
ALTER TABLE devices ADD COLUMN public_key TEXT;
-- Since when it has owed something without a break; none while everything is here.
ALTER TABLE devices ADD COLUMN owed_since_ms BIGINT;
