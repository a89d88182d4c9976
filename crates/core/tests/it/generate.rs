//! Arbitrary effects and facts. Small pools of addresses and assets, so that rules and effects meet
//! often; amounts crowd around the limits and at the ends of the range. An EVM network, because there
//! a method that an operator names lifts something.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;
use waiaas_core::U256;
use waiaas_core::action::{ActionCategory, ActionFacts, ActionKind, LendingPosition, TrustedCall};
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::digest::Digest;
use waiaas_core::effect::{Effect, Effects, Portion, Swap};
use waiaas_core::ids::TxId;
use waiaas_core::money::{Price, Usd};
use waiaas_core::network::NetworkId;
use waiaas_core::nft::NftId;
use waiaas_core::policy::{
    AssetFacts, CategorySums, CountedAllowance, FeeFacts, FeedbackTags, Ledger, PolicyFacts, PriceFact,
    Purpose, Reputation, Reputations,
};
use waiaas_core::selector::Selector;
use waiaas_core::simulation::{SimulationCheck, Unsimulated};
use waiaas_core::wallet::OwnerState;

use crate::world::{MONDAY_NOON, NETWORKS, evm, nft};

pub(crate) const NETWORK: &str = "base-mainnet";

fn caip2() -> std::sync::Arc<str> {
    NETWORKS.find(NETWORK).expect("network").caip2.clone()
}

pub(crate) fn native() -> AssetId {
    NETWORKS.find(NETWORK).expect("network").native()
}

pub(crate) fn token(byte: u8) -> AssetId {
    AssetId::token(&caip2(), evm(byte))
}

fn assets() -> Vec<AssetId> {
    vec![native(), token(50), token(51)]
}

pub(crate) fn amount() -> impl Strategy<Value = U256> {
    prop_oneof![
        6 => (0u64..1_000).prop_map(U256::from),
        3 => (0u64..3_000_000_000).prop_map(U256::from),
        1 => any::<[u64; 4]>().prop_map(U256::from_limbs),
        1 => Just(U256::MAX),
    ]
}

/// The parties that may receive, spend or take over.
pub(crate) fn party() -> impl Strategy<Value = Address> {
    (8u8..11).prop_map(evm)
}

/// The contracts that may be called.
fn contract() -> impl Strategy<Value = Address> {
    (5u8..7).prop_map(evm)
}

pub(crate) fn selector() -> impl Strategy<Value = Selector> {
    (0u8..3).prop_map(|last| Selector::evm([1, 0, 0, last]))
}

fn some_nft() -> impl Strategy<Value = NftId> {
    (5u8..7, 0u64..2).prop_map(|(contract, id)| nft(NETWORK, contract, id))
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<u8>().prop_map(|byte| Digest::new([byte; 32]))
}

fn moving_effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        3 => (party(), amount()).prop_map(|(to, amount)| Effect::NativeOut { to, amount }),
        2 => (50u8..52, party(), amount()).prop_map(|(t, to, amount)| Effect::TokenOut { asset: token(t), to, amount }),
        1 => (party(), amount())
            .prop_map(|(owner, amount)| Effect::AccountRent { owner, account: evm(99), amount }),
        2 => amount().prop_map(|max| Effect::NetworkFee { max }),
        1 => (some_nft(), party(), amount()).prop_map(|(nft, to, quantity)| Effect::NftOut { nft, to, quantity }),
        1 => (digest(), amount()).prop_map(|(code, amount)| Effect::Deployment { code, amount }),
    ]
}

fn granting_effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        3 => (50u8..52, party(), prop_oneof![1 => Just(U256::ZERO), 4 => amount()], option::of(party())).prop_map(
            |(t, spender, amount, through)| Effect::Allowance { asset: token(t), spender, amount, through }
        ),
        1 => (some_nft(), option::of(party())).prop_map(|(nft, spender)| Effect::NftAllowance { nft, spender }),
        1 => (contract(), party(), any::<bool>())
            .prop_map(|(collection, operator, granted)| Effect::OperatorApproval { collection, operator, granted }),
        1 => (contract(), option::of(selector()), option::of(party())).prop_map(|(target, selector, to)| {
            Effect::AuthorityChange { target, selector, to, what: "ownership".to_owned() }
        }),
    ]
}

