//! Chats of the Telegram bot and their roles.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use waiaas_core::UnixSeconds;
use waiaas_core::chat::{ChatNumber, ChatRole, MOST_PENDING};

use crate::audit::AuditEntry;
use crate::columns::Columns;
use crate::error::{Entity, StoreError};
use crate::reads::reads;
use crate::writer::WriteTx;

/// A stored chat.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChatRow {
    /// Its number.
    pub chat: ChatNumber,
    /// The person's own name for themselves. Foreign text.
    pub name: String,
    /// Its role.
    pub role: ChatRole,
    /// The last row of the audit log that was sent to it or passed over.
    pub position: i64,
    /// Time of its registration.
    pub created_at: UnixSeconds,
    /// Time of the last change of its role.
    pub updated_at: UnixSeconds,
}

impl ChatRow {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            chat: ChatNumber(row.int("chat")?),
            name: row.text("name")?,
            role: row.named("role", ChatRole::parse)?,
            position: row.int("position")?,
            created_at: row.int("created_at")?,
            updated_at: row.int("updated_at")?,
        })
    }
}

reads! {
    /// Every chat, oldest first.
    chats() -> Vec<ChatRow>;
    /// One chat.
    chat(number: ChatNumber) -> Option<ChatRow>;
}

async fn chats(conn: &mut AnyConnection) -> Result<Vec<ChatRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM telegram_chats ORDER BY created_at, chat").fetch_all(conn).await?;
    rows.iter().map(ChatRow::read).collect()
}

async fn chat(conn: &mut AnyConnection, number: ChatNumber) -> Result<Option<ChatRow>, StoreError> {
    let query = sqlx::query("SELECT * FROM telegram_chats WHERE chat = $1").bind(number.0);
    query.fetch_optional(conn).await?.as_ref().map(ChatRow::read).transpose()
}

impl WriteTx {
    /// Registers a chat without rights. Returns false if as many as allowed wait for a role; the audit entry is
    /// written only for a new chat.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails.
    pub async fn register_chat(
        &mut self,
        number: ChatNumber,
        name: String,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        if chat(self.conn(), number).await?.is_some() {
            return Ok(true);
        }
        let query = "SELECT COUNT(*) AS waiting FROM telegram_chats WHERE role = 'PENDING'";
        let waiting: usize = sqlx::query(query).fetch_one(self.conn()).await?.number("waiting")?;
        if waiting >= MOST_PENDING {
            return Ok(false);
        }
        let query = "INSERT INTO telegram_chats (chat, name, role, created_at, updated_at) \
                     VALUES ($1, $2, $3, $4, $4)";
        let query = sqlx::query(query).bind(number.0).bind(name).bind(ChatRole::Pending.as_str());
        query.bind(audit.at).execute(self.conn()).await?;
        self.record(audit).await?;
        Ok(true)
    }

    /// Gives a chat a role. It receives what happens from now on.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if it is not registered.
    pub async fn set_chat_role(
        &mut self,
        number: ChatNumber,
        role: ChatRole,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let at = audit.at;
        let position = self.record(audit).await?;
        let query = "UPDATE telegram_chats SET role = $1, updated_at = $2, position = $3 WHERE chat = $4";
        let query = sqlx::query(query).bind(role.as_str()).bind(at).bind(position).bind(number.0);
        match query.execute(self.conn()).await?.rows_affected() {
            1 => Ok(()),
            _ => Err(StoreError::NotFound(Entity::Chat)),
        }
    }

    /// Moves a chat's position in the audit log.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if it is not at `from` any more.
    pub async fn move_chat(&mut self, number: ChatNumber, from: i64, to: i64) -> Result<(), StoreError> {
        let query = "UPDATE telegram_chats SET position = $1 WHERE chat = $2 AND position = $3";
        let query = sqlx::query(query).bind(to).bind(number.0).bind(from);
        match query.execute(self.conn()).await?.rows_affected() {
            1 => Ok(()),
            _ => Err(StoreError::Conflict(Entity::Chat)),
        }
    }

    /// Removes a chat. Its cards stay until their requests have ended.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if it is not registered.
    pub async fn remove_chat(&mut self, number: ChatNumber, audit: AuditEntry) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM telegram_chats WHERE chat = $1").bind(number.0);
        if query.execute(self.conn()).await?.rows_affected() != 1 {
            return Err(StoreError::NotFound(Entity::Chat));
        }
        self.record(audit).await?;
        Ok(())
    }
}
