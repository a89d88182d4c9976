//! Wallets: each with one sealed key, a status and an owner. Rows are never deleted.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::ids::WalletId;
use waiaas_core::network::{Chain, Environment, NetworkId};
use waiaas_core::wallet::{Owner, OwnerState, WalletStatus};

use crate::audit::AuditEntry;
use crate::columns::{Columns, chain, environment};
use crate::error::{Entity, StoreError};
use crate::page::{Page, clamp};
use crate::reads::reads;
use crate::writer::WriteTx;

/// A wallet to create. It starts ACTIVE and without an owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewWallet {
    /// Its id.
    pub id: WalletId,
    /// Unique among wallets that are not terminated.
    pub name: String,
    /// Its chain.
    pub chain: Chain,
    /// Its environment; it never changes.
    pub environment: Environment,
    /// Derived from the key.
    pub address: Address,
    /// The private key, sealed.
    pub sealed_key: Vec<u8>,
}

/// A wallet without its key (see [`crate::Store::wallet_key`]).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WalletRow {
    /// Its id.
    pub id: WalletId,
    /// Its name.
    pub name: String,
    /// Its chain.
    pub chain: Chain,
    /// Its environment.
    pub environment: Environment,
    /// Its address.
    pub address: Address,
    /// The network of requests that name none.
    pub default_network: Option<NetworkId>,
    /// Whether it may sign.
    pub status: WalletStatus,
    /// Its owner.
    pub owner: Owner,
    /// The successor to whom the LOCKED owner has signed the wallet over, until that address is proved.
    pub successor: Option<Address>,
    /// Time of the suspension.
    pub suspended_at: Option<UnixSeconds>,
    /// Reason of the suspension.
    pub suspension_reason: Option<String>,
    /// When it was resumed last.
    pub resumed_at: Option<UnixSeconds>,
    /// Time of the creation.
    pub created_at: UnixSeconds,
    /// Time of the last change.
    pub updated_at: UnixSeconds,
}

impl WalletRow {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let state = row.named("owner_state", OwnerState::parse)?;
        let owner = match (state, row.opt_parsed("owner_address")?) {
            (OwnerState::None, None) => Owner::None,
            (OwnerState::Grace, Some(address)) => Owner::Grace(address),
            (OwnerState::Locked, Some(address)) => Owner::Locked(address),
            (OwnerState::None, Some(_)) | (OwnerState::Grace | OwnerState::Locked, None) => {
                return Err(StoreError::Corrupt("owner_state"));
            }
        };
        let successor: Option<Address> = row.opt_parsed("successor_address")?;
        if successor.is_some() && state != OwnerState::Locked {
            return Err(StoreError::Corrupt("successor_address"));
        }
        let wallet = Self {
            id: row.parsed("id")?,
            name: row.text("name")?,
            chain: row.named("chain", chain)?,
            environment: row.named("environment", environment)?,
            address: row.parsed("address")?,
            default_network: row.opt_text("default_network")?.map(|slug| NetworkId::new(&slug)),
            status: row.named("status", WalletStatus::parse)?,
            owner,
            successor,
            suspended_at: row.opt_int("suspended_at")?,
            suspension_reason: row.opt_text("suspension_reason")?,
            resumed_at: row.opt_int("resumed_at")?,
            created_at: row.int("created_at")?,
            updated_at: row.int("updated_at")?,
        };
        if wallet.address.chain() == wallet.chain { Ok(wallet) } else { Err(StoreError::Corrupt("address")) }
    }
}

reads! {
    /// One wallet.
    wallet(id: WalletId) -> Option<WalletRow>;
    /// A wallet's sealed key.
    wallet_key(id: WalletId) -> Option<Vec<u8>>;
    /// Every wallet, oldest first, terminated ones included.
    wallets() -> Vec<WalletRow>;
    /// Wallets after the cursor, oldest first, terminated ones included.
    wallets_page(after: Option<WalletId>, limit: u32) -> Page<WalletRow, WalletId>;
}

