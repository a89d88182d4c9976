-- Whether what became of it can change no more. Until then a CONFIRMED row holds what it reserved.
ALTER TABLE transactions ADD COLUMN is_final BIGINT NOT NULL DEFAULT 0;
UPDATE transactions SET is_final = 1 WHERE status IN ('DENIED', 'CONFIRMED', 'FAILED', 'CANCELLED', 'EXPIRED');
-- Why it is still where it is, where there is something to say: a stable code and one sentence.
ALTER TABLE transactions ADD COLUMN pending_code TEXT;
ALTER TABLE transactions ADD COLUMN pending_reason TEXT;
CREATE INDEX transactions_not_final ON transactions (id) WHERE status = 'CONFIRMED' AND is_final = 0;
CREATE INDEX transactions_nonce ON transactions (wallet_id, network, expiry_value) WHERE expiry_kind = 'nonce';

-- Which chain stood behind a network's name when it was last looked at, and how far it had come.
CREATE TABLE chain_identities (
    network TEXT NOT NULL PRIMARY KEY,
    genesis TEXT NOT NULL,
    height  BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
-- Signed for a chain that stood behind the network's name before. Its hashes and nonces say nothing of the
-- chain that stands there now.
ALTER TABLE transactions ADD COLUMN former_chain BIGINT NOT NULL DEFAULT 0;
DROP INDEX transactions_hash;
CREATE UNIQUE INDEX transactions_hash ON transactions (network, tx_hash)
    WHERE tx_hash IS NOT NULL AND former_chain = 0;
