//! Waiting ends by the clock, to the second: delays run, approvals lapse.

use anyhow::{Context as _, Result};
use e2e::OwnerKey;
use serde_json::json;
use waiaas_engine::core::network::{Chain, Environment};
use waiaas_engine::core::transaction::TxStatus;
use waiaas_engine::{Clock as _, NewWallet};

use crate::stage::{SOL, Stage, limits, payee, shown};

#[tokio::test(flavor = "multi_thread")]
async fn a_delay_ends_on_its_second_and_not_before() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    stage.policy("SPENDING_LIMIT", limits(10, 1000)).await?;
    let (session, start) = (stage.session().await?, stage.clock.now());
    let (early, late) = (payee(7), payee(8));
    let first = stage.admitted(&session, &early, "1.0").await?;
    assert_eq!((first.status, first.execute_after), (TxStatus::Queued, Some(start + 60)));
    stage.clock.set(start + 1);
    let second = stage.admitted(&session, &late, "2.0").await?;
    assert_eq!(second.execute_after, Some(start + 61));

    // The turn that finds the first looks at the second too, whose time is a second away.
    stage.clock.set(start + 60);
    let done = stage.reaches(first.id, TxStatus::Confirmed).await?;
    assert_eq!((done.executed_at, stage.balance(&early).await?), (Some(start + 60), SOL));
    let waiting = stage.transaction(second.id).await?;
    assert_eq!((waiting.status, waiting.tx_hash), (TxStatus::Queued, None));
    assert_eq!(stage.balance(&late).await?, 0);

    stage.clock.set(start + 61);
    stage.reaches(second.id, TxStatus::Confirmed).await?;
    assert_eq!(stage.balance(&late).await?, 2 * SOL);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delay_that_ends_while_nothing_runs_is_taken_up_by_the_next_start() -> Result<()> {
    let mut stage = Stage::set_up(None).await?;
    stage.policy("SPENDING_LIMIT", limits(10, 1000)).await?;
    let (session, start, to) = (stage.session().await?, stage.clock.now(), payee(7));
    let tx = stage.admitted(&session, &to, "1.0").await?;
    stage.stop().await;
    stage.start_again().await?;
    assert_eq!(stage.transaction(tx.id).await?.status, TxStatus::Queued, "a restart shortens nothing");
    stage.stop().await;
    // Long after the session's token has expired: it was alive when it asked.
    stage.clock.set(start + 3 * 86_400);
    stage.start_again().await?;
    stage.reaches(tx.id, TxStatus::Confirmed).await?;
    assert_eq!(stage.balance(&to).await?, SOL);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_policy_forbids_by_the_end_of_the_delay_is_not_signed() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    stage.policy("SPENDING_LIMIT", limits(10, 1000)).await?;
    let (session, start) = (stage.session().await?, stage.clock.now());
    let (kept, forbidden) = (payee(7), payee(8));
    let good = stage.admitted(&session, &kept, "1.0").await?;
    let bad = stage.admitted(&session, &forbidden, "1.0").await?;
    let whitelist = json!({ "allowed_addresses": [kept] });
    stage.policy("WHITELIST", whitelist).await?;
    stage.clock.set(start + 60);
    stage.reaches(good.id, TxStatus::Confirmed).await?;
    let failed = stage.reaches(bad.id, TxStatus::Failed).await?;
    assert_eq!((failed.error_code.as_deref(), failed.tx_hash), (Some("WHITELIST_DENIED"), None));
    assert_eq!((stage.balance(&kept).await?, stage.balance(&forbidden).await?), (SOL, 0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_session_takes_its_waiting_requests_along() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    stage.policy("SPENDING_LIMIT", limits(10, 1000)).await?;
    let start = stage.clock.now();
    let (leaked, sound) = (stage.session().await?, stage.session().await?);
    let (thief, friend) = (payee(7), payee(8));
    let bad = stage.admitted(&leaked, &thief, "1.0").await?;
    let good = stage.admitted(&sound, &friend, "1.0").await?;
    stage.engine().operator(&stage.master).revoke_session(leaked.id()).await.map_err(shown)?;
    stage.clock.set(start + 60);
    stage.reaches(good.id, TxStatus::Confirmed).await?;
    let stopped = e2e::until("the end of it", std::time::Duration::from_secs(60), || async {
        let tx = stage.transaction(bad.id).await?;
        Ok(tx.status.is_terminal().then_some(tx))
    })
    .await?;
    assert!(matches!(stopped.status, TxStatus::Cancelled | TxStatus::Failed), "{}", stopped.status);
    assert_eq!((stopped.error_code.as_deref(), stopped.tx_hash), (Some("SESSION_REVOKED"), None));
    assert_eq!((stage.balance(&thief).await?, stage.balance(&friend).await?), (0, SOL));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_taken_from_a_session_takes_its_waiting_requests_along() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    stage.policy("SPENDING_LIMIT", limits(10, 1000)).await?;
    let (engine, master, start) = (stage.engine(), &stage.master, stage.clock.now());
    let (leaked, sound) = (stage.session().await?, stage.session().await?);
    let (thief, friend) = (payee(7), payee(8));
    let bad = stage.admitted(&leaked, &thief, "1.0").await?;
    let good = stage.admitted(&sound, &friend, "1.0").await?;
    let new = NewWallet { name: "other".into(), chain: Chain::Solana, environment: Environment::Local };
    let other = engine.operator(master).create_wallet(new).await.map_err(shown)?.id;
    engine.operator(master).add_session_wallet(leaked.id(), other).await.map_err(shown)?;
    engine.operator(master).remove_session_wallet(leaked.id(), stage.wallet.id).await.map_err(shown)?;
    stage.clock.set(start + 60);
    stage.reaches(good.id, TxStatus::Confirmed).await?;
    let stopped = stage.reaches(bad.id, TxStatus::Failed).await?;
    assert_eq!((stopped.error_code.as_deref(), stopped.tx_hash), (Some("WALLET_ACCESS_DENIED"), None));
    assert_eq!((stage.balance(&thief).await?, stage.balance(&friend).await?), (0, SOL));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_lapses_on_its_second_and_not_before() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    let mut rules = limits(10, 100);
    rules["daily_limit_usd"] = json!(1000);
    stage.policy("SPENDING_LIMIT", rules).await?;
    let owner = OwnerKey::solana(5);
    stage.lock_owner(&owner).await?;
    let (session, start, to) = (stage.session().await?, stage.clock.now(), payee(7));
    let first = stage.admitted(&session, &to, "2.0").await?;
    assert_eq!((first.status, first.approval_expires_at), (TxStatus::PendingApproval, Some(start + 300)));
    stage.clock.set(start + 1);
    let second = stage.admitted(&session, &to, "3.0").await?;
    let message =
        async |id| stage.engine().approval(id).await.map(|asked| asked.approve.message).map_err(shown);
    let (of_first, of_second) = (message(first.id).await?, message(second.id).await?);
    // Signed in time, sent too late.
    let in_time = stage.consent(&owner, first.id, &of_first).await?.map_err(shown)?;

    stage.clock.set(start + 300);
    let late = stage.engine().owner(in_time).approve().await.err().context("approved too late")?;
    assert_eq!(late.code.as_str(), "APPROVAL_TIMEOUT");
    stage.reaches(first.id, TxStatus::Expired).await?;
    let again = stage.consent(&owner, first.id, &of_first).await?.err().context("taken after its end")?;
    assert_eq!(again.code.as_str(), "APPROVAL_TIMEOUT");
    let waiting = stage.transaction(second.id).await?;
    assert_eq!((waiting.status, waiting.tx_hash), (TxStatus::PendingApproval, None));
    assert_eq!(stage.balance(&to).await?, 0);

    let consent = stage.consent(&owner, second.id, &of_second).await?.map_err(shown)?;
    stage.engine().owner(consent).approve().await.map_err(shown)?;
    stage.reaches(second.id, TxStatus::Confirmed).await?;
    assert_eq!(stage.balance(&to).await?, 3 * SOL);
    Ok(())
}
