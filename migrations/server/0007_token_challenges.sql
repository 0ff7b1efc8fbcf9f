-- Challenges that a handheld has answered for a new token: each is good for one.
CREATE TABLE token_challenges (
    challenge TEXT NOT NULL PRIMARY KEY,
    used_ms BIGINT NOT NULL
);
CREATE INDEX token_challenges_used ON token_challenges (used_ms);
