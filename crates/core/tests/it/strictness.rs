//! Rows and sets of rows against each other, and the word of the comparison against the evaluator.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use waiaas_core::ids::{PolicyId, WalletId};
use waiaas_core::network::NetworkId;
use waiaas_core::policy::{
    Policy, PolicySet, PolicyType, Rules, Scope, Strictness, Tier, Verdict, at_least_as_strict, compare,
    evaluate, loosens,
};

use crate::generate::{NETWORK, effects, facts, known_effect};
use crate::generate_rules::{rows, rules};
use crate::world::{evm, parse, wallet};

fn other_wallet() -> WalletId {
    WalletId::new(Uuid::from_u128(2))
}

pub(crate) fn read(name: &str, rules: &Value) -> Rules {
    parse(name, rules, Some(NETWORK)).expect(name)
}

/// Per type: rules, and others that allow less.
fn tightenings() -> Vec<(&'static str, Value, Value)> {
    let listing = |key: &str, found: &[u8]| json!({ key: found.iter().map(|byte| json!({"address": evm(*byte)})).collect::<Vec<_>>() });
    let methods =
        |selectors: &[&str]| json!({"methods": [{"contractAddress": evm(5), "selectors": selectors}]});
    vec![
        (
            "SPENDING_LIMIT",
            json!({"instant_max_usd": 10}),
            json!({"instant_max_usd": 10, "daily_limit_usd": 5}),
        ),
        ("SPENDING_LIMIT", json!({"instant_max": "10", "delay_max": "20"}), json!({"delay_max": "20"})),
        ("SPENDING_LIMIT", json!({"delay_max_usd": 10}), json!({"delay_max_usd": 10, "delay_seconds": 901})),
        ("SPENDING_LIMIT", json!({"instant_max_usd": 10}), json!({"instant_max_usd": 10, "delay_max": "5"})),
        ("WHITELIST", json!({"allowed_addresses": [evm(1), evm(2)]}), json!({"allowed_addresses": [evm(2)]})),
        (
            "TIME_RESTRICTION",
            json!({"allowed_hours": {"start": 22, "end": 6}}),
            json!({"allowed_hours": {"start": 0, "end": 5}, "timezone": "-00:30"}),
        ),
        ("TIME_RESTRICTION", json!({"allowed_days": [1, 2]}), json!({"allowed_days": [2]})),
        (
            "RATE_LIMIT",
            json!({"max_requests": 5, "window_seconds": 60}),
            json!({"max_requests": 4, "window_seconds": 60}),
        ),
        ("ALLOWED_TOKENS", listing("tokens", &[50, 51]), listing("tokens", &[51])),
        ("CONTRACT_WHITELIST", listing("contracts", &[5, 6]), listing("contracts", &[6])),
        ("METHOD_WHITELIST", methods(&["0x00000001", "0x00000002"]), methods(&["0x00000002"])),
        (
            "APPROVED_SPENDERS",
            json!({"spenders": [{"address": evm(8)}]}),
            json!({"spenders": [{"address": evm(8), "maxAmount": "5"}]}),
        ),
        ("APPROVE_AMOUNT_LIMIT", json!({"blockUnlimited": false}), json!({"maxAmount": "5"})),
        ("APPROVE_TIER_OVERRIDE", json!({"tier": "NOTIFY"}), json!({"tier": "DELAY"})),
        (
            "ALLOWED_NETWORKS",
            json!({"networks": [{"network": NETWORK}, {"network": "solana-devnet"}]}),
            json!({"networks": [{"network": NETWORK}]}),
        ),
        ("X402_ALLOWED_DOMAINS", json!({"domains": ["*.b.c"]}), json!({"domains": ["a.b.c", "*.a.b.c"]})),
        (
            "LENDING_LTV_LIMIT",
            json!({"maxLtv": 0.8, "warningLtv": 0.5}),
            json!({"maxLtv": 0.8, "warningLtv": 0.4}),
        ),
        ("LENDING_ASSET_WHITELIST", listing("assets", &[50, 51]), listing("assets", &[51])),
        ("PERP_MAX_LEVERAGE", json!({"maxLeverage": 10}), json!({"maxLeverage": 10, "warningLeverage": 5})),
        ("PERP_MAX_POSITION_USD", json!({"maxPositionUsd": 10}), json!({"maxPositionUsd": 9})),
        (
            "PERP_ALLOWED_MARKETS",
            json!({"markets": [{"market": "SOL"}, {"market": "BTC"}]}),
            json!({"markets": [{"market": "sol"}]}),
        ),
        (
            "REPUTATION_THRESHOLD",
            json!({"min_score": 90}),
            json!({"min_score": 1, "check_counterparty": true}),
        ),
        (
            "ERC8128_ALLOWED_DOMAINS",
            json!({"domains": ["a.b"]}),
            json!({"domains": ["a.b"], "rate_limit_rpm": 59}),
        ),
        ("VENUE_WHITELIST", json!({"venues": [{"id": "a"}, {"id": "b"}]}), json!({"venues": [{"id": "B"}]})),
        (
            "ACTION_CATEGORY_LIMIT",
            json!({"category": "swap", "daily_limit_usd": 5}),
            json!({"category": "swap", "daily_limit_usd": 5, "tier_on_exceed": "APPROVAL"}),
        ),
    ]
}

