-- Sessions with owners' wallet apps over WalletConnect, one for each wallet.
CREATE TABLE walletconnect_sessions (
    wallet_id  TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES wallets (id),
    topic      TEXT COLLATE "C" NOT NULL UNIQUE,
    owner      TEXT COLLATE "C" NOT NULL,
    sealed_key BYTEA NOT NULL,
    peer_name  TEXT COLLATE "C" NOT NULL,
    peer_url   TEXT COLLATE "C" NOT NULL,
    chains     TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- The last request to sign each challenge on each session.
CREATE TABLE walletconnect_requests (
    nonce      TEXT COLLATE "C" NOT NULL REFERENCES challenges (nonce),
    topic      TEXT COLLATE "C" NOT NULL,
    request    BIGINT NOT NULL,
    status     TEXT COLLATE "C" NOT NULL,
    attempts   BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (nonce, topic)
);

-- Challenges of one owner that wait for an answer.
CREATE INDEX challenges_open ON challenges (owner, issued_at) WHERE consumed_at IS NULL;
