//! What the benchmarks judge: all 21 types in rows, and one request that touches most of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;
use waiaas_core::U256;
use waiaas_core::action::{ActionCategory, ActionFacts, ActionKind, LendingPosition};
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::ids::{PolicyId, WalletId};
use waiaas_core::money::{Price, Usd};
use waiaas_core::network::{NetworkId, Networks};
use waiaas_core::policy::{
    AssetFacts, CategorySums, Facts, FeedbackTags, Ledger, Policy, PolicyType, PriceFact, Purpose,
    Reputation, Rules, Scope,
};
use waiaas_core::selector::Selector;
use waiaas_core::wallet::OwnerState;
use waiaas_core::witness::{Unwitnessed, WitnessFact};

pub fn account(number: u32) -> Address {
    let mut bytes = [7u8; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Address::Solana(bytes)
}

pub fn wallet(number: u32) -> WalletId {
    WalletId::new(Uuid::from_u128(u128::from(number)))
}

pub fn network() -> NetworkId {
    NetworkId::new("solana-devnet")
}

fn row(id: u32, wallet: Option<WalletId>, policy_type: PolicyType, rules: &Value) -> Arc<Policy> {
    let rules = Rules::parse(policy_type, rules, &Networks::builtin(), None).expect("rules");
    let scope = Scope { wallet, network: None };
    Arc::new(Policy { id: PolicyId::new(Uuid::from_u128(u128::from(id))), scope, priority: 0, rules })
}

/// All 21 types for one wallet (or all), with lists of `entries`.
pub fn all_types(first_id: u32, wallet: Option<WalletId>, entries: u32) -> Vec<Arc<Policy>> {
    let accounts: Vec<_> = (0..entries).map(account).collect();
    let tokens: Vec<_> = accounts.iter().map(|address| json!({"address": address})).collect();
    let limits = json!({
        "instant_max": "5000000000", "instant_max_usd": 1000, "daily_limit_usd": 5000, "monthly_limit_usd": 50000,
        "token_limits": {"native:solana":
            {"instant_max": "5", "notify_max": "6", "delay_max": "7", "daily_max": "100.5"}},
    });
    let listing = |key: &str| json!({ key: tokens });
    let names: Vec<_> = (0..entries).map(|n| format!("name-{n}")).collect();
    let named = |list: &str, key: &str| json!({ list: names.iter().map(|name| json!({ key: name })).collect::<Vec<_>>() });
    let domains: Vec<_> = names.iter().map(|name| format!("{name}.example.com")).collect();
    let methods =
        accounts.iter().map(|address| json!({"contractAddress": address, "selectors": ["0x01", "0x02"]}));
    let methods: Vec<_> = methods.collect();
    let rules = [
        limits,
        json!({"allowed_addresses": accounts}),
        json!({"allowed_hours": {"start": 0, "end": 24}, "allowed_days": [0, 1, 2, 3, 4, 5, 6]}),
        json!({"max_requests": 100, "window_seconds": 60}),
        listing("tokens"),
        listing("contracts"),
        json!({ "methods": methods }),
        listing("spenders"),
        json!({"maxAmount": "5000000"}),
        json!({"tier": "INSTANT"}),
        json!({"networks": [{"network": "solana-devnet"}]}),
        json!({ "domains": domains }),
        json!({"maxLtv": 0.75, "warningLtv": 0.5}),
        listing("assets"),
        json!({"maxLeverage": 10, "warningLeverage": 5}),
        json!({"maxPositionUsd": 1000, "warningPositionUsd": 500}),
        named("markets", "market"),
        json!({"min_score": 50, "check_counterparty": true}),
        json!({ "domains": domains }),
        named("venues", "id"),
        json!({"category": "lending", "per_action_limit_usd": 1000, "daily_limit_usd": 5000}),
    ];
    PolicyType::ALL
        .iter()
        .copied()
        .zip(rules)
        .zip(first_id..)
        .map(|((policy_type, rules), id)| row(id, wallet, policy_type, &rules))
        .collect()
}

/// A borrowing action for which an HTTP resource is paid: coin and a token to a listed account, its
/// rent, an allowance, a call, and the fee.
pub fn request() -> (Effects, Facts) {
    let networks = Networks::builtin();
    let devnet = networks.get(&network()).expect("network");
    let token = AssetId::token(&devnet.caip2, account(3));
    let to = account(5);
    let items = vec![
        Effect::NativeOut { to, amount: U256::from(1_000_000_000u64) },
        Effect::AccountRent { owner: to, account: account(9), amount: U256::from(2_039_280u64) },
        Effect::TokenOut { asset: token.clone(), to, amount: U256::from(5_000_000u64) },
        Effect::Allowance { asset: token.clone(), spender: to, amount: U256::from(5_000_000u64) },
        Effect::ContractCall { target: account(4), selector: Selector::new(&[1, 7]), decoded: true },
        Effect::NetworkFee { max: U256::from(15_000u64) },
    ];
    let effects = Effects { network: network(), native: devnet.native(), from: account(1), items };
    (effects, facts(&devnet.native(), &token))
}

fn facts(native: &AssetId, token: &AssetId) -> Facts {
    let known = |symbol: &str, decimals, dollars| AssetFacts {
        symbol: symbol.to_owned(),
        decimals,
        price: PriceFact::Known(Price::from_decimal(dollars).expect("price")),
    };
    let borrow = ActionFacts {
        provider: "bench".to_owned(),
        trusted: Vec::new(),
        category: ActionCategory::Lending,
        kind: ActionKind::Borrow,
        venue: Some("name-7".to_owned()),
        market: None,
        leverage_millionths: None,
        position_usd: None,
        notional_usd: Some(Usd::from_dollars(100)),
        lending_asset: Some(token.clone()),
        lending: Some(LendingPosition {
            collateral_usd: Usd::from_dollars(1_000),
            debt_usd: Usd::from_dollars(300),
        }),
    };
    let ledger = Ledger {
        requests: BTreeMap::from([(60, 3)]),
        categories: BTreeMap::from([(ActionCategory::Lending, CategorySums::default())]),
        ..Ledger::default()
    };
    Facts {
        now: 1_780_317_000,
        owner: OwnerState::None,
        assets: BTreeMap::from([
            (native.clone(), known("SOL", 9, "150.25")),
            (token.clone(), known("USDC", 6, "1.0001")),
        ]),
        ledger,
        default_approval_timeout: 3_600,
        balances: BTreeMap::from([(token.clone(), U256::from(9_000_000u64))]),
        purpose: Purpose::HttpPayment { domain: "name-7.example.com".to_owned() },
        action: Some(borrow),
        reputation: [4, 5]
            .map(|who| (account(who), FeedbackTags::default(), Reputation::Score(80)))
            .into_iter()
            .collect(),
        witness: WitnessFact::Agrees,
        unwitnessed: Unwitnessed::Deny,
    }
}
