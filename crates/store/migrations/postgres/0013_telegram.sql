-- Chats of the Telegram bot. Only the operator gives them a role other than PENDING.
CREATE TABLE telegram_chats (
    chat       BIGINT NOT NULL PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL,
    role       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- One card in each chat for each request that waits for its owner.
CREATE TABLE telegram_cards (
    tx_id       TEXT COLLATE "C" NOT NULL REFERENCES transactions (id),
    chat        BIGINT NOT NULL,
    status      TEXT COLLATE "C" NOT NULL,
    message     BIGINT,
    attempts    BIGINT NOT NULL,
    next_try_at BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (tx_id, chat)
);
CREATE INDEX telegram_cards_due ON telegram_cards (next_try_at) WHERE status = 'WANTED' OR status = 'OPEN';
