-- Text is compared by byte, as on SQLite. These columns had the collation of the database.
ALTER TABLE wallets ALTER COLUMN successor_address TYPE TEXT COLLATE "C";
ALTER TABLE sessions ALTER COLUMN replaced_hash TYPE TEXT COLLATE "C";
ALTER TABLE policy_sets ALTER COLUMN digest TYPE TEXT COLLATE "C", ALTER COLUMN rules TYPE TEXT COLLATE "C";
ALTER TABLE chain_identities ALTER COLUMN network TYPE TEXT COLLATE "C", ALTER COLUMN genesis TYPE TEXT COLLATE "C";
ALTER TABLE transactions ALTER COLUMN gas_condition TYPE TEXT COLLATE "C",
    ALTER COLUMN pending_code TYPE TEXT COLLATE "C", ALTER COLUMN pending_reason TYPE TEXT COLLATE "C";
