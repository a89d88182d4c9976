//! Windows roll: spending and requests older than the window no longer count, to the second.

use anyhow::Result;
use serde_json::json;
use waiaas_engine::Clock as _;
use waiaas_engine::core::transaction::TxStatus;

use crate::stage::{Stage, limits, payee};

const DAY: i64 = 86_400;

#[tokio::test(flavor = "multi_thread")]
async fn daily_and_monthly_windows_roll() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    let mut rules = limits(1000, 1000);
    // 0.1 SOL are 15 dollars: one a day, three in 30 days.
    rules["daily_limit_usd"] = json!(20);
    rules["monthly_limit_usd"] = json!(50);
    stage.policy("SPENDING_LIMIT", rules).await?;
    let (start, to) = (stage.clock.now(), payee(7));
    for day in 0..3 {
        stage.clock.set(start + day * DAY);
        let session = stage.session().await?;
        let sent = stage.admitted(&session, &to, "0.1").await?;
        stage.reaches(sent.id, TxStatus::Confirmed).await?;
        stage.clock.set(start + (day + 1) * DAY - 1);
        assert_eq!(stage.refused(&session, &to, "0.1").await?, "OWNER_REQUIRED", "day {day} is not over");
    }
    // The day has passed, the month is full until its first day leaves it.
    stage.clock.set(start + 30 * DAY - 1);
    let session = stage.session().await?;
    assert_eq!(stage.refused(&session, &to, "0.1").await?, "OWNER_REQUIRED");
    stage.clock.set(start + 30 * DAY);
    stage.admitted(&session, &to, "0.1").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_slides() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    stage.policy("SPENDING_LIMIT", limits(1000, 1000)).await?;
    stage.policy("RATE_LIMIT", json!({ "max_requests": 2, "window_seconds": 60 })).await?;
    let (session, start, to) = (stage.session().await?, stage.clock.now(), payee(7));
    stage.admitted(&session, &to, "0.01").await?;
    stage.clock.set(start + 30);
    stage.admitted(&session, &to, "0.01").await?;
    stage.clock.set(start + 59);
    assert_eq!(stage.refused(&session, &to, "0.01").await?, "RATE_LIMIT_EXCEEDED");
    stage.clock.set(start + 60);
    stage.admitted(&session, &to, "0.01").await?;
    assert_eq!(stage.refused(&session, &to, "0.01").await?, "RATE_LIMIT_EXCEEDED", "one left, one came");
    stage.clock.set(start + 90);
    stage.admitted(&session, &to, "0.01").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_hours_open_and_close_on_the_second() -> Result<()> {
    // 2027-01-04, a Monday, at midnight UTC.
    const MONDAY: i64 = 1_799_020_800;
    let stage = Stage::set_up(Some(MONDAY)).await?;
    stage.policy("SPENDING_LIMIT", limits(1000, 1000)).await?;
    let rules = json!({ "allowed_hours": { "start": 9, "end": 17 }, "allowed_days": [1, 2] });
    stage.policy("TIME_RESTRICTION", rules).await?;
    let (session, to) = (stage.session().await?, payee(7));
    for (at, open) in [(9 * 3600 - 1, false), (9 * 3600, true), (17 * 3600 - 1, true), (17 * 3600, false)] {
        stage.clock.set(MONDAY + at);
        match open {
            true => drop(stage.admitted(&session, &to, "0.01").await?),
            false => assert_eq!(stage.refused(&session, &to, "0.01").await?, "TIME_NOT_ALLOWED", "{at}"),
        }
    }
    for (day, open) in [(1, true), (2, false), (6, false), (7, true)] {
        stage.clock.set(MONDAY + day * DAY + 12 * 3600);
        let session = stage.session().await?;
        match open {
            true => drop(stage.admitted(&session, &to, "0.01").await?),
            false => assert_eq!(stage.refused(&session, &to, "0.01").await?, "TIME_NOT_ALLOWED", "day {day}"),
        }
    }
    Ok(())
}