#[test]
fn every_type_knows_what_allows_less() {
    let mut types: Vec<_> = tightenings().iter().map(|(name, ..)| *name).collect();
    types.dedup();
    assert_eq!(types.len(), PolicyType::ALL.len());
    for (name, old, new) in tightenings() {
        let (old, new) = (read(name, &old), read(name, &new));
        assert_eq!(compare(&old, &new), Strictness::Tighter, "{name}: {old:?} {new:?}");
        assert_eq!(compare(&new, &old), Strictness::Looser, "{name}: {old:?} {new:?}");
        assert_eq!(compare(&old, &old), Strictness::Same, "{name}");
    }
}

#[test]
fn what_cannot_be_told_is_not_called_stricter() {
    for (name, old, new) in [
        ("SPENDING_LIMIT", json!({"instant_max_usd": 1}), json!({"instant_max": "1"})),
        (
            "SPENDING_LIMIT",
            json!({"instant_max_usd": 1, "delay_max_usd": 9}),
            json!({"delay_max_usd": 8, "instant_max_usd": 2}),
        ),
        (
            "SPENDING_LIMIT",
            json!({"instant_max_usd": 1, "approval_timeout": 300}),
            json!({"instant_max_usd": 1}),
        ),
        (
            "SPENDING_LIMIT",
            json!({"token_limits": {"native:ethereum": {"instant_max": "1", "notify_max": "1", "delay_max": "1"}}}),
            json!({"token_limits": {"native": {"instant_max": "1", "notify_max": "1", "delay_max": "1"}}}),
        ),
        ("WHITELIST", json!({"allowed_addresses": [evm(1)]}), json!({"allowed_addresses": [evm(2)]})),
        (
            "RATE_LIMIT",
            json!({"max_requests": 5, "window_seconds": 60}),
            json!({"max_requests": 5, "window_seconds": 61}),
        ),
        ("X402_ALLOWED_DOMAINS", json!({"domains": ["*.a.b"]}), json!({"domains": ["a.b"]})),
        (
            "METHOD_WHITELIST",
            json!({"methods": [{"contractAddress": evm(5), "selectors": ["0x00000001"]}]}),
            json!({"methods": [
                {"contractAddress": evm(5), "selectors": ["0x00000001"]},
                {"contractAddress": evm(6), "selectors": ["0x00000001"]},
            ]}),
        ),
        (
            "ACTION_CATEGORY_LIMIT",
            json!({"category": "swap", "daily_limit_usd": 5}),
            json!({"category": "perp", "daily_limit_usd": 5}),
        ),
    ] {
        let (old, new) = (read(name, &old), read(name, &new));
        let said = compare(&old, &new);
        assert!(matches!(said, Strictness::Incomparable), "{name}: {said:?}");
    }
    let (limit, list) = (
        read("SPENDING_LIMIT", &json!({"instant_max": "1"})),
        read("VENUE_WHITELIST", &json!({"venues": [{"id": "a"}]})),
    );
    assert_eq!(compare(&limit, &list), Strictness::Incomparable);
}

