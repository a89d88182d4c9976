-- Types: TEXT, BIGINT, BLOB only. Flags are BIGINT 0/1, times are Unix seconds, NULL means none.

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE login_failures (
    scope        TEXT NOT NULL PRIMARY KEY,
    failures     BIGINT NOT NULL,
    locked_until BIGINT,
    updated_at   BIGINT NOT NULL
);

CREATE TABLE wallets (
    id                TEXT NOT NULL PRIMARY KEY,
    name              TEXT NOT NULL,
    chain             TEXT NOT NULL,
    environment       TEXT NOT NULL,
    address           TEXT NOT NULL,
    sealed_key        BLOB NOT NULL,
    status            TEXT NOT NULL,
    owner_address     TEXT,
    owner_state       TEXT NOT NULL,
    suspended_at      BIGINT,
    suspension_reason TEXT,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL
);
-- A terminated wallet gives its name free.
CREATE UNIQUE INDEX wallets_name ON wallets (name) WHERE status <> 'TERMINATED';

CREATE TABLE sessions (
    id                  TEXT NOT NULL PRIMARY KEY,
    token_hash          TEXT NOT NULL UNIQUE,
    created_at          BIGINT NOT NULL,
    expires_at          BIGINT NOT NULL,
    absolute_expires_at BIGINT,
    ttl_seconds         BIGINT NOT NULL,
    renewal_count       BIGINT NOT NULL,
    max_renewals        BIGINT,
    last_renewed_at     BIGINT,
    revoked_at          BIGINT,
    token_issued_count  BIGINT NOT NULL,
    source              TEXT NOT NULL
);

CREATE TABLE session_wallets (
    session_id TEXT NOT NULL REFERENCES sessions (id),
    wallet_id  TEXT NOT NULL REFERENCES wallets (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (session_id, wallet_id)
);
CREATE INDEX session_wallets_wallet ON session_wallets (wallet_id);

CREATE TABLE policies (
    id          TEXT NOT NULL PRIMARY KEY,
    wallet_id   TEXT REFERENCES wallets (id),
    network     TEXT,
    policy_type TEXT NOT NULL,
    category    TEXT,
    rules       TEXT NOT NULL,
    priority    BIGINT NOT NULL,
    enabled     BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    version     BIGINT NOT NULL
);
-- NULLs are distinct in a unique index, so "all wallets" counts as the empty text here.
CREATE UNIQUE INDEX policies_scope ON policies
    (policy_type, COALESCE(wallet_id, ''), COALESCE(network, ''), COALESCE(category, ''));

-- Sets of policies as decisions saw them, by the digest of their text. Never changed.
CREATE TABLE policy_sets (
    digest TEXT NOT NULL PRIMARY KEY,
    rules  TEXT NOT NULL
);

CREATE TABLE tokens (
    network    TEXT NOT NULL,
    address    TEXT NOT NULL,
    symbol     TEXT NOT NULL,
    decimals   BIGINT NOT NULL,
    source     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (network, address)
);

CREATE TABLE transactions (
    id                  TEXT NOT NULL PRIMARY KEY,
    wallet_id           TEXT NOT NULL REFERENCES wallets (id),
    session_id          TEXT REFERENCES sessions (id),
    replaces            TEXT REFERENCES transactions (id) DEFERRABLE INITIALLY DEFERRED,
    kind                TEXT NOT NULL,
    network             TEXT NOT NULL,
    status              TEXT NOT NULL,
    tier                TEXT,
    intent              TEXT NOT NULL,
    to_address          TEXT,
    amount              TEXT NOT NULL,
    asset               TEXT NOT NULL,
    draft_network       TEXT,
    draft_from          TEXT,
    draft_body          BLOB,
    digest              TEXT,
    effects             TEXT,
    verdict             TEXT NOT NULL,
    denial_code         TEXT,
    usd_micros          BIGINT,
    kill_generation     BIGINT NOT NULL,
    gas_condition       TEXT,
    execute_after       BIGINT,
    approval_expires_at BIGINT,
    unsigned_bytes      BLOB,
    signed_bytes        BLOB,
    tx_hash             TEXT,
    expiry_kind         TEXT,
    expiry_value        BIGINT,
    broadcast_rejected  BIGINT NOT NULL DEFAULT 0,
    fee                 TEXT,
    block               BIGINT,
    error_code          TEXT,
    error               TEXT,
    request_digest      TEXT NOT NULL,
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL,
    executed_at         BIGINT
);
CREATE INDEX transactions_wallet ON transactions (wallet_id, id);
CREATE INDEX transactions_requests ON transactions (wallet_id, created_at);
CREATE INDEX transactions_status ON transactions (status, id);
CREATE UNIQUE INDEX transactions_hash ON transactions (network, tx_hash) WHERE tx_hash IS NOT NULL;
-- At most one transaction at a time tries to take the place of another.
CREATE UNIQUE INDEX transactions_replaces ON transactions (replaces)
    WHERE replaces IS NOT NULL AND status NOT IN ('DENIED', 'CONFIRMED', 'FAILED', 'CANCELLED', 'EXPIRED');

-- `amount` is 78 decimal digits, zero padded, so that SQL can add it exactly in six parts.
CREATE TABLE reservations (
    tx_id      TEXT NOT NULL REFERENCES transactions (id),
    position   BIGINT NOT NULL,
    wallet_id  TEXT NOT NULL,
    network    TEXT NOT NULL,
    asset      TEXT NOT NULL,
    amount     TEXT NOT NULL,
    usd_micros BIGINT,
    is_fee     BIGINT NOT NULL,
    status     TEXT NOT NULL,
    held_at    BIGINT NOT NULL,
    counted_at BIGINT NOT NULL,
    PRIMARY KEY (tx_id, position)
);
CREATE INDEX reservations_ledger ON reservations (wallet_id, status, counted_at);

CREATE TABLE challenges (
    nonce       TEXT NOT NULL PRIMARY KEY,
    action      TEXT NOT NULL,
    wallet_id   TEXT NOT NULL REFERENCES wallets (id),
    tx_id       TEXT REFERENCES transactions (id),
    owner       TEXT NOT NULL,
    challenge   TEXT NOT NULL,
    issued_at   BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    consumed_at BIGINT,
    signature   TEXT
);
CREATE INDEX challenges_tx ON challenges (tx_id, action);

CREATE TABLE idempotency (
    session_id  TEXT NOT NULL REFERENCES sessions (id),
    key         TEXT NOT NULL,
    body_digest TEXT NOT NULL,
    tx_id       TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (session_id, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE audit_log (
    seq        BIGINT NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    event_type TEXT NOT NULL,
    actor      TEXT NOT NULL,
    wallet_id  TEXT,
    session_id TEXT,
    tx_id      TEXT,
    details    TEXT NOT NULL,
    severity   TEXT NOT NULL,
    ip         TEXT,
    prev_hash  BLOB NOT NULL,
    hash       BLOB NOT NULL
);
CREATE INDEX audit_log_wallet ON audit_log (wallet_id, seq);
CREATE INDEX audit_log_tx ON audit_log (tx_id, seq);

-- A second line behind the hash chain: no statement of this daemon changes or removes a row.
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
