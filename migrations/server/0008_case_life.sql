-- What a case has been through beside its state, JSON: a new fact needs no step here.
ALTER TABLE cases ADD COLUMN life TEXT NOT NULL DEFAULT '{}';
-- What waits for somebody's answer (extension, suspension, void, force_close, appeal), and the card
-- that lies on it (yellow, red).
ALTER TABLE cases ADD COLUMN asked TEXT;
ALTER TABLE cases ADD COLUMN card TEXT;
-- The next moment at which something is due. Cases of before are looked at once.
ALTER TABLE cases ADD COLUMN next_due_ms BIGINT;
UPDATE cases
SET next_due_ms = 0
WHERE state_class = 'open';
ALTER TABLE cases ADD COLUMN merged_into TEXT;
CREATE INDEX cases_next_due ON cases (district, next_due_ms, id) WHERE next_due_ms IS NOT NULL;
CREATE INDEX cases_asked ON cases (district, asked, id) WHERE asked IS NOT NULL;
CREATE INDEX cases_card ON cases (district, card, id) WHERE card IS NOT NULL;
CREATE INDEX cases_merged ON cases (merged_into, id) WHERE merged_into IS NOT NULL;
