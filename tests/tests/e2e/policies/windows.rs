//! Limits over time: the dollar windows of SPENDING_LIMIT, RATE_LIMIT and TIME_RESTRICTION.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::assert_denied_by;
use crate::world::{World, evm_payee, instant_up_to, solana_payee, text, verdict};

/// Dollars as an exact JSON number.
fn dollars(micros: u64) -> Result<Value> {
    Ok(Value::Number(format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000).parse()?))
}

/// Micro-dollars of a JSON number with at most six fraction digits.
fn micros(value: &Value) -> Result<u64> {
    let number = value.as_f64().with_context(|| format!("dollars, not {value}"))?;
    Ok(format!("{number:.6}").replace('.', "").parse()?)
}

/// Limits of 15 dollars and the fee, exact to the micro-dollar, in the window named `limit`.
async fn exactly_at_the_limit(limit: &str) -> Result<()> {
    let world = World::solana().await?;
    let to = solana_payee(7);
    let generous = instant_up_to(1000);
    let policy = world.policy("SPENDING_LIMIT", generous.clone()).await?;
    let dry = world.dry_run(json!({ "to": to, "amount": "0.1" })).await?;
    // 0.1 SOL is worth 15 dollars; the fee counts in windows, and only there.
    let total = 15_000_000 + micros(&dry["fee"]["feeUsd"])?;
    let with = |micros| -> Result<Value> {
        let mut rules = generous.clone();
        rules[limit] = dollars(micros)?;
        Ok(rules)
    };
    world.update(&policy, with(total - 1)?).await?.expect(200)?;
    let refused = world.send(&to, "0.1").await?;
    let body = assert_denied_by(refused, "OWNER_REQUIRED", "SPENDING_LIMIT", Some(&policy))?;
    assert!(text(&body, "message")?.contains(limit), "{body}");

    world.update(&policy, with(total)?).await?.expect(200)?;
    let dry = world.dry_run(json!({ "to": to, "amount": "0.1" })).await?;
    assert_eq!(verdict(&dry)?, "INSTANT");
    assert_eq!(dry["policy"]["cumulativeWarning"]["limit"], dollars(total)?);
    let sent = world.send(&to, "0.1").await?.expect(201)?;
    assert_eq!(sent["tier"], "INSTANT", "exactly at the limit is within it");
    let refused = world.send(&to, "1000000").await?;
    assert_denied_by(refused, "OWNER_REQUIRED", "SPENDING_LIMIT", Some(&policy))?;
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    let refused = world.send(&to, "1000000").await?;
    assert_denied_by(refused, "OWNER_REQUIRED", "SPENDING_LIMIT", Some(&policy))?;
    assert_eq!(world.localnet.solana.balance(&to).await?, 100_000_000);

    world.update(&policy, with(total + 1_000_000)?).await?.expect(200)?;
    assert_eq!(world.send(&to, "1000000").await?.expect(201)?["tier"], "INSTANT");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daily_limit_is_used_up_to_the_last_micro_dollar() -> Result<()> {
    exactly_at_the_limit("daily_limit_usd").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monthly_limit_is_used_up_to_the_last_micro_dollar() -> Result<()> {
    exactly_at_the_limit("monthly_limit_usd").await
}

#[tokio::test(flavor = "multi_thread")]
async fn daily_and_monthly_limits_hold_together_on_evm() -> Result<()> {
    let world = World::ethereum().await?;
    let to = evm_payee(9)?;
    let mut rules = instant_up_to(100);
    rules["daily_limit_usd"] = json!(40);
    rules["monthly_limit_usd"] = json!(25);
    let policy = world.policy("SPENDING_LIMIT", rules.clone()).await?;
    // Six dollars each.
    for _ in 0..4 {
        let sent = world.send(&to, "0.002").await?.expect(201)?;
        assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    }
    let body = world.send(&to, "0.002").await?.expect(403)?;
    assert!(text(&body, "message")?.contains("monthly_limit_usd"), "{body}");
    rules["monthly_limit_usd"] = json!(1000);
    world.update(&policy, rules.clone()).await?.expect(200)?;
    for _ in 0..2 {
        world.send(&to, "0.002").await?.expect(201)?;
    }
    let body = world.send(&to, "0.002").await?.expect(403)?;
    assert!(text(&body, "message")?.contains("daily_limit_usd"), "{body}");
    // Only the owner can approve a request over the limit.
    world.agent.lock_owner(&world.daemon, &e2e::OwnerKey::evm(3)?).await?;
    assert_eq!(world.send(&to, "0.002").await?.expect(201)?["status"], "PENDING_APPROVAL");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_counts_what_was_admitted() -> Result<()> {
    let world = World::solana().await?;
    let to = solana_payee(7);
    world.policy("SPENDING_LIMIT", instant_up_to(10)).await?;
    let policy = world.policy("RATE_LIMIT", json!({ "max_requests": 2, "window_seconds": 86_400 })).await?;
    assert_eq!(world.send(&to, "50.0").await?.refused(403)?, "OWNER_REQUIRED", "a denial uses nothing up");
    world.send(&to, "0.01").await?.expect(201)?;
    assert_eq!(world.judged(&to, "0.01").await?, "INSTANT", "nor does a dry run");
    world.send(&to, "0.01").await?.expect(201)?;
    let body =
        assert_denied_by(world.send(&to, "0.01").await?, "RATE_LIMIT_EXCEEDED", "RATE_LIMIT", Some(&policy))?;
    assert_eq!(body["retryable"], true);
    assert_eq!(world.judged(&to, "0.01").await?, "RATE_LIMIT_EXCEEDED");
    world.update(&policy, json!({ "max_requests": 3, "window_seconds": 86_400 })).await?.expect(200)?;
    world.send(&to, "0.01").await?.expect(201)?;
    assert_eq!(world.send(&to, "0.01").await?.refused(429)?, "RATE_LIMIT_EXCEEDED");
    Ok(())
}

/// A zone in which it is between twelve and one o'clock now, so that no hour or day ends badly for
/// the test, and the weekday there.
fn noon_zone() -> Result<(String, i64)> {
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    // Half an hour of distance from both edges of the noon hour at least.
    let minute = now.rem_euclid(86_400) / 60;
    let offset = 12 * 60 + 30 - minute;
    let zone =
        format!("{}{:02}:{:02}", if offset < 0 { '-' } else { '+' }, offset.abs() / 60, offset.abs() % 60);
    Ok((zone, ((now + offset * 60).div_euclid(86_400) + 4).rem_euclid(7)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_restriction_closes_outside_its_hours_and_days() -> Result<()> {
    let world = World::solana().await?;
    let to = solana_payee(7);
    world.policy("SPENDING_LIMIT", instant_up_to(10)).await?;
    let (zone, today) = noon_zone()?;
    let tomorrow = (today + 1) % 7;
    let others: Vec<_> = (0..7).filter(|day| *day != today).collect();
    let hours =
        |start: u8, end: u8| json!({ "allowed_hours": { "start": start, "end": end }, "timezone": zone });
    let policy = world.policy("TIME_RESTRICTION", hours(0, 12)).await?;
    let refused = world.send(&to, "0.01").await?;
    let body = assert_denied_by(refused, "TIME_NOT_ALLOWED", "TIME_RESTRICTION", Some(&policy))?;
    assert!(text(&body, "hint")?.contains("llowed again from"), "{body}");
    for (rules, verdict) in [
        (hours(12, 13), "INSTANT"),
        (hours(13, 12), "TIME_NOT_ALLOWED"),
        (hours(23, 13), "INSTANT"),
        (hours(13, 24), "TIME_NOT_ALLOWED"),
        (json!({ "allowed_days": [today], "timezone": zone }), "INSTANT"),
        (json!({ "allowed_days": others, "timezone": zone }), "TIME_NOT_ALLOWED"),
        (
            json!({
                "allowed_days": [tomorrow], "allowed_hours": { "start": 12, "end": 13 }, "timezone": zone,
            }),
            "TIME_NOT_ALLOWED",
        ),
    ] {
        world.update(&policy, rules.clone()).await?.expect(200)?;
        assert_eq!(world.judged(&to, "0.01").await?, verdict, "{rules}");
    }
    world.update(&policy, json!({ "allowed_days": [0, 1, 2, 3, 4, 5, 6] })).await?.expect(200)?;
    world.send(&to, "0.01").await?.expect(201)?;
    Ok(())
}
