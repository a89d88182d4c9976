//! The present state, the result of a change, and the owners whose consent it needs.

use thiserror::Error;
use waiaas_core::UnixSeconds;
use waiaas_core::action::ActionCategory;
use waiaas_core::address::Address;
use waiaas_core::change::Change;
use waiaas_core::ids::{PolicyId, WalletId};
use waiaas_core::network::{NetworkId, Networks};
use waiaas_core::policy::{Policy, PolicyType, Rules, at_least_as_strict, loosens};
use waiaas_core::wallet::{KillSwitch, Owner, WalletStatus};
use waiaas_store::{KillSwitchRow, PolicyRow, StoreError, WalletRow, WriteTx};

use crate::error::{Details, Error, ErrorCode, Remedy, sentence};
use crate::policies::compile;
use crate::wallets::wrong_status;

/// Why a change does not fit the present state.
#[derive(Debug, Error)]
pub(crate) enum Misfit {
    /// The policy does not exist.
    #[error("there is no such policy")]
    PolicyGone,
    /// The policy has changed since the request.
    #[error("the policy changed meanwhile")]
    PolicyMoved,
    /// A policy of this type and scope exists.
    #[error("there is {} policy for this scope already: {id}", .policy_type.with_article())]
    PolicyExists {
        /// Its type.
        policy_type: PolicyType,
        /// Its id.
        id: PolicyId,
    },
    /// The rules are not valid any more.
    #[error("the rules are not valid: {0}")]
    Rules(#[from] waiaas_core::policy::RulesError),
    /// The kill switch is released, or activated again since the request.
    #[error("the kill switch is not activated, or was activated again")]
    SwitchMoved,
    /// The wallet does not exist.
    #[error("there is no such wallet")]
    WalletGone,
    /// The wallet is resumed, or suspended again since the request.
    #[error("the wallet is {0}, or was suspended again")]
    WalletMoved(WalletStatus),
}

impl From<Misfit> for Error {
    fn from(misfit: Misfit) -> Self {
        let message = sentence(&misfit);
        match misfit {
            Misfit::PolicyGone => Self::new(ErrorCode::PolicyNotFound, message),
            Misfit::PolicyMoved => {
                Self::new(ErrorCode::InvalidStateTransition, message).hint("Read it again and retry.")
            }
            Misfit::PolicyExists { id, .. } => Self::new(ErrorCode::PolicyAlreadyExists, message)
                .hint(Remedy::ChangePolicy(id))
                .details(Details::Policy { policy_id: id }),
            Misfit::Rules(error) => error.into(),
            Misfit::SwitchMoved => Self::new(
                ErrorCode::KillSwitchNotActive,
                "The kill switch is not activated: signing is running.",
            )
            .hint("Look at its state first."),
            Misfit::WalletGone => Self::new(ErrorCode::WalletNotFound, message),
            Misfit::WalletMoved(status) => wrong_status(status),
        }
    }
}

/// A change checked against the present state, with the rows before and after.
pub(crate) enum FittedChange {
    /// A new policy.
    Insert(PolicyRow),
    /// A policy before and after.
    Update(PolicyRow, PolicyRow),
    /// A deleted policy.
    Delete(PolicyRow),
    /// The present kill switch.
    Release(KillSwitchRow),
    /// The present wallet.
    Resume(WalletRow),
}

/// A wallet whose LOCKED owner must consent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Concerned {
    /// The wallet.
    pub(crate) wallet: WalletId,
    /// Its own address.
    pub(crate) address: Address,
    /// Its owner.
    pub(crate) owner: Address,
}

/// The requirements of a change.
pub(crate) struct Needs {
    /// Whether it loosens the protection of any wallet.
    pub(crate) loosens: bool,
    /// The wallets with a LOCKED owner whose protection it loosens.
    pub(crate) owners: Vec<Concerned>,
}

/// All rows that a change can touch, from one transaction.
pub(crate) struct CurrentState {
    policies: Vec<PolicyRow>,
    wallets: Vec<WalletRow>,
    switch: KillSwitchRow,
}

impl CurrentState {
    pub(crate) async fn read(tx: &mut WriteTx) -> Result<Self, StoreError> {
        Ok(Self {
            policies: tx.policies().await?,
            wallets: tx.wallets().await?,
            switch: tx.kill_switch().await?,
        })
    }

    /// Checks a change against the present state. Its object must be unchanged since the request.
    pub(crate) fn step(
        &self,
        change: &Change,
        networks: &Networks,
        now: UnixSeconds,
    ) -> Result<FittedChange, Misfit> {
        match change {
            Change::PolicyCreate { policy, wallet, network, policy_type, rules, priority, enabled } => {
                let rules = Rules::parse(*policy_type, rules, networks, network.as_ref())?;
                let row = PolicyRow {
                    id: *policy,
                    wallet: *wallet,
                    network: network.clone(),
                    policy_type: *policy_type,
                    category: category(&rules),
                    rules: rules.to_json().to_string(),
                    priority: *priority,
                    enabled: *enabled,
                    created_at: now,
                    updated_at: now,
                    version: 1,
                };
                self.unless_taken(FittedChange::Insert(row))
            }
            Change::PolicyUpdate { policy, version, rules, priority, enabled } => {
                let from = self.policy(*policy, *version)?;
                let rules = Rules::parse(from.policy_type, rules, networks, from.network.as_ref())?;
                let to = PolicyRow {
                    category: category(&rules),
                    rules: rules.to_json().to_string(),
                    priority: *priority,
                    enabled: *enabled,
                    updated_at: now,
                    ..from.clone()
                };
                self.unless_taken(FittedChange::Update(from.clone(), to))
            }
            Change::PolicyDelete { policy, version } => {
                Ok(FittedChange::Delete(self.policy(*policy, *version)?.clone()))
            }
            Change::KillSwitchRecovery { generation } => {
                let activated = self.switch.state == KillSwitch::Activated;
                let same = activated && self.switch.generation == *generation;
                if same { Ok(FittedChange::Release(self.switch)) } else { Err(Misfit::SwitchMoved) }
            }
            Change::WalletResume { wallet, suspended_at } => {
                let row = self.wallets.iter().find(|row| row.id == *wallet).ok_or(Misfit::WalletGone)?;
                let suspended = row.status == WalletStatus::Suspended;
                let same = suspended && row.suspended_at == Some(*suspended_at);
                if same {
                    Ok(FittedChange::Resume(row.clone()))
                } else {
                    Err(Misfit::WalletMoved(row.status))
                }
            }
        }
    }

