-- When a suspended wallet was resumed last: AutoStop counts from then on.
ALTER TABLE wallets ADD COLUMN resumed_at BIGINT;
