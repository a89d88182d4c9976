-- Hash of the token that the last renewal replaced, until the new one is first used: its holder may fetch that
-- renewal again.
ALTER TABLE sessions ADD COLUMN replaced_hash TEXT;
