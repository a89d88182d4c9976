//! The evaluation of arbitrary effects, facts and rows: it always returns a verdict, returns the same one for
//! stored input, and never grants what must be denied.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;
use uuid::Uuid;
use waiaas_core::action::{ActionCategory, ActionFacts, ActionKind, LendingPosition, TrustedCall};
use waiaas_core::address::Address;
use waiaas_core::asset::{AssetId, AssetKind};
use waiaas_core::digest::Digest;
use waiaas_core::effect::{Effect, Effects, Method, Portion, Swap};
use waiaas_core::ids::{PolicyId, TxId, WalletId};
use waiaas_core::money::{Price, Usd};
use waiaas_core::network::NetworkId;
use waiaas_core::nft::{NftId, NftKind};
use waiaas_core::policy::{
    AssetFacts, CategorySums, CountedAllowance, PolicyFacts, FeeFacts, FeedbackTags, Ledger, Policy, PolicySet, PolicyType,
    PriceFact, Purpose, Reputation, Rules, Scope, Tier, Verdict, evaluate,
};
use waiaas_core::selector::Selector;
use waiaas_core::wallet::OwnerState;
use waiaas_core::simulation::{Unsimulated, SimulationCheck};

use crate::input::Input;
use crate::world::{NETWORKS, is_unknown};

const NETWORK: &str = "base-mainnet";
const DOMAINS: [&str; 4] = ["example.com", "a.example.com", "example.org", ""];
const NAMES: [&str; 3] = ["hyperliquid", "ETH-USD", ""];

/// Rows of every type, made once; another target tests their reading.
static ROWS: LazyLock<Vec<Rules>> = LazyLock::new(|| {
    let network = NetworkId::new(NETWORK);
    let samples: BTreeMap<String, Vec<Value>> =
        serde_json::from_str(include_str!("policy_evaluate.json")).unwrap_or_default();
    let rules = samples.iter().flat_map(|(name, all)| {
        let policy_type = PolicyType::parse(name).unwrap_or_else(|| unreachable!("{name}"));
        let network = &network;
        all.iter().map(move |value| {
            let read = Rules::parse(policy_type, value, &NETWORKS, Some(network));
            read.unwrap_or_else(|error| unreachable!("{value}: {error}"))
        })
    });
    rules.collect()
});

pub(super) fn run(data: &[u8]) -> bool {
    let mut input = Input::new(data);
    let wallet = WalletId::new(Uuid::from_u128(1));
    let network = NetworkId::new(NETWORK);
    let through_json = input.u8() % 4 == 1;
    let mut facts = facts(&mut input);
    let rows = rows(&mut input, wallet);
    let mut effects = effects(&mut input);
    use_allowances(&mut input, &mut facts, &mut effects);
    let set = PolicySet::select(rows.iter().cloned(), wallet, &network);
    let verdict = evaluate(&set, &effects, &facts);

    if through_json {
        stored(&set, &effects, &facts, &verdict);
    }

    let Verdict::Granted(grant) = &verdict else { return false };
    assert!(!effects.all().any(is_unknown), "granted an unknown effect");
    assert!(!matches!(facts.simulation, SimulationCheck::Exceeds { .. }), "granted against the simulation check");
    assert_eq!(effects.network, network, "granted on another network");
    assert!(grant.tier != Tier::Approval || facts.owner != OwnerState::None, "approval without an owner");
    assert_eq!(grant.delay_seconds.is_some(), grant.tier == Tier::Delay);
    assert_eq!(grant.approval_timeout.is_some(), grant.tier == Tier::Approval);
    let mut worse = effects.clone();
    worse.items.push(Effect::Unknown { target: None, what: String::new() });
    assert!(matches!(evaluate(&set, &worse, &facts), Verdict::Denied(_)), "an unknown effect more");
    let none = PolicySet::select(Vec::<Policy>::new(), wallet, &network);
    assert!(stricter(&evaluate(&none, &effects, &facts), grant.tier), "less strict without any policy");
    // The same effects twice are judged at least as strictly.
    let mut twice = effects.clone();
    twice.items.extend(effects.items.iter().cloned());
    assert!(stricter(&evaluate(&set, &twice, &facts), grant.tier), "less strict for twice as much");
    true
}

/// Asserts that the stored input of a decision gives the same decision.
fn stored(set: &PolicySet, effects: &Effects, facts: &PolicyFacts, verdict: &Verdict) {
    let again = |text: String| serde_json::from_str::<PolicyFacts>(&text).ok();
    let stored = serde_json::to_string(facts).ok().and_then(again);
    assert_eq!(stored.as_ref(), Some(facts), "facts through JSON");
    let read: Option<Effects> =
        serde_json::to_string(effects).ok().and_then(|text| serde_json::from_str(&text).ok());
    assert_eq!(read.as_ref(), Some(effects), "effects through JSON");
    let verdict_read: Option<Verdict> =
        serde_json::to_string(verdict).ok().and_then(|text| serde_json::from_str(&text).ok());
    assert_eq!(verdict_read.as_ref(), Some(verdict), "a verdict through JSON");
    assert_eq!(
        stored.zip(read).map(|(facts, effects)| evaluate(set, &effects, &facts)),
        Some(verdict.clone())
    );
}

