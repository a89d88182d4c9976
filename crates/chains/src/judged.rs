//! Judges decoded effects by policies, for tests of decoders.

use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;
use waiaas_core::address::Address;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::ids::{PolicyId, WalletId};
use waiaas_core::money::Price;
use waiaas_core::network::{Network, Networks};
use waiaas_core::policy::{
    AssetFacts, FeeFacts, Ledger, Policy, PolicyFacts, PolicySet, PolicyType, PriceFact, Purpose, Rules,
    Scope, Tier, Verdict, evaluate,
};
use waiaas_core::simulation::{SimulationCheck, Unsimulated};
use waiaas_core::wallet::OwnerState;

/// The policies of a wallet, chosen so that every verdict is likely.
#[derive(Clone, Debug)]
pub(crate) struct Judge {
    network: Network,
    rows: Vec<Policy>,
}

/// Generates judges on a network; each allows some of `known` as tokens, contracts and spenders.
pub(crate) fn judges(network: Network, known: Vec<Address>) -> impl Strategy<Value = Judge> {
    let some = proptest::sample::subsequence(known.clone(), 1..=known.len());
    let lists = proptest::collection::vec(proptest::option::weighted(0.8, some), 3);
    (proptest::collection::vec(0u64..3_000, 3), proptest::option::of(1u64..5_000), lists).prop_map(
        move |(mut steps, daily, lists)| {
            steps.sort_unstable();
            let mut limit = json!({
                "instant_max_usd": steps[0], "notify_max_usd": steps[1], "delay_max_usd": steps[2],
            });
            if let Some(daily) = daily {
                limit["daily_limit_usd"] = json!(daily);
            }
            let mut rules = vec![("SPENDING_LIMIT", limit)];
            let names = [
                ("ALLOWED_TOKENS", "tokens"),
                ("CONTRACT_WHITELIST", "contracts"),
                ("APPROVED_SPENDERS", "spenders"),
            ];
            for ((name, key), listed) in names.into_iter().zip(lists) {
                if let Some(listed) = listed {
                    let entries: Vec<_> =
                        listed.iter().map(|address| json!({ "address": address })).collect();
                    rules.push((name, json!({ key: entries })));
                }
            }
            let networks = Networks::builtin();
            let row = |(name, rules): &(&str, serde_json::Value)| {
                let policy_type = PolicyType::parse(name).expect("a type");
                let rules = Rules::parse(policy_type, rules, &networks, Some(&network.id)).expect("rules");
                let scope = Scope { wallet: None, network: Some(network.id.clone()) };
                Policy { id: PolicyId::new(Uuid::from_u128(1)), scope, priority: 0, rules }
            };
            Judge { network: network.clone(), rows: rules.iter().map(row).collect() }
        },
    )
}

impl Judge {
    /// Returns the strictness of the verdict on these effects of `from`: the tier and its delay, or denied.
    /// One unit of every asset is worth one dollar, and the wallet's balances are unlimited.
    pub(crate) fn strictness(&self, from: Address, items: &[Effect]) -> (usize, Option<u32>) {
        let native = self.network.native();
        let effects = Effects {
            network: self.network.id.clone(),
            native,
            from,
            items: items.to_vec(),
            methods: Vec::new(),
            seen: Vec::new(),
        };
        let known = |symbol: &str| AssetFacts {
            symbol: symbol.to_owned(),
            decimals: 0,
            price: PriceFact::Known(Price::from_picos(1_000_000_000_000)),
            sources: None,
        };
        let named = items.iter().filter_map(|effect| match effect {
            Effect::TokenOut { asset, .. } | Effect::Allowance { asset, .. } => Some(asset.clone()),
            _ => None,
        });
        let mut assets: std::collections::BTreeMap<_, _> = named.map(|asset| (asset, known("T"))).collect();
        assets.insert(self.network.native(), known("N"));
        let facts = PolicyFacts {
            now: 1_800_000_000,
            owner: OwnerState::Locked,
            balances: assets.keys().map(|asset| (asset.clone(), waiaas_core::U256::MAX)).collect(),
            assets,
            ledger: Ledger::default(),
            default_approval_timeout: 3_600,
            purpose: Purpose::Plain,
            action: None,
            reputation: Default::default(),
            simulation: SimulationCheck::Agrees,
            unsimulated: Unsimulated::Deny,
            lifetime: None,
            fee: FeeFacts::default(),
            handed_out: false,
        };
        let wallet = WalletId::new(Uuid::from_u128(1));
        let set = PolicySet::select(self.rows.iter().cloned(), wallet, &self.network.id);
        match evaluate(&set, &effects, &facts) {
            Verdict::Granted(grant) => {
                let rank = Tier::ALL.iter().position(|tier| *tier == grant.tier).expect("a tier");
                (rank, grant.delay_seconds)
            }
            Verdict::Denied(_) => (Tier::ALL.len(), None),
        }
    }
}
