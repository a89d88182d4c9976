//! Writes the moves of a transaction, each with its columns, its audit row and the settlement of its reservations.

use sqlx::AnyConnection;
use waiaas_core::decision::DecisionRecord;
use waiaas_core::ids::TxId;
use waiaas_core::transaction::TxStatus;
use waiaas_core::{U256, UnixSeconds};

use crate::audit::AuditEntry;
use crate::columns::unsigned;
use crate::error::{Entity, StoreError};
use crate::ledger::{self, Settlement};
use crate::stored::Stored;
use crate::transactions::queries::transaction;
use crate::transactions::{SignedRow, StatusChange, signed};
use crate::writer::WriteTx;

/// The parts of a transaction that are kept after it ended unsigned. The verdict names the removed parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// Whether the intent is kept.
    pub intent: bool,
    /// Whether the draft is kept.
    pub draft: bool,
    /// Whether the effects are kept.
    pub effects: bool,
    /// The verdict without the removed parts.
    pub verdict: Stored<DecisionRecord>,
}

/// The columns of one move. Absent ones keep their value.
#[derive(Default)]
struct Columns {
    signed: Option<SignedRow>,
    fee: Option<U256>,
    block: Option<u64>,
    code: Option<String>,
    message: Option<String>,
    executed_at: Option<UnixSeconds>,
    /// Whether its data on chain no longer applies.
    fell_out: bool,
    /// Whether it can no longer change.
    is_final: bool,
}

impl Columns {
    fn of(change: StatusChange, at: UnixSeconds) -> Self {
        let is_final = change.to().is_terminal() && !matches!(change, StatusChange::Seen { .. });
        Self { is_final, ..Self::set_by(change, at) }
    }

    fn set_by(change: StatusChange, at: UnixSeconds) -> Self {
        match change {
            StatusChange::Executing | StatusChange::Submitted | StatusChange::Expired => Self::default(),
            StatusChange::Reorganised { .. } => Self { fell_out: true, ..Self::default() },
            StatusChange::Signed(signed) | StatusChange::HandedOut(signed) => {
                Self { signed: Some(signed), ..Self::default() }
            }
            StatusChange::Seen { fee, block } | StatusChange::Confirmed { fee, block } => {
                Self { fee: Some(fee), block: Some(block), executed_at: Some(at), ..Self::default() }
            }
            StatusChange::Reverted { fee, block, code, message } => Self {
                fee: Some(fee),
                block: Some(block),
                executed_at: Some(at),
                code: Some(code),
                message: Some(message),
                ..Self::default()
            },
            StatusChange::Dead { code, message }
            | StatusChange::Abandoned { code, message }
            | StatusChange::Failed { code, message } => {
                Self { code: Some(code), message: Some(message), ..Self::default() }
            }
            StatusChange::Cancelled { code } => Self { code, ..Self::default() },
        }
    }
}

/// Every status change of a transaction is this statement. A final row is in no status that can change.
const ADVANCE: &str = "UPDATE transactions SET status = $1, updated_at = $2, \
    unsigned_bytes = COALESCE($3, unsigned_bytes), signed_bytes = COALESCE($4, signed_bytes), \
    tx_hash = COALESCE($5, tx_hash), expiry_kind = COALESCE($6, expiry_kind), \
    expiry_value = COALESCE($7, expiry_value), \
    fee = CASE WHEN $15 = 1 THEN NULL ELSE COALESCE($8, fee) END, \
    block = CASE WHEN $15 = 1 THEN NULL ELSE COALESCE($9, block) END, \
    error_code = COALESCE($10, error_code), error = COALESCE($11, error), \
    executed_at = CASE WHEN $15 = 1 THEN NULL ELSE COALESCE($12, executed_at) END, \
    broadcast_rejected = 0, is_final = $16, pending_code = NULL, pending_reason = NULL \
    WHERE id = $13 AND status = $14 AND is_final = 0";

async fn update(
    conn: &mut AnyConnection,
    id: TxId,
    from: TxStatus,
    to: TxStatus,
    columns: Columns,
    at: UnixSeconds,
) -> Result<u64, StoreError> {
    let expiry = columns.signed.as_ref().map(|signed| signed::columns(signed.expiry)).transpose()?;
    let (raw, bytes, hash) = match columns.signed {
        Some(signed) => (Some(signed.unsigned), Some(signed.bytes), signed.hash),
        None => (None, None, None),
    };
    let query = sqlx::query(ADVANCE)
        .bind(to.as_str())
        .bind(at)
        .bind(raw)
        .bind(bytes)
        .bind(hash)
        .bind(expiry.map(|(kind, _)| kind))
        .bind(expiry.map(|(_, value)| value))
        .bind(columns.fee.map(|fee| fee.to_string()))
        .bind(columns.block.map(|block| unsigned(block, "block")).transpose()?)
        .bind(columns.code.map(storable))
        .bind(columns.message.map(storable))
        .bind(columns.executed_at)
        .bind(id.to_string())
        .bind(from.as_str())
        .bind(i64::from(columns.fell_out))
        .bind(i64::from(columns.is_final));
    Ok(query.execute(conn).await?.rows_affected())
}

/// A node's message may contain a zero character, which PostgreSQL cannot store, and may be very long. Losing
/// the proof of a failure would be worse than losing the character.
fn storable(text: String) -> String {
    text.chars().filter(|c| *c != '\0').take(2_000).collect()
}

