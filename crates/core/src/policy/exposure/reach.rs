//! Tokens that could be spent, accounts that could benefit, and calls whose effects are not known.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::address::Address;
use crate::asset::AssetId;
use crate::network::Chain;
use crate::policy::exposure::{Destinations, Reach, Reason};
use crate::policy::{Policy, PolicySet, PolicyType, Rules, Tier};

/// The tokens of a network that every ALLOWED_TOKENS row in force lists; none without a row.
pub fn allowed_tokens(policies: &PolicySet, caip2: &Arc<str>, chain: Chain) -> BTreeSet<AssetId> {
    let mut rows = policies.iter().filter_map(|row| match &row.rules {
        Rules::AllowedTokens(rule) => Some(rule),
        _ => None,
    });
    let Some(first) = rows.next() else { return BTreeSet::new() };
    let named = first.tokens.iter().filter(|entry| entry.address.chain() == chain);
    let assets =
        named.map(|entry| entry.asset_id.clone().unwrap_or_else(|| AssetId::token(caip2, entry.address)));
    let others: Vec<_> = rows.collect();
    assets.filter(|asset| asset.caip2 == *caip2 && others.iter().all(|rule| rule.allows(asset))).collect()
}

/// The accounts that could benefit from requests granted without the owner.
pub(super) fn destinations(policies: &PolicySet, chain: Chain) -> Destinations {
    let calls = unjudged_calls(policies, chain);
    let recipients = match whitelist(policies) {
        // The recipients of such a call are not known.
        _ if !calls.is_empty() => Reach::Any,
        Some((list, _)) => Reach::Only(list.into_iter().filter(|address| address.chain() == chain).collect()),
        None => Reach::Any,
    };
    Destinations { recipients, spenders: spenders(policies), contracts: contracts(policies) }
}

/// The accounts that every WHITELIST row names, and the first row; none if there is no row.
pub(super) fn whitelist(policies: &PolicySet) -> Option<(BTreeSet<Address>, &Policy)> {
    let mut listed: Option<(BTreeSet<Address>, &Policy)> = None;
    for row in policies.iter() {
        let Rules::Whitelist(rule) = &row.rules else { continue };
        match &mut listed {
            Some((list, _)) => list.retain(|address| rule.allowed_addresses.contains(address)),
            None => listed = Some((rule.allowed_addresses.clone(), row)),
        }
    }
    listed
}

/// The accounts of `list` that every WHITELIST row permits.
fn whitelisted(policies: &PolicySet, list: BTreeSet<Address>) -> Reach {
    match whitelist(policies) {
        Some((allowed, _)) => Reach::Only(list.intersection(&allowed).copied().collect()),
        None => Reach::Only(list),
    }
}

fn spenders(policies: &PolicySet) -> Reach {
    let owner_only = policies.iter().any(|row| match &row.rules {
        Rules::ApproveTierOverride(rule) => rule.tier == Tier::Approval,
        _ => false,
    });
    if owner_only {
        return Reach::default();
    }
    let lists = policies.iter().filter_map(|row| match &row.rules {
        Rules::ApprovedSpenders(rule) => {
            Some(rule.spenders.iter().map(|spender| spender.address).collect::<BTreeSet<_>>())
        }
        _ => None,
    });
    whitelisted(policies, common(lists))
}

fn contracts(policies: &PolicySet) -> Reach {
    whitelisted(policies, listed_contracts(policies))
}

fn listed_contracts(policies: &PolicySet) -> BTreeSet<Address> {
    common(policies.iter().filter_map(|row| match &row.rules {
        Rules::ContractWhitelist(rule) => {
            Some(rule.contracts.iter().map(|contract| contract.address).collect::<BTreeSet<_>>())
        }
        _ => None,
    }))
}

/// The accounts in every list; empty without a list.
fn common(lists: impl Iterator<Item = BTreeSet<Address>>) -> BTreeSet<Address> {
    lists.reduce(|common, list| common.intersection(&list).copied().collect()).unwrap_or_default()
}

/// Methods that may be called although the decoder does not know them, because the operator has named them.
/// The value that they move is not counted.
pub(super) fn unjudged_calls(policies: &PolicySet, chain: Chain) -> Vec<Reason> {
    match chain {
        // The wallet's signature is valid in every program called, so naming a method permits nothing.
        Chain::Solana => return Vec::new(),
        Chain::Ethereum => {}
    }
    let Reach::Only(contracts) = contracts(policies) else { return Vec::new() };
    let rules: Vec<_> = policies
        .of(PolicyType::MethodWhitelist)
        .filter_map(|row| match &row.rules {
            Rules::MethodWhitelist(rule) => Some((row, rule)),
            _ => None,
        })
        .collect();
    let Some((row, first)) = rules.first() else { return Vec::new() };
    let methods = first
        .methods
        .iter()
        .flat_map(|entry| entry.selectors.iter().map(move |selector| (entry.contract_address, selector)));
    methods
        .filter(|(contract, selector)| {
            contracts.contains(contract) && rules.iter().all(|(_, rule)| rule.names(contract, Some(selector)))
        })
        .map(|(contract, selector)| {
            let message = format!(
                "the operator has named method {selector} of {contract}, and its effects are not known"
            );
            Reason::row(row, "methods", message)
        })
        .collect()
}