fn row_of(rules: Rules, wallet: Option<WalletId>) -> Policy {
    let scope = Scope { wallet, network: Some(NetworkId::new(NETWORK)) };
    Policy { id: PolicyId::new(Uuid::from_u128(1)), scope, priority: 0, rules }
}

#[test]
fn sets_are_compared_by_what_their_rows_say_and_allow_by_being_there() {
    let at = |name: &str, rules: Value, wallet| row_of(read(name, &rules), wallet);
    let tokens = |wallet| at("ALLOWED_TOKENS", json!({"tokens": [{"address": evm(50)}]}), wallet);
    let list = |wallet| at("WHITELIST", json!({"allowed_addresses": [evm(9)]}), wallet);
    let (mine, theirs) = (Some(wallet()), Some(other_wallet()));
    let stricter = |new: &[Policy], old: &[Policy]| at_least_as_strict(new, old);
    assert!(stricter(&[], &[]));
    // A list whose absence denies: taking it away tightens, adding the first one loosens.
    assert!(stricter(&[], &[tokens(None)]) && !stricter(&[tokens(None)], &[]));
    assert!(stricter(&[list(None)], &[tokens(None), list(None)]), "beside any other rows");
    // Among others of its type it only forbids.
    assert!(stricter(&[tokens(None), tokens(mine)], &[tokens(None)]));
    assert!(!stricter(
        &[tokens(mine)],
        &[tokens(None), tokens(mine)].map(|mut row| {
            row.rules = read("ALLOWED_TOKENS", &json!({"tokens": [{"address": evm(51)}]}));
            row
        })
    ));
    // A wallet's own list does not replace one for all wallets; the reverse it does.
    assert!(!stricter(&[tokens(None)], &[tokens(mine)]), "another wallet had none");
    assert!(stricter(&[tokens(mine)], &[tokens(mine), tokens(theirs)]));
    // Where nothing is denied without a row, the row may not go.
    assert!(stricter(&[list(None)], &[]) && !stricter(&[], &[list(None)]));
    assert!(stricter(&[list(None)], &[list(mine)]) && !stricter(&[list(mine)], &[list(None)]));
    // A limit that covers more than before.
    let limit = |rules| at("SPENDING_LIMIT", rules, None);
    let raw = || limit(json!({"instant_max": "5"}));
    assert!(!stricter(&[raw(), limit(json!({"instant_max_usd": 1}))], &[raw()]));
    assert!(stricter(&[raw(), limit(json!({"instant_max": "1"}))], &[raw()]));
    let [coin, token] =
        ["native", "eip155:8453/erc20:0x3232323232323232323232323232323232323232"].map(str::to_owned);
    let of = |keys: &[&String]| {
        let one = json!({"instant_max": "1", "notify_max": "1", "delay_max": "1"});
        let limits: Map<_, _> = keys.iter().map(|key| ((*key).clone(), one.clone())).collect();
        limit(json!({ "token_limits": limits }))
    };
    for (first, second, no_more) in [
        (vec![&coin, &token], vec![&coin], true),
        (vec![&coin, &token], vec![&token], true),
        (vec![&coin], vec![&coin, &token], false),
        (vec![&token], vec![&coin, &token], false),
        (vec![&coin], vec![&token], false),
        (vec![&token], vec![&coin], false),
    ] {
        assert_eq!(stricter(&[of(&first), of(&second)], &[of(&first)]), no_more, "{first:?} {second:?}");
    }
    // Where dollars cover everything, one more limit on a token only tightens; one on a coin may stand
    // before another.
    let covered = |keys: &[&String]| {
        let mut row = of(keys);
        let Rules::SpendingLimit(limit) = &mut row.rules else { panic!("limit") };
        limit.instant_max_usd = Some(waiaas_core::money::Usd::from_dollars(1));
        row.rules
    };
    assert_eq!(compare(&covered(&[&coin]), &covered(&[&coin, &token])), Strictness::Tighter);
    assert_eq!(compare(&of(&[&coin]).rules, &of(&[&coin, &token]).rules), Strictness::Incomparable);
    assert_eq!(compare(&covered(&[&token]), &covered(&[&coin, &token])), Strictness::Incomparable);
    // Naming methods vouches for them.
    let methods = at(
        "METHOD_WHITELIST",
        json!({"methods": [{"contractAddress": evm(5), "selectors": ["0x00000001"]}]}),
        None,
    );
    assert!(!stricter(std::slice::from_ref(&methods), &[]) && !stricter(&[], std::slice::from_ref(&methods)));
    // Lifting the bound on allowances.
    let open = at("APPROVE_AMOUNT_LIMIT", json!({"blockUnlimited": false}), None);
    assert!(!stricter(std::slice::from_ref(&open), &[]) && stricter(&[], &[open]));
}

