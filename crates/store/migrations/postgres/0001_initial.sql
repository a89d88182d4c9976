-- Types: TEXT (compared by byte, as SQLite does), BIGINT, BYTEA only. Flags are BIGINT 0/1, times are Unix seconds, NULL means none.

CREATE TABLE meta (
    key   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

CREATE TABLE login_failures (
    scope        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    failures     BIGINT NOT NULL,
    locked_until BIGINT,
    updated_at   BIGINT NOT NULL
);

CREATE TABLE wallets (
    id                TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name              TEXT COLLATE "C" NOT NULL,
    chain             TEXT COLLATE "C" NOT NULL,
    environment       TEXT COLLATE "C" NOT NULL,
    address           TEXT COLLATE "C" NOT NULL,
    sealed_key        BYTEA NOT NULL,
    status            TEXT COLLATE "C" NOT NULL,
    owner_address     TEXT COLLATE "C",
    owner_state       TEXT COLLATE "C" NOT NULL,
    suspended_at      BIGINT,
    suspension_reason TEXT COLLATE "C",
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL
);
-- A terminated wallet gives its name free.
CREATE UNIQUE INDEX wallets_name ON wallets (name) WHERE status <> 'TERMINATED';

CREATE TABLE sessions (
    id                  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    token_hash          TEXT COLLATE "C" NOT NULL UNIQUE,
    created_at          BIGINT NOT NULL,
    expires_at          BIGINT NOT NULL,
    absolute_expires_at BIGINT,
    ttl_seconds         BIGINT NOT NULL,
    renewal_count       BIGINT NOT NULL,
    max_renewals        BIGINT,
    last_renewed_at     BIGINT,
    revoked_at          BIGINT,
    token_issued_count  BIGINT NOT NULL,
    source              TEXT COLLATE "C" NOT NULL
);

CREATE TABLE session_wallets (
    session_id TEXT COLLATE "C" NOT NULL REFERENCES sessions (id),
    wallet_id  TEXT COLLATE "C" NOT NULL REFERENCES wallets (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (session_id, wallet_id)
);
CREATE INDEX session_wallets_wallet ON session_wallets (wallet_id);

CREATE TABLE policies (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    wallet_id   TEXT COLLATE "C" REFERENCES wallets (id),
    network     TEXT COLLATE "C",
    policy_type TEXT COLLATE "C" NOT NULL,
    category    TEXT COLLATE "C",
    rules       TEXT COLLATE "C" NOT NULL,
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
    network    TEXT COLLATE "C" NOT NULL,
    address    TEXT COLLATE "C" NOT NULL,
    symbol     TEXT COLLATE "C" NOT NULL,
    decimals   BIGINT NOT NULL,
    source     TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (network, address)
);

CREATE TABLE transactions (
    id                  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    wallet_id           TEXT COLLATE "C" NOT NULL REFERENCES wallets (id),
    session_id          TEXT COLLATE "C" REFERENCES sessions (id),
    replaces            TEXT COLLATE "C" REFERENCES transactions (id) DEFERRABLE INITIALLY DEFERRED,
    kind                TEXT COLLATE "C" NOT NULL,
    network             TEXT COLLATE "C" NOT NULL,
    status              TEXT COLLATE "C" NOT NULL,
    tier                TEXT COLLATE "C",
    intent              TEXT COLLATE "C" NOT NULL,
    to_address          TEXT COLLATE "C" NOT NULL,
    amount              TEXT COLLATE "C" NOT NULL,
    asset               TEXT COLLATE "C" NOT NULL,
    draft_network       TEXT COLLATE "C",
    draft_from          TEXT COLLATE "C",
    draft_body          BYTEA,
    digest              TEXT COLLATE "C",
    effects             TEXT COLLATE "C",
    verdict             TEXT COLLATE "C" NOT NULL,
    denial_code         TEXT COLLATE "C",
    usd_micros          BIGINT,
    kill_generation     BIGINT NOT NULL,
    gas_condition       TEXT,
    execute_after       BIGINT,
    approval_expires_at BIGINT,
    unsigned_bytes      BYTEA,
    signed_bytes        BYTEA,
    tx_hash             TEXT COLLATE "C",
    expiry_kind         TEXT COLLATE "C",
    expiry_value        BIGINT,
    broadcast_rejected  BIGINT NOT NULL DEFAULT 0,
    fee                 TEXT COLLATE "C",
    block               BIGINT,
    error_code          TEXT COLLATE "C",
    error               TEXT COLLATE "C",
    request_digest      TEXT COLLATE "C" NOT NULL,
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
    tx_id      TEXT COLLATE "C" NOT NULL REFERENCES transactions (id),
    position   BIGINT NOT NULL,
    wallet_id  TEXT COLLATE "C" NOT NULL,
    network    TEXT COLLATE "C" NOT NULL,
    asset      TEXT COLLATE "C" NOT NULL,
    amount     TEXT COLLATE "C" NOT NULL,
    usd_micros BIGINT,
    is_fee     BIGINT NOT NULL,
    status     TEXT COLLATE "C" NOT NULL,
    held_at    BIGINT NOT NULL,
    counted_at BIGINT NOT NULL,
    PRIMARY KEY (tx_id, position)
);
CREATE INDEX reservations_ledger ON reservations (wallet_id, status, counted_at);

CREATE TABLE challenges (
    nonce       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    action      TEXT COLLATE "C" NOT NULL,
    wallet_id   TEXT COLLATE "C" NOT NULL REFERENCES wallets (id),
    tx_id       TEXT COLLATE "C" REFERENCES transactions (id),
    owner       TEXT COLLATE "C" NOT NULL,
    challenge   TEXT COLLATE "C" NOT NULL,
    issued_at   BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    consumed_at BIGINT,
    signature   TEXT COLLATE "C"
);
CREATE INDEX challenges_tx ON challenges (tx_id, action);

CREATE TABLE idempotency (
    session_id  TEXT COLLATE "C" NOT NULL REFERENCES sessions (id),
    key         TEXT COLLATE "C" NOT NULL,
    body_digest TEXT COLLATE "C" NOT NULL,
    tx_id       TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (session_id, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE audit_log (
    seq        BIGINT NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    event_type TEXT COLLATE "C" NOT NULL,
    actor      TEXT COLLATE "C" NOT NULL,
    wallet_id  TEXT COLLATE "C",
    session_id TEXT COLLATE "C",
    tx_id      TEXT COLLATE "C",
    details    TEXT COLLATE "C" NOT NULL,
    severity   TEXT COLLATE "C" NOT NULL,
    ip         TEXT COLLATE "C",
    prev_hash  BYTEA NOT NULL,
    hash       BYTEA NOT NULL
);
CREATE INDEX audit_log_wallet ON audit_log (wallet_id, seq);
CREATE INDEX audit_log_tx ON audit_log (tx_id, seq);

-- A second line behind the hash chain: no statement of this daemon changes or removes a row.
CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse();
