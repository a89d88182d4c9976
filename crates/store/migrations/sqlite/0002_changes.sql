-- What waits for owners before it is done. `content` is signed by digest, so it is never changed.
CREATE TABLE changes (
    id         TEXT NOT NULL PRIMARY KEY,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    content    TEXT NOT NULL,
    digest     TEXT NOT NULL,
    summary    TEXT NOT NULL,
    status     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    decided_at BIGINT
);
CREATE INDEX changes_status ON changes (status, expires_at);
-- At most one change to a thing waits at a time.
CREATE UNIQUE INDEX changes_open ON changes (subject) WHERE status = 'PENDING_CONSENT';

ALTER TABLE challenges ADD COLUMN change_id TEXT REFERENCES changes (id);
CREATE INDEX challenges_change ON challenges (change_id);
