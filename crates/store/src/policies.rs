//! Policy rows. What their rules mean is not known here.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use waiaas_core::UnixSeconds;
use waiaas_core::action::ActionCategory;
use waiaas_core::ids::{PolicyId, WalletId};
use waiaas_core::network::NetworkId;
use waiaas_core::policy::PolicyType;

use crate::audit::AuditEntry;
use crate::columns::Columns;
use crate::error::{Entity, StoreError};
use crate::meta::{get, put};
use crate::reads::reads;
use crate::writer::WriteTx;

const GENERATION: &str = "policies_generation";

/// A policy to create. One per (type, wallet, network, category).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPolicy {
    /// Its id.
    pub id: PolicyId,
    /// One wallet, or all.
    pub wallet: Option<WalletId>,
    /// One network, or all.
    pub network: Option<NetworkId>,
    /// Its type.
    pub policy_type: PolicyType,
    /// The category, for types that have one row per category.
    pub category: Option<ActionCategory>,
    /// JSON.
    pub rules: String,
    /// Orders reports.
    pub priority: i32,
    /// Whether it is evaluated.
    pub enabled: bool,
}

/// A policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyRow {
    /// Its id.
    pub id: PolicyId,
    /// One wallet, or all.
    pub wallet: Option<WalletId>,
    /// One network, or all.
    pub network: Option<NetworkId>,
    /// Its type.
    pub policy_type: PolicyType,
    /// The category.
    pub category: Option<ActionCategory>,
    /// JSON.
    pub rules: String,
    /// Orders reports.
    pub priority: i32,
    /// Whether it is evaluated.
    pub enabled: bool,
    /// When it was made.
    pub created_at: UnixSeconds,
    /// Last change.
    pub updated_at: UnixSeconds,
    /// Starts at 1, grows with every change; what an update compares.
    pub version: i64,
}

/// The part of a policy that can change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyChange {
    /// JSON.
    pub rules: String,
    /// The category the rules name now.
    pub category: Option<ActionCategory>,
    /// Orders reports.
    pub priority: i32,
    /// Whether it is evaluated.
    pub enabled: bool,
}

impl PolicyRow {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.parsed("id")?,
            wallet: row.opt_parsed("wallet_id")?,
            network: row.opt_text("network")?.map(|slug| NetworkId::new(&slug)),
            policy_type: row.named("policy_type", PolicyType::parse)?,
            category: row.opt_named("category", ActionCategory::parse)?,
            rules: row.text("rules")?,
            priority: row.number("priority")?,
            enabled: row.flag("enabled")?,
            created_at: row.int("created_at")?,
            updated_at: row.int("updated_at")?,
            version: row.int("version")?,
        })
    }
}

reads! {
    /// One policy.
    policy(id: PolicyId) -> Option<PolicyRow>;
    /// Every policy, highest priority first.
    policies() -> Vec<PolicyRow>;
    /// Policies of one wallet and those for all wallets, highest priority first.
    policies_of(wallet: WalletId) -> Vec<PolicyRow>;
    /// The enabled ones among [`Self::policies_of`].
    enabled_policies(wallet: WalletId) -> Vec<PolicyRow>;
    /// Grows with every change of any policy; a compiled set of an older generation is stale.
    policies_generation() -> u64;
}

const ORDER: &str = "ORDER BY priority DESC, id";

async fn policy(conn: &mut AnyConnection, id: PolicyId) -> Result<Option<PolicyRow>, StoreError> {
    let query = "SELECT * FROM policies WHERE id = $1";
    let row = sqlx::query(query).bind(id.to_string()).fetch_optional(conn).await?;
    row.as_ref().map(PolicyRow::read).transpose()
}

async fn policies(conn: &mut AnyConnection) -> Result<Vec<PolicyRow>, StoreError> {
    let query = sqlx::AssertSqlSafe(format!("SELECT * FROM policies {ORDER}"));
    sqlx::query(query).fetch_all(conn).await?.iter().map(PolicyRow::read).collect()
}