const COLUMNS: &str = "SELECT id, name, chain, environment, address, status, owner_address, owner_state, \
    suspended_at, suspension_reason, created_at, updated_at, default_network, successor_address, \
    resumed_at FROM wallets";

async fn wallet(conn: &mut AnyConnection, id: WalletId) -> Result<Option<WalletRow>, StoreError> {
    let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = $1"));
    let row = sqlx::query(query).bind(id.to_string()).fetch_optional(conn).await?;
    row.as_ref().map(WalletRow::read).transpose()
}

async fn wallet_key(conn: &mut AnyConnection, id: WalletId) -> Result<Option<Vec<u8>>, StoreError> {
    let query = "SELECT sealed_key FROM wallets WHERE id = $1";
    let row = sqlx::query(query).bind(id.to_string()).fetch_optional(conn).await?;
    row.map(|row| row.bytes("sealed_key")).transpose()
}

async fn wallets(conn: &mut AnyConnection) -> Result<Vec<WalletRow>, StoreError> {
    let query = sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY id"));
    sqlx::query(query).fetch_all(conn).await?.iter().map(WalletRow::read).collect()
}

async fn wallets_page(
    conn: &mut AnyConnection,
    after: Option<WalletId>,
    limit: u32,
) -> Result<Page<WalletRow, WalletId>, StoreError> {
    let limit = clamp(limit);
    let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id > $1 ORDER BY id LIMIT $2"));
    let query = sqlx::query(query).bind(after.map(|id| id.to_string()).unwrap_or_default());
    let rows = query.bind(i64::from(limit) + 1).fetch_all(conn).await?;
    let items = rows.iter().map(WalletRow::read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(items, limit, |row| row.id))
}

impl WriteTx {
    /// Creates a wallet.
    ///
    /// # Errors
    ///
    /// [`StoreError::Inconsistent`] if the address is of another chain; [`StoreError::Duplicate`] if the name
    /// is taken.
    pub async fn insert_wallet(&mut self, new: NewWallet, audit: AuditEntry) -> Result<(), StoreError> {
        if new.address.chain() != new.chain {
            return Err(StoreError::Inconsistent(Entity::Wallet, "the address is of another chain"));
        }
        let query = "INSERT INTO wallets (id, name, chain, environment, address, sealed_key, status, \
                     owner_state, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)";
        let query = sqlx::query(query)
            .bind(new.id.to_string())
            .bind(new.name)
            .bind(new.chain.as_str())
            .bind(new.environment.as_str())
            .bind(new.address.to_string())
            .bind(new.sealed_key)
            .bind(WalletStatus::Active.as_str())
            .bind(OwnerState::None.as_str())
            .bind(audit.at);
        let done = query.execute(self.conn()).await;
        done.map_err(|error| StoreError::duplicate(error, Entity::WalletName))?;
        self.record(audit).await?;
        Ok(())
    }

    /// Renames a wallet that is not terminated.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such wallet; [`StoreError::Conflict`] if it is terminated;
    /// [`StoreError::Duplicate`] if the name is taken.
    pub async fn rename_wallet(
        &mut self,
        id: WalletId,
        name: &str,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let query = "UPDATE wallets SET name = $1, updated_at = $2 WHERE id = $3 AND status <> 'TERMINATED'";
        let query = sqlx::query(query).bind(name.to_owned()).bind(audit.at).bind(id.to_string());
        let done = query.execute(self.conn()).await;
        let done = done.map_err(|error| StoreError::duplicate(error, Entity::WalletName))?;
        self.changed_wallet(id, done.rows_affected(), audit).await
    }

