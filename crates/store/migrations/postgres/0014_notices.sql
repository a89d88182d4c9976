-- The last row of the audit log that was sent to a chat or passed over for it.
ALTER TABLE telegram_chats ADD COLUMN position BIGINT NOT NULL DEFAULT 0;
