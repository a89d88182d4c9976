//! REPUTATION_THRESHOLD.

use serde_json::{Value, json};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::effect::Effect;
use waiaas_core::policy::{DenialCode, FeedbackTags, PolicySet, PolicyType, Reputation, Reputations, Tier};

use crate::world::{SOL, World, account, parse, refusal, wallet};

fn rules() -> Value {
    json!({
        "min_score": 50, "check_counterparty": true,
        "below_threshold_tier": "DELAY", "unrated_tier": "NOTIFY",
    })
}

/// Sends coin to account 9.
fn sent(reputation: &[(Address, Reputation)], rules: &Value) -> World {
    let mut world = World::rich("solana-devnet").owned().native(SOL).row("REPUTATION_THRESHOLD", rules);
    for (party, reputation) in reputation {
        world.facts.reputation.insert(*party, FeedbackTags::default(), *reputation);
    }
    world
}

#[test]
fn at_the_score_below_it_and_without_one() {
    let scored = |score| sent(&[(account(9), Reputation::Score(score))], &rules());
    assert_eq!(scored(100).tier(), Tier::Instant);
    assert_eq!(scored(50).tier(), Tier::Instant);
    let grant = scored(49).grant();
    assert_eq!((grant.tier, grant.delay_seconds), (Tier::Delay, Some(900)));
    assert_eq!(grant.reasons[0].policy_type, Some(PolicyType::ReputationThreshold));
    assert_eq!(sent(&[(account(9), Reputation::Unrated)], &rules()).tier(), Tier::Notify);
    assert_eq!(sent(&[], &rules()).tier(), Tier::Notify, "not looked up is unrated");
    let default = json!({"min_score": 50, "check_counterparty": true});
    assert_eq!(sent(&[], &default).tier(), Tier::Approval);
    assert_eq!(sent(&[(account(9), Reputation::Score(0))], &default).tier(), Tier::Approval);
}

#[test]
fn it_asks_only_if_it_looks() {
    assert_eq!(sent(&[], &json!({"min_score": 100})).tier(), Tier::Instant);
    assert_eq!(sent(&[], &json!({"min_score": 100, "check_counterparty": false})).tier(), Tier::Instant);
}

#[test]
fn it_raises_a_tier_never_lowers_one_and_never_denies() {
    let good = sent(&[(account(9), Reputation::Score(100))], &rules());
    let limited = good.row("SPENDING_LIMIT", &json!({"delay_max": "1", "notify_max": "1"}));
    assert_eq!(limited.tier(), Tier::Approval);
    let mut ownerless = sent(&[], &json!({"min_score": 1, "check_counterparty": true}));
    ownerless.facts.owner = waiaas_core::wallet::OwnerState::None;
    assert_eq!(ownerless.codes(), [DenialCode::OwnerRequired], "the tier, not the rule, asks for the owner");
}

#[test]
fn beneficiaries_and_called_contracts_are_counterparties() {
    let contracts = json!({"contracts": [{"address": account(8)}]});
    let world = || {
        let known = [(account(9), Reputation::Score(50))];
        sent(&known, &rules()).row("CONTRACT_WHITELIST", &contracts)
    };
    let call = Effect::ContractCall { target: account(8), selector: None, decoded: true };
    assert_eq!(world().effect(call.clone()).tier(), Tier::Notify);
    let mut rated = world().effect(call);
    rated.facts.reputation.insert(account(8), FeedbackTags::default(), Reputation::Score(49));
    assert_eq!(rated.tier(), Tier::Delay);
    let rent = Effect::AccountRent { owner: account(7), account: account(6), amount: U256::ONE };
    assert_eq!(world().effect(rent).tier(), Tier::Notify);
    let own = Effect::AccountRent { owner: account(1), account: account(6), amount: U256::ONE };
    assert_eq!(world().effect(own).fee(5_000).tier(), Tier::Instant, "a wallet is not its own counterparty");
}

fn set(world: &World) -> PolicySet {
    PolicySet::select(world.rows.clone(), wallet(), &world.effects.network)
}

#[test]
fn each_row_counts_the_feedback_with_its_own_tags() {
    let tagged = |min_score: u8, tag1: &str| json!({ "min_score": min_score, "check_counterparty": true, "below_threshold_tier": "DELAY", "tag1": tag1 });
    let mut world = World::rich("solana-devnet").owned().native(SOL);
    world = world.row("REPUTATION_THRESHOLD", &tagged(50, "speed"));
    world = world.row("REPUTATION_THRESHOLD", &tagged(80, "quality"));
    let tags = |tag1: &str| FeedbackTags { tag1: Some(tag1.to_owned()), tag2: None };
    let asked = Reputations::wanted(&set(&world), &world.effects);
    assert_eq!(
        asked.into_iter().collect::<Vec<_>>(),
        [(account(9), tags("quality")), (account(9), tags("speed"))]
    );

    world.facts.reputation.insert(account(9), FeedbackTags::default(), Reputation::Score(100));
    assert_eq!(world.tier(), Tier::Approval, "of other feedback");
    world.facts.reputation.insert(account(9), tags("speed"), Reputation::Score(50));
    assert_eq!(world.tier(), Tier::Approval, "one row has no answer yet");
    world.facts.reputation.insert(account(9), tags("quality"), Reputation::Score(79));
    assert_eq!(world.tier(), Tier::Delay);
    world.facts.reputation.insert(account(9), tags("quality"), Reputation::Score(80));
    assert_eq!(world.tier(), Tier::Instant);
}

#[test]
fn nothing_is_asked_by_rows_that_do_not_look() {
    let world = sent(&[], &json!({"min_score": 100}));
    assert!(Reputations::wanted(&set(&world), &world.effects).is_empty());
}

#[test]
fn bad_rules_are_refused() {
    for (rules, field) in [
        (json!({}), "rules.min_score: this field is required"),
        (json!({"min_score": 101}), "rules.min_score: "),
        (json!({"min_score": -1}), "rules.min_score: "),
        (json!({"min_score": 1, "unrated_tier": "deny"}), "rules.unrated_tier: "),
        (json!({"min_score": 1, "tag1": ""}), "rules.tag1: "),
        (json!({"min_score": 1, "tag2": "x".repeat(33)}), "rules.tag2: "),
    ] {
        let message = refusal("REPUTATION_THRESHOLD", &rules, None);
        assert!(message.starts_with(field), "{message}");
    }
    for tag in ["tag1", "tag2"] {
        let longest = json!({"min_score": 1, tag: "ü".repeat(32)});
        assert!(parse("REPUTATION_THRESHOLD", &longest, None).is_ok(), "32 characters, not bytes");
    }
}