fn swap() -> impl Strategy<Value = Swap> {
    let any_asset = || select(assets());
    let portions = |counts| vec((any_asset(), amount()), counts);
    let portion = |(asset, amount)| Portion { asset, amount };
    let to = prop_oneof![4 => Just(evm(1)), 1 => party()];
    let spenders = vec(party(), 0..3);
    let deadline = option::of(MONDAY_NOON - 3_600..MONDAY_NOON + 7_200);
    let ends = (any::<bool>(), spenders, deadline);
    (contract(), portions(0..3), portions(0..3), vec(any_asset(), 0..3), to, ends).prop_map(
        move |(router, sold, bought, path, to, (wraps, spenders, deadline))| Swap {
            router,
            sold: sold.into_iter().map(portion).collect(),
            path,
            bought: bought.into_iter().map(portion).collect(),
            to,
            wrapper: wraps.then(|| token(50)),
            spenders,
            deadline,
        },
    )
}

pub(crate) fn known_effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        9 => moving_effect(),
        4 => granting_effect(),
        4 => (contract(), option::weighted(0.9, selector()), any::<bool>())
            .prop_map(|(target, selector, decoded)| Effect::ContractCall { target, selector, decoded }),
        2 => swap().prop_map(|swap| Effect::Swap(Box::new(swap))),
        1 => (digest(), ".{0,20}").prop_map(|(digest, text)| Effect::Message { digest, text }),
        1 => (contract(), digest()).prop_map(|(contract, digest)| {
            Effect::TypedData { contract, primary_type: "Order".to_owned(), digest }
        }),
    ]
}

pub(crate) fn unknown_effect() -> impl Strategy<Value = Effect> {
    (option::of(party()), ".{0,20}").prop_map(|(target, what)| Effect::Unknown { target, what })
}

pub(crate) fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![12 => known_effect(), 1 => unknown_effect()]
}

pub(crate) fn effects(items: Vec<Effect>) -> Effects {
    Effects {
        network: NetworkId::new(NETWORK),
        native: native(),
        from: evm(1),
        items,
        methods: Vec::new(),
        seen: Vec::new(),
    }
}

fn price() -> impl Strategy<Value = PriceFact> {
    prop_oneof![
        8 => (1u128..1_000_000_000_000_000).prop_map(|picos| PriceFact::Known(Price::from_picos(picos))),
        1 => any::<u128>().prop_map(|picos| PriceFact::Known(Price::from_picos(picos))),
        1 => Just(PriceFact::Unlisted),
        1 => Just(PriceFact::Unusable),
        1 => Just(PriceFact::NotAsked),
    ]
}

fn asset_facts() -> impl Strategy<Value = AssetFacts> {
    let decimals = prop_oneof![9 => 0u8..=36, 1 => any::<u8>()];
    (decimals, price()).prop_map(|(decimals, price)| AssetFacts {
        symbol: "X".to_owned(),
        decimals,
        price,
        sources: None,
    })
}

fn some_usd() -> impl Strategy<Value = Usd> {
    prop_oneof![4 => 0u64..2_000_000_000, 1 => any::<u64>()].prop_map(Usd::from_micros)
}

fn counted_allowance() -> impl Strategy<Value = CountedAllowance> {
    (any::<u128>(), 50u8..52, party(), amount(), some_usd(), any::<bool>()).prop_map(
        |(tx, t, spender, amount, usd, recent)| CountedAllowance {
            tx: TxId::new(Uuid::from_u128(tx)),
            position: 0,
            asset: token(t),
            spender,
            amount,
            usd,
            recent,
        },
    )
}

