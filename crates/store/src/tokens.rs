//! Pinned token facts: decimals as first read from the chain. A later, different value is for the
//! engine to refuse.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::network::NetworkId;

use crate::audit::AuditEntry;
use crate::columns::Columns;
use crate::error::{Entity, StoreError};
use crate::reads::reads;
use crate::writer::WriteTx;

/// What is recorded of one token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenRow {
    /// Where.
    pub network: NetworkId,
    /// Contract or mint.
    pub address: Address,
    /// For people; never compared.
    pub symbol: String,
    /// As first read.
    pub decimals: u8,
    /// When they were recorded.
    pub created_at: UnixSeconds,
}

impl TokenRow {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            network: NetworkId::new(&row.text("network")?),
            address: row.parsed("address")?,
            symbol: row.text("symbol")?,
            decimals: row.number("decimals")?,
            created_at: row.int("created_at")?,
        })
    }
}

reads! {
    /// One recorded token.
    token(network: &NetworkId, address: Address) -> Option<TokenRow>;
    /// The recorded tokens of one network, or of all.
    tokens(network: Option<&NetworkId>) -> Vec<TokenRow>;
}

async fn token(
    conn: &mut AnyConnection,
    network: &NetworkId,
    address: Address,
) -> Result<Option<TokenRow>, StoreError> {
    let query = "SELECT * FROM tokens WHERE network = $1 AND address = $2";
    let query = sqlx::query(query).bind(network.to_string()).bind(address.to_string());
    query.fetch_optional(conn).await?.as_ref().map(TokenRow::read).transpose()
}

async fn tokens(conn: &mut AnyConnection, network: Option<&NetworkId>) -> Result<Vec<TokenRow>, StoreError> {
    let query = "SELECT * FROM tokens WHERE network = COALESCE($1, network) ORDER BY network, address";
    let query = sqlx::query(query).bind(network.map(ToString::to_string));
    query.fetch_all(conn).await?.iter().map(TokenRow::read).collect()
}

impl WriteTx {
    /// Records a token unless it is recorded already, and returns what is recorded now.
    pub async fn record_token(&mut self, new: TokenRow) -> Result<TokenRow, StoreError> {
        let query = "INSERT INTO tokens (network, address, symbol, decimals, source, created_at) \
                     VALUES ($1, $2, $3, $4, 'chain', $5) ON CONFLICT (network, address) DO NOTHING";
        sqlx::query(query)
            .bind(new.network.to_string())
            .bind(new.address.to_string())
            .bind(new.symbol)
            .bind(i64::from(new.decimals))
            .bind(new.created_at)
            .execute(self.conn())
            .await?;
        let recorded = token(self.conn(), &new.network, new.address).await?;
        recorded.ok_or(StoreError::NotFound(Entity::Token))
    }

    /// Forgets a token, so that it is read from the nodes anew.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] where it is not recorded.
    pub async fn forget_token(
        &mut self,
        network: &NetworkId,
        address: Address,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let query = "DELETE FROM tokens WHERE network = $1 AND address = $2";
        let query = sqlx::query(query).bind(network.to_string()).bind(address.to_string());
        if query.execute(self.conn()).await?.rows_affected() != 1 {
            return Err(StoreError::NotFound(Entity::Token));
        }
        self.record(audit).await?;
        Ok(())
    }
}
