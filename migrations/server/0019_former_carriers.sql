CREATE TABLE device_bindings (
    -- Who carried a handheld in which epoch, so that what they left on it is still theirs.
    device TEXT NOT NULL REFERENCES devices (id),
    epoch BIGINT NOT NULL,
    person TEXT NOT NULL REFERENCES people (id),
    -- When it was handed on. None while it is carried, and where nobody can say any more who made
    -- what lies on it: it was lost in between, or signs with another key.
    until_ms BIGINT,
    PRIMARY KEY (device, epoch)
);
INSERT INTO device_bindings (device, epoch, person)
SELECT id, epoch, person FROM devices;