    fn policy(&self, id: PolicyId, version: i64) -> Result<&PolicyRow, Misfit> {
        let row = self.policies.iter().find(|row| row.id == id).ok_or(Misfit::PolicyGone)?;
        if row.version == version { Ok(row) } else { Err(Misfit::PolicyMoved) }
    }

    /// One row per type and scope.
    fn unless_taken(&self, step: FittedChange) -> Result<FittedChange, Misfit> {
        if let FittedChange::Insert(new) | FittedChange::Update(_, new) = &step {
            let scope = |row: &PolicyRow| (row.policy_type, row.wallet, row.network.clone(), row.category);
            let taken = self.policies.iter().find(|row| row.id != new.id && scope(row) == scope(new));
            if let Some(row) = taken {
                return Err(Misfit::PolicyExists { policy_type: new.policy_type, id: row.id });
            }
        }
        Ok(step)
    }

    /// The requirements of a change.
    pub(crate) fn needs(&self, step: &FittedChange, networks: &Networks) -> Needs {
        match step {
            FittedChange::Insert(_) | FittedChange::Update(..) | FittedChange::Delete(_) => {
                self.policy_needs(step, networks)
            }
            FittedChange::Release(_) => Needs { loosens: true, owners: self.locked().collect() },
            FittedChange::Resume(row) => {
                Needs { loosens: true, owners: self.locked().filter(|one| one.wallet == row.id).collect() }
            }
        }
    }

    /// Every wallet that is not terminated and has a LOCKED owner.
    fn locked(&self) -> impl Iterator<Item = Concerned> {
        self.wallets.iter().filter(|row| row.status != WalletStatus::Terminated).filter_map(|row| {
            match row.owner {
                Owner::Locked(owner) => Some(Concerned { wallet: row.id, address: row.address, owner }),
                Owner::None | Owner::Grace(_) => None,
            }
        })
    }

    fn policy_needs(&self, step: &FittedChange, networks: &Networks) -> Needs {
        let before: Vec<_> = in_force(self.policies.iter(), networks);
        let after: Vec<_> = match step {
            FittedChange::Insert(new) => in_force(self.policies.iter().chain([new]), networks),
            FittedChange::Update(_, new) => {
                let others = self.policies.iter().filter(|row| row.id != new.id);
                in_force(others.chain([new]), networks)
            }
            FittedChange::Delete(old) => {
                in_force(self.policies.iter().filter(|row| row.id != old.id), networks)
            }
            FittedChange::Release(_) | FittedChange::Resume(_) => {
                return Needs { loosens: true, owners: Vec::new() };
            }
        };
        let owners = self.locked().filter(|one| {
            let here = |network: &NetworkId| self.can_use(one.wallet, network, networks);
            match (compiled(&before, here), compiled(&after, here)) {
                (Some(before), Some(after)) => loosens(one.wallet, &before, &after),
                // A row that cannot be read denies in its scope; the effect of a change to it is unknown.
                (None, _) | (_, None) => true,
            }
        });
        let loosens = match (compiled(&before, |_| true), compiled(&after, |_| true)) {
            (Some(before), Some(after)) => !at_least_as_strict(&after, &before),
            (None, _) | (_, None) => true,
        };
        Needs { loosens, owners: owners.collect() }
    }

    /// Whether a wallet can ever use a network; true for an unknown network.
    fn can_use(&self, wallet: WalletId, network: &NetworkId, networks: &Networks) -> bool {
        let row = self.wallets.iter().find(|row| row.id == wallet);
        let (Some(row), Some(network)) = (row, networks.get(network)) else { return true };
        row.chain == network.chain && row.environment == network.environment
    }
}

/// A row in force, with its rules if they can be read.
struct Compiled {
    network: Option<NetworkId>,
    policy: Option<Policy>,
}

fn in_force<'a>(rows: impl Iterator<Item = &'a PolicyRow>, networks: &Networks) -> Vec<Compiled> {
    let compiled =
        |row: &PolicyRow| Compiled { network: row.network.clone(), policy: compile(row, networks).ok() };
    rows.filter(|row| row.enabled).map(compiled).collect()
}

/// The rows on the given networks; none if one of them cannot be read.
fn compiled(rows: &[Compiled], counts: impl Fn(&NetworkId) -> bool) -> Option<Vec<Policy>> {
    let here = rows.iter().filter(|row| row.network.as_ref().is_none_or(&counts));
    here.map(|row| row.policy.clone()).collect()
}

/// The part of the scope that some types carry in their rules.
const fn category(rules: &Rules) -> Option<ActionCategory> {
    match rules {
        Rules::ActionCategoryLimit(rule) => Some(rule.category),
        _ => None,
    }
}
