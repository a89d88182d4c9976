-- What an action of one of the daemon's own providers moves. It counts as the reservations of its transaction do.
CREATE TABLE action_values (
    tx_id      TEXT NOT NULL PRIMARY KEY REFERENCES transactions (id),
    wallet_id  TEXT NOT NULL,
    category   TEXT NOT NULL,
    usd_micros BIGINT,
    status     TEXT NOT NULL,
    counted_at BIGINT NOT NULL
);
CREATE INDEX action_values_sums ON action_values (wallet_id, category, status, counted_at);

-- The host of an HTTP message (ERC-8128) that was asked to be signed.
ALTER TABLE transactions ADD COLUMN http_domain TEXT;
CREATE INDEX transactions_http ON transactions (wallet_id, http_domain, created_at) WHERE http_domain IS NOT NULL;
