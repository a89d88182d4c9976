-- Whether a wallet has dealt with an account before.
CREATE INDEX transactions_recipients ON transactions (wallet_id, to_address) WHERE to_address IS NOT NULL;