fn stricter(verdict: &Verdict, than: Tier) -> bool {
    match verdict {
        Verdict::Denied(_) => true,
        Verdict::Granted(grant) => grant.tier >= than,
    }
}

fn address(input: &mut Input<'_>) -> Address {
    let byte = input.u8();
    if byte > 250 { Address::Solana([byte; 32]) } else { Address::Evm([byte % 12; 20]) }
}

fn asset(input: &mut Input<'_>) -> AssetId {
    let caip2 = if input.u8() > 250 { "eip155:1" } else { "eip155:8453" };
    match input.u8() % 4 {
        0 => AssetId { caip2: caip2.into(), kind: AssetKind::Native { slip44: 60 } },
        byte => AssetId::token(&caip2.into(), Address::Evm([49 + byte; 20])),
    }
}

fn nft(input: &mut Input<'_>) -> NftId {
    let (collection, token_id) = (Address::Evm([5 + input.u8() % 3; 20]), input.u256());
    let kind = match input.bool() {
        true => NftKind::Erc721 { collection, token_id },
        false => NftKind::Erc1155 { collection, token_id },
    };
    NftId { caip2: "eip155:8453".into(), kind }
}

fn selector(input: &mut Input<'_>) -> Option<Selector> {
    let pool = [[0xa9, 0x05, 0x9c, 0xbb], [1, 2, 3, 4], [0; 4]];
    input.maybe(|input| Selector::evm(input.one(&pool)))
}

fn text(input: &mut Input<'_>) -> String {
    let length = usize::from(input.u8() % 16);
    String::from_utf8_lossy(input.take(length)).into_owned()
}

fn swap(input: &mut Input<'_>) -> Swap {
    let portions = |input: &mut Input<'_>| {
        let count = input.u8() % 3;
        (0..count).map(|_| Portion { asset: asset(input), amount: input.u256() }).collect()
    };
    let path = input.u8() % 4;
    Swap {
        router: address(input),
        sold: portions(input),
        path: (0..path).map(|_| asset(input)).collect(),
        bought: portions(input),
        to: address(input),
        wrapper: input.maybe(asset),
        spenders: Vec::new(),
        deadline: input.maybe(|input| i64::from(input.u8()) * 60),
    }
}

fn effect(input: &mut Input<'_>) -> Effect {
    match input.u8() % 17 {
        0 | 1 => Effect::NativeOut { to: address(input), amount: input.u256() },
        2 | 3 => Effect::TokenOut { asset: asset(input), to: address(input), amount: input.u256() },
        4 => Effect::NftOut { nft: nft(input), to: address(input), quantity: input.u256() },
        5 | 6 => Effect::Allowance {
            asset: asset(input),
            spender: address(input),
            amount: input.u256(),
            through: None,
        },
        7 => Effect::NftAllowance { nft: nft(input), spender: input.maybe(address) },
        8 => Effect::OperatorApproval {
            collection: address(input),
            operator: address(input),
            granted: input.bool(),
        },
        9 => {
            Effect::ContractCall { target: address(input), selector: selector(input), decoded: input.bool() }
        }
        10 => Effect::Deployment { code: Digest::new([input.u8(); 32]), amount: input.u256() },
        11 => Effect::AuthorityChange {
            target: address(input),
            selector: selector(input),
            to: input.maybe(address),
            what: text(input),
        },
        12 => Effect::AccountRent { owner: address(input), account: address(input), amount: input.u256() },
        13 => Effect::Message { digest: Digest::new([input.u8(); 32]), text: text(input) },
        16 => Effect::Swap(Box::new(swap(input))),
        14 => Effect::TypedData {
            contract: address(input),
            primary_type: text(input),
            digest: Digest::new([input.u8(); 32]),
        },
        _ => match input.u8() % 4 {
            0 => Effect::Unknown { target: input.maybe(address), what: text(input) },
            _ => Effect::NetworkFee { max: input.u256() },
        },
    }
}

fn effects(input: &mut Input<'_>) -> Effects {
    let count = 1 + usize::from(input.u8() % 6);
    let methods = input.u8() % 3;
    let network = if input.u8() > 250 { "ethereum-mainnet" } else { NETWORK };
    Effects {
        network: NetworkId::new(network),
        native: AssetId { caip2: "eip155:8453".into(), kind: AssetKind::Native { slip44: 60 } },
        from: Address::Evm([1; 20]),
        items: (0..count).map(|_| effect(input)).collect(),
        methods: (0..methods).map(|_| Method { target: address(input), selector: selector(input) }).collect(),
        seen: (0..input.u8() % 3).map(|_| effect(input)).collect(),
    }
}

fn rows(input: &mut Input<'_>, wallet: WalletId) -> Vec<Policy> {
    let count = usize::from(input.u8() % 12);
    let row = |at: usize| Policy {
        id: PolicyId::new(Uuid::from_u128(at as u128)),
        scope: Scope { wallet: input.maybe(|_| wallet), network: input.maybe(|_| NetworkId::new(NETWORK)) },
        priority: i32::from(input.u8() % 3),
        rules: ROWS[usize::from(input.u8()) % ROWS.len()].clone(),
    };
    (0..count).map(row).collect()
}

