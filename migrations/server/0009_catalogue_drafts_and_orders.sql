ALTER TABLE catalogues ADD COLUMN
    -- From when it is in force; none for one published before this step: from its publication.
    from_ms BIGINT;
ALTER TABLE catalogues ADD COLUMN
    -- Who published it, and what for.
    published_by TEXT;
ALTER TABLE catalogues ADD COLUMN
    words TEXT;

CREATE TABLE catalogue_drafts (
    -- Changed until it is published or dropped, and kept after either.
    id TEXT NOT NULL PRIMARY KEY,
    district TEXT NOT NULL,
    name TEXT NOT NULL,
    -- The version whose content it began with.
    base TEXT NOT NULL,
    -- The whole document as JSON.
    doc TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL REFERENCES people (id),
    -- The version that it became.
    published TEXT REFERENCES catalogues (version),
    dropped_ms BIGINT
);
CREATE INDEX catalogue_drafts_open ON catalogue_drafts (district, changed_ms, id)
    WHERE published IS NULL AND dropped_ms IS NULL;

CREATE TABLE emergency_orders (
    -- 平急转换. Never removed: the mode of any place at any moment can be found again.
    id TEXT NOT NULL PRIMARY KEY,
    district TEXT NOT NULL,
    -- Number of the document.
    number TEXT NOT NULL,
    -- The place; everything below it is meant too.
    area TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    -- The planned end; none for "until further notice".
    until_ms BIGINT,
    words TEXT NOT NULL,
    -- Categories for emergencies that it switches on, space between.
    categories TEXT NOT NULL,
    given_ms BIGINT NOT NULL,
    given_by TEXT NOT NULL REFERENCES people (id),
    -- When and by whom it was ended before that.
    ended_ms BIGINT,
    ended_by TEXT
);
CREATE INDEX emergency_orders_newest ON emergency_orders (district, from_ms, id);
