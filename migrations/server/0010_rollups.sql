CREATE TABLE rollups (
    -- What was counted of units and places by day, kept with every entry of a trail: statistics
    -- cost by days and units, not by cases. `gewu-server recount` makes them again from the trails.
    district TEXT NOT NULL,
    -- unit, or place.
    kind TEXT NOT NULL,
    -- The day in China as 20261121.
    day BIGINT NOT NULL,
    -- Code of the unit; of the community, or of what is around it where there is none.
    key TEXT NOT NULL,
    -- A name of shared::indicators::Counter.
    counter TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (district, kind, day, key, counter)
);
