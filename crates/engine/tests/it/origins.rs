//! Requests whose origin the daemon knows: paid HTTP resources, HTTP messages, actions of its own providers.
//! Each is a transfer of SOL that a route of the daemon would have asked for, judged in the pipeline.

use anyhow::{Context as _, Result};
use e2e::OwnerKey;
use serde_json::json;
use waiaas_api::requests::{Operation, Transfer};
use waiaas_engine::core::action::{ActionCategory, ActionFacts, ActionKind, LendingPosition};
use waiaas_engine::core::intent::{Amount, Intent};
use waiaas_engine::core::money::Usd;
use waiaas_engine::core::origin::Origin;
use waiaas_engine::core::policy::PolicyFacts;
use waiaas_engine::core::transaction::{Replacement, TxStatus};
use waiaas_engine::{Asked, Clock as _, Error, ReplaceRequest, Session, TxView, WaitFor};

use crate::stage::{Stage, limits, payee, shown};

const DAY: i64 = 86_400;
const MONTH: i64 = 30 * DAY;

/// A hundredth of a SOL (1.50 dollars) to a recipient.
fn transfer() -> Result<Asked> {
    Ok(Operation::Transfer(Transfer::new(payee(7), Amount::parse("0.01")?)).into())
}

fn action(category: ActionCategory, kind: ActionKind) -> ActionFacts {
    ActionFacts {
        provider: "provider".into(),
        trusted: Vec::new(),
        category,
        kind,
        venue: None,
        market: None,
        leverage_millionths: None,
        position_usd: None,
        notional_usd: None,
        lending_asset: None,
        lending: None,
    }
}

fn swap(dollars: u64) -> Origin {
    let notional_usd = Some(Usd::from_dollars(dollars));
    Origin::action(ActionFacts { notional_usd, ..action(ActionCategory::Swap, ActionKind::Other) })
}

async fn stage() -> Result<(Stage, Session)> {
    let stage = Stage::set_up(None).await?;
    stage.policy("SPENDING_LIMIT", limits(1000, 1000)).await?;
    let session = stage.session().await?;
    Ok((stage, session))
}

/// The tier a request gets, or the code it is refused with.
fn verdict(answer: Result<TxView, Error>) -> String {
    match answer {
        Ok(tx) => tx.tier.map(|tier| tier.as_str().to_owned()).unwrap_or_default(),
        Err(error) => error.code.as_str().to_owned(),
    }
}

async fn judged(stage: &Stage, session: &Session, origin: Origin) -> Result<String> {
    Ok(verdict(stage.ask(session, transfer()?, origin).await?))
}