    /// Sets the network of requests that name none, for a wallet that is not terminated.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such wallet; [`StoreError::Conflict`] if it is terminated.
    pub async fn set_default_network(
        &mut self,
        id: WalletId,
        network: Option<NetworkId>,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let query = "UPDATE wallets SET default_network = $1, updated_at = $2 \
                     WHERE id = $3 AND status <> 'TERMINATED'";
        let query = sqlx::query(query).bind(network.map(|network| network.to_string())).bind(audit.at);
        let changed = query.bind(id.to_string()).execute(self.conn()).await?.rows_affected();
        self.changed_wallet(id, changed, audit).await
    }

    /// Changes a wallet's status by compare-and-set. TERMINATED is final.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such wallet; [`StoreError::Conflict`] if it is not in `from`
    /// or there is no such move.
    pub async fn set_wallet_status(
        &mut self,
        id: WalletId,
        from: WalletStatus,
        to: WalletStatus,
        reason: Option<&str>,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        use WalletStatus::{Active, Suspended, Terminated};
        let suspended_at = match (from, to) {
            (Active, Suspended) => Some(audit.at),
            (Suspended, Active) | (Active | Suspended, Terminated) => None,
            (Active, Active) | (Suspended, Suspended) | (Terminated, _) => {
                return Err(StoreError::Conflict(Entity::Wallet));
            }
        };
        let query = "UPDATE wallets SET status = $1, suspended_at = $2, suspension_reason = $3, \
                     resumed_at = CASE WHEN $1 = 'ACTIVE' THEN $4 ELSE resumed_at END, updated_at = $4 \
                     WHERE id = $5 AND status = $6";
        let query = sqlx::query(query)
            .bind(to.as_str())
            .bind(suspended_at)
            .bind(suspended_at.and(reason).map(str::to_owned))
            .bind(audit.at)
            .bind(id.to_string())
            .bind(from.as_str());
        let changed = query.execute(self.conn()).await?.rows_affected();
        self.changed_wallet(id, changed, audit).await
    }

    /// Replaces the owner if it still is `from`, and removes the successor named by another owner. The engine
    /// decides who may do that.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such wallet; [`StoreError::Conflict`] if it has another owner.
    pub async fn set_owner(
        &mut self,
        id: WalletId,
        from: Owner,
        to: Owner,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let text = |owner: Owner| owner.address().map(|address| address.to_string());
        let query = "UPDATE wallets SET owner_state = $1, owner_address = $2, updated_at = $3, \
                     successor_address = CASE WHEN owner_address = $2 THEN successor_address END \
                     WHERE id = $4 AND owner_state = $5 AND COALESCE(owner_address, '') = $6";
        let query = sqlx::query(query)
            .bind(to.state().as_str())
            .bind(text(to))
            .bind(audit.at)
            .bind(id.to_string())
            .bind(from.state().as_str())
            .bind(text(from).unwrap_or_default());
        let changed = query.execute(self.conn()).await?.rows_affected();
        self.changed_wallet(id, changed, audit).await
    }

    /// Sets or removes the successor of `owner`, if that owner is LOCKED.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such wallet; [`StoreError::Conflict`] if its owner is another
    /// one or not LOCKED.
    pub async fn set_successor(
        &mut self,
        id: WalletId,
        owner: Address,
        successor: Option<Address>,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let query = "UPDATE wallets SET successor_address = $1, updated_at = $2 \
                     WHERE id = $3 AND owner_state = 'LOCKED' AND owner_address = $4";
        let query = sqlx::query(query)
            .bind(successor.map(|address| address.to_string()))
            .bind(audit.at)
            .bind(id.to_string())
            .bind(owner.to_string());
        let changed = query.execute(self.conn()).await?.rows_affected();
        self.changed_wallet(id, changed, audit).await
    }

    async fn changed_wallet(
        &mut self,
        id: WalletId,
        changed: u64,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        if changed != 1 {
            let found = wallet(self.conn(), id).await?.is_some();
            let entity = Entity::Wallet;
            return Err(if found { StoreError::Conflict(entity) } else { StoreError::NotFound(entity) });
        }
        self.record(audit).await?;
        Ok(())
    }
}