fn rank(verdict: &Verdict) -> usize {
    match verdict {
        Verdict::Granted(grant) => Tier::ALL.iter().position(|tier| *tier == grant.tier).expect("tier"),
        Verdict::Denied(_) => Tier::ALL.len(),
    }
}

/// Some rows, and the same after one to three changes; rows of another wallet are among them.
fn before_and_after() -> impl Strategy<Value = (Vec<Policy>, Vec<Policy>)> {
    let changes = vec((0u8..4, any::<Index>(), any::<bool>()), 1..4);
    (rows(), vec(rules(), 12), changes, vec(any::<bool>(), 4)).prop_map(
        |(mut old, pool, changes, foreign)| {
            for (row, foreign) in old.iter_mut().zip(foreign) {
                if foreign && row.scope.wallet.is_some() {
                    row.scope.wallet = Some(other_wallet());
                }
            }
            let mut new = old.clone();
            for (kind, index, narrow) in changes {
                let drawn = index.get(&pool).clone();
                let here = (!new.is_empty()).then(|| index.index(new.len()));
                match (kind, here) {
                    (0, Some(i)) => drop(new.remove(i)),
                    (1, Some(i)) => new[i].scope.wallet = narrow.then(wallet),
                    (2, Some(i)) => {
                        let same = |rules: &&Rules| rules.policy_type() == new[i].rules.policy_type();
                        if let Some(found) = pool.iter().find(same) {
                            new[i].rules = found.clone();
                        }
                    }
                    _ => new.push(row_of(drawn, narrow.then(wallet))),
                }
            }
            (old, new)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_called_stricter_never_grants_more(
        (old, new) in before_and_after(), items in vec(known_effect(), 0..3), facts in facts(),
    ) {
        let effects = effects(items);
        let judged = |rows: &[Policy], wallet| {
            let set = PolicySet::select(rows.iter().cloned(), wallet, &NetworkId::new(NETWORK));
            evaluate(&set, &effects, &facts)
        };
        for (old, new) in [(&old, &new), (&new, &old)] {
            if at_least_as_strict(new, old) {
                for wallet in [wallet(), other_wallet()] {
                    let (before, after) = (judged(old, wallet), judged(new, wallet));
                    prop_assert!(rank(&after) >= rank(&before), "{old:#?}\n{new:#?}\n{before:?}\n{after:?}");
                }
            }
        }
    }

    /// A change without the consent of a wallet's owner never lets that wallet do more.
    #[test]
    fn what_takes_no_consent_grants_a_wallet_no_more(
        (old, new) in before_and_after(), items in vec(known_effect(), 0..3), facts in facts(),
    ) {
        let effects = effects(items);
        let judged = |rows: &[Policy], wallet| {
            let set = PolicySet::select(rows.iter().cloned(), wallet, &NetworkId::new(NETWORK));
            evaluate(&set, &effects, &facts)
        };
        for (before, after) in [(&old, &new), (&new, &old)] {
            for wallet in [wallet(), other_wallet()] {
                let was = judged(before, wallet);
                let is = judged(after, wallet);
                let sooner = matches!(
                    (&was, &is),
                    (Verdict::Granted(was), Verdict::Granted(is))
                        if was.tier == is.tier && is.delay_seconds < was.delay_seconds
                );
                let further = sooner || rank(&is) < rank(&was);
                prop_assert!(!further || loosens(wallet, before, after), "{before:#?}\n{after:#?}\n{was:?}\n{is:?}");
            }
        }
    }

    /// One row for another, beside any other rows.
    #[test]
    fn rules_that_allow_less_never_grant_more(
        rest in rows(), pool in vec(rules(), 8), items in vec(known_effect(), 0..3), facts in facts(),
    ) {
        let effects = effects(items);
        let judged = |rules: &Rules| {
            let rows = rest.iter().cloned().chain([row_of(rules.clone(), None)]);
            let set = PolicySet::select(rows, wallet(), &NetworkId::new(NETWORK));
            evaluate(&set, &effects, &facts)
        };
        for (old, new) in pool.iter().zip(pool.iter().skip(1)).chain(same_type_pairs(&pool)) {
            let (before, after) = (rank(&judged(old)), rank(&judged(new)));
            match compare(old, new) {
                Strictness::Same => prop_assert_eq!(before, after),
                Strictness::Tighter => prop_assert!(after >= before, "{old:?}\n{new:?}"),
                Strictness::Looser => prop_assert!(after <= before, "{old:?}\n{new:?}"),
                Strictness::Incomparable => {}
            }
        }
    }
}

#[test]
fn only_what_applies_to_a_wallet_concerns_its_owner() {
    let at = |name: &str, rules: Value, wallet| row_of(read(name, &rules), wallet);
    let (mine, theirs) = (Some(wallet()), Some(other_wallet()));
    let limit = |max: u32, wallet| at("SPENDING_LIMIT", json!({ "instant_max_usd": max }), wallet);
    let base = [limit(10, mine), limit(10, theirs)];
    let with = |row: Policy| base.iter().cloned().chain([row]).collect::<Vec<_>>();
    let asks = |before: &[Policy], after: &[Policy]| {
        [wallet(), other_wallet()].map(|wallet| loosens(wallet, before, after))
    };
    assert_eq!(asks(&base, &base), [false, false]);
    assert_eq!(asks(&base, &[limit(11, mine), limit(10, theirs)]), [true, false]);
    assert_eq!(asks(&base, &[limit(9, mine), limit(11, theirs)]), [false, true]);
    // A row for all wallets beside a wallet's own only tightens; the first list of tokens allows.
    assert_eq!(asks(&base, &with(limit(1000, None))), [false, false]);
    let tokens = |wallet| at("ALLOWED_TOKENS", json!({ "tokens": [{ "address": evm(50) }] }), wallet);
    assert_eq!(asks(&base, &with(tokens(None))), [true, true]);
    assert_eq!(asks(&base, &with(tokens(theirs))), [false, true]);
    // Taking the limit away denies; taking a whitelist away does not.
    assert_eq!(asks(&base, &[limit(10, theirs)]), [false, false]);
    let list = at("WHITELIST", json!({ "allowed_addresses": [evm(9)] }), None);
    assert_eq!(asks(&with(list.clone()), &base), [true, true]);
    assert_eq!(asks(&base, &with(list)), [false, false]);
}

fn same_type_pairs(pool: &[Rules]) -> impl Iterator<Item = (&Rules, &Rules)> {
    pool.iter().enumerate().flat_map(move |(i, old)| {
        let rest = pool.iter().skip(i + 1);
        rest.filter(|new| new.policy_type() == old.policy_type()).map(move |new| (old, new))
    })
}

/// The comparisons above say something about every type; otherwise they would hold for nothing.
#[test]
fn every_type_is_found_tighter_and_looser() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<PolicyType, [u32; 2]> = BTreeMap::new();
    for _ in 0..250 {
        let pool = vec(rules(), 60).new_tree(&mut runner).expect("pool").current();
        for (old, new) in same_type_pairs(&pool) {
            let counts = seen.entry(old.policy_type()).or_default();
            match compare(old, new) {
                Strictness::Tighter => counts[0] += 1,
                Strictness::Looser => counts[1] += 1,
                Strictness::Same | Strictness::Incomparable => {}
            }
        }
    }
    for policy_type in PolicyType::ALL {
        let counts = seen.get(policy_type).copied().unwrap_or_default();
        assert!(counts.iter().all(|count| *count >= 5), "{policy_type}: {counts:?}");
    }
}
