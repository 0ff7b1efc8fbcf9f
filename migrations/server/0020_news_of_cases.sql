-- Since when something waits for a look that came after the end, or a wish to withdraw; none when
-- there is nothing. The trail says what it is.
ALTER TABLE cases ADD COLUMN news_ms BIGINT;
CREATE INDEX cases_news ON cases (district, news_ms, id) WHERE news_ms IS NOT NULL;
