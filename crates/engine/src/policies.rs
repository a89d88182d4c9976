//! Stored policies: their views, and a compiled cache that is refreshed when the stored generation moves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use waiaas_core::digest::Digest;
use waiaas_core::ids::{PolicyId, WalletId};
use waiaas_core::network::{NetworkId, Networks};
use waiaas_core::policy::{Policy, PolicySet, PolicyType, Rules, Scope};
use waiaas_store::{PolicyRow, WriteTx};

use crate::error::{Error, ErrorCode};
use crate::views::PolicyView;

/// The policies that apply to one wallet on one network, with their stored text.
pub(crate) struct InForce {
    /// Compiled.
    pub(crate) set: PolicySet,
    /// Every row, in report order, as JSON.
    pub(crate) text: String,
    /// Digest of the text.
    pub(crate) digest: Digest,
}

/// One row of a kept set.
#[derive(Serialize, Deserialize)]
struct KeptRow {
    id: PolicyId,
    wallet: Option<WalletId>,
    network: Option<NetworkId>,
    priority: i32,
    #[serde(rename = "type")]
    policy_type: PolicyType,
    rules: Value,
}

impl InForce {
    fn new(set: PolicySet) -> Result<Self, Error> {
        let rows = set.iter().map(|policy| KeptRow {
            id: policy.id,
            wallet: policy.scope.wallet,
            network: policy.scope.network.clone(),
            priority: policy.priority,
            policy_type: policy.rules.policy_type(),
            rules: policy.rules.to_json(),
        });
        let text = serde_json::to_string(&rows.collect::<Vec<_>>()).map_err(Error::internal)?;
        let digest = Digest::of("waiaas.policies.v1", &[text.as_bytes()]);
        Ok(Self { set, text, digest })
    }

    /// Reads a stored set, for the wallet and network it was stored for.
    pub(crate) fn read(
        text: &str,
        networks: &Networks,
        wallet: WalletId,
        network: &NetworkId,
    ) -> Result<PolicySet, Error> {
        let rows: Vec<KeptRow> = serde_json::from_str(text).map_err(Error::internal)?;
        let policies = rows.into_iter().map(|row| {
            let scope = Scope { wallet: row.wallet, network: row.network };
            let rules = Rules::parse(row.policy_type, &row.rules, networks, scope.network.as_ref());
            let rules = rules.map_err(Error::internal)?;
            Ok(Policy { id: row.id, scope, priority: row.priority, rules })
        });
        Ok(PolicySet::select(policies.collect::<Result<Vec<_>, Error>>()?, wallet, network))
    }
}

/// The sets selected so far, all of one generation.
#[derive(Default)]
struct Cached {
    generation: Option<u64>,
    sets: HashMap<(WalletId, NetworkId), Arc<InForce>>,
}

/// The cache of compiled policies.
#[derive(Default)]
pub(crate) struct Policies(Mutex<Cached>);

impl Policies {
    /// The policies in force in this transaction for a wallet on a network. The cache is used only for the
    /// stored generation.
    pub(crate) async fn in_force(
        &self,
        tx: &mut WriteTx,
        networks: &Networks,
        wallet: WalletId,
        network: &NetworkId,
    ) -> Result<Arc<InForce>, Error> {
        let generation = tx.policies_generation().await?;
        let key = (wallet, network.clone());
        if let Some(set) = self.cached(generation, &key) {
            return Ok(set);
        }
        let rows = tx.enabled_policies(wallet).await?;
        let policies = rows.iter().map(|row| compile(row, networks)).collect::<Result<Vec<_>, _>>()?;
        let set = Arc::new(InForce::new(PolicySet::select(policies, wallet, network))?);
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.generation != Some(generation) {
            *cached = Cached { generation: Some(generation), sets: HashMap::new() };
        }
        cached.sets.insert(key, set.clone());
        Ok(set)
    }

    fn cached(&self, generation: u64, key: &(WalletId, NetworkId)) -> Option<Arc<InForce>> {
        let cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.generation == Some(generation) { cached.sets.get(key).cloned() } else { None }
    }
}

/// Compiles a stored row with the validation of new rows. A row that fails is not skipped: every request in
/// its scope fails.
pub(crate) fn compile(row: &PolicyRow, networks: &Networks) -> Result<Policy, Error> {
    let value = serde_json::from_str(&row.rules).map_err(|_| corrupt(row))?;
    let scope = Scope { wallet: row.wallet, network: row.network.clone() };
    let rules =
        Rules::parse(row.policy_type, &value, networks, scope.network.as_ref()).map_err(|_| corrupt(row))?;
    Ok(Policy { id: row.id, scope, priority: row.priority, rules })
}

impl From<PolicyRow> for PolicyView {
    fn from(row: PolicyRow) -> Self {
        Self {
            id: row.id,
            wallet: row.wallet,
            network: row.network,
            policy_type: row.policy_type,
            rules: serde_json::from_str(&row.rules).unwrap_or(Value::Null),
            priority: row.priority,
            enabled: row.enabled,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

fn corrupt(row: &PolicyRow) -> Error {
    Error::new(ErrorCode::PolicyRulesCorrupt, format!("The stored policy {} cannot be read.", row.id))
        .hint("The operator must correct or delete it; until then requests in its scope are refused.")
}
