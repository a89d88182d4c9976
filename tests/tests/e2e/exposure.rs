//! The worst case, printed before a leaked token drains a wallet as far as it goes.

use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::until;
use serde_json::{Value, json};

use crate::world::{SOL, World, solana_payee, text};

/// The figures of one horizon.
fn horizon<'a>(report: &'a Value, name: &str) -> Result<&'a Value> {
    let horizons = report["wallets"][0]["horizons"].as_array().context("horizons")?;
    horizons.iter().find(|horizon| horizon["horizon"] == name).context("horizon")
}

/// The most lamports within a day.
fn lamports(report: &Value) -> Result<u64> {
    let network = &horizon(report, "day")?["networks"][0];
    Ok(text(&network["assets"][0], "most")?.parse()?)
}

/// Sends all that is granted with INSTANT, in ever smaller amounts.
async fn drain(world: &World, to: &str) -> Result<u64> {
    let mut amount = SOL;
    let mut sent = 0;
    while amount > 10_000 {
        let answer = world.send(to, &amount.to_string()).await?;
        if answer.status == 201 {
            let done = world.ended(text(&answer.body, "id")?).await?;
            assert_eq!(done["status"], "CONFIRMED", "{done}");
            sent += amount;
        } else {
            amount /= 2;
        }
    }
    Ok(sent)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaked_token_gets_no_more_than_was_said_before() -> Result<()> {
    let world = World::solana().await?;
    let (to, wallet) = (solana_payee(9), world.agent.wallet.clone());
    let session = world.agent.session.clone();
    let ask = || world.daemon.cli_json(&["exposure", "--session", &session]);

    // Nothing is allowed, so nothing can be lost.
    let nothing = ask()?;
    assert_eq!(nothing["total"][2]["usd"], json!(0.0), "{nothing}");

    let rules = json!({ "instant_max_usd": 30, "daily_limit_usd": 45 });
    let policy = world.policy("SPENDING_LIMIT", rules).await?;
    world.policy("WHITELIST", json!({ "allowed_addresses": [to] })).await?;
    let before = world.localnet.solana.balance(&world.agent.address).await?;
    let report = ask()?;
    let day = horizon(&report, "day")?;
    assert_eq!(day["usd"]["most"], json!(45.0), "{day}");
    let because = &day["usd"]["because"];
    assert_eq!((&because["policyId"], &because["field"]), (&json!(policy), &json!("daily_limit_usd")));
    let recipients = &day["networks"][0]["recipients"];
    assert_eq!(recipients, &json!({ "any": false, "addresses": [to] }));
    let most = lamports(&report)?;

    let sent = drain(&world, &to).await?;
    let lost = before - world.localnet.solana.balance(&world.agent.address).await?;
    assert!(lost >= sent && sent > 0, "{lost} of {sent}");
    assert!(lost <= most, "lost {lost}, and {most} was said to be the most");
    assert!(lost > most - most / 50, "only {lost} of {most} could be had: the figure says little");

    // The drained amount still counts within the hour, and no longer at the end of the day.
    let after = ask()?;
    let left = horizon(&after, "hour")?["usd"]["most"].as_f64().context("dollars")?;
    assert!(left < 1.0, "{left} USD are left");
    // A payment that settled in this second is still in the window at the day's last moment.
    until("the second of the last payment to be over", Duration::from_secs(10), || async {
        Ok((horizon(&ask()?, "day")?["usd"]["most"] == json!(45.0)).then_some(()))
    })
    .await?;

    // The same about the wallet, and nothing once the session is over.
    let of_wallet = world.daemon.cli_json(&["exposure", "--wallet", &wallet])?;
    assert_eq!(of_wallet["wallets"][0]["sessions"], json!(1));
    world.daemon.operator().delete(&format!("/v1/sessions/{session}")).await?.expect(200)?;
    let over = ask()?;
    assert_eq!(horizon(&over, "month")?["usd"]["because"]["source"], "SESSION", "{over}");
    assert_eq!(over["total"][2]["usd"], json!(0.0));
    let printed = String::from_utf8(world.daemon.cli(&["exposure", "--wallet", &wallet])?.stdout)?;
    assert!(printed.contains("no session is live"), "{printed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_question_names_exactly_one_credential() -> Result<()> {
    let world = World::solana().await?;
    let operator = world.daemon.operator();
    assert_eq!(operator.get("/v1/admin/exposure").await?.status, 400);
    let both =
        format!("/v1/admin/exposure?walletId={}&sessionId={}", world.agent.wallet, world.agent.session);
    assert_eq!(operator.get(&both).await?.status, 400);
    let absent = "/v1/admin/exposure?sessionId=018f3a4e-0000-7000-8000-000000000001";
    assert_eq!(operator.get(absent).await?.refused(404)?, "SESSION_NOT_FOUND");
    Ok(())
}
