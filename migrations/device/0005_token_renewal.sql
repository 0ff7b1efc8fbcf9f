-- From when on a new token is asked for, by this device's clock. NULL when the server never said.
ALTER TABLE device ADD COLUMN token_renew_ms INTEGER;