fn usd(input: &mut Input<'_>) -> Usd {
    Usd::from_micros(input.number())
}

fn price(input: &mut Input<'_>) -> PriceFact {
    match input.u8() % 7 {
        0 => PriceFact::Unlisted,
        1 => PriceFact::Unusable,
        6 => PriceFact::NotAsked,
        _ => PriceFact::Known(Price::from_picos(u128::from(input.number()))),
    }
}

fn assets<V>(input: &mut Input<'_>, value: impl Fn(&mut Input<'_>) -> V) -> BTreeMap<AssetId, V> {
    let count = input.u8() % 5;
    (0..count).map(|_| (asset(input), value(input))).collect()
}

fn action(input: &mut Input<'_>) -> ActionFacts {
    let trusted =
        |input: &mut Input<'_>| TrustedCall { target: address(input), selector: Selector::evm([1, 2, 3, 4]) };
    let name = |input: &mut Input<'_>| input.maybe(|input| input.one(&NAMES).to_owned());
    ActionFacts {
        provider: "provider".to_owned(),
        trusted: input.maybe(trusted).into_iter().collect(),
        category: input.one(ActionCategory::ALL),
        kind: input.one(ActionKind::ALL),
        venue: name(input),
        market: name(input),
        leverage_millionths: input.maybe(Input::number),
        position_usd: input.maybe(usd),
        notional_usd: input.maybe(usd),
        lending_asset: input.maybe(asset),
        lending: input.maybe(|input| LendingPosition { collateral_usd: usd(input), debt_usd: usd(input) }),
    }
}

/// Allowances that the effects may use up: given earlier, or through another contract.
fn use_allowances(input: &mut Input<'_>, facts: &mut PolicyFacts, effects: &mut Effects) {
    for effect in &mut effects.items {
        match effect {
            Effect::Allowance { through, .. } => *through = input.maybe(address),
            Effect::Swap(swap) => swap.spenders = (0..input.u8() % 3).map(|_| address(input)).collect(),
            _ => {}
        }
    }
    facts.ledger.allowances = (0..input.u8() % 3).map(|_| counted_allowance(input)).collect();
}

fn counted_allowance(input: &mut Input<'_>) -> CountedAllowance {
    CountedAllowance {
        tx: TxId::new(Uuid::from_u128(u128::from(input.number()))),
        position: 0,
        asset: asset(input),
        spender: address(input),
        amount: input.u256(),
        usd: usd(input),
        recent: input.u8().is_multiple_of(2),
    }
}

fn ledger(input: &mut Input<'_>) -> Ledger {
    let sums = |input: &mut Input<'_>| CategorySums { usd_day: usd(input), usd_month: usd(input) };
    let categories = input.u8() % 3;
    Ledger {
        usd_day: usd(input),
        usd_month: usd(input),
        asset_day: assets(input, |input| input.u256()),
        asset_month: assets(input, |input| input.u256()),
        requests: input.maybe(|input| (60, input.number())).into_iter().collect(),
        categories: (0..categories).map(|_| (input.one(ActionCategory::ALL), sums(input))).collect(),
        http_messages: input.maybe(Input::number),
        allowances: Vec::new(),
    }
}

fn facts(input: &mut Input<'_>) -> PolicyFacts {
    let domain = |input: &mut Input<'_>| input.one(&DOMAINS).to_owned();
    let reputations = input.u8() % 3;
    PolicyFacts {
        now: i64::from_be_bytes(input.array()),
        owner: input.one(OwnerState::ALL),
        assets: assets(input, |input| AssetFacts {
            symbol: text(input),
            decimals: input.u8(),
            price: price(input),
            sources: None,
        }),
        ledger: ledger(input),
        default_approval_timeout: input.u32(),
        balances: assets(input, |input| input.u256()),
        purpose: match input.u8() % 4 {
            0 => Purpose::HttpPayment { domain: domain(input) },
            1 => Purpose::HttpMessage { domain: domain(input) },
            _ => Purpose::Plain,
        },
        action: input.maybe(action),
        reputation: (0..reputations)
            .map(|_| {
                let score = input.u8();
                let tags = FeedbackTags::default();
                let reputation = if score > 100 { Reputation::Unrated } else { Reputation::Score(score) };
                (address(input), tags, reputation)
            })
            .collect(),
        simulation: match input.u8() % 8 {
            0 => SimulationCheck::NotApplicable,
            1 => SimulationCheck::Exceeds { what: text(input) },
            2 => SimulationCheck::Unavailable { reason: text(input) },
            _ => SimulationCheck::Agrees,
        },
        unsimulated: if input.bool() { Unsimulated::Deny } else { Unsimulated::Approval },
        lifetime: None,
        fee: FeeFacts { asked: input.u256(), uncapped: None },
        handed_out: input.bool(),
    }
}