impl WriteTx {
    /// Moves a transaction by compare-and-set and settles its reservations as the move requires.
    ///
    /// # Errors
    ///
    /// [`StoreError::IllegalMove`] if the graph has no such move, [`StoreError::NotFound`] if there is no
    /// such transaction, and [`StoreError::Conflict`] if it is no longer in `from`.
    pub async fn advance(
        &mut self,
        id: TxId,
        from: TxStatus,
        change: StatusChange,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        change.check(from)?;
        let (to, settlement) = (change.to(), change.settlement());
        let columns = Columns::of(change, audit.at);
        if update(self.conn(), id, from, to, columns, audit.at).await? != 1 {
            return Err(self.missing_transaction(id).await?);
        }
        if let Some(settlement) = settlement {
            ledger::settle(self.conn(), id, settlement, audit.at).await?;
        }
        self.record(audit).await?;
        Ok(())
    }

    /// Removes parts of a transaction that ended unsigned.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such transaction; [`StoreError::Conflict`] if it has not ended
    /// unsigned.
    pub async fn keep_less(&mut self, id: TxId, kept: Kept) -> Result<(), StoreError> {
        let query = "UPDATE transactions SET intent = CASE WHEN $1 = 1 THEN intent ELSE 'null' END, \
                     effects = CASE WHEN $2 = 1 THEN effects ELSE NULL END, \
                     draft_network = CASE WHEN $3 = 1 THEN draft_network ELSE NULL END, \
                     draft_from = CASE WHEN $3 = 1 THEN draft_from ELSE NULL END, \
                     draft_body = CASE WHEN $3 = 1 THEN draft_body ELSE NULL END, \
                     digest = CASE WHEN $3 = 1 THEN digest ELSE NULL END, verdict = $4 \
                     WHERE id = $5 AND status IN ('FAILED', 'CANCELLED', 'EXPIRED') AND signed_bytes IS NULL";
        let query = sqlx::query(query)
            .bind(i64::from(kept.intent))
            .bind(i64::from(kept.effects))
            .bind(i64::from(kept.draft))
            .bind(kept.verdict.into_text())
            .bind(id.to_string());
        match query.execute(self.conn()).await?.rows_affected() {
            1 => Ok(()),
            _ => Err(self.missing_transaction(id).await?),
        }
    }

    /// Records that a node refused the bytes of a BROADCASTING transaction. It changes neither the status nor
    /// the ledger: the bytes may still be included.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such transaction; [`StoreError::Conflict`] if it is not
    /// BROADCASTING.
    pub async fn mark_broadcast_rejected(&mut self, id: TxId, at: UnixSeconds) -> Result<(), StoreError> {
        let query = "UPDATE transactions SET broadcast_rejected = 1, updated_at = $1 \
                     WHERE id = $2 AND status = 'BROADCASTING'";
        let query = sqlx::query(query).bind(at).bind(id.to_string());
        match query.execute(self.conn()).await?.rows_affected() {
            1 => Ok(()),
            _ => Err(self.missing_transaction(id).await?),
        }
    }

    /// Settles a CONFIRMED transaction whose block is final.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such transaction; [`StoreError::Conflict`] if it is settled
    /// already or no longer CONFIRMED.
    pub async fn finalise(
        &mut self,
        id: TxId,
        fee: U256,
        block: u64,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let query = "UPDATE transactions SET is_final = 1, fee = $1, block = $2, updated_at = $3, \
                     pending_code = NULL, pending_reason = NULL \
                     WHERE id = $4 AND status = 'CONFIRMED' AND is_final = 0";
        let query = sqlx::query(query)
            .bind(fee.to_string())
            .bind(unsigned(block, "block")?)
            .bind(audit.at)
            .bind(id.to_string());
        if query.execute(self.conn()).await?.rows_affected() != 1 {
            return Err(self.missing_transaction(id).await?);
        }
        ledger::settle(self.conn(), id, Settlement::Spent { fee }, audit.at).await?;
        self.record(audit).await?;
        Ok(())
    }

    /// Records why a transaction is still in its state: a stable code and one sentence, or none. It changes
    /// neither the status nor the ledger. Returns whether the note is new.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails.
    pub async fn note_pending(
        &mut self,
        id: TxId,
        why: Option<(&'static str, String)>,
    ) -> Result<bool, StoreError> {
        let (code, reason) = why.unzip();
        let query = "UPDATE transactions SET pending_code = $1, pending_reason = $2 \
                     WHERE id = $3 AND is_final = 0 AND COALESCE(pending_code, '') <> COALESCE($1, '')";
        let query = sqlx::query(query).bind(code).bind(reason.map(storable)).bind(id.to_string());
        Ok(query.execute(self.conn()).await?.rows_affected() == 1)
    }

    /// Counts everything that a signature handed out could move as spent: it can no longer be used, or its
    /// use is no longer looked for. It is no proof that it was used.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such transaction; [`StoreError::Conflict`] if it is not SIGNED
    /// or has no open reservation.
    pub async fn lapse(&mut self, id: TxId, audit: AuditEntry) -> Result<(), StoreError> {
        let row = transaction(self.conn(), id).await?;
        let signed = row.is_some_and(|row| row.status == TxStatus::Signed);
        if !signed || !ledger::holds(self.conn(), id).await? {
            return Err(self.missing_transaction(id).await?);
        }
        ledger::settle(self.conn(), id, Settlement::AsHeld, audit.at).await?;
        self.record(audit).await?;
        Ok(())
    }

    async fn missing_transaction(&mut self, id: TxId) -> Result<StoreError, StoreError> {
        let found = transaction(self.conn(), id).await?.is_some();
        let entity = Entity::Transaction;
        Ok(if found { StoreError::Conflict(entity) } else { StoreError::NotFound(entity) })
    }
}
