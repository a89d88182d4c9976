//! WHITELIST.

use serde_json::json;
use waiaas_core::U256;
use waiaas_core::effect::Effect;
use waiaas_core::policy::{DenialCode, Tier};

use crate::world::{SOL, USDC_MINT, World, account, refusal};

fn rich() -> World {
    World::solana().row("SPENDING_LIMIT", &json!({"instant_max_usd": 1000}))
}

#[test]
fn listed_recipients_pass_and_others_are_named() {
    let to_nine = json!({"allowed_addresses": [account(9)]});
    assert_eq!(rich().row("WHITELIST", &to_nine).native(SOL).tier(), Tier::Instant);

    let others = json!({"allowed_addresses": [account(2), account(3), account(4), account(5)]});
    let denials = rich().row("WHITELIST", &others).native(SOL).denials();
    assert_eq!(denials.len(), 1);
    assert_eq!(denials[0].code, DenialCode::WhitelistDenied);
    assert!(denials[0].message.contains(&account(9).to_string()));
    let hint = denials[0].hint.as_deref().expect("hint");
    assert!(hint.contains(&account(2).to_string()) && hint.ends_with("and 1 more"), "{hint}");
}

#[test]
fn every_list_in_force_must_agree() {
    let both = rich()
        .row("WHITELIST", &json!({"allowed_addresses": [account(9)]}))
        .row("WHITELIST", &json!({"allowed_addresses": [account(8)]}));
    assert_eq!(both.native(SOL).codes(), [DenialCode::WhitelistDenied]);
}

#[test]
fn tokens_and_the_owners_of_new_accounts_are_recipients_too() {
    let list = json!({"allowed_addresses": [account(9)]});
    let tokens = json!({"tokens": [{"address": USDC_MINT}]});
    let open = |owner: u8| {
        let rent = Effect::AccountRent {
            owner: account(owner),
            account: account(7),
            amount: U256::from(2_039_280u64),
        };
        rich().row("WHITELIST", &list).row("ALLOWED_TOKENS", &tokens).token(USDC_MINT, 1).effect(rent)
    };
    assert_eq!(open(9).tier(), Tier::Instant);
    assert_eq!(open(8).codes(), [DenialCode::WhitelistDenied]);

    let elsewhere = json!({"allowed_addresses": [account(2)]});
    let sent = rich().row("WHITELIST", &elsewhere).row("ALLOWED_TOKENS", &tokens).token(USDC_MINT, 1);
    assert_eq!(sent.codes(), [DenialCode::WhitelistDenied]);
}

#[test]
fn fees_have_no_recipient() {
    assert_eq!(
        rich().row("WHITELIST", &json!({"allowed_addresses": [account(2)]})).fee(5_000).tier(),
        Tier::Instant
    );
}

#[test]
fn bad_lists_are_refused_where_they_are_bad() {
    let refuse = |rules, network| refusal("WHITELIST", &rules, network);
    assert!(refuse(json!({"allowed_addresses": []}), None).starts_with("rules.allowed_addresses: "));
    let typo = refuse(json!({"allowed_addresses": [account(1), "recipient"]}), None);
    assert_eq!(typo, "rules.allowed_addresses[1]: 'recipient' is not an address");
    let case = refuse(json!({"allowed_addresses": ["0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02914"]}), None);
    assert!(case.contains("EIP-55"), "{case}");
    assert!(refuse(json!({"allowed_addresses": [account(1)]}), Some("base-mainnet")).contains("ethereum"));
    assert!(refuse(json!({"allowed_addresses": [account(1)], "note": 1}), None).contains("note"));
    assert!(refuse(json!({}), None).contains("allowed_addresses"));
}