async fn policies_of(conn: &mut AnyConnection, wallet: WalletId) -> Result<Vec<PolicyRow>, StoreError> {
    let query = format!("SELECT * FROM policies WHERE wallet_id IS NULL OR wallet_id = $1 {ORDER}");
    let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(wallet.to_string());
    query.fetch_all(conn).await?.iter().map(PolicyRow::read).collect()
}

async fn enabled_policies(conn: &mut AnyConnection, wallet: WalletId) -> Result<Vec<PolicyRow>, StoreError> {
    let mut rows = policies_of(conn, wallet).await?;
    rows.retain(|row| row.enabled);
    Ok(rows)
}

async fn policies_generation(conn: &mut AnyConnection) -> Result<u64, StoreError> {
    match get(conn, GENERATION).await? {
        None => Ok(0),
        Some(text) => text.parse().map_err(|_| StoreError::Corrupt(GENERATION)),
    }
}

impl WriteTx {
    /// Creates a policy. A second one of the same type and scope is [`StoreError::Duplicate`].
    pub async fn insert_policy(&mut self, new: NewPolicy, audit: AuditEntry) -> Result<(), StoreError> {
        let query = "INSERT INTO policies (id, wallet_id, network, policy_type, category, rules, priority, \
                     enabled, created_at, updated_at, version) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, 1)";
        let query = sqlx::query(query)
            .bind(new.id.to_string())
            .bind(new.wallet.map(|id| id.to_string()))
            .bind(new.network.map(|id| id.to_string()))
            .bind(new.policy_type.as_str())
            .bind(new.category.map(ActionCategory::as_str))
            .bind(new.rules)
            .bind(i64::from(new.priority))
            .bind(i64::from(new.enabled))
            .bind(audit.at);
        let done = query.execute(self.conn()).await;
        done.map_err(|error| StoreError::duplicate(error, Entity::Policy))?;
        self.changed_policies(audit).await
    }

    /// Changes a policy that still is at `version`.
    pub async fn update_policy(
        &mut self,
        id: PolicyId,
        version: i64,
        change: PolicyChange,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let query = "UPDATE policies SET rules = $1, category = $2, priority = $3, enabled = $4, \
                     updated_at = $5, version = version + 1 WHERE id = $6 AND version = $7";
        let query = sqlx::query(query)
            .bind(change.rules)
            .bind(change.category.map(ActionCategory::as_str))
            .bind(i64::from(change.priority))
            .bind(i64::from(change.enabled))
            .bind(audit.at)
            .bind(id.to_string())
            .bind(version);
        let done = query.execute(self.conn()).await;
        let done = done.map_err(|error| StoreError::duplicate(error, Entity::Policy))?;
        if done.rows_affected() != 1 {
            return Err(self.missing_policy(id).await?);
        }
        self.changed_policies(audit).await
    }

    /// Deletes a policy that still is at `version`.
    pub async fn delete_policy(
        &mut self,
        id: PolicyId,
        version: i64,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let query = "DELETE FROM policies WHERE id = $1 AND version = $2";
        let query = sqlx::query(query).bind(id.to_string()).bind(version);
        if query.execute(self.conn()).await?.rows_affected() != 1 {
            return Err(self.missing_policy(id).await?);
        }
        self.changed_policies(audit).await
    }

    async fn changed_policies(&mut self, audit: AuditEntry) -> Result<(), StoreError> {
        let next = policies_generation(self.conn()).await?.saturating_add(1);
        put(self.conn(), GENERATION, &next.to_string()).await?;
        self.record(audit).await?;
        Ok(())
    }

    async fn missing_policy(&mut self, id: PolicyId) -> Result<StoreError, StoreError> {
        let found = policy(self.conn(), id).await?.is_some();
        let entity = Entity::Policy;
        Ok(if found { StoreError::Conflict(entity) } else { StoreError::NotFound(entity) })
    }
}
