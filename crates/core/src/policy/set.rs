//! Policy rows and the set that applies to one request.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::address::Address;
use crate::ids::{PolicyId, WalletId};
use crate::network::NetworkId;
use crate::policy::{PolicyType, Rules};

/// Where a policy applies. Policies of a narrow scope tighten those of a wide one and never loosen them.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Scope {
    /// One wallet, or all.
    pub wallet: Option<WalletId>,
    /// One network, or all.
    pub network: Option<NetworkId>,
}

impl Scope {
    /// Whether a request of `wallet` on `network` falls under this scope.
    pub fn covers(&self, wallet: WalletId, network: &NetworkId) -> bool {
        self.wallet.is_none_or(|w| w == wallet) && self.network.as_ref().is_none_or(|n| n == network)
    }
}

/// One enabled policy row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// Id of the row.
    pub id: PolicyId,
    /// Where it applies.
    pub scope: Scope,
    /// Order in reports only.
    pub priority: i32,
    /// The rules.
    pub rules: Rules,
}

/// Every policy that applies to one wallet on one network. An empty set denies everything.
#[derive(Clone, Debug, Default)]
pub struct PolicySet {
    policies: Vec<Arc<Policy>>,
    types: BTreeSet<PolicyType>,
    network: Option<NetworkId>,
}

impl PolicySet {
    /// Keeps the policies whose scope covers the request, highest priority first. Rows may be shared, so that
    /// a cache of parsed rows serves every request without copying lists.
    pub fn select<P: Into<Arc<Policy>>>(
        all: impl IntoIterator<Item = P>,
        wallet: WalletId,
        network: &NetworkId,
    ) -> Self {
        let rows = all.into_iter().map(Into::into);
        let mut policies: Vec<Arc<Policy>> = rows.filter(|p| p.scope.covers(wallet, network)).collect();
        policies.sort_by_key(|p| (std::cmp::Reverse(p.priority), p.id));
        let types = policies.iter().map(|p| p.rules.policy_type()).collect();
        Self { policies, types, network: Some(network.clone()) }
    }

    /// The network for which the policies were selected; none for the empty set.
    pub const fn network(&self) -> Option<&NetworkId> {
        self.network.as_ref()
    }

    /// All of them, in report order.
    pub fn iter(&self) -> impl Iterator<Item = &Policy> + Clone {
        self.policies.iter().map(Arc::as_ref)
    }

    /// The addresses that they list: recipients, contracts, spenders, tokens.
    pub fn addresses(&self) -> impl Iterator<Item = Address> {
        self.iter().flat_map(|policy| policy.rules.addresses())
    }

    /// Whether a row of this type is among them.
    pub fn has(&self, policy_type: PolicyType) -> bool {
        self.types.contains(&policy_type)
    }

    /// The policies of one type, in report order.
    pub fn of(&self, policy_type: PolicyType) -> impl Iterator<Item = &Policy> {
        self.iter().filter(move |p| p.rules.policy_type() == policy_type)
    }

    /// The windows, in seconds, whose request counts [`super::Ledger::requests`] must hold.
    pub fn rate_windows(&self) -> Vec<u64> {
        let mut windows: Vec<_> = self
            .iter()
            .filter_map(|p| match &p.rules {
                Rules::RateLimit(rule) => Some(u64::from(rule.window_seconds)),
                _ => None,
            })
            .collect();
        windows.sort_unstable();
        windows.dedup();
        windows
    }
}