/// The rest of earlier allowances is part of the sums.
fn ledger() -> impl Strategy<Value = Ledger> {
    (sums(), vec(counted_allowance(), 0..4)).prop_map(|(mut ledger, allowances)| {
        for one in &allowances {
            let add = |sums: &mut BTreeMap<AssetId, U256>| {
                let sum = sums.entry(one.asset.clone()).or_default();
                *sum = sum.saturating_add(one.amount);
            };
            ledger.usd_month = ledger.usd_month.plus(one.usd);
            add(&mut ledger.asset_month);
            if one.recent {
                ledger.usd_day = ledger.usd_day.plus(one.usd);
                add(&mut ledger.asset_day);
            }
        }
        Ledger { allowances, ..ledger }
    })
}

fn sums() -> impl Strategy<Value = Ledger> {
    let counted = || vec(amount(), 0..=3).prop_map(|amounts| assets().into_iter().zip(amounts).collect());
    let requests = || prop_oneof![6 => 0u64..4, 1 => any::<u64>()];
    let window = || option::weighted(0.9, requests());
    let sums = (some_usd(), some_usd()).prop_map(|(usd_day, usd_month)| CategorySums { usd_day, usd_month });
    let categories = vec(option::weighted(0.8, sums), 2).prop_map(|sums| {
        let named = CATEGORIES.into_iter().zip(sums);
        named.filter_map(|(category, sums)| Some((category, sums?))).collect()
    });
    let messages = option::weighted(0.9, prop_oneof![4 => 0u64..5, 1 => any::<u64>()]);
    ((some_usd(), some_usd()), (counted(), counted()), (window(), window()), categories, messages).prop_map(
        |((usd_day, usd_month), (asset_day, asset_month), (a, b), categories, http_messages)| {
            let requests = [(60, a), (3_600, b)];
            let requests =
                requests.into_iter().filter_map(|(window, count)| Some((window, count?))).collect();
            let allowances = Vec::new();
            Ledger {
                usd_day,
                usd_month,
                asset_day,
                asset_month,
                requests,
                categories,
                http_messages,
                allowances,
            }
        },
    )
}

pub(crate) const CATEGORIES: [ActionCategory; 2] = [ActionCategory::Swap, ActionCategory::Perp];
pub(crate) const DOMAINS: [&str; 3] = ["example.com", "a.example.com", "b.a.example.com"];
pub(crate) const MARKETS: [&str; 2] = ["SOL-PERP", "BTC-USD"];
pub(crate) const VENUES: [&str; 2] = ["drift", "hyperliquid"];

fn purpose() -> impl Strategy<Value = Purpose> {
    let domain = || select(DOMAINS.to_vec()).prop_map(str::to_owned);
    prop_oneof![
        4 => Just(Purpose::Plain),
        1 => domain().prop_map(|domain| Purpose::HttpPayment { domain }),
        1 => domain().prop_map(|domain| Purpose::HttpMessage { domain }),
    ]
}

