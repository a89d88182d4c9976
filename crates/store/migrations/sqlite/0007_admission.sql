-- What is meant where a request does not say: the wallet of a session, the network of a wallet.
ALTER TABLE sessions ADD COLUMN default_wallet TEXT REFERENCES wallets (id);
ALTER TABLE wallets ADD COLUMN default_network TEXT;

-- Equal denials of a day are one row with a count.
ALTER TABLE transactions ADD COLUMN denials BIGINT NOT NULL DEFAULT 1;
ALTER TABLE transactions ADD COLUMN denial_digest TEXT;
CREATE INDEX transactions_denied ON transactions (session_id, request_digest, denial_digest)
    WHERE status = 'DENIED';

-- How many denials of a session were kept and not kept on its last day (Unix days) with one.
CREATE TABLE denial_counts (
    session_id TEXT NOT NULL PRIMARY KEY REFERENCES sessions (id),
    day        BIGINT NOT NULL,
    kept       BIGINT NOT NULL,
    not_kept   BIGINT NOT NULL
);

-- Which daemon holds the database; one row. Never part of a backup.
CREATE TABLE lease (
    id         BIGINT NOT NULL PRIMARY KEY,
    holder     TEXT NOT NULL,
    place      TEXT NOT NULL,
    host       TEXT NOT NULL,
    pid        BIGINT NOT NULL,
    renewed_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- The database's own time, the same for every daemon.
CREATE VIEW database_clock AS SELECT unixepoch() AS now;
