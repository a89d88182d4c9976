-- Who may take it, where it is an allowance.
ALTER TABLE reservations ADD COLUMN spender TEXT;
CREATE INDEX reservations_allowances ON reservations (wallet_id, asset, spender) WHERE spender IS NOT NULL;

-- What transactions that may still move something use up of allowances; those count for so much less.
CREATE TABLE allowance_uses (
    tx_id        TEXT NOT NULL REFERENCES transactions (id),
    allowance_tx TEXT NOT NULL REFERENCES transactions (id),
    position     BIGINT NOT NULL,
    amount       TEXT NOT NULL,
    usd_micros   BIGINT NOT NULL,
    PRIMARY KEY (tx_id, allowance_tx, position)
);
