//! Compares the strictness of two sets of policies without evaluating requests.
//!
//! The answer decides whether a change needs the owner, so it is cautious: "yes" means that no request gets a
//! lower tier, or is allowed where it was denied; "no" means loosened, or uncertain. Belongs here: comparing
//! rows with rows, and the permissions that the presence of a row gives. Does not belong here: comparing the
//! rules of one type, which is in its file under `rules/`.

use crate::ids::WalletId;
use crate::policy::{Policy, Rules, Scope};

/// How new rules compare with old ones in the same place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Strictness {
    /// They judge equally.
    Same,
    /// They allow less.
    Tighter,
    /// They allow more.
    Looser,
    /// They allow more in one respect and less in another, or the comparison is uncertain.
    Incomparable,
}

/// Compares the rules of one row before and after a change.
pub fn compare(old: &Rules, new: &Rules) -> Strictness {
    match (new.at_least_as_strict(old), old.at_least_as_strict(new)) {
        (true, true) => Strictness::Same,
        (true, false) => Strictness::Tighter,
        (false, true) => Strictness::Looser,
        (false, false) => Strictness::Incomparable,
    }
}

/// Whether no wallet, network, request or fact gets a lower tier under `new` than under `old`, or is allowed
/// where it was denied. Every old row needs a successor, unless its type denies without one; and no new row
/// may give, by its presence, a permission in a place where no old row gave it.
pub fn at_least_as_strict(new: &[Policy], old: &[Policy]) -> bool {
    let kept = |old: &Policy| {
        let succeeds =
            |new: &Policy| covers(&new.scope, &old.scope) && new.rules.at_least_as_strict(&old.rules);
        let none_left = |new: &Policy| !same_type(new, old) || !overlap(&new.scope, &old.scope);
        new.iter().any(succeeds) || (denies_when_gone(&old.rules) && new.iter().all(none_left))
    };
    let brings_nothing = |new: &Policy| {
        let was_there =
            |old: &Policy| covers(&old.scope, &new.scope) && allows_no_more(&new.rules, &old.rules);
        allows_nothing_by_itself(&new.rules) || old.iter().any(was_there)
    };
    old.iter().all(kept) && new.iter().all(brings_nothing)
}

/// Whether a change of the policies in force may permit one wallet more. This decides whether its owner must
/// consent. Only policies that apply to the wallet count; for it, its own policies and those for all wallets
/// are equivalent.
pub fn loosens(wallet: WalletId, before: &[Policy], after: &[Policy]) -> bool {
    let mine = |rows: &[Policy]| -> Vec<Policy> {
        let applies = rows.iter().filter(|row| row.scope.wallet.is_none_or(|id| id == wallet)).cloned();
        let alike = |row: Policy| Policy { scope: Scope { wallet: None, ..row.scope }, ..row };
        applies.map(alike).collect()
    };
    !at_least_as_strict(&mine(after), &mine(before))
}

fn same_type(a: &Policy, b: &Policy) -> bool {
    a.rules.policy_type() == b.rules.policy_type()
}

/// Whether `wide` applies wherever `narrow` does.
fn covers(wide: &Scope, narrow: &Scope) -> bool {
    (wide.wallet.is_none() || wide.wallet == narrow.wallet)
        && (wide.network.is_none() || wide.network == narrow.network)
}

/// Whether there is a wallet and a network where both apply.
fn overlap(a: &Scope, b: &Scope) -> bool {
    let meet = |same: bool, one_is_all: bool| same || one_is_all;
    meet(a.wallet == b.wallet, a.wallet.is_none() || b.wallet.is_none())
        && meet(a.network == b.network, a.network.is_none() || b.network.is_none())
}

/// Whether everything that these rules could allow is denied when no row of the type is in force.
fn denies_when_gone(rules: &Rules) -> bool {
    match rules {
        Rules::SpendingLimit(_)
        | Rules::AllowedTokens(_)
        | Rules::ContractWhitelist(_)
        | Rules::ApprovedSpenders(_)
        | Rules::X402AllowedDomains(_)
        | Rules::Erc8128AllowedDomains(_)
        | Rules::LendingAssetWhitelist(_)
        | Rules::PerpAllowedMarkets(_) => true,
        // Without a row, only allowances that count as unlimited are denied.
        Rules::ApproveAmountLimit(rule) => rule.max_amount.is_none(),
        Rules::Whitelist(_)
        | Rules::TimeRestriction(_)
        | Rules::RateLimit(_)
        | Rules::MethodWhitelist(_)
        | Rules::ApproveTierOverride(_)
        | Rules::AllowedNetworks(_)
        | Rules::LendingLtvLimit(_)
        | Rules::PerpMaxLeverage(_)
        | Rules::PerpMaxPositionUsd(_)
        | Rules::ReputationThreshold(_)
        | Rules::VenueWhitelist(_)
        | Rules::ActionCategoryLimit(_) => false,
    }
}

/// Whether the presence of such a row lifts no default denial, so that adding it only tightens.
fn allows_nothing_by_itself(rules: &Rules) -> bool {
    match rules {
        Rules::SpendingLimit(_)
        | Rules::AllowedTokens(_)
        | Rules::ContractWhitelist(_)
        | Rules::MethodWhitelist(_)
        | Rules::ApprovedSpenders(_)
        | Rules::X402AllowedDomains(_)
        | Rules::Erc8128AllowedDomains(_)
        | Rules::LendingAssetWhitelist(_)
        | Rules::PerpAllowedMarkets(_) => false,
        Rules::ApproveAmountLimit(rule) => rule.block_unlimited,
        Rules::Whitelist(_)
        | Rules::TimeRestriction(_)
        | Rules::RateLimit(_)
        | Rules::ApproveTierOverride(_)
        | Rules::AllowedNetworks(_)
        | Rules::LendingLtvLimit(_)
        | Rules::PerpMaxLeverage(_)
        | Rules::PerpMaxPositionUsd(_)
        | Rules::ReputationThreshold(_)
        | Rules::VenueWhitelist(_)
        | Rules::ActionCategoryLimit(_) => true,
    }
}

/// Whether the presence of `new` lifts no default denial that the presence of `old` did not.
fn allows_no_more(new: &Rules, old: &Rules) -> bool {
    match (new, old) {
        (Rules::SpendingLimit(new), Rules::SpendingLimit(old)) => new.covers_no_more_than(old),
        (new, old) => new.policy_type() == old.policy_type(),
    }
}
