//! Every kind of effect with the rows it needs, and without each of them.

use serde_json::{Value, json};
use waiaas_core::U256;
use waiaas_core::digest::Digest;
use waiaas_core::effect::{Effect, Swap};
use waiaas_core::policy::{DenialCode, Tier};
use waiaas_core::selector::Selector;
use waiaas_core::wallet::OwnerState;

use crate::world::{USDC, USDC_BASE, World, evm, nft};

const BASE: &str = "base-mainnet";
const METHOD: [u8; 4] = [1, 2, 3, 4];

/// A row by its type, and the code of the denial if it is left out.
type Need = (&'static str, DenialCode);

const LIMIT: Need = ("SPENDING_LIMIT", DenialCode::SpendingLimitRequired);
const TOKEN: Need = ("ALLOWED_TOKENS", DenialCode::TokenNotAllowed);
const CONTRACT: Need = ("CONTRACT_WHITELIST", DenialCode::ContractNotWhitelisted);
const SPENDER: Need = ("APPROVED_SPENDERS", DenialCode::SpenderNotApproved);
const METHODS: Need = ("METHOD_WHITELIST", DenialCode::MethodNotWhitelisted);
const AMOUNT: Need = ("APPROVE_AMOUNT_LIMIT", DenialCode::UnlimitedApproveBlocked);

fn rules(policy_type: &str) -> Value {
    match policy_type {
        "SPENDING_LIMIT" => json!({"instant_max_usd": 1_000_000}),
        "ALLOWED_TOKENS" => json!({"tokens": [{"address": USDC_BASE}]}),
        "CONTRACT_WHITELIST" => json!({"contracts": [{"address": evm(5)}]}),
        "APPROVED_SPENDERS" => json!({"spenders": [{"address": evm(8)}]}),
        "METHOD_WHITELIST" => {
            json!({"methods": [{"contractAddress": evm(5), "selectors": [Selector::evm(METHOD)]}]})
        }
        "APPROVE_AMOUNT_LIMIT" => json!({"blockUnlimited": false}),
        other => panic!("no rules for {other}"),
    }
}

/// An effect, the rows that it needs, and the tier it takes then.
fn table() -> Vec<(Effect, Vec<Need>, Tier)> {
    let usdc = || {
        let world = World::on(BASE).token(USDC_BASE, 1);
        world.effects.items[0].token().expect("a token").clone()
    };
    let selector = Some(Selector::evm(METHOD));
    let one = U256::ONE;
    vec![
        (Effect::NativeOut { to: evm(9), amount: one }, vec![LIMIT], Tier::Instant),
        (Effect::NetworkFee { max: one }, vec![LIMIT], Tier::Instant),
        (Effect::AccountRent { owner: evm(9), account: evm(7), amount: one }, vec![LIMIT], Tier::Instant),
        (Effect::TokenOut { asset: usdc(), to: evm(9), amount: one }, vec![LIMIT, TOKEN], Tier::Instant),
        (
            Effect::Allowance { asset: usdc(), spender: evm(8), amount: one, through: None },
            vec![LIMIT, TOKEN, SPENDER],
            Tier::Instant,
        ),
        (
            Effect::Allowance { asset: usdc(), spender: evm(8), amount: U256::ZERO, through: None },
            vec![LIMIT, TOKEN],
            Tier::Instant,
        ),
        (
            Effect::NftOut { nft: nft(BASE, 5, 1), to: evm(9), quantity: one },
            vec![LIMIT, CONTRACT],
            Tier::Approval,
        ),
        (
            Effect::NftAllowance { nft: nft(BASE, 5, 1), spender: Some(evm(8)) },
            vec![LIMIT, CONTRACT, SPENDER],
            Tier::Approval,
        ),
        (Effect::NftAllowance { nft: nft(BASE, 5, 1), spender: None }, vec![LIMIT, CONTRACT], Tier::Instant),
        (
            Effect::OperatorApproval { collection: evm(5), operator: evm(8), granted: true },
            vec![LIMIT, CONTRACT, SPENDER, AMOUNT],
            Tier::Approval,
        ),
        (
            Effect::OperatorApproval { collection: evm(5), operator: evm(8), granted: false },
            vec![LIMIT, CONTRACT],
            Tier::Instant,
        ),
        (
            Effect::ContractCall { target: evm(5), selector, decoded: true },
            vec![LIMIT, CONTRACT],
            Tier::Instant,
        ),
        (
            Effect::ContractCall { target: evm(5), selector, decoded: false },
            vec![LIMIT, CONTRACT],
            Tier::Approval,
        ),
        (
            Effect::ContractCall { target: evm(5), selector: None, decoded: false },
            vec![LIMIT, CONTRACT],
            Tier::Approval,
        ),
        (Effect::Deployment { code: Digest::of("test", &[]), amount: one }, vec![LIMIT], Tier::Approval),
        (
            Effect::Swap(Box::new(Swap {
                router: evm(5),
                sold: Vec::new(),
                path: Vec::new(),
                bought: Vec::new(),
                to: evm(9),
                wrapper: None,
                spenders: Vec::new(),
                deadline: None,
            })),
            vec![LIMIT],
            Tier::Approval,
        ),
        (
            Effect::AuthorityChange {
                target: evm(5),
                selector,
                to: Some(evm(9)),
                what: "ownership".to_owned(),
            },
            vec![LIMIT, CONTRACT, METHODS],
            Tier::Approval,
        ),
        (
            Effect::Message { digest: Digest::of("test", &[]), text: "hello".to_owned() },
            vec![LIMIT],
            Tier::Approval,
        ),
        (
            Effect::TypedData {
                contract: evm(5),
                primary_type: "Order".to_owned(),
                digest: Digest::of("test", &[]),
            },
            vec![LIMIT, CONTRACT],
            Tier::Approval,
        ),
    ]
}

fn world(effect: &Effect, needs: &[Need], left_out: Option<&str>) -> World {
    // Sets up the facts of the token, and nothing else.
    let mut world = World::on(BASE).owned().allowance(USDC_BASE, evm(8), 1, USDC);
    world.effects.items = vec![effect.clone()];
    needs
        .iter()
        .filter(|(policy_type, _)| Some(*policy_type) != left_out)
        .fold(world, |world, (policy_type, _)| world.row_here(policy_type, &rules(policy_type)))
}

#[test]
fn with_the_rows_it_needs_an_effect_takes_its_tier() {
    for (effect, needs, tier) in table() {
        assert_eq!(world(&effect, &needs, None).tier(), tier, "{effect:?}");
    }
}

#[test]
fn without_any_of_them_it_is_refused() {
    for (effect, needs, _) in table() {
        for (left_out, code) in &needs {
            assert_eq!(
                world(&effect, &needs, Some(left_out)).codes(),
                [*code],
                "{effect:?} without {left_out}"
            );
        }
        let mut bare: Vec<_> = needs.iter().map(|(_, code)| *code).collect();
        bare.sort();
        let mut found = world(&effect, &[], None).codes();
        found.retain(|code| *code != DenialCode::OwnerRequired);
        found.sort();
        assert_eq!(found, bare, "{effect:?} without any row");
    }
}

#[test]
fn what_takes_the_owner_is_refused_without_a_proved_one() {
    for (effect, needs, tier) in table() {
        for owner in [OwnerState::None, OwnerState::Grace] {
            let mut world = world(&effect, &needs, None);
            world.facts.owner = owner;
            if tier == Tier::Approval {
                assert_eq!(world.codes(), [DenialCode::OwnerRequired], "{effect:?}");
            } else {
                assert_eq!(world.tier(), tier, "{effect:?}");
            }
        }
    }
}

#[test]
fn a_whitelist_covers_beneficiaries_and_called_contracts() {
    let all_listed = json!({"allowed_addresses": [evm(5), evm(8), evm(9)]});
    let unrelated = json!({"allowed_addresses": [evm(2)]});
    for (effect, needs, tier) in table() {
        let with = |rules| world(&effect, &needs, None).row_here("WHITELIST", rules);
        let named = match &effect {
            Effect::Deployment { .. } => {
                assert_eq!(
                    with(&all_listed).codes(),
                    [DenialCode::WhitelistDenied],
                    "a deployment has no address"
                );
                continue;
            }
            Effect::ContractCall { .. } | Effect::TypedData { .. } => true,
            other => other.beneficiary().is_some(),
        };
        assert_eq!(with(&all_listed).tier(), tier, "{effect:?}");
        if named {
            assert_eq!(with(&unrelated).codes(), [DenialCode::WhitelistDenied], "{effect:?}");
        } else {
            assert_eq!(with(&unrelated).tier(), tier, "{effect:?}");
        }
    }
    // Power goes by a method of the target, to a beneficiary: both are named.
    let handover = |to| Effect::AuthorityChange {
        target: evm(5),
        selector: Some(Selector::evm(METHOD)),
        to,
        what: "ownership".to_owned(),
    };
    let needs = [LIMIT, CONTRACT, METHODS];
    for (to, listed, codes) in [
        (Some(evm(9)), vec![evm(5)], vec![DenialCode::WhitelistDenied]),
        (Some(evm(9)), vec![evm(9)], vec![DenialCode::WhitelistDenied]),
        (None, vec![evm(9)], vec![DenialCode::WhitelistDenied]),
    ] {
        let rules = json!({"allowed_addresses": listed});
        assert_eq!(world(&handover(to), &needs, None).row_here("WHITELIST", &rules).codes(), codes);
    }
}

#[test]
fn coin_given_to_a_deployment_is_spent() {
    let limit = |rules: Value| {
        let deploy = Effect::Deployment { code: Digest::of("test", &[]), amount: U256::from(1_000u64) };
        World::on(BASE).owned().row("SPENDING_LIMIT", &rules).effect(deploy)
    };
    let uncovered = json!({"token_limits": {
        "native:solana": {"instant_max": "1", "notify_max": "1", "delay_max": "1"},
    }});
    assert_eq!(limit(uncovered).codes(), [DenialCode::SpendingLimitRequired]);
    let reasons = limit(json!({"delay_max": "999"})).grant().reasons;
    assert!(reasons.iter().any(|reason| reason.message.contains("delay_max")), "{reasons:?}");
    let reasons = limit(json!({"delay_max": "1000"})).grant().reasons;
    assert!(reasons.iter().all(|reason| !reason.message.contains("more than delay_max")), "{reasons:?}");
}

#[test]
fn every_effect_is_in_the_table() {
    // A new kind of effect does not compile here until it has its line above.
    let kind = |effect: &Effect| match effect {
        Effect::NativeOut { .. } => 0,
        Effect::TokenOut { .. } => 1,
        Effect::NftOut { .. } => 2,
        Effect::Allowance { .. } => 3,
        Effect::NftAllowance { .. } => 4,
        Effect::OperatorApproval { .. } => 5,
        Effect::ContractCall { .. } => 6,
        Effect::Deployment { .. } => 7,
        Effect::AuthorityChange { .. } => 8,
        Effect::AccountRent { .. } => 9,
        Effect::Message { .. } => 10,
        Effect::TypedData { .. } => 11,
        Effect::NetworkFee { .. } => 12,
        Effect::Swap(_) => 13,
        Effect::Unknown { .. } => 14,
    };
    let mut kinds: Vec<_> = table().iter().map(|(effect, ..)| kind(effect)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, (0..=13).collect::<Vec<_>>(), "all but the unknown one, which nothing allows");
}
