//! Approval cards: one message in each chat with the role ADMIN for each request that waits for its owner.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use waiaas_core::UnixSeconds;
use waiaas_core::chat::{CardStatus, ChatNumber};
use waiaas_core::ids::TxId;
use waiaas_core::transaction::TxStatus;

use crate::columns::{Columns, unsigned};
use crate::error::{Entity, StoreError};
use crate::reads::reads;
use crate::writer::WriteTx;

/// A stored card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardRow {
    /// The request.
    pub tx: TxId,
    /// The chat.
    pub chat: ChatNumber,
    /// Its state.
    pub status: CardStatus,
    /// Telegram's number of the message, once it is sent.
    pub message: Option<i32>,
    /// Failed attempts to send or change it.
    pub attempts: u32,
    /// Status of the request.
    pub tx_status: TxStatus,
}

impl CardRow {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            tx: row.parsed("tx_id")?,
            chat: ChatNumber(row.int("chat")?),
            status: row.named("status", CardStatus::parse)?,
            message: row.opt_number("message")?,
            attempts: row.number("attempts")?,
            tx_status: row.named("tx_status", TxStatus::parse)?,
        })
    }
}

/// The result of an attempt to send or change a card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CardStep {
    /// It is in this state now; a sent one has this number.
    To(CardStatus, Option<i32>),
    /// The attempt failed; the next one is due then.
    Later(UnixSeconds),
}

reads! {
    /// Cards with work at `now`: those to be sent, and sent ones whose request waits no longer. Oldest first.
    cards_due(now: UnixSeconds, limit: u32) -> Vec<CardRow>;
    /// The card of a request in a chat.
    card(tx: TxId, chat: ChatNumber) -> Option<CardRow>;
}

const CARDS: &str =
    "SELECT c.*, t.status AS tx_status FROM telegram_cards c JOIN transactions t ON t.id = c.tx_id";

async fn cards_due(
    conn: &mut AnyConnection,
    now: UnixSeconds,
    limit: u32,
) -> Result<Vec<CardRow>, StoreError> {
    let query = format!(
        "{CARDS} WHERE c.next_try_at <= $1 AND (c.status = 'WANTED' OR (c.status = 'OPEN' \
         AND t.status <> 'PENDING_APPROVAL')) ORDER BY c.tx_id, c.chat LIMIT $2"
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(now).bind(i64::from(limit));
    query.fetch_all(conn).await?.iter().map(CardRow::read).collect()
}

async fn card(conn: &mut AnyConnection, tx: TxId, chat: ChatNumber) -> Result<Option<CardRow>, StoreError> {
    let query = format!("{CARDS} WHERE c.tx_id = $1 AND c.chat = $2");
    let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(tx.to_string()).bind(chat.0);
    query.fetch_optional(conn).await?.as_ref().map(CardRow::read).transpose()
}

impl WriteTx {
    /// Adds the missing cards of requests that wait for their owner and were admitted at or after `since`. Returns
    /// how many.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails.
    pub async fn want_cards(&mut self, since: UnixSeconds, now: UnixSeconds) -> Result<u64, StoreError> {
        let query = "INSERT INTO telegram_cards (tx_id, chat, status, attempts, next_try_at, created_at, updated_at) \
                     SELECT t.id, c.chat, 'WANTED', 0, $1, $1, $1 FROM transactions t, telegram_chats c \
                     WHERE t.status = 'PENDING_APPROVAL' AND t.created_at >= $2 AND c.role = 'ADMIN' \
                     AND NOT EXISTS (SELECT 1 FROM telegram_cards k WHERE k.tx_id = t.id AND k.chat = c.chat)";
        let added = sqlx::query(query).bind(now).bind(since).execute(self.conn()).await?;
        Ok(added.rows_affected())
    }

    /// Records the result of an attempt.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if the card is not in the state `from`, or the graph has no such move.
    pub async fn step_card(
        &mut self,
        tx: TxId,
        chat: ChatNumber,
        from: CardStatus,
        step: CardStep,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let (to, message, attempts, next) = match step {
            CardStep::To(to, message) => {
                let to = from.advance(to).map_err(|_| StoreError::Conflict(Entity::Card))?;
                (to, message, 0, now)
            }
            CardStep::Later(at) => (from, None, 1, at),
        };
        let query = "UPDATE telegram_cards SET status = $1, message = COALESCE($2, message), \
                     attempts = attempts + $3, next_try_at = $4, updated_at = $5 \
                     WHERE tx_id = $6 AND chat = $7 AND status = $8";
        let query = sqlx::query(query)
            .bind(to.as_str())
            .bind(message.map(i64::from))
            .bind(unsigned(attempts, "attempts")?)
            .bind(next)
            .bind(now)
            .bind(tx.to_string())
            .bind(chat.0)
            .bind(from.as_str());
        match query.execute(self.conn()).await?.rows_affected() {
            1 => Ok(()),
            _ => Err(StoreError::Conflict(Entity::Card)),
        }
    }
}