#[tokio::test(flavor = "multi_thread")]
async fn resources_are_paid_for_at_listed_hosts_only() -> Result<()> {
    let (stage, session) = stage().await?;
    let paid = async |host: &str| judged(&stage, &session, Origin::http_payment(host)).await;
    assert_eq!(paid("api.example.com").await?, "X402_DOMAIN_NOT_ALLOWED", "no domain is listed");
    let domains = json!({ "domains": ["api.example.com", "*.data.example.com"] });
    stage.policy("X402_ALLOWED_DOMAINS", domains).await?;
    for (host, expected) in [
        ("api.example.com", "INSTANT"),
        ("API.Example.com", "INSTANT"),
        ("eu.data.example.com", "INSTANT"),
        ("api.example.com.evil.example", "X402_DOMAIN_NOT_ALLOWED"),
        ("example.com", "X402_DOMAIN_NOT_ALLOWED"),
        ("evil-data.example.com", "X402_DOMAIN_NOT_ALLOWED"),
    ] {
        assert_eq!(paid(host).await?, expected, "{host}");
    }
    // A listed host lifts nothing else: 1005 dollars are above the limit.
    let dear = Operation::Transfer(Transfer::new(payee(7), Amount::parse("6.7")?));
    let answer = stage.ask(&session, dear, Origin::http_payment("api.example.com")).await?;
    assert_eq!(verdict(answer), "OWNER_REQUIRED");
    assert_eq!(judged(&stage, &session, Origin::default()).await?, "INSTANT", "a plain transfer has no host");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn http_messages_are_counted_per_host_and_minute() -> Result<()> {
    let (stage, session) = stage().await?;
    let message = Asked::Signature(Intent::SignMessage { message: b"GET /".to_vec() });
    let signed = async |host: &str| {
        Ok::<_, anyhow::Error>(verdict(
            stage.ask(&session, message.clone(), Origin::http_message(host)).await?,
        ))
    };
    assert_eq!(signed("a.example").await?, "ERC8128_DOMAIN_NOT_ALLOWED", "no domain is listed");
    let rules = json!({ "domains": ["a.example", "b.example"], "rate_limit_rpm": 2 });
    stage.policy("ERC8128_ALLOWED_DOMAINS", rules).await?;
    stage.lock_owner(&OwnerKey::solana(3)).await?;
    let start = stage.clock.now();
    assert_eq!(signed("c.example").await?, "ERC8128_DOMAIN_NOT_ALLOWED");
    // The use of a text is unknown, so the owner reads it.
    assert_eq!(signed("a.example").await?, "APPROVAL", "the refusals before it do not count");
    stage.clock.set(start + 30);
    assert_eq!(signed("A.example").await?, "APPROVAL");
    stage.clock.set(start + 59);
    assert_eq!(signed("a.example").await?, "ERC8128_RATE_LIMITED");
    assert_eq!(signed("b.example").await?, "APPROVAL", "another host counts for itself");
    stage.clock.set(start + 60);
    assert_eq!(signed("a.example").await?, "APPROVAL", "the first is a minute old");
    assert_eq!(signed("a.example").await?, "ERC8128_RATE_LIMITED");
    Ok(())
}

/// Limits of one category, above which the owner is asked; the wallet of these tests has none.
async fn swaps_up_to(stage: &Stage, rules: serde_json::Value) -> Result<()> {
    let mut all = json!({ "category": "swap", "tier_on_exceed": "APPROVAL" });
    for (name, limit) in rules.as_object().context("limits")? {
        all[name] = limit.clone();
    }
    stage.policy("ACTION_CATEGORY_LIMIT", all).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_of_a_category_count_together_until_they_are_old() -> Result<()> {
    let (stage, session) = stage().await?;
    let rules = json!({ "per_action_limit_usd": 200, "daily_limit_usd": 300, "monthly_limit_usd": 500 });
    swaps_up_to(&stage, rules).await?;
    let start = stage.clock.now();
    let swapped = async |session: &Session, dollars| {
        let done = stage.ask(session, transfer()?, swap(dollars)).await?.map_err(shown)?;
        stage.reaches(done.id, TxStatus::Confirmed).await.map(drop)
    };
    assert_eq!(judged(&stage, &session, swap(201)).await?, "OWNER_REQUIRED", "more than one may move");
    swapped(&session, 200).await?;
    assert_eq!(judged(&stage, &session, swap(101)).await?, "OWNER_REQUIRED", "301 in a day");
    swapped(&session, 100).await?;
    assert_eq!(judged(&stage, &session, swap(1)).await?, "OWNER_REQUIRED");
    let stake = action(ActionCategory::Staking, ActionKind::Other);
    assert_eq!(judged(&stage, &session, Origin::action(stake)).await?, "INSTANT", "another category");
    assert_eq!(judged(&stage, &session, Origin::default()).await?, "INSTANT", "no action");

    stage.clock.set(start + DAY - 1);
    let session = stage.session().await?;
    assert_eq!(judged(&stage, &session, swap(1)).await?, "OWNER_REQUIRED", "the day is not over");
    stage.clock.set(start + DAY);
    swapped(&session, 200).await?;
    assert_eq!(judged(&stage, &session, swap(1)).await?, "OWNER_REQUIRED", "501 in 30 days");
    stage.clock.set(start + MONTH - 1);
    let session = stage.session().await?;
    assert_eq!(judged(&stage, &session, swap(1)).await?, "OWNER_REQUIRED", "the month is not over");
    stage.clock.set(start + MONTH);
    assert_eq!(judged(&stage, &session, swap(200)).await?, "INSTANT");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_asked_for_at_once_stay_within_the_limit() -> Result<()> {
    let (stage, session) = stage().await?;
    swaps_up_to(&stage, json!({ "daily_limit_usd": 300 })).await?;
    let asked = (0..8).map(|_| judged(&stage, &session, swap(100)));
    let verdicts = futures_util::future::try_join_all(asked).await?;
    let granted = verdicts.iter().filter(|verdict| *verdict == "INSTANT").count();
    assert_eq!(granted, 3, "{verdicts:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_of_unknown_value_is_not_passed_over() -> Result<()> {
    let (stage, session) = stage().await?;
    let unknown = || Origin::action(action(ActionCategory::Swap, ActionKind::Other));
    let start = stage.clock.now();
    let admitted = stage.ask(&session, transfer()?, unknown()).await?.map_err(shown)?;
    stage.reaches(admitted.id, TxStatus::Confirmed).await?;
    swaps_up_to(&stage, json!({ "daily_limit_usd": 300 })).await?;
    assert_eq!(judged(&stage, &session, unknown()).await?, "POLICY_FACT_MISSING");
    assert_eq!(judged(&stage, &session, swap(1)).await?, "POLICY_FACT_MISSING", "the sum is unknown");
    stage.clock.set(start + MONTH);
    let session = stage.session().await?;
    assert_eq!(judged(&stage, &session, swap(300)).await?, "INSTANT", "it has left every window");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_action_says_is_judged() -> Result<()> {
    let (stage, session) = stage().await?;
    let mint: waiaas_engine::core::address::Address = stage.localnet.solana.spl_mint.parse()?;
    let asset = format!("solana:localnet/token:{mint}").parse()?;
    let other = format!("solana:localnet/token:{}", payee(9)).parse()?;
    for (policy_type, rules) in [
        ("VENUE_WHITELIST", json!({ "venues": [{ "id": "jupiter" }] })),
        ("LENDING_LTV_LIMIT", json!({ "maxLtv": 0.75, "warningLtv": 0.6 })),
        ("PERP_ALLOWED_MARKETS", json!({ "markets": [{ "market": "BTC-USD" }] })),
        ("PERP_MAX_LEVERAGE", json!({ "maxLeverage": 5, "warningLeverage": 3 })),
        ("PERP_MAX_POSITION_USD", json!({ "maxPositionUsd": 1000, "warningPositionUsd": 500 })),
    ] {
        stage.policy(policy_type, rules).await?;
    }
    let venue = Some("Jupiter".to_owned());
    let trade = ActionFacts { venue: venue.clone(), ..action(ActionCategory::Swap, ActionKind::Other) };
    let loan = |lending_asset: &Option<_>, debt: u64| ActionFacts {
        venue: venue.clone(),
        lending_asset: lending_asset.clone(),
        lending: Some(LendingPosition {
            collateral_usd: Usd::from_dollars(1000),
            debt_usd: Usd::from_micros(debt),
        }),
        ..action(ActionCategory::Lending, ActionKind::Borrow)
    };
    let position = |market: &str, leverage: u64, micros: u64| ActionFacts {
        venue: venue.clone(),
        market: Some(market.to_owned()),
        leverage_millionths: Some(leverage),
        position_usd: Some(Usd::from_micros(micros)),
        ..action(ActionCategory::Perp, ActionKind::OpenPosition)
    };
    let (listed, unlisted) = (Some(asset), Some(other));
    assert_eq!(
        judged(&stage, &session, Origin::action(loan(&listed, 1))).await?,
        "LENDING_ASSET_NOT_ALLOWED"
    );
    let rules = json!({ "assets": [{ "address": mint.to_string() }] });
    stage.policy_on(Some("solana-localnet"), "LENDING_ASSET_WHITELIST", rules).await?;
    let nowhere = ActionFacts { venue: None, ..trade.clone() };
    let elsewhere = ActionFacts { venue: Some("drift".into()), ..trade.clone() };
    let unnamed = ActionFacts { market: None, ..position("", 1, 1) };
    for (facts, expected) in [
        (trade, "INSTANT"),
        (nowhere, "POLICY_FACT_MISSING"),
        (elsewhere, "VENUE_NOT_ALLOWED"),
        (loan(&listed, 600_000_000), "INSTANT"),
        (loan(&listed, 600_000_001), "DELAY"),
        (loan(&listed, 750_000_000), "DELAY"),
        (loan(&listed, 750_000_001), "LTV_LIMIT_EXCEEDED"),
        (loan(&unlisted, 1), "LENDING_ASSET_NOT_ALLOWED"),
        (ActionFacts { lending: None, ..loan(&listed, 1) }, "POLICY_FACT_MISSING"),
        (position("BTC-USD", 3_000_000, 500_000_000), "INSTANT"),
        (position("BTC-USD", 3_000_001, 1), "DELAY"),
        (position("BTC-USD", 5_000_000, 1), "DELAY"),
        (position("BTC-USD", 5_000_001, 1), "LEVERAGE_LIMIT_EXCEEDED"),
        (position("BTC-USD", 1, 500_000_001), "DELAY"),
        (position("BTC-USD", 1, 1_000_000_000), "DELAY"),
        (position("BTC-USD", 1, 1_000_000_001), "POSITION_LIMIT_EXCEEDED"),
        (position("ETH-USD", 1, 1), "MARKET_NOT_ALLOWED"),
        (unnamed, "POLICY_FACT_MISSING"),
    ] {
        let shown = format!("{facts:?}");
        assert_eq!(judged(&stage, &session, Origin::action(facts)).await?, expected, "{shown}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_about_an_action_can_be_made_again() -> Result<()> {
    let (stage, session) = stage().await?;
    swaps_up_to(&stage, json!({ "daily_limit_usd": 300 })).await?;
    stage.ask(&session, transfer()?, swap(100)).await?.map_err(shown)?;
    let second = stage.ask(&session, transfer()?, swap(150)).await?.map_err(shown)?;
    let explained = stage.engine().agent(&session).explain(second.id).await.map_err(shown)?;
    let facts: PolicyFacts = serde_json::from_value(explained.facts)?;
    assert_eq!(facts.action.and_then(|action| action.notional_usd), Some(Usd::from_dollars(150)));
    let swaps = facts.ledger.categories.get(&ActionCategory::Swap).context("the sums")?;
    assert_eq!((swaps.usd_day, swaps.usd_month), (Usd::from_dollars(100), Usd::from_dollars(100)));
    assert!(explained.reproduced, "the same verdict from the same inputs");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_comes_from_where_the_old_one_came_from() -> Result<()> {
    let stage = Stage::ethereum().await?;
    stage.policy("SPENDING_LIMIT", limits(1000, 1000)).await?;
    swaps_up_to(&stage, json!({ "daily_limit_usd": 300 })).await?;
    let session = stage.session().await?;
    e2e::rpc(&stage.localnet.evm.rpc, "evm_setAutomine", json!([false])).await?;
    let to = OwnerKey::evm(7)?.address();
    let kind = Operation::Transfer(Transfer::new(to, Amount::parse("0.001")?));
    let stuck = stage.ask(&session, kind, swap(200)).await?.map_err(shown)?;
    let replace = async |with| {
        let request = ReplaceRequest { id: stuck.id, with, idempotency: None };
        Ok::<_, anyhow::Error>(verdict(
            stage.engine().agent(&session).replace(request, WaitFor::Broadcast).await,
        ))
    };
    // Either of the two may be the one that happens, so that both count: 400 dollars.
    assert_eq!(replace(Replacement::HigherFee).await?, "OWNER_REQUIRED");
    assert_eq!(replace(Replacement::Cancellation).await?, "INSTANT", "which swaps nothing");
    Ok(())
}
