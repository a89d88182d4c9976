-- What waits for owners before it is done. `content` is signed by digest, so it is never changed.
CREATE TABLE changes (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind       TEXT COLLATE "C" NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    content    TEXT COLLATE "C" NOT NULL,
    digest     TEXT COLLATE "C" NOT NULL,
    summary    TEXT COLLATE "C" NOT NULL,
    status     TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    decided_at BIGINT
);
CREATE INDEX changes_status ON changes (status, expires_at);
-- At most one change to a thing waits at a time.
CREATE UNIQUE INDEX changes_open ON changes (subject) WHERE status = 'PENDING_CONSENT';

ALTER TABLE challenges ADD COLUMN change_id TEXT COLLATE "C" REFERENCES changes (id);
CREATE INDEX challenges_change ON challenges (change_id);
