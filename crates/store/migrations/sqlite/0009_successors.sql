-- Whom a LOCKED owner has signed the wallet over to. It is nobody's owner until it has proved the address.
ALTER TABLE wallets ADD COLUMN successor_address TEXT;
