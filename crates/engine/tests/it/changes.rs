//! Changes that wait for owners end by the clock, to the second.

use anyhow::{Context as _, Result};
use e2e::OwnerKey;
use serde_json::json;
use waiaas_engine::Clock as _;
use waiaas_engine::core::change::ChangeStatus;
use waiaas_engine::core::ids::PolicyId;
use waiaas_engine::core::network::{Chain, Environment};
use waiaas_engine::{ChangeResult, ChangeView, Decision, Error, NewWallet, Owner, PolicyChange};

use crate::stage::{Stage, answer, limits, shown};

const THREE_DAYS: i64 = 259_200;

/// Asks for a higher limit, which the owner has to agree to.
async fn raise(stage: &Stage, limit: PolicyId, instant: u32) -> Result<ChangeView> {
    let change =
        PolicyChange { rules: Some(limits(instant.into(), instant.into())), ..PolicyChange::default() };
    match stage.engine().operator(&stage.master).update_policy(limit, change).await.map_err(shown)? {
        ChangeResult::Waits(change) => Ok(*change),
        ChangeResult::Done(policy) => anyhow::bail!("in force without the owner: {}", policy.rules),
    }
}

async fn agree(stage: &Stage, owner: &OwnerKey, change: &ChangeView) -> Result<Result<Owner, Error>> {
    let message = &change.questions[0].approve.as_ref().context("a question")?.message;
    let answer = answer(owner, message)?;
    Ok(stage.engine().authenticate_owner_of_change(change.id, Decision::Approve, answer).await)
}

async fn status(stage: &Stage, change: &ChangeView) -> Result<ChangeStatus> {
    Ok(stage.engine().operator(&stage.master).change(change.id).await.map_err(shown)?.status)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_lapses_on_its_second_and_not_before() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    let limit = stage.policy("SPENDING_LIMIT", limits(10, 100)).await?;
    let owner = OwnerKey::solana(5);
    stage.lock_owner(&owner).await?;
    let start = stage.clock.now();
    let first = raise(&stage, limit, 20).await?;
    assert_eq!(first.expires_at, start + THREE_DAYS);
    let signed = agree(&stage, &owner, &first).await?.map_err(shown)?;

    // Asked for again in time, it is the same question with the same end.
    stage.clock.set(start + THREE_DAYS - 1);
    let same = raise(&stage, limit, 20).await?;
    assert_eq!((same.id, same.expires_at), (first.id, first.expires_at));
    assert_eq!(status(&stage, &first).await?, ChangeStatus::PendingConsent);

    // Signed in time, sent too late: whether or not the worker has been round.
    stage.clock.set(start + THREE_DAYS);
    let late = stage.engine().owner(signed).approve_change().await.err().context("applied too late")?;
    assert_eq!(late.code.as_str(), "APPROVAL_TIMEOUT");
    e2e::until("the end of the change", std::time::Duration::from_secs(30), || async {
        Ok((status(&stage, &first).await? == ChangeStatus::Expired).then_some(()))
    })
    .await?;
    let again = agree(&stage, &owner, &first).await?.err().context("taken after its end")?;
    assert_eq!(again.code.as_str(), "APPROVAL_TIMEOUT");
    let policy = stage.engine().operator(&stage.master).policy(limit).await.map_err(shown)?;
    assert_eq!(policy.rules["instant_max_usd"], json!(10.0));

    // A new question is a new change; agreed on its last second, it is in force.
    let second = raise(&stage, limit, 20).await?;
    assert_ne!(second.id, first.id);
    stage.clock.set(start + 2 * THREE_DAYS - 1);
    let signed = agree(&stage, &owner, &second).await?.map_err(shown)?;
    let done = stage.engine().owner(signed).approve_change().await.map_err(shown)?;
    assert_eq!(done.status, ChangeStatus::Applied);
    let policy = stage.engine().operator(&stage.master).policy(limit).await.map_err(shown)?;
    assert_eq!(policy.rules["instant_max_usd"], json!(20.0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn agreed_at_the_same_time_it_is_applied_once() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    let limit = stage.policy("SPENDING_LIMIT", limits(10, 100)).await?;
    let owner = OwnerKey::evm(5)?;
    stage.lock_owner(&owner).await?;
    for instant in [20, 30, 40] {
        let change = raise(&stage, limit, instant).await?;
        let (one, two) = (
            agree(&stage, &owner, &change).await?.map_err(shown)?,
            agree(&stage, &owner, &change).await?.map_err(shown)?,
        );
        let engine = stage.engine();
        let operator = engine.operator(&stage.master);
        let (one, two, back) = tokio::join!(
            engine.owner(one).approve_change(),
            engine.owner(two).approve_change(),
            operator.withdraw_change(change.id)
        );
        let wins = [one.is_ok(), two.is_ok(), back.is_ok()].iter().filter(|won| **won).count();
        assert_eq!(wins, 1, "{one:?}\n{two:?}\n{back:?}");
        let policy = engine.operator(&stage.master).policy(limit).await.map_err(shown)?;
        let raised = policy.rules["instant_max_usd"] == json!(f64::from(instant));
        assert_eq!(raised, back.is_err(), "{}", policy.rules);
        let page = waiaas_engine::Page { cursor: None, limit: 10 };
        let open = engine.operator(&stage.master).changes(Some(ChangeStatus::PendingConsent), page).await;
        assert!(open.map_err(shown)?.items.is_empty());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_wait_at_a_time() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    let (engine, master, owner) = (stage.engine(), &stage.master, OwnerKey::evm(5)?);
    let mut waiting = Vec::new();
    for n in 0..51 {
        let new =
            NewWallet { name: format!("wallet-{n}"), chain: Chain::Solana, environment: Environment::Local };
        let wallet = engine.operator(master).create_wallet(new).await.map_err(shown)?.id;
        let set =
            engine.operator(master).set_owner(wallet, owner.address().parse()?, None).await.map_err(shown)?;
        let answer = answer(&owner, &set.challenge.context("a challenge")?.message)?;
        let proof = engine.authenticate_owner_of_wallet(wallet, answer).await.map_err(shown)?;
        engine.owner(proof).verify().await.map_err(shown)?;
        engine.operator(master).suspend_wallet(wallet, None).await.map_err(shown)?;
        match engine.operator(master).resume_wallet(wallet).await {
            Ok(ChangeResult::Waits(change)) => waiting.push(change.id),
            Ok(ChangeResult::Done(_)) => anyhow::bail!("resumed without the owner"),
            Err(error) => {
                assert_eq!((error.code.as_str(), waiting.len()), ("CHANGE_LIMIT_EXCEEDED", 50));
                engine.operator(master).withdraw_change(waiting[0]).await.map_err(shown)?;
                let again = engine.operator(master).resume_wallet(wallet).await.map_err(shown)?;
                assert!(matches!(again, ChangeResult::Waits(_)), "there is room again");
                return Ok(());
            }
        }
    }
    anyhow::bail!("no end of changes")
}