fn action() -> impl Strategy<Value = ActionFacts> {
    let text = |pool: [&'static str; 2]| option::weighted(0.9, select(pool.to_vec()).prop_map(str::to_owned));
    let trusted = vec((contract(), selector()), 0..3).prop_map(|calls| {
        calls.into_iter().map(|(target, selector)| TrustedCall { target, selector }).collect()
    });
    let lending = (some_usd(), some_usd())
        .prop_map(|(collateral_usd, debt_usd)| LendingPosition { collateral_usd, debt_usd });
    let asset = prop_oneof![4 => (50u8..52).prop_map(token), 1 => Just(native())];
    let leverage = prop_oneof![9 => 0u64..30_000_000, 1 => any::<u64>()];
    (
        (select(CATEGORIES.to_vec()), select(ActionKind::ALL), trusted),
        (text(VENUES), text(MARKETS)),
        (
            option::weighted(0.9, leverage),
            option::weighted(0.9, some_usd()),
            option::weighted(0.9, some_usd()),
        ),
        (option::weighted(0.9, asset), option::weighted(0.9, lending)),
    )
        .prop_map(|((category, kind, trusted), (venue, market), figures, (lending_asset, lending))| {
            let (leverage_millionths, position_usd, notional_usd) = figures;
            let provider = "provider".to_owned();
            ActionFacts {
                provider,
                trusted,
                category,
                kind,
                venue,
                market,
                leverage_millionths,
                position_usd,
                notional_usd,
                lending_asset,
                lending,
            }
        })
}

fn reputation() -> impl Strategy<Value = Reputations> {
    let score = prop_oneof![3 => (0u8..=100).prop_map(Reputation::Score), 1 => Just(Reputation::Unrated)];
    // Of all feedback, of that with each tag of the generated rows.
    let tags = [None, Some("a"), Some("b")];
    let tags = tags.map(|tag1| FeedbackTags { tag1: tag1.map(str::to_owned), tag2: None });
    vec(option::of(score), 18).prop_map(move |scores| {
        let asked = (5u8..11).map(evm).flat_map(|party| tags.clone().map(|tags| (party, tags)));
        asked.zip(scores).filter_map(|((party, tags), score)| Some((party, tags, score?))).collect()
    })
}

fn fee() -> impl Strategy<Value = FeeFacts> {
    let asked = prop_oneof![2 => Just(U256::MAX), 3 => amount()];
    let uncapped = option::weighted(0.1, Just("no price".to_owned()));
    (asked, uncapped).prop_map(|(asked, uncapped)| FeeFacts { asked, uncapped })
}

pub(crate) fn facts() -> impl Strategy<Value = PolicyFacts> {
    let owner = select(vec![OwnerState::None, OwnerState::Grace, OwnerState::Locked, OwnerState::Locked]);
    let now = prop_oneof![4 => 1_780_000_000i64..1_781_000_000, 1 => any::<i64>()];
    let known = vec(option::weighted(0.97, asset_facts()), 3);
    let held = vec(option::weighted(0.9, amount()), 3);
    (
        (now, owner, 300u32..86_400, proptest::bool::weighted(0.3)),
        (known, held, ledger()),
        // Boxed: all in one are too much for the stack of a test's thread.
        (
            purpose(),
            option::weighted(0.5, action()).boxed(),
            reputation().boxed(),
            simulation(),
            fee().boxed(),
        ),
    )
        .prop_map(
            |(
                (now, owner, default_approval_timeout, handed_out),
                (known, held, ledger),
                (purpose, action, reputation, (simulation, unsimulated), fee),
            )| {
                let known =
                    assets().into_iter().zip(known).filter_map(|(asset, facts)| Some((asset, facts?)));
                let held = assets().into_iter().zip(held).filter_map(|(asset, held)| Some((asset, held?)));
                PolicyFacts {
                    now,
                    owner,
                    assets: known.collect(),
                    ledger,
                    default_approval_timeout,
                    balances: held.collect(),
                    purpose,
                    action,
                    reputation,
                    simulation,
                    unsimulated,
                    lifetime: None,
                    fee,
                    handed_out,
                }
            },
        )
}

/// A simulation check, in most cases one that agrees.
fn simulation() -> impl Strategy<Value = (SimulationCheck, Unsimulated)> {
    let fact = prop_oneof![
        8 => Just(SimulationCheck::Agrees),
        1 => Just(SimulationCheck::NotApplicable),
        1 => Just(SimulationCheck::Exceeds { what: "more".to_owned() }),
        1 => Just(SimulationCheck::Unavailable { reason: "no node".to_owned() }),
    ];
    (fact, prop_oneof![Just(Unsimulated::Deny), Just(Unsimulated::Approval)])
}
