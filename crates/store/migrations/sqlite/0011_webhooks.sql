-- Addresses that receive audit events. The audit log is the outbox: `position` is the last of its rows that was taken
-- from it for this webhook, or passed over.
CREATE TABLE webhooks (
    id            TEXT NOT NULL PRIMARY KEY,
    url           TEXT NOT NULL,
    events        TEXT NOT NULL,
    description   TEXT,
    sealed_secret BLOB NOT NULL,
    enabled       BIGINT NOT NULL,
    position      BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);

-- The delivery log. `seq` is the row of the audit log; a test message has none.
CREATE TABLE webhook_deliveries (
    id          TEXT NOT NULL PRIMARY KEY,
    webhook_id  TEXT NOT NULL REFERENCES webhooks (id),
    seq         BIGINT,
    event_type  TEXT NOT NULL,
    status      TEXT NOT NULL,
    attempts    BIGINT NOT NULL,
    http_status BIGINT,
    error       TEXT,
    duration_ms BIGINT,
    next_try_at BIGINT,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);
CREATE INDEX webhook_deliveries_page ON webhook_deliveries (webhook_id, id);
-- A webhook's events go out one after the other.
CREATE UNIQUE INDEX webhook_deliveries_open ON webhook_deliveries (webhook_id) WHERE status = 'PENDING';
-- No event is taken twice.
CREATE UNIQUE INDEX webhook_deliveries_event ON webhook_deliveries (webhook_id, seq) WHERE seq IS NOT NULL;
