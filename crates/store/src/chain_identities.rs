//! Which chain stands behind a network's name. A development chain can start anew under the same name.

use sqlx::AnyConnection;
use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent, ChainSeen, TxFailure};
use waiaas_core::network::NetworkId;

use crate::audit::AuditEntry;
use crate::columns::{Columns, unsigned};
use crate::error::StoreError;
use crate::reads::reads;
use crate::transactions::{StatusChange, TransactionRow};
use crate::writer::WriteTx;

/// A chain, and how far it had come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChainIdentity {
    /// Hash of its first block.
    pub genesis: String,
    /// Its newest block when it was last looked at.
    pub height: u64,
}

/// Why the rows of a chain that is gone have ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ended {
    /// Stable code.
    pub code: String,
    /// One sentence.
    pub message: String,
}

reads! {
    /// The chain that stood behind a network's name when it was last looked at.
    chain_identity(network: &NetworkId) -> Option<ChainIdentity>;
}

async fn chain_identity(
    conn: &mut AnyConnection,
    network: &NetworkId,
) -> Result<Option<ChainIdentity>, StoreError> {
    let query = "SELECT genesis, height FROM chain_identities WHERE network = $1";
    let row = sqlx::query(query).bind(network.to_string()).fetch_optional(conn).await?;
    row.map(|row| Ok(ChainIdentity { genesis: row.text("genesis")?, height: row.number("height")? }))
        .transpose()
}

impl WriteTx {
    /// Remembers the chain behind a network's name.
    pub async fn remember_chain(
        &mut self,
        network: &NetworkId,
        chain: &ChainIdentity,
        at: UnixSeconds,
    ) -> Result<(), StoreError> {
        let query = "INSERT INTO chain_identities (network, genesis, height, seen_at) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (network) DO UPDATE SET genesis = excluded.genesis, \
                     height = excluded.height, seen_at = excluded.seen_at";
        sqlx::query(query)
            .bind(network.to_string())
            .bind(chain.genesis.clone())
            .bind(unsigned(chain.height, "height")?)
            .bind(at)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Ends every transaction that was signed for the chain that stood behind this name before, gives free
    /// what it held, and remembers the chain that stands there now. Says how many were ended.
    pub async fn chain_started_anew(
        &mut self,
        network: &NetworkId,
        now: &ChainIdentity,
        why: &Ended,
        at: UnixSeconds,
    ) -> Result<u64, StoreError> {
        let query = "SELECT * FROM transactions WHERE network = $1 AND expiry_kind IN ('nonce', 'block_height') \
                     AND (status IN ('BROADCASTING', 'SUBMITTED', 'SIGNED') \
                     OR (status = 'CONFIRMED' AND is_final = 0)) ORDER BY id";
        let rows = sqlx::query(query).bind(network.to_string()).fetch_all(self.conn()).await?;
        let rows = rows.iter().map(TransactionRow::read).collect::<Result<Vec<_>, _>>()?;
        let mut ended = 0u64;
        for row in rows {
            let failure = TxFailure::ChainReset { from: row.status, message: why.message.clone() };
            let audit = AuditEntry::new(AuditEvent::TxFailed { failure }, Actor::System, at)
                .wallet(row.wallet)
                .tx(row.id);
            let change = StatusChange::Dead { code: why.code.clone(), message: why.message.clone() };
            self.advance(row.id, row.status, change, audit).await?;
            ended = ended.saturating_add(1);
        }
        let query = "UPDATE transactions SET former_chain = 1 WHERE network = $1 AND signed_bytes IS NOT NULL \
                     AND expiry_kind IN ('nonce', 'block_height') AND former_chain = 0";
        sqlx::query(query).bind(network.to_string()).execute(self.conn()).await?;
        let before = chain_identity(self.conn(), network).await?;
        self.remember_chain(network, now, at).await?;
        let seen = |chain: ChainIdentity| ChainSeen { genesis: chain.genesis, height: Some(chain.height) };
        let reset = AuditEvent::ChainReset {
            network: network.clone(),
            ended,
            was: before.map(seen),
            is: seen(now.clone()),
        };
        self.record(AuditEntry::new(reset, Actor::System, at)).await?;
        Ok(ended)
    }

    /// Ends a signed transaction by the operator's word. What it holds is given free, or counts as spent
    /// from now on, for nobody proved that it never lands.
    pub async fn close(
        &mut self,
        row: &TransactionRow,
        gives_free: bool,
        why: &Ended,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let (code, message) = (why.code.clone(), why.message.clone());
        let change = match gives_free {
            true => StatusChange::Dead { code, message },
            false => StatusChange::Abandoned { code, message },
        };
        self.advance(row.id, row.status, change, audit).await
    }
}
